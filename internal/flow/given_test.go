package flow_test

import (
	"strconv"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

func TestFieldsThatEveryCallGivesAreConstant(t *testing.T) {
	const records = `
import lib
from dataclasses import dataclass
from enum import Enum

class Model(str, Enum):
    OLD = "old"

@dataclass
class Config:
    rounds: int = 7
    name: str = "base"
    model: Model = Model.OLD
`
	for name, c := range map[string]struct{ source, want string }{
		"given":                    {"def run(c: Config):\n    print(c.rounds)\nrun(Config())", "7"},
		"by default":               {"def run(c=Config()):\n    print(c.rounds)\nrun()", "7"},
		"two that differ":          {"def run(c: Config):\n    print(c.rounds)\nrun(Config())\nrun(Config(rounds=8))", ""},
		"replaced":                 {"def run(c: Config):\n    c = lib.load()\n    print(c.rounds)\nrun(Config())", ""},
		"constructor's":            {"class Run:\n    def __init__(self, c=Config()):\n        print(c.rounds)\nRun()", "7"},
		"member of an Enum":        {"print(Model.OLD.value)", "old"},
		"member in a record":       {"def run(c: Config):\n    print(c.model.value)\nrun(Config())", "old"},
		"text of a record":         {"def run(c=Config()):\n    print(c.name)\nrun()", "base"},
		"kept by the constructor":  {"class Run:\n    def __init__(self, c: Config):\n        self.c = c\n    def go(self):\n        print(self.c.name)\nRun(Config()).go()", "base"},
		"kept, or one of its own":  {"class Run:\n    def __init__(self, c=None):\n        self.c = c or Config()\n    def go(self):\n        print(self.c.rounds)\nRun().go()", "7"},
		"or another that is given": {"class Run:\n    def __init__(self, c=None):\n        self.c = c or Config()\n    def go(self):\n        print(self.c.rounds)\nRun(Config(rounds=8)).go()", ""},
		"nobody known calls it":    {"def run(c: Config):\n    print(c.rounds)", ""},
	} {
		r, _ := analyse(t, one(records+c.source+"\n"))
		got, found := "", false
		for _, call := range r.calls {
			if n, ok := call.Node.Fn.(*ast.Name); ok && n.Id == "print" {
				found = true
				v := call.Args[0].Value
				if n, ok := v.Number(); ok {
					got = strconv.Itoa(int(n))
				} else if s, ok := v.Text(); ok {
					got = s
				}
			}
		}
		if !found || got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
