package shell

import (
	"strings"
	"testing"
)

// written shows the commands of a text: words with their places checked, "|" for a pipe, "^" for a
// command within another's words.
func written(t *testing.T, text string) string {
	t.Helper()
	var out []string
	for _, c := range Parse(text) {
		var words []string
		for _, s := range c.Settings {
			words = append(words, s.Name+"="+s.Value.Text)
		}
		for _, w := range c.Words {
			if w.Start < 0 || w.End > len(text) || w.Start > w.End {
				t.Fatalf("%q: the word %q is at %d-%d", text, w.Text, w.Start, w.End)
			}
			words = append(words, w.Text)
		}
		line := strings.Join(words, " ")
		if c.Input != nil {
			line = "| " + line
		}
		if c.Within != nil {
			line = "^ " + line
		}
		if c.Output != nil {
			line += " > " + c.Output.Text
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestCommandsAreReadWithTheirConnections(t *testing.T) {
	for text, want := range map[string]string{
		`wget -q "https://a.b/c d.zip" -O x\ y # -k`:          "wget -q https://a.b/c d.zip -O x y",
		"curl -fsSL \\\n  https://a.b/i.sh | sudo -E bash -s": "curl -fsSL https://a.b/i.sh\n| sudo -E bash -s",
		"a && b || c; d & e":                                  "a\nb\nc\nd\ne",
		`sh -c "$(curl -k https://a.b)"`:                      "sh -c $(curl -k https://a.b)\n^ curl -k https://a.b",
		"bash <(wget -qO- https://a.b) --yes":                 "bash <(wget -qO- https://a.b) --yes\n^ wget -qO- https://a.b",
		"export A=1 B=$C":                                     "A=1 B=$C",
		"A=1 run 2>/dev/null >out.txt":                        "A=1 run > out.txt",
		"if [ -f x ]; then curl u | sh; fi":                   "[ -f x ]\ncurl u\n| sh",
		"(curl u; echo) | tee f | sh":                         "curl u\necho\n| tee f\n| sh",
		"git clone https://{TOKEN}@github.com":                "git clone https://{TOKEN}@github.com",
		"echo 'it is \"-k\"' \"\\$HOME\\n\"":                  "echo it is \"-k\" $HOME\\n",
		"it's":                                                "",
		"":                                                    "",
	} {
		if got := written(t, text); got != want {
			t.Errorf("%q gives\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestProgramIsFoundBehindWrappers(t *testing.T) {
	for text, want := range map[string]string{
		"sudo -E /usr/bin/bash -x": "bash -x", "env A=1 python3 f.py": "python3 f.py", "timeout 30 curl u": "curl u", "$X a": " a", "nohup": "nohup ",
	} {
		name, args := Parse(text)[0].Program()
		var words []string
		for _, w := range args {
			words = append(words, w.Text)
		}
		if got := name + " " + strings.Join(words, " "); got != want {
			t.Errorf("%q runs %q, want %q", text, got, want)
		}
	}
}

func TestDeepNestingIsRead(t *testing.T) {
	for _, open := range []string{"(", "$(", "if ", "{ ", "`", "a|", "! ", "\"$(", "[[ ( ", "$((("} {
		Parse(strings.Repeat(open, maxText/len(open)))
		Parse(strings.Repeat(open, maxOpen/(1+strings.Count(open, "("))))
	}
}

func FuzzParse(f *testing.F) {
	f.Add("curl -k $(a `b`) <(c) <<E | sh > f\nx\nE\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range Parse(text) {
			c.Program()
		}
		written(t, text)
	})
}
