"""A training loop in the manner of many: the corpus of this package's benchmarks."""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

logger = logging.getLogger(__name__)
DEFAULTS = {"lr": 3e-4, "epochs": 10, "batch_size": 32, "seed": 0x2A, **{f"layer_{i}": i * 64 for i in range(4)}}


@dataclass(frozen=True)
class Config:
    """What a run needs to know."""

    data: Path
    lr: float = 3e-4
    epochs: int = 10
    tags: list[str] = field(default_factory=list)
    device: str | torch.device | None = None

    @classmethod
    def from_args(cls, args: argparse.Namespace) -> Config:
        return cls(data=Path(args.data), lr=args.lr, epochs=args.epochs, tags=args.tag or [])


class Records(Dataset):
    def __init__(self, path: Path, *, limit: int | None = None, transform=lambda x: x):
        self.transform = transform
        with open(path, encoding="utf-8") as f, open(os.devnull, "w") as _:
            self.rows = [json.loads(line) for line in f if line.strip() and not line.startswith("#")][:limit]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        return self.transform(np.asarray(row["x"], dtype=np.float32)), int(row.get("y", -1))


class Net(nn.Module):
    def __init__(self, sizes: Sequence[int], dropout: float = 0.1):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            layers += [nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)]
            if i % 2 == 0 and b > 64:
                layers.append(nn.LayerNorm(b))
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], 2, bias=False)

    def forward(self, x):
        x = self.body(x.view(x.size(0), -1))
        return self.head(x)


def accuracy(model, batches: Iterable) -> float:
    right = total = 0
    with torch.no_grad():
        for x, y in batches:
            guess = model(x).argmax(dim=-1)
            right += (guess == y).sum().item()
            total += len(y)
    return right / total if total else float("nan")


def train(config: Config, model: nn.Module, loader: DataLoader, checkpoint: Path | None = None):
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, betas=(0.9, 0.999), weight_decay=1e-2)
    loss_of = nn.CrossEntropyLoss()
    best = -1.0
    if checkpoint is not None and checkpoint.exists():
        try:
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
            model.load_state_dict(state["model"])
            best = state.get("best", best)
        except (KeyError, RuntimeError) as e:
            logger.warning("cannot resume from %s: %s", checkpoint, e)
    for epoch in range(config.epochs):
        model.train()
        running = 0.0
        for step, (x, y) in enumerate(loader, start=1):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            running += loss.item()
            if step % 100 == 0:
                logger.info(f"epoch {epoch + 1}/{config.epochs} step {step:>5d} loss {running / step:.4f}")
        score = accuracy(model.eval(), loader)
        if (improved := score > best) and checkpoint:
            best = score
            torch.save({"model": model.state_dict(), "best": best, "epoch": epoch}, checkpoint)
        elif not improved:
            logger.debug("no better than %.3f", best)
    return best


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--lr", type=float, default=DEFAULTS["lr"])
    parser.add_argument("--epochs", type=int, default=DEFAULTS["epochs"], help="how often all of the data is seen")
    parser.add_argument("--tag", action="append")
    args = parser.parse_args(argv)
    config = Config.from_args(args)
    torch.manual_seed(DEFAULTS["seed"])
    loader = DataLoader(Records(config.data), batch_size=DEFAULTS["batch_size"], shuffle=True, num_workers=2)
    match config.device:
        case None | "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        case torch.device(type=kind):
            device = kind
        case str(name):
            device = name
    best = train(config, Net([784, 256, 128]).to(device), loader, checkpoint=config.data.with_suffix(".pt"))
    print("best:", round(best, 4))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
