package supplychain

import (
	"path"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/secrets"
)

// keyInEnvFile is PML6306.
var keyInEnvFile = &checks.Rule{
	Spec:     infoPML6306,
	Mentions: append(secrets.Marks(), "KEY", "TOKEN"),
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.EnvFile || isExample(p.Path) || p.Project.IgnoredByGit(p.Path) {
			return
		}
		text := string(p.Source.Text)
		var lines []ast.Span
		for _, s := range providerKeys(text) {
			if s.Variable != "WANDB_API_KEY" {
				lines = append(lines, lineAround(text, s.Start))
			}
		}
		for _, s := range p.Settings() {
			if isProviderVariable(s.Name) && secrets.KeyLike(s.Value) {
				lines = append(lines, lineAround(text, int(s.Span.Start)))
			}
		}
		slices.SortFunc(lines, func(a, b ast.Span) int { return int(a.Start - b.Start) })
		for _, line := range slices.Compact(lines) {
			r := checks.Report{Node: checks.Place(line)}
			if value, ok := valueIn(text, line); ok {
				r.Fix = checks.Fix(true, "leave the value empty (revoke the key, and list the file in .gitignore)", checks.TextEdits(ast.Edit{Span: value}))
			}
			p.Report(r)
		}
	},
}

// exampleWords are parts of the names of files that only show which variables there are.
var exampleWords = []string{"example", "examples", "sample", "template", "tmpl", "dist", "defaults", "default", "schema", "test"}

// isExample reports whether a file by its name only shows which variables there are.
func isExample(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(path.Base(name)), func(r rune) bool { return strings.ContainsRune("._-", r) })
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(exampleWords, w) })
}

// isProviderVariable reports whether a variable is one from which the clients of an AI provider, or of
// what is built on them, read a key.
func isProviderVariable(name string) bool {
	switch name {
	case "AWS_SECRET_ACCESS_KEY", "PINECONE_API_KEY", "QDRANT_API_KEY", "WEAVIATE_API_KEY", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "HUGGINGFACEHUB_API_TOKEN", "TAVILY_API_KEY", "DEEPGRAM_API_KEY", "ASSEMBLYAI_API_KEY":
		return true
	}
	return models.IsProviderKey(name)
}

// lineAround is the line of a text that holds a place, without white space around it.
func lineAround(text string, at int) ast.Span {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		end = at + i
	}
	for start < end && (text[start] == ' ' || text[start] == '\t') {
		start++
	}
	for end > start && strings.ContainsRune(" \t\r", rune(text[end-1])) {
		end--
	}
	return ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}
}

// valueIn is the value, with its quotes, of a line NAME=VALUE.
func valueIn(text string, line ast.Span) (ast.Span, bool) {
	i := strings.IndexByte(text[line.Start:line.End], '=')
	if i < 0 {
		return ast.Span{}, false
	}
	start := int(line.Start) + i + 1
	for start < int(line.End) && text[start] == ' ' {
		start++
	}
	end := start
	if rest := text[start:line.End]; rest != "" && (rest[0] == '"' || rest[0] == '\'') && strings.IndexByte(rest[1:], rest[0]) >= 0 {
		end += strings.IndexByte(rest[1:], rest[0]) + 2
	} else if j := strings.IndexAny(rest, " \t"); j >= 0 {
		end += j
	} else {
		end += len(rest)
	}
	return ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}, end > start
}
