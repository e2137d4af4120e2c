"""Imports of every form, used in every place."""
import json
import os.path
import collections.abc as abc
import hashlib as digests
from math import floor, sqrt as root
from os import path, sep
import textwrap, string

PREFIX = "out"
LIMITS = {"low": 1, "high": 10}
WORDS = ["a", "b"] + ["c"]


def join(*parts):
    return os.path.join(PREFIX, *parts)


class Reader:
    words = WORDS

    def __init__(self, text):
        self.text = text
        self.digest = digests.sha256(text.encode()).hexdigest()  # want

    def value(self, key="k"):
        table = json.loads(self.text)  # want
        return table[key]

    def rooted(self):
        return root(self.value()) if self.value() else floor(0.5)


if isinstance(WORDS, abc.Sequence):
    print(join("x", "y"), path.basename("a/b"), sep)
reader = Reader(json.dumps({"k": 16}))  # want
print(reader.digest[:8], reader.value(), reader.rooted())
print(textwrap.dedent("  text"), string.ascii_lowercase[: LIMITS["low"]])
print([floor(x / 2) for x in range(LIMITS["high"])])
