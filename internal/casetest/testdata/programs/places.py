import functools
import json

RULES = "Be {mood}"
COUNT = 3


def parse(text):
    return json.loads(text)


def report(items, mood="kind", *, width=10):
    lines = []
    for item in items:
        if item is None:
            continue
        elif item == "stop":
            break
        line = RULES.format(mood=mood) + ": " + parse(json.dumps(item))  # want
        lines.append(line[:width])
    with open(__file__) as handle:
        first = parse(json.dumps(handle.name[-3:]))  # want
    return lines, first


@functools.lru_cache(maxsize=None)
def cached(
    n,
):
    return json.loads(  # want
        json.dumps(n * 2),
        parse_int=lambda digits: int(digits) + 1,
    )


class Counter:
    start = COUNT

    def __init__(self):
        self.seen = {}

    def count(self, word):
        seen = self.seen
        seen[word] = seen.get(word, self.start) + 1  # want
        return seen[word]

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def scale(n):
        return max(n, COUNT)  # want


async def later(value):
    return value


def never_called(rows):
    return json.dumps(rows, indent=1)  # want


def one_line(x): return json.dumps(x)  # want


a = report(["x", None, "y", "stop", "z"]); print(a)
counter = Counter.make()
total = sum(counter.count(w) for w in "abca")  # want
print(total, cached(4), Counter.scale(1), one_line([1]))
if total > 3: print(json.dumps({"total": total}))  # want
result = [json.dumps(n) for n in range(2)]  # want
for n in json.loads("[1, 2]"):  # want
    print(n)
while total > 20: total -= json.loads("1")  # want
print(total, json.dumps(result))  # want
