# A comment, with "quotes" and (parentheses).
import json
import re

TEXT = """first
    second, (third)
"""
QUOTED = 'he said "no"'
PATTERN = re.compile(r"(\w+)\s*=\s*(\d+)")  # want


def f(a, b=2, *args, key="k", **rest):
    """Doc,
    string."""
    return (a, b, args, key, sorted(rest))


def nested(names, table):
    if names:
        for name in names:
            try:
                yield f"{name!r:>8} {table['k']} {f(name, 'x', key=name)[0]}"  # want
            finally:
                pass


print(f(1, 2, *[3, 4], key='z', **{"m": 1}))  # want
print(
    f(
        1,  # one, two
        b=sum(x for x in [1, 2]),
    ),
    sum(x for x in (1, 2)),
)  # want
print("a" 'b' "c", b"bytes", r'\d', '', "it's", QUOTED, TEXT)
print(list(nested(["p", "q"], {"k": "v"})))
print(PATTERN.sub(
    lambda m: m.group(1).upper() + (
        m.group(2)
    ), "a=1 b = 2"))
total = 1 + \
    len(TEXT)
print(total, json.dumps({"a": [1, 2], 'b': (3, 4,)}, indent=None, sort_keys=True))  # want
value, *others = f(1)
print(value, others, (lambda q: q * 2)(4), not total, -total)
