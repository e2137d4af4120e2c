package notebook

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyguard/pyguardml/ast"
)

func TestFilesThatAreNoNotebooksGiveAnErrorWithAPlace(t *testing.T) {
	deep := strings.Repeat("[", maxDepth+1)
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "x.ipynb:1:1: the file is empty"},
		{"blank", " \n", "x.ipynb:2:1: the file is empty"},
		{"an LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "x.ipynb:1:1: the file is a Git LFS pointer; fetch it with `git lfs pull`"},
		{"UTF-16", "\xff\xfe{\x00", "x.ipynb:1:1: the file is not JSON in UTF-8"},
		{"Python", "import torch", "x.ipynb:1:1: expected a value"},
		{"an array", "[1]", "x.ipynb:1:4: not a notebook: the file holds no JSON object"},
		{"other JSON", `{"a": 1}`, `x.ipynb:1:1: not a notebook: there is no "nbformat"`},
		{"cut off", "{\"nbformat\": 4,\n \"cells\": [", "x.ipynb:2:12: the file ends in the middle of a value"},
		{"an open string", "{\"nbformat\": 4,\n \"ce", "x.ipynb:2:2: the string that begins here is not closed"},
		{"a missing colon", `{"nbformat" 4}`, "x.ipynb:1:13: expected ':' after the key"},
		{"a trailing comma", `{"nbformat": 4,}`, "x.ipynb:1:16: expected a key in double quotes"},
		{"a missing comma", `{"é": 4 "a": 5}`, "x.ipynb:1:9: expected ',' or '}'"},
		{"a bad escape", `{"a": "\x"}`, "x.ipynb:1:8: invalid escape in a string"},
		{"a line break in a string", "{\"a\": \"x\ny\"}", "x.ipynb:1:9: line break or control character in a string"},
		{"a leading zero", `{"a": 012}`, "x.ipynb:1:7: invalid number"},
		{"two values", `{"nbformat": 4, "cells": []} {}`, "x.ipynb:1:30: unexpected text after the notebook"},
		{"a merge conflict", "{\n<<<<<<< HEAD\n \"nbformat\": 4}", "x.ipynb:2:1: unresolved merge conflict"},
		{"too deep", `{"a": ` + deep, fmt.Sprintf("x.ipynb:1:%d: values nest deeper than 1000", 6+maxDepth)},
		{"nbformat 2", `{"nbformat": 2, "worksheets": []}`, "x.ipynb:1:14: nbformat 2 is not supported; convert the notebook with `jupyter nbconvert --to notebook`"},
		{"nbformat 5", `{"nbformat": 5, "cells": []}`, "x.ipynb:1:14: unknown nbformat 5; 3 and 4 are supported"},
		{"nbformat as text", `{"nbformat": "4", "cells": []}`, `x.ipynb:1:14: unknown nbformat "4"; 3 and 4 are supported`},
		{"no cells", `{"nbformat": 4}`, `x.ipynb:1:1: the notebook has no "cells"`},
		{"no worksheets", `{"nbformat": 3, "cells": []}`, `x.ipynb:1:1: the notebook of nbformat 3 has no "worksheets"`},
		{"cells that are no list", `{"nbformat": 4, "cells": {}}`, `x.ipynb:1:26: "cells" is not a list`},
		{"a cell that is no object", `{"nbformat": 4, "cells": [1]}`, "x.ipynb:1:27: a cell is not an object"},
		{"a source that is no text", `{"nbformat": 4, "cells": [{"source": 1}]}`, "x.ipynb:1:38: a cell's source is neither a string nor a list of strings"},
		{"a source with a number in it", `{"nbformat": 4, "cells": [{"source": ["", 1]}]}`, "x.ipynb:1:38: a cell's source is neither a string nor a list of strings"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("x.ipynb", []byte(test.file))
			var e *Error
			if !errors.As(err, &e) || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestUnusualFilesAreRead(t *testing.T) {
	for _, test := range []struct{ name, file, source string }{
		{"a byte order mark", "\ufeff" + `{"nbformat":4,"cells":[{"cell_type":"code","source":"x"}]}`, "x"},
		{"NaN and Infinity", `{"nbformat":4,"metadata":[NaN,Infinity,-Infinity,-0.5e+7],"cells":[{"cell_type":"code","source":"x"}]}`, "x"},
		{"duplicate keys", `{"nbformat":3,"nbformat":4,"cells":[],"cells":[{"cell_type":"code","source":"w","source":"x"}]}`, "x"},
		{"an escaped key", `{"nbformat":4,"\u0063ells":[{"cell_type":"code","sourc\u0065":"x"}]}`, "x"},
		{"half a surrogate pair", `{"nbformat":4,"cells":[{"cell_type":"code","source":"'\ud83d'"}]}`, "'\ufffd'"},
		{"a surrogate pair", `{"nbformat":4,"cells":[{"cell_type":"code","source":"'\uD83D\uDE00\/'"}]}`, "'😀/'"},
		{"bytes that are not UTF-8", "{\"nbformat\":4,\"cells\":[{\"cell_type\":\"code\",\"source\":\"'\xff\xfe\\n'\"}]}", "'\ufffd\ufffd\n'"},
		{"no source", `{"nbformat":4,"cells":[{"cell_type":"code"}]}`, ""},
		{"an unknown cell type", `{"nbformat":4,"cells":[{"cell_type":"sql","source":"x"}]}`, "x"},
		{"a later minor version", `{"nbformat":4,"nbformat_minor":99,"cells":[{"source":["x"]}]}`, "x"},
	} {
		nb, err := Parse("x.ipynb", []byte(test.file))
		if err != nil || len(nb.Cells) != 1 || nb.Cells[0].Source != test.source {
			t.Errorf("%s: %v, %+v", test.name, err, nb)
		}
	}
}

func TestWorksheetsOfFormat3BecomeOneListOfCells(t *testing.T) {
	const file = `{"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [
		{"cells": [
			{"cell_type": "heading", "level": 1, "source": ["T"]},
			{"cell_type": "code", "language": "python", "prompt_number": 2, "input": ["x = 1\n", "x"], "outputs": [
				{"output_type": "pyout", "prompt_number": 2, "text": ["1"], "html": "<b>1</b>"},
				{"output_type": "stream", "stream": "stderr", "text": "w"},
				{"output_type": "pyerr", "ename": "E", "evalue": "v", "traceback": ["a", "b"]}]}]},
		{"cells": [{"cell_type": "code", "language": "ruby", "input": "puts", "outputs": []}]}]}`
	nb := parsed(t, file)
	if nb.Format != 3 || len(nb.Cells) != 3 || nb.Cells[2].Number != 3 {
		t.Fatalf("%+v", nb)
	}
	if got := string(nb.Source().Text); got != "x = 1\nx\n    " {
		t.Errorf("module %q", got)
	}
	if n := nb.Cells[1].ExecutionCount; n == nil || *n != 2 {
		t.Errorf("execution count %v", n)
	}
	var got []string
	for o := range nb.Cells[1].Outputs() {
		for _, c := range o.Contents {
			got = append(got, fmt.Sprintf("%d %s %s %s %s", o.Index, o.Type, o.Name, c.MIME, c.Value.Text()))
		}
	}
	want := []string{
		"0 execute_result  text/plain 1", "0 execute_result  text/html <b>1</b>",
		"1 stream stderr text/plain w", "2 error  text/plain v", "2 error  text/plain ab",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	out, err := nb.Apply([]ast.Edit{at(t, nb, "1", "2")})
	if want := strings.Replace(file, `"x = 1\n"`, `"x = 2\n"`, 1); err != nil || string(out) != want {
		t.Error(err, cmp.Diff(want, string(out)))
	}
}

func TestPositionsMapBothWays(t *testing.T) {
	nb := parsed(t, `{"nbformat":4,"cells":[
		{"cell_type":"markdown","source":"# T"},
		{"cell_type":"code","source":["é = '😀' + x\n","\n","!ls é\r\n","z"]},
		{"cell_type":"code","source":""},
		{"cell_type":"code","source":"last\n"}]}`)
	for _, test := range []struct {
		text              string
		cell, line        int
		column, utf16, at int
	}{
		{"+ x", 2, 1, 9, 10, 13},
		{"_", 2, 3, 1, 1, 1},
		{"z", 2, 4, 1, 1, 1},
		{"last", 4, 1, 1, 1, 1},
	} {
		pos := at(t, nb, test.text, "").Start
		cell, p := nb.Position(pos)
		want := ast.Position{Line: test.line, Column: test.column, UTF16: test.utf16, Byte: test.at}
		if cell != test.cell || p != want {
			t.Errorf("%q is in cell %d at %+v, want cell %d %+v", test.text, cell, p, test.cell, want)
		}
		if back, ok := nb.Offset(cell, p.Line, p.Column); !ok || back != pos {
			t.Errorf("%q maps back to %d, want %d", test.text, back, pos)
		}
	}
	end := ast.Pos(len(nb.Source().Text))
	if cell, p := nb.Position(end); cell != 4 || p.Line != 2 || p.Column != 1 {
		t.Errorf("the end is in cell %d at %+v", cell, p)
	}
	for _, pos := range []ast.Pos{-1, end + 1} {
		if cell, _ := nb.Position(pos); cell != 0 {
			t.Errorf("%d is in cell %d", pos, cell)
		}
	}
	for _, place := range [][3]int{{1, 1, 1}, {2, 9, 1}, {2, 2, 2}, {2, 1, 99}, {3, 2, 1}, {5, 1, 1}, {0, 1, 1}, {2, 0, 1}} {
		if pos, ok := nb.Offset(place[0], place[1], place[2]); ok {
			t.Errorf("%v maps to %d", place, pos)
		}
	}
}

func TestOffsetsMapToTheFile(t *testing.T) {
	nb := parsed(t, `{"nbformat":4,"cells":[{"cell_type":"code","source":["a\u00e9\n","b\ud83d\ude00c"]}]}`)
	for text, want := range map[string]string{"a": `a\u00e9`, "é": `\u00e9\n`, "\n": `\n"`, "b": `b\ud83d`, "c": `c"]`} {
		off, ok := nb.FileOffset(at(t, nb, text, "").Start)
		if !ok || !strings.HasPrefix(string(nb.data[off:]), want) {
			t.Errorf("%q maps to %q, want %q", text, nb.data[off:], want)
		}
	}
	if _, ok := nb.FileOffset(at(t, nb, "é", "").Start + 1); ok {
		t.Error("an offset within a character maps to the file")
	}
	if off, ok := nb.FileOffset(ast.Pos(len(nb.Source().Text))); !ok || nb.data[off] != '"' {
		t.Errorf("the end maps to %d, %v", off, ok)
	}
	if p := nb.FilePosition(strings.Index(string(nb.data), "cells")); p.Line != 1 || p.Column != 16 {
		t.Errorf("cells are at %+v", p)
	}
}

func TestCommandsAreGivenAsData(t *testing.T) {
	nb := notebookOf(t,
		"!pip install -q \\\n   x  \nfiles = !ls {path!r}\nif x:\n    %cd  /tmp  \n",
		"%%bash -e\necho hi\n",
		"%%time\n%run a.py\n",
		"torch.load?\n%time y = f()\n!!pwd\n/g 1",
	)
	var got []string
	for _, c := range nb.Commands() {
		cell, p := nb.Position(c.Span.Start)
		if cell != c.Cell {
			t.Errorf("%v is in cell %d", c, cell)
		}
		source := nb.Cells[cell-1].Source
		if start := c.ArgsSpan.Start - nb.Cells[cell-1].span.Start; source[start:int(start)+len(c.Args)] != c.Args {
			t.Errorf("%v: the arguments are not at their span", c)
		}
		got = append(got, fmt.Sprintf("%d:%d:%d %v %q %q %q %q", cell, p.Line, p.Column, c.Kind, c.Name, c.Args, c.Body, c.Target))
	}
	want := []string{
		`1:1:1 shell "!" "pip install -q \\\n   x" "" ""`,
		`1:3:9 shell "!" "ls {path!r}" "" "files"`,
		`1:5:5 line magic "cd" "/tmp" "" ""`,
		`2:1:1 cell magic "bash" "-e" "echo hi\n" ""`,
		`3:1:1 cell magic "time" "" "%run a.py\n" ""`,
		`3:2:1 line magic "run" "a.py" "" ""`,
		`4:1:1 help "?" "torch.load" "" ""`,
		`4:2:1 line magic "time" "y = f()" "" ""`,
		`4:3:1 shell "!!" "pwd" "" ""`,
		`4:4:1 call "g" "1" "" ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestShellTextIsFoundInLinesAndCells(t *testing.T) {
	for cell, want := range map[string]string{
		"!ls -l":                              "ls -l",
		"x = !!ls":                            "ls",
		"%sx ls":                              "ls",
		"%%sh\nls\n":                          "ls\n",
		"%%script --no-raise /bin/bash -e\nl": "l",
		"%%script perl\nl":                    "",
		"%cd x":                               "",
		"?x":                                  "",
	} {
		cmd := notebookOf(t, cell).Commands()[0]
		text, span, ok := cmd.Shell()
		if text != want || ok != (want != "") || span.Len() != len(want) {
			t.Errorf("%q: %q %v %v", cell, text, span, ok)
		}
	}
}

func TestInterpolationsAreListed(t *testing.T) {
	for cell, want := range map[string][]string{
		"!echo {x} $y.z ${HOME} $$a {{no}}": {"x", "y.z"},
		"!awk '{print $1}' f":               nil,
		"!curl {url + '/a'} {d[\"k\"]:>10}": {"url + '/a'", `d["k"]`},
		"!echo '$x' \"$y\"":                 {"y"},
		"!pip install {a!r} { b }":          {"a", "b"},
		"%run {script} $args":               {"script", "args"},
		"%%bash -s $x\necho $y":             {"x"},
		"!echo {f\"{a}\"} {":                {`f"{a}"`},
		"!find . -exec ls {} \\;":           nil,
		"!echo $ $1 {,} x$":                 nil,
		"!{sys.executable} -m pip":          {"sys.executable"},
		"!echo {x if y else z}":             {"x if y else z"},
	} {
		nb := notebookOf(t, cell)
		var got []string
		for _, in := range nb.Commands()[0].Interpolations() {
			source := nb.Cells[0].Source
			if source[in.ExprSpan.Start:in.ExprSpan.End] != in.Expr || !in.Span.Contains(in.ExprSpan) {
				t.Errorf("%q: %+v is not where it says", cell, in)
			}
			got = append(got, in.Expr)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
}

func TestOutputsAttachmentsAndWidgetsAreReached(t *testing.T) {
	const file = `{"nbformat":4,"nbformat_minor":5,"metadata":{"widgets":{"application/vnd.jupyter.widget-state+json":{"state":{"m1":{"model_name":"HTMLModel"}}}}},"cells":[
		{"id":"a1","cell_type":"code","execution_count":7,"source":"x","outputs":[
			{"output_type":"display_data","data":{"text/html":["<b>","é</b>"],"application/json":{"a":1}},"metadata":{}},
			{"output_type":"stream","name":"stdout","text":"hf_x"}]},
		{"cell_type":"markdown","source":"","attachments":{"i.svg":{"image/svg+xml":"<svg/>"}}}]}`
	nb := parsed(t, file)
	c := &nb.Cells[0]
	if c.ID != "a1" || *c.ExecutionCount != 7 {
		t.Errorf("%+v", c)
	}
	for o := range c.Outputs() {
		if o.Index == 0 {
			html := o.Data("text/html")
			off, ok := html.Offset(len("<b>"))
			if html.Text() != "<b>é</b>" || !ok || !strings.HasPrefix(file[off:], "é</b>") {
				t.Errorf("HTML %q at %d", html.Text(), off)
			}
			if got := string(o.Data("application/json").Raw()); got != `{"a":1}` {
				t.Errorf("JSON %s", got)
			}
		} else if o.Name != "stdout" || o.Data("text/plain").Text() != "hf_x" {
			t.Errorf("stream %v", o)
		}
	}
	for a := range nb.Cells[1].Attachments() {
		for content := range a.Contents() {
			if a.Name != "i.svg" || content.MIME != "image/svg+xml" || content.Value.Text() != "<svg/>" {
				t.Errorf("attachment %v %v", a, content)
			}
		}
	}
	if got := nb.Widgets().Get("m1", "model_name").Text(); got != "HTMLModel" {
		t.Errorf("widget %q", got)
	}
	var none Value
	for range none.Members() {
		t.Error("a value that is not there has members")
	}
	if none.Exists() || none.Kind() != None || none.Text() != "" || none.Raw() != nil || none.Get("a").Exists() {
		t.Error("the zero Value has content")
	}
}

func TestHostileCellsTakeTimeInProportion(t *testing.T) {
	for _, s := range []string{
		"f\"{", "f'''{f\"{", "f\"{x:{", "(", "%time ", "%%time\n", "!{", "!{ ", "! $a.", "x = !", ">>> ", "\\\n", "a?\n", "#\n", "x = %time ", "%time x = ", "%time x = !", "%time f(\n",
	} {
		start := time.Now()
		nb := notebookOf(t, strings.Repeat(s, 100_000))
		for i := range nb.commands {
			nb.commands[i].Interpolations()
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q, a hundred thousand times, took %v", s, took)
		}
	}
}
