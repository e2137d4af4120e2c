package pyguardml

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/checks"
)

// anyFlow reports every way from a source to a sink that is worth a word: "user->shell".
var anyFlow = &checks.Rule{
	Spec: &checks.Info{
		ID: "TEST900", Name: "any-flow", Title: "Data reaches a sink", Severity: checks.High,
		CWE: []string{"CWE-20"}, OWASPLLM: []string{"LLM01"}, Remedy: checks.Remedy{Edit: "look at it"},
	},
	From: []checks.Label{checks.LabelUser, checks.LabelLLM, checks.LabelDocument, checks.LabelSecret, checks.LabelWeb},
	Into: []checks.SinkKind{checks.SinkShell, checks.SinkExec, checks.SinkPath, checks.SinkHTML, checks.SinkPromptSystem, checks.SinkLog, checks.SinkDeserialize, checks.SinkSize, checks.SinkKept},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		p.Report(checks.Report{Node: path.Node, Message: fmt.Sprintf("%s->%s", path.Mark.Label, path.Kind), Path: path})
	},
}

// modelCases shows each field of a model. docs/models.md holds the same text.
var modelCases = []struct {
	name   string
	models []checks.Model
	python string
}{
	{"a source and a sink", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser, From: "the body of the request"},
		{Name: "acme.jobs.run", Sinks: []checks.Sink{{Kind: checks.SinkShell, Arg: "0:command", Note: "run on the worker"}}},
	}, `
import acme

def handler():
    acme.jobs.run(acme.request.body["command"])  #> user->shell
    acme.jobs.run("ls", acme.request.body)
`},
	{"a sink on a condition", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.jobs.start", Sinks: []checks.Sink{{Kind: checks.SinkShell, Arg: "0:command", If: "raw=True"}}},
		{Name: "acme.jobs.queue", Sinks: []checks.Sink{{Kind: checks.SinkShell, Arg: "0:command", If: "1:by!=acme.NoShell, dry!=True"}}},
	}, `
import acme

def handler():
    acme.jobs.start(acme.request.body, raw=True)  #> user->shell
    acme.jobs.start(acme.request.body)
    acme.jobs.queue(acme.request.body, "bash")  #> user->shell
    acme.jobs.queue(acme.request.body, "bash", dry=True)
    acme.jobs.queue(acme.request.body, acme.NoShell)
`},
	{"another spelling", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme_sdk.v2.request", SameAs: "acme.request"},
	}, `
import os
from acme_sdk.v2 import request

os.system(request.body)  #> user->shell
`},
	{"instances and base classes", []checks.Model{
		{Name: "acme.Connection().read", Source: checks.LabelUser},
		{Name: "acme.connect", Returns: "acme.Connection()"},
		{Name: "acme.TlsConnection", Extends: []string{"acme.Connection"}},
	}, `
import os
import acme

os.system(acme.connect("host").read())  #> user->shell
os.system(acme.TlsConnection("host").read())  #> user->shell
`},
	{"what a call returns", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.Query().limit", Returns: "self"},
		{Name: "acme.Query().run", Sinks: []checks.Sink{{Kind: checks.SinkExec, Arg: "0"}}},
		{Name: "acme.checked", Returns: "args[0]", NoPass: true},
		{Name: "acme.retry", Returns: "call args[0]"},
	}, `
import os
import acme

def read():
    return acme.request.body

acme.Query().limit(3).run(acme.request.body)  #> user->exec
os.system(acme.checked(acme.request.body))  #> user->shell
os.system(acme.retry(read))  #> user->shell
`},
	{"what the result carries", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.translate", Pass: []checks.Arg{"0:text"}},
		{Name: "acme.lookup", NoPass: true},
		{Name: "acme.priority", Number: true},
		{Name: "acme.ask_number", Source: checks.LabelUser, Number: true, BoundedBy: []checks.Arg{"most"}},
		{Name: "acme.choose", Source: checks.LabelUser, SourceIf: "other=True", NoPass: true},
		{Name: "acme.reserve", Sinks: []checks.Sink{{Kind: checks.SinkSize, Arg: "0:rows"}}, NoPass: true},
		{Name: "acme.setting", Named: "0:name", NoPass: true},
	}, `
import logging
import os
import acme

text = acme.request.body
os.system(acme.unheard_of(text))  #> user->shell
os.system(acme.translate(text))  #> user->shell
os.system(acme.translate("ls", hint=text))
os.system(acme.lookup(text))
os.system(f"nice -n {acme.priority(text)} ls")
os.system(acme.choose(["ls", "df"]))
os.system(acme.choose(["ls", "df"], other=True))  #> user->shell
n = acme.ask_number()
os.system(f"nice -n {n} ls")
acme.reserve(n)  #> user->size
acme.reserve(min(n, 100))
acme.reserve(acme.ask_number(most=100))
logging.info(acme.setting("DB_PASSWORD"))  #> secret->log
logging.info(acme.setting("REGION"))
`},
	{"sanitizers", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.Converter().run", Cleans: []checks.SinkKind{checks.SinkShell}, CleansIf: []string{"()0:mode=strict", "raw=False"}},
		{Name: "acme.shell_safe", Cleans: []checks.SinkKind{checks.SinkShell}},
		{Name: "acme.only_letters", CleansAll: true},
		{Name: "acme.raw", Restores: []checks.SinkKind{checks.SinkShell}},
	}, `
import os
import acme

text = acme.shell_safe(acme.request.body)
os.system(text)
open(text)  #> user->path
os.system(acme.raw(text))  #> user->shell
open(acme.only_letters(acme.request.body))
os.system(acme.Converter("strict").run(acme.request.body))
os.system(acme.Converter("loose").run(acme.request.body))  #> user->shell
os.system(acme.Converter("loose").run(acme.request.body, raw=False))
`},
	{"what shows a callback's results", []checks.Model{
		{Name: "acme.Page", Sinks: []checks.Sink{{Kind: checks.SinkHTML, Arg: "0:value"}}, NoPass: true},
		{Name: "acme.ask", Callbacks: []checks.Callback{{
			Arg: "0:fn", Outputs: "1:outputs", OutputNames: map[string]string{"page": "acme.Page"}, Params: map[string]checks.Label{"*": checks.LabelUser},
		}}},
	}, `
import acme

def both(text):
    return text, "done"  #> user->html

acme.ask(both, [acme.Page(), acme.TextField()])

def one(text):
    return text  #> user->html

acme.ask(one, "page")
`},
	{"what is put into an object", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.Script().line", Stores: []checks.Arg{"0:text"}, NoPass: true},
		{Name: "acme.Script().text"},
	}, `
import os
import acme

script = acme.Script()
script.line(acme.request.body)
os.system(script.text())  #> user->shell
`},
	{"files", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.export", NoPass: true, Writes: &checks.FileWrite{File: "1:path", Data: "0:data"}},
		{Name: "acme.mirror", NoPass: true, Writes: &checks.FileWrite{File: "1:path", Fetched: checks.LabelWeb}},
	}, `
import pickle
import acme

acme.export(acme.request.body, "a.bin")
pickle.load(open("a.bin", "rb"))  #> user->deserialize
name = acme.mirror("https://example.org/b.bin", "b.bin")
pickle.load(open(name, "rb"))  #> web->deserialize
pickle.load(open("c.bin", "rb"))
`},
	{"what a store keeps", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.notes.put", Key: "0:name", Keeps: []checks.Arg{"1:text"}, NoPass: true},
		{Name: "acme.notes.get", Key: "0:name", Source: checks.LabelDatabase, NoPass: true},
	}, `
import acme

acme.notes.put("today", acme.request.body)  #> user->kept
acme.notes.get("today")
`},
	{"files that are read, copied and deleted", []checks.Model{
		{Name: "acme.mirror", NoPass: true, Writes: &checks.FileWrite{File: "1:path", Fetched: checks.LabelWeb, If: "2:sha256=None"}},
		{Name: "acme.slurp", NoPass: true, Reads: "0:path"},
		{Name: "acme.duplicate", NoPass: true, Writes: &checks.FileWrite{File: "1:to", Data: "0:path", Copies: true}},
		{Name: "acme.discard", NoPass: true, Removes: "0:path"},
	}, `
import pickle
import acme

acme.mirror("https://example.org/a.bin", "a.bin")
pickle.loads(acme.slurp("a.bin"))  #> web->deserialize
acme.duplicate("a.bin", "b.bin")
pickle.load(open("b.bin", "rb"))  #> web->deserialize
acme.mirror("https://example.org/c.bin", "c.bin", "9f86d081")
pickle.load(open("c.bin", "rb"))
acme.discard("a.bin")
pickle.load(open("a.bin", "rb"))
`},
	{"a source on a condition, and a step with a name", []checks.Model{
		{Name: "acme.open", Source: checks.LabelWeb, SourceIf: "0:url^=acme://|https://", NoPass: true},
		{Name: "acme.unwrap", Step: "taken out of its envelope"},
	}, `
import os
import acme

os.system(acme.unwrap(acme.open("acme://start")))  #> web->shell
os.system(acme.open("start.sh"))
`},
	{"arguments that are filled, and sources for some sinks", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.unpack", NoPass: true, Fills: &checks.Fill{Into: "1:parts", Data: "0:blob"}},
		{Name: "acme.open_model", NoPass: true, Fills: &checks.Fill{Into: "1:extra", Brought: checks.LabelWeb, For: []checks.SinkKind{checks.SinkExec}}},
		{Name: "acme.settings", NoPass: true, Source: checks.LabelWeb, SourceFor: []checks.SinkKind{checks.SinkExec}},
	}, `
import os
import acme

parts = {"a": "", "b": ""}
acme.unpack(acme.request.body, parts)
os.system(parts["a"])  #> user->shell
extra = {"init.py": ""}
exec(extra["init.py"])
acme.open_model("a.bin", extra)
exec(extra["init.py"])  #> web->exec
os.system(extra["init.py"])
exec(acme.settings())  #> web->exec
os.system(acme.settings())
`},
	{"guards", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.is_command", Number: true, Guards: &checks.Guard{Arg: "0", Cleans: []checks.SinkKind{checks.SinkShell}}},
		{Name: "acme.require", NoPass: true, Guards: &checks.Guard{Arg: "0", Raises: true}},
		{Name: "acme.is_evil", Number: true, Guards: &checks.Guard{Arg: "0", False: true}},
		{Name: "acme.deny", NoReturn: true},
	}, `
import os
import acme

def first():
    text = acme.request.body
    if acme.is_command(text):
        os.system(text)
    os.system(text)  #> user->shell

def second():
    text = acme.request.body
    acme.require(text)
    os.system(text)

def third():
    text = acme.request.body
    if acme.is_evil(text):
        acme.deny("no")
    os.system(text)
`},
	{"callbacks", []checks.Model{
		{Name: "acme.App().page", Callbacks: []checks.Callback{{
			Arg: "decorated", Route: true, PathArg: "0:rule", Result: checks.SinkHTML,
			Params: map[string]checks.Label{"*": checks.LabelUser},
		}}},
		{Name: "acme.App().on_message", Callbacks: []checks.Callback{{
			Arg: "0:fn", Types: map[string]string{"0": "acme.Message()"},
		}}},
		{Name: "acme.Message().text", Source: checks.LabelUser},
		{Name: "acme.Tool", Callbacks: []checks.Callback{{
			Arg: "subclass.run", Tool: true, Params: map[string]checks.Label{"*": checks.LabelLLM},
		}}},
	}, `
import os
import acme

app = acme.App()

@app.page("/hello/<name>/<int:n>")
def hello(name, n):
    os.system(f"seq {n}")
    return "<b>" + name + "</b>"  #> user->html

def on_message(message):
    os.system(message.text)  #> user->shell

app.on_message(on_message)

class Shell(acme.Tool):
    def run(self, command):
        os.system(command)  #> llm->shell
`},
	{"form fields", []checks.Model{
		{Name: "acme.TextField", Source: checks.LabelUser},
		{Name: "acme.NumberField", NoPass: true},
		{Name: "acme.form", Callbacks: []checks.Callback{{
			Arg: "0:fn", Inputs: "1:fields", Skip: 1, Names: map[string]checks.Label{"text": checks.LabelUser, "number": 0},
			Params: map[string]checks.Label{"*": checks.LabelUser},
		}}},
	}, `
import os
import acme

def submit(session, count, name):
    os.system(f"seq {count}")
    os.system(name)  #> user->shell

acme.form(submit, [acme.NumberField(), acme.TextField()])

def save(session, name, count):
    os.system(f"seq {count}")
    os.system(name)  #> user->shell

acme.form(save, ["text", "number"])
`},
	{"model calls", []checks.Model{
		{Name: "acme.request.body", Source: checks.LabelUser},
		{Name: "acme.LLM().chat", Source: checks.LabelLLM, NoPass: true, Chat: &checks.ChatModel{
			Messages: "0:messages", System: []checks.Arg{"persona"}, Tools: "tools", Hosted: true,
		}},
		{Name: "acme.LLM().complete", Source: checks.LabelLLM, NoPass: true, Chat: &checks.ChatModel{User: []checks.Arg{"0:prompt"}}},
		{Name: "acme.LLM().roleless", Source: checks.LabelLLM, NoPass: true, Chat: &checks.ChatModel{Messages: "0:messages", NoSystemRole: true}},
		{Name: "acme.SystemTurn", Message: &checks.MessageModel{Role: "system", Content: "0:text"}},
		{Name: "acme.Turn", Message: &checks.MessageModel{RoleArg: "0:role", Content: "1:text"}},
	}, `
import acme

llm = acme.LLM()
text = acme.request.body
llm.chat([{"role": "system", "content": text}])  #> user->prompt.system
llm.chat([{"role": "user", "content": text}], persona="Be brief.")
llm.chat([], persona=text)  #> user->prompt.system
llm.chat([acme.SystemTurn(text)])  #> user->prompt.system
llm.chat([acme.Turn("system", text)])  #> user->prompt.system
llm.chat([acme.Turn("user", text)])
llm.complete(text)
llm.roleless([{"role": "system", "content": text}])
exec(llm.complete("hello"))  #> llm->exec
`},
}

// protectedCode is told what protects it by the models of docs/models.md.
const protectedCode = `import acme

app, held, part = acme.App(), acme.App(doors=[acme.members_only()]), acme.App()
held.add(part)

@app.page("/a")
def a(name):  # open
    return name

@app.page("/b")
@acme.members_only()
def b(name):
    return name

@app.page("/c")
@acme.members_only(guests=True)
def c(name):  # open
    return name

@held.page("/d")
def d(name):
    return name

@part.page("/e")
def e(name):
    return name

app.listen("0.0.0.0")  # open
app.listen()
`

func TestModelsSayWhatProtectsAHandler(t *testing.T) {
	open := &checks.Rule{
		Spec: &checks.Info{ID: "TEST004", Name: "open", Title: "x", Inputs: []checks.Input{checks.Python}},
		On:   []string{"acme.App().listen"},
		OnCall: func(p *checks.Pass, c *checks.Call) {
			if c.Reach() == checks.EachNetwork {
				p.Report(checks.Report{Node: c.Node})
			}
		},
		Needs: []string{"page"},
		OnFunction: func(p *checks.Pass, f *checks.Frame) {
			if fn := f.Function(); fn != nil && f.Serves() && !f.ProtectionOf(fn).Has(checks.ProtectsIdentity) {
				p.Report(checks.Report{Node: fn.Def.Name})
			}
		},
	}
	opts := only(open)
	opts.Models = []checks.Framework{{Name: "acme", Version: "1.0", Models: []checks.Model{
		{Name: "acme.App().page", Callbacks: []checks.Callback{{Arg: "decorated", Route: true, PathArg: "0:rule"}}},
		{Name: "acme.members_only", Protects: checks.ProtectsIdentity, ProtectsIf: []string{"guests!=True"}},
		{Name: "acme.App", Gates: []checks.Arg{"doors"}},
		{Name: "acme.App().use", Gates: []checks.Arg{"0:door"}},
		{Name: "acme.App().add", Mounts: []checks.Arg{"0:part"}},
		{Name: "acme.App().listen", Serves: &checks.Server{Host: "0:host", Default: "127.0.0.1"}},
	}}}
	res := analyzed(t, []File{{Path: "a.py", Content: []byte(protectedCode)}}, opts)
	var got, want []int
	for _, f := range res.Findings {
		got = append(got, f.Start.Line)
	}
	for i, line := range strings.Split(protectedCode, "\n") {
		if strings.HasSuffix(line, "# open") {
			want = append(want, i+1)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

// TestModelsOfAnEmbeddersFramework runs each case with the models handed in as Options.
func TestModelsOfAnEmbeddersFramework(t *testing.T) {
	for _, c := range modelCases {
		t.Run(c.name, func(t *testing.T) {
			opts := only(anyFlow)
			opts.Models = []checks.Framework{{Name: "acme", Version: "1.0", Models: c.models}}
			res := analyzed(t, []File{{Path: "a.py", Content: []byte(c.python)}}, opts)
			var got, want []string
			for _, f := range res.Findings {
				got = append(got, fmt.Sprintf("%d %s", f.Start.Line, f.Message))
			}
			for i, line := range strings.Split(c.python, "\n") {
				if _, mark, ok := strings.Cut(line, "#> "); ok {
					want = append(want, fmt.Sprintf("%d %s", i+1, mark))
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

var codeBlock = regexp.MustCompile("(?s)```(go|python)\n(.*?)```")

// TestThePageAboutModelsIsTrue compares the page's code with the cases above, and its words
// with the fields that there are.
func TestThePageAboutModelsIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/models.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("models_test.go")
	if err != nil {
		t.Fatal(err)
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	tested := squeeze(string(source))
	for _, m := range codeBlock.FindAllStringSubmatch(string(page), -1) {
		if code := squeeze(m[2]); !strings.Contains(tested, code) {
			t.Errorf("no test runs this code of the page:\n%s", m[2])
		}
	}
	for _, c := range modelCases {
		if !strings.Contains(string(page), strings.TrimSpace(c.python)) {
			t.Errorf("the page lacks the case %q", c.name)
		}
	}
	for _, v := range []any{checks.Framework{}, checks.Model{}, checks.Sink{}, checks.ChatModel{}, checks.MessageModel{}, checks.Callback{}, checks.FileWrite{}, checks.Guard{}, checks.Server{}} {
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			if name := typ.Field(i).Name; !strings.Contains(string(page), "`"+name+"`") {
				t.Errorf("the page does not tell of %s.%s", typ.Name(), name)
			}
		}
	}
}

func TestAModelThatCannotBeReadIsAnError(t *testing.T) {
	_, err := New(Options{Models: []checks.Framework{{Name: "acme", Models: []checks.Model{{Name: "acme.{a,b"}}}}})
	if err == nil || !strings.Contains(err.Error(), "acme") {
		t.Errorf("error %v, want one that names the framework", err)
	}
}

func TestModelsOfOneAnalyzerDoNotReachAnother(t *testing.T) {
	files := []File{{Path: "a.py", Content: []byte("import acme, os\nos.system(acme.request.body)\n")}}
	with, without := only(anyFlow), only(anyFlow)
	with.Models = []checks.Framework{{Name: "acme", Models: modelCases[0].models}}
	if n := len(analyzed(t, files, with).Findings); n != 1 {
		t.Errorf("%d findings with the models, want 1", n)
	}
	if n := len(analyzed(t, files, without).Findings); n != 0 {
		t.Errorf("%d findings without the models, want none", n)
	}
}

func TestWhatTheBoundsCutIsCountedInTheResult(t *testing.T) {
	var b strings.Builder
	b.WriteString("import os\ndef f0(x):\n    os.system(x)\n")
	for i := range 60 {
		fmt.Fprintf(&b, "def f%d(x):\n    f%d(x)\n", i+1, i)
	}
	res := analyzed(t, []File{{Path: "a.py", Content: []byte(b.String())}}, only(anyFlow))
	if s := res.Stats; s.Cuts.Sinks == 0 || s.Calls != 61 || s.ResolvedCalls != 61 {
		t.Errorf("stats %+v", s)
	}
	small := analyzed(t, []File{{Path: "a.py", Content: []byte("import os\nos.system('ls')\n")}}, only(anyFlow))
	if small.Stats.Cuts != (Cuts{}) {
		t.Errorf("cuts of a small file: %+v", small.Stats.Cuts)
	}
	if small.Stats.Calls != 1 {
		t.Errorf("calls %d", small.Stats.Calls)
	}
}
