package fix

import (
	"strings"
	"testing"

	"github.com/pyguard/pyguardml/ast"
)

func TestImportsForCodeAboveTheImportsStandBeforeIt(t *testing.T) {
	for _, c := range []struct{ name, src, use, want string }{
		{"no import before", "# settings\nKEY = ''\nimport os\n", "KEY", "# settings\nfrom a import b\nKEY = ''\nimport os\n"},
		{"imports before", "import os\nKEY = ''\n", "KEY", "import os\nfrom a import b\nKEY = ''\n"},
		{"docstring", "'doc'\nKEY = ''\n", "KEY", "'doc'\nfrom a import b\nKEY = ''\n"},
		{"imported too late", "KEY = ''\nfrom a import b\n", "KEY", "from a import b\nKEY = ''\nfrom a import b\n"},
		{"imported already", "from a import b\nKEY = ''\n", "KEY", "from a import b\nKEY = ''\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := parse(t, c.src)
			spelling, edits := ReachFrom(f, ast.Pos(strings.Index(c.src, c.use)), "a.b", "from a import b", InOrder)
			if got := applyEdits(t, f, edits); got != c.want || spelling != "b" {
				t.Errorf("spelling %s, text:\n%swant:\n%s", spelling, got, c.want)
			}
		})
	}
}
