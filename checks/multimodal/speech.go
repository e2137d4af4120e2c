package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// spokenCommand is PML5211.
var spokenCommand = &checks.Rule{
	Spec:  infoPML5211,
	Knows: checks.StatementCalls,
	From:  []checks.Label{models.Document},
	Into:  []checks.SinkKind{models.Shell, models.Exec, models.SQL, models.HTML, models.Path, models.Template},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Mark.From() != models.FromSpeech || path.Mark.Source().Under("youtube_transcript_api") || path.Confirmed() {
			return
		}
		var repair *fix.Fix
		switch path.Kind {
		case models.Shell:
			run := false
			if repair, run = runSpoken(p, path); !run {
				return
			}
		case models.Exec:
			if path.Call == nil || path.Sink.Note != models.NoteCode {
				return
			}
			repair = listedCommands(p, path, p.SinkExpr(path))
		case models.SQL:
			if path.Call == nil || !models.IsStatement(path.Sink) || !checks.WrittenInto(path) || checks.Vetted(p, path, checks.AboutStatements) {
				return
			}
			executing := checks.ExecutingCall(p, path)
			if executing == nil {
				return
			}
			repair = checks.BindValues(p, path, executing)
		case models.HTML:
			if !path.Mark.Holds("<") || path.Sink.Note != "" && path.Call != nil && !path.Call.Symbol.Under("markupsafe") {
				return
			}
			repair = checks.WrapEntries(p, path, "html.escape", "import html", "escape what was said")
		case models.Template:
			if path.Call == nil || path.Sink.Note != "" {
				return
			}
			repair = listedCommands(p, path, p.SinkExpr(path))
		case models.Path:
			if path.Call == nil || !slices.ContainsFunc(fileFunctions, path.Call.Symbol.Under) || !checks.Escapes(path) || checks.Vetted(p, path, checks.AboutPaths) {
				return
			}
			repair = checks.LastPart(p, path)
		}
		p.Report(checks.Report{Node: path.Node, Path: path, Fix: repair})
	},
}

// fileFunctions are the modules whose functions open, move and delete files.
var fileFunctions = []string{"builtins", "os", "shutil", "pathlib", "io", "codecs", "aiofiles"}

// interpreted are the options behind which a program takes code or a command.
var interpreted = []string{"-e", "-c", "--eval", "--command", "-command", "-Command", "-r", "/c"}

// runSpoken reports whether speech decides what is run, and repairs that.
func runSpoken(p *checks.Pass, path *checks.Path) (f *fix.Fix, run bool) {
	spoken := checks.CarriesAny(models.Shell, models.Document)
	if path.Call == nil {
		return nil, false
	}
	command, shell := checks.TextRun(path, spoken)
	if command == nil {
		items, _ := checks.ItemsAt(path)
		for i := 2; i < len(items); i++ {
			option, _ := items[i-1].Value.Text()
			if e, ok := items[i].Node.(ast.Expr); ok && slices.Contains(interpreted, option) && spoken(items[i].Value) {
				return listedCommands(p, path, e), true
			}
		}
		return nil, false
	}
	if !shell || checks.OneValue(command) || strings.TrimSpace(command.Prefix()) == "" {
		return listedCommands(p, path, spokenWord(p, path, spoken)), true
	}
	return checks.QuoteForShell(p, command, fix.BeforeFirstImport, false, "quote what was said", spoken), true
}

// spokenWord is the expression that names what is run: an element of a list of words, or the argument.
func spokenWord(p *checks.Pass, path *checks.Path, spoken func(*checks.Value) bool) ast.Expr {
	if items, list := checks.ItemsAt(path); list {
		for _, it := range items {
			if e, ok := it.Node.(ast.Expr); ok && spoken(it.Value) {
				return e
			}
		}
	}
	return p.SinkExpr(path)
}

// listedCommands lets only commands of a set run.
func listedCommands(p *checks.Pass, path *checks.Path, e ast.Expr) *fix.Fix {
	return checks.AllowOnly(p, path, e, "ALLOWED_COMMANDS", "command not allowed")
}
