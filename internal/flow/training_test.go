package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

var actNames = map[models.Act]string{
	models.Backward: "backward", models.ClipGradients: "clip", models.StepOptimizer: "step", models.ZeroGradients: "zero",
	models.SetTraining: "train", models.SetEvaluation: "eval", models.Fit: "fit", models.Evaluate: "evaluate",
}

// frameOf returns the analysis of a function of a program of one file.
func frameOf(t *testing.T, r *recorder, name string) *flow.Frame {
	t.Helper()
	for _, c := range r.calls {
		if fn := c.Frame.Function(); fn != nil && fn.Qual == name {
			return c.Frame
		}
	}
	t.Fatalf("no function %s makes a call", name)
	return nil
}

func TestTrainingStepsAreToldInTheirOrder(t *testing.T) {
	r, _ := analyse(t, one(`
import torch
from accelerate import Accelerator
from torch import nn

class Loop:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.AdamW(model.parameters())
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1)
        self.accelerator = Accelerator()

    def update(self, limit):
        nn.utils.clip_grad_norm_(self.model.parameters(), limit)
        self.optimizer.step()

    def epoch(self, loader, criterion):
        self.model.train()
        for x, y in loader:
            self.optimizer.zero_grad()
            self.accelerator.backward(criterion(self.model(x), y))
            self.update(1.0)
            self.scheduler.step()

def classic(trainer, scaler, model, x, y, opt):
    scaler.fit(x)
    model.fit(x, y)
    model.evaluate(x, y)
    trainer.train()
    model.eval()
    loss = model(x)
    loss.backward()
    opt.step()
`))
	for name, want := range map[string]string{
		"Loop.epoch": "train zero backward clip step",
		"classic":    "fit evaluate fit eval backward step",
	} {
		var got []string
		for _, d := range frameOf(t, r, name).Training() {
			got = append(got, actNames[d.Act])
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTheModeOfAModuleIsKnownAtACall(t *testing.T) {
	r, _ := analyse(t, one(`
import torch
import torchvision

def freeze(net):
    net.eval()

def probe(model):
    ask(model, "unknown")
    model.train()
    ask(model, "training")
    model.eval()
    ask(model, "evaluating")
    model.train(False)
    ask(model, "evaluating")

def made():
    net = torchvision.models.resnet18()
    other = torchvision.models.resnet18().eval()
    ask(net, "training")
    freeze(net)
    ask(net, "evaluating")
    net.train(mode=True)
    other.eval()
    ask(net, "training")
    ready = loaded()
    ask(ready, "evaluating")
    ask(outer(), "evaluating")
    ask(Frozen(net), "evaluating")
    ask(Small(), "training")

class Small(torch.nn.Module):
    pass

class Frozen(Small):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.eval()

def loaded():
    model = Small()
    model.eval()
    return model

def outer():
    return loaded()
`))
	names := map[flow.Mode]string{flow.UnknownMode: "unknown", flow.Training: "training", flow.Evaluating: "evaluating"}
	asked := 0
	for _, c := range r.calls {
		if len(c.Args) != 2 {
			continue
		}
		want, ok := c.Args[1].Value.Text()
		if !ok {
			continue
		}
		asked++
		fresh := c.Frame.Function().Qual == "made"
		if got := names[c.ModeOf(c.Args[0].Value, fresh)]; got != want {
			t.Errorf("%s: %s, want %s", fmt.Sprint(c.Node.Pos()), got, want)
		}
	}
	if asked != 11 {
		t.Errorf("%d questions, want 11", asked)
	}
}

func TestConstantNumbersFold(t *testing.T) {
	r, _ := analyse(t, one(`
import math
import stat as s

FLAGS = s.S_IRWXU | s.S_IRWXO

def f():
    ask(8 / 255, "0.03137254901960784")
    ask(2 ** 10 - 1, "1023")
    ask(FLAGS & ~s.S_IWOTH, "453")
    ask(7 // 2 + 7 % 4, "6")
    ask(float("1e-3"), "0.001")
    ask(int(" 12 "), "12")
    ask(1 << 4, "16")
    ask(-0x10, "-16")
    ask(math.inf, "+Inf")
    ask(0o777, "511")
`))
	asked := 0
	for _, c := range r.calls {
		if len(c.Args) != 2 {
			continue
		}
		want, ok := c.Args[1].Value.Text()
		if !ok {
			continue
		}
		asked++
		if got, ok := c.Args[0].Value.Number(); !ok || fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if asked != 10 {
		t.Errorf("%d questions, want 10", asked)
	}
}

func TestWhatFilesGetIsFollowedWithTheirNames(t *testing.T) {
	r, _ := analyse(t, one(`
import csv
import json
import jsonlines
import pathlib
from flask import request

NAME = "data/train.jsonl"

def rows():
    return [{"text": request.form["text"]}]

def handler():
    with open(NAME, "a") as f:
        f.write(json.dumps(rows()))
        print(request.form["a"], file=f)
        json.dump(rows(), f)
        csv.writer(f).writerow([request.form["b"]])
    pathlib.Path("out").joinpath("b.txt").write_text(request.form["c"])
    with jsonlines.open("c.jsonl", mode="a") as w:
        w.write_all(rows())
    print(request.form["d"])
`))
	var got []string
	for _, p := range r.paths {
		if p.Kind != models.FileData {
			continue
		}
		name, _ := p.Call.File().Text()
		got = append(got, fmt.Sprintf("%d %s", p.Mod.File.Source.Position(p.Node.Pos()).Line, name))
	}
	want := []string{"15 data/train.jsonl", "16 data/train.jsonl", "17 data/train.jsonl", "18 data/train.jsonl", "19 out/b.txt", "21 c.jsonl"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAFunctionReturnsEarlyKeepsItsItems(t *testing.T) {
	r, _ := analyse(t, one(`
def lists(flag):
    if flag:
        return ["a", "b"]

def loops(flag):
    for x in range(3):
        return {"k": "v"}

def f(flag):
    ask(lists(flag), loops(flag))
`))
	c := r.calls[len(r.calls)-1]
	for _, x := range r.calls {
		if len(x.Args) == 2 && x.Callee.Function() == nil {
			c = x
		}
	}
	items := 0
	for _, v := range c.Args[0].Value.Alternatives() {
		list, _, _ := c.Items(v)
		items += len(list)
	}
	entries := 0
	for _, v := range c.Args[1].Value.Alternatives() {
		list, _, _ := c.Entries(v)
		entries += len(list)
	}
	if items != 2 || entries != 1 {
		t.Errorf("%d items and %d entries, want 2 and 1", items, entries)
	}
}

func TestFieldsThatIdentifyAPersonAreKnownByTheirNamesWhereTheyAreStored(t *testing.T) {
	r, _ := analyse(t, one(`
import email
import pandas as pd
from faker import Faker

class Person:
    def __init__(self, row):
        self.iban = row.get("iban")

def build(path):
    frame = pd.read_csv(path)
    with open("train.txt", "w") as f:
        for r in frame.itertuples():
            f.write("%s" % r.ssn)
        f.write(Person({"iban": path}).iban)
        f.write(email.email)
        f.write(Faker().profile()["ssn"])
        f.write(frame["Phone-Number"])
        f.write(frame["email_count"])
        f.write({"email": "a@example.org"}["email"])
        print(frame["email"])
`))
	var got []string
	for _, p := range r.paths {
		if p.Mark.Label == models.PII {
			got = append(got, fmt.Sprintf("%d %s", p.Mod.File.Source.Position(p.Node.Pos()).Line, p.Mark.From()))
		}
	}
	want := []string{"14 the field `ssn`", "15 the field `iban`", "18 the field `Phone-Number`"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
