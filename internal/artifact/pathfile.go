package artifact

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxPathFile bounds a path configuration file, which holds a few lines.
const maxPathFile = 1 << 20

// isPathFile tells a path configuration file, which Python's site module reads: its name ends
// in .pth and it is text.
func isPathFile(o *object, head []byte) bool {
	return ending(o.path) == ".pth" && o.size <= maxPathFile && len(head) > 0 && bytes.IndexByte(head, 0) < 0 &&
		utf8.ValidString(whole(string(head), true))
}

// startup finds what the code of such a line uses that only running something needs.
var startup = regexp.MustCompile(`\b(exec|eval|compile|__import__|open)\s*\(|\bos\s*\.\s*(system|popen|exec\w*|spawn\w*|posix_spawn\w*|startfile)\b|` +
	`\b(subprocess|socket|urllib|http\.client|requests|base64|zlib|marshal|codecs|ctypes|importlib\.util|importlib\.import_module|runpy|builtins|binascii|pickle)\b`)

// customary finds the lines that packaging tools write.
var customary = regexp.MustCompile(`^import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var, '[a-z]+'\) == '[a-z]+'; enabled and __import__\('_distutils_hack'\)(\.add_shim\(\))?;?\s*$|` +
	`^import sys, ?types, ?os; ?(has_mfs = sys\.version_info > \(3, 5\); ?)?p = os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\], \*\([^()]*\)\); ?` +
	`(importlib = has_mfs and __import__\('importlib\.util'\); ?has_mfs and __import__\('importlib\.machinery'\); ?)?` +
	`(ie = os\.path\.exists\(os\.path\.join\(p, ?'__init__\.py'\)\); ?)?` +
	`m = (has_mfs and sys\.modules\.setdefault\('[\w.]+', importlib\.util\.module_from_spec\(importlib\.machinery\.PathFinder\.find_spec\('[\w.]+', \[os\.path\.dirname\(p\)\]\)\)\); ?` +
	`m = m or |not ie and )?sys\.modules\.setdefault\('[\w.]+', ?types\.ModuleType\('[\w.]+'\)\); ?mp = (\(m or \[\]\) and )?m\.__dict__\.setdefault\('__path__', ?\[\]\); ?\(p not in mp\) and mp\.append\(p\)` +
	`(; ?m and setattr\(sys\.modules\['[\w.]+'\], '[\w]+', m\))?;?\s*$|` +
	`^import os, ?sys; ?exec\('if "COV_CORE_SOURCE" in os\.environ: from pytest_cov\.embed import init; init\(\)'\)\s*$|` +
	`^import (_virtualenv|a1_coverage|coverage; coverage\.process_startup\(\)|__editable___\w+_finder; __editable___\w+_finder\.install\(\))\s*$`)

// pathFile reports the lines that Python executes at each start and that do more than import.
func (s *scan) pathFile(o *object) {
	content := make([]byte, o.size)
	n, _ := o.r.ReadAt(content, 0)
	content = content[:n]
	if o.member == "" {
		s.report.Text = content
	}
	at := int64(0)
	for line := range bytes.Lines(content) {
		text := strings.TrimRight(strings.TrimPrefix(string(line), "\ufeff"), "\r\n")
		if (strings.HasPrefix(text, "import ") || strings.HasPrefix(text, "import\t")) && !customary.MatchString(text) {
			if use := startup.FindString(text[len("import "):]); use != "" {
				s.add(o, Fact{
					Kind: StartupLine, Verdict: Dangerous, Offset: at, Length: int64(len(line)), Name: strings.Trim(use, " \t("),
					Args: quoted(text, false), Why: "runs at every start of Python",
				})
			}
		}
		at += int64(len(line))
	}
}
