package gitignore

import "testing"

func TestTheLastRuleOfTheDeepestFileDecides(t *testing.T) {
	top := Parse(".", []byte(".env\n*.key\n/build/\n!public.key\n"))
	for path, want := range map[string]bool{".env": true, "deploy/.env": true, "a/b.key": true, "public.key": false, "app.py": false} {
		if got := (Stack{top}).Ignored(path, false); got != want {
			t.Errorf("%s: ignored is %v", path, got)
		}
	}
	below := Stack{top, Parse("app", []byte("!.env\nlocal/*\n"))}
	if below.Ignored("app/.env", false) || !below.Ignored("app/local/x", false) || !below.Ignored("app/a.key", false) {
		t.Error("the file of a deeper folder does not decide")
	}
	if stack := (Stack{top}); !stack.Ignored("build", true) || stack.Ignored("build", false) || stack.Ignored("app/build", true) {
		t.Error("a rule with a slash at its end is about folders, one at its start about the top")
	}
}
