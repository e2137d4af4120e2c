package pyguardml

import (
	"bytes"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// ignoreFile is a .gitignore file: rules about the paths below its folder. The rules are
// those of gitignore(5).
type ignoreFile struct {
	dir   string // "." or a path without "/" at the end
	rules []ignoreRule
}

// ignoreRule is a line of a .gitignore file.
type ignoreRule struct {
	glob     string
	literal  bool // the glob has no special characters
	anchored bool // the glob is about the path from the file's folder, not about a name
	dirOnly  bool
	negated  bool
}

func parseIgnoreFile(dir string, data []byte) *ignoreFile {
	f := &ignoreFile{dir: dir}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(data) {
		if rule, ok := parseIgnoreRule(strings.TrimRight(string(line), "\r\n")); ok {
			f.rules = append(f.rules, rule)
		}
	}
	return f
}

func parseIgnoreRule(line string) (rule ignoreRule, ok bool) {
	line = trimBlanks(line)
	if line == "" || line[0] == '#' {
		return rule, false
	}
	if line[0] == '!' {
		rule.negated = true
		line = line[1:]
	}
	if cut, found := strings.CutSuffix(line, "/"); found {
		rule.dirOnly = true
		line = cut
	}
	rule.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if inside, found := strings.CutSuffix(line, "/**"); found {
		line = inside + "/**/*" // all that is inside, but not the folder itself
	}
	rule.literal = !strings.ContainsAny(line, `*?[\{}`)
	rule.glob = escapeBraces(line)
	return rule, line != "" && doublestar.ValidatePattern(rule.glob)
}

// trimBlanks drops blanks at the end of a line that no backslash protects.
func trimBlanks(line string) string {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	return line
}

// escapeBraces makes braces literal: they mean nothing in a .gitignore file.
func escapeBraces(glob string) string {
	if !strings.ContainsAny(glob, "{}") {
		return glob
	}
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '\\' && i+1 < len(glob):
			b.WriteByte(c)
			i++
		case c == '{' || c == '}':
			b.WriteByte('\\')
		}
		b.WriteByte(glob[i])
	}
	return b.String()
}

// matches reports whether the rule is about a path, given from the file's folder.
func (r *ignoreRule) matches(rel string, isDir bool) bool {
	if r.dirOnly && !isDir {
		return false
	}
	if !r.anchored {
		rel = path.Base(rel)
	}
	if r.literal {
		return r.glob == rel
	}
	return doublestar.MatchUnvalidated(r.glob, rel)
}

// ignoreStack holds the .gitignore files from the root down to a folder.
type ignoreStack []*ignoreFile

// ignored tells whether the files say that a path is ignored. The last rule that matches
// decides, and deeper files come later. The folders above the path are taken to be kept.
func (s ignoreStack) ignored(name string, isDir bool) bool {
	for i := len(s) - 1; i >= 0; i-- {
		rel := name
		if s[i].dir != "." {
			rel = strings.TrimPrefix(name, s[i].dir+"/")
		}
		for j := len(s[i].rules) - 1; j >= 0; j-- {
			if s[i].rules[j].matches(rel, isDir) {
				return !s[i].rules[j].negated
			}
		}
	}
	return false
}
