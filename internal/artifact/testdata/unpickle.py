"""Makes pickles at random and tells which names CPython's unpickler looks up and calls in each.

usage: unpickle.py SEED COUNT

A line is the pickle in hexadecimal and, behind a tab, each name as "module name", with commas
between them. Names are looked up in nothing: each gives a class that does nothing, so that no pickle
runs anything.
"""

import io
import pickle
import random
import struct
import sys

MODULES = ["os", "posix", "builtins", "a", "torch._utils", "collections", "x.y", "\u00e9"]
NAMES = ["system", "eval", "b.c", "f", "OrderedDict", "_rebuild"]


class Nothing:
    name = None
    called = set()

    def __new__(cls, *args, **kwargs):
        if cls.name:
            Nothing.called.add(cls.name)
        return object.__new__(cls)

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return Nothing()

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    extend = add = append


class Unpickler(pickle._Unpickler):
    def find_class(self, module, name):
        return type("Nothing", (Nothing,), {"name": (module, name)})

    def persistent_load(self, pid):
        return Nothing()


def text(s):
    """A string, by one of the opcodes for it."""
    raw = s.encode()
    ways = [
        b"\x8c" + bytes([len(raw)]) + raw,
        b"X" + struct.pack("<I", len(raw)) + raw,
        b"\x8d" + struct.pack("<Q", len(raw)) + raw,
        b"V" + s.encode("raw_unicode_escape") + b"\n",
    ]
    if s.isascii():
        ways += [b"S'" + raw + b"'\n", b"U" + bytes([len(raw)]) + raw]
    return random.choice(ways)


PUT = [b"q%c", b"r%c\0\0\0", b"p%d\n"]
GET = [b"h%c", b"j%c\0\0\0", b"g%d\n"]

PLAIN = [
    b"N", b"(", b")", b"}", b"]", b"\x8f", b"K\1", b"M\1\1", b"J\1\0\0\0", b"I1\n", b"I01\n", b"L1L\n", b"F1.5\n", b"G" + b"\0" * 8,
    b"\x8a\1\1", b"\x8b\1\0\0\0\1", b"\x88", b"\x89", b"t", b"\x85", b"\x86", b"\x87", b"R", b"b", b"\x81", b"\x92", b"o", b"(o", b"0",
    b"1", b"2", b"a", b"e", b"s", b"u", b"d", b"l", b"\x90", b"\x91", b"\x94", b"q\1", b"h\1", b"g1\n", b"Q", b"Pab\n", b"B\2\0\0\0ab",
    b"C\2ab", b"\x8e" + struct.pack("<Q", 2) + b"ab", b".", b"\x80\4", b"VX\n", b"T\1\0\0\0a",
]


def piece():
    """An opcode, or a few that name something."""
    module, name = random.choice(MODULES), random.choice(NAMES)
    kind = random.random()
    if kind < 0.12:
        return b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    if kind < 0.24:
        return text(module) + text(name) + b"\x93"
    if kind < 0.28:
        return text(module) + b"\x94" + text(name) + b"\x94\x93"
    if kind < 0.32:
        return b"(" + text("q") + b"i" + module.encode() + b"\n" + name.encode() + b"\n"
    if kind < 0.36:
        kept = text(module) + random.choice(PUT) % 5 + b"0" + text(name) + random.choice(PUT) % 6 + b"0"
        return kept + random.choice(GET) % 5 + random.choice(GET) % 6 + b"\x93"
    if kind < 0.40:
        return text(module) + text(name) + b"20\x93"
    return random.choice(PLAIN)


def main():
    random.seed(int(sys.argv[1]))
    left = int(sys.argv[2])
    while left > 0:
        body = random.choice([b"", b"\x80\2", b"\x80\4", b"\x80\5"]) + b"".join(piece() for _ in range(random.randrange(1, 25)))
        made = bytearray(body + random.choice([b".", b"", b"N.", b"\xff"]))
        if random.random() < 0.3:
            for _ in range(random.randrange(1, 4)):
                made[random.randrange(len(made))] = random.randrange(256)
        Nothing.called.clear()
        try:
            Unpickler(io.BytesIO(bytes(made))).load()
        except Exception:
            pass  # what it called before counts
        if Nothing.called:
            left -= 1
            print(made.hex() + "\t" + ",".join(m.replace(",", "?") + " " + n.replace(",", "?") for m, n in sorted(Nothing.called)))


sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
main()
