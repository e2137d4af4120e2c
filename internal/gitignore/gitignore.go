// Package gitignore tells which paths the .gitignore files of a project leave out, by the rules of
// gitignore(5).
//
// Start reading at Stack.
package gitignore

import (
	"bytes"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// File is a .gitignore file: rules about the paths below its folder.
type File struct {
	dir   string // "." or a path without "/" at the end
	rules []rule
}

// rule is a line of a .gitignore file.
type rule struct {
	glob     string
	literal  bool // the glob has no special characters
	anchored bool // the glob is about the path from the file's folder, not about a name
	dirOnly  bool
	negated  bool
}

// Parse reads a .gitignore file of a folder, "." or a path without "/" at its end.
func Parse(dir string, data []byte) *File {
	f := &File{dir: dir}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(data) {
		if r, ok := parseRule(strings.TrimRight(string(line), "\r\n")); ok {
			f.rules = append(f.rules, r)
		}
	}
	return f
}

func parseRule(line string) (r rule, ok bool) {
	line = trimBlanks(line)
	if line == "" || line[0] == '#' {
		return r, false
	}
	if line[0] == '!' {
		r.negated = true
		line = line[1:]
	}
	if cut, found := strings.CutSuffix(line, "/"); found {
		r.dirOnly = true
		line = cut
	}
	r.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if inside, found := strings.CutSuffix(line, "/**"); found {
		line = inside + "/**/*" // all that is inside, but not the folder itself
	}
	r.literal = !strings.ContainsAny(line, `*?[\{}`)
	r.glob = escapeBraces(line)
	return r, line != "" && doublestar.ValidatePattern(r.glob)
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
func (r *rule) matches(rel string, isDir bool) bool {
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

// Stack holds the .gitignore files from the root down to a folder.
type Stack []*File

// Ignored tells whether the files say that a path is ignored. The last rule that matches
// decides, and deeper files come later. The folders above the path are taken to be kept.
func (s Stack) Ignored(name string, isDir bool) bool {
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
