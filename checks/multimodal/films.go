package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/models"
)

// requestedFilm is PML5210.
var requestedFilm = &checks.Rule{
	Spec: infoPML5210,
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.URL, models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || path.Mark.Clean.Has(models.Path) || checks.ReadsBytes(path) || checks.OnlyMadeOf(path) || !p.FromOthers(path) {
			return
		}
		if path.Kind == models.Shell {
			filmCommand(p, path)
			return
		}
		if !opensFilm(path) || !namesPicture(path) {
			return
		}
		switch {
		case choosesFilm(path):
			if !addressVetted(p, path) && !checks.Vetted(p, path, checks.AboutPaths) && !checks.LookedUp(p, path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: onlyHosts(p, path, p.SinkExpr(path), filmHosts, filmProblem)})
			}
		case leavesFolder(path) && !checks.Vetted(p, path, checks.AboutPaths) && !checks.LookedUp(p, path):
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: checks.StayBelow(p, path, false)})
		}
	},
}

const filmHosts, filmProblem = "ALLOWED_VIDEO_HOSTS", "video host not allowed"

// opensFilm reports whether a path ends where a film is opened or downloaded.
func opensFilm(path *checks.Path) bool {
	switch c := path.Call; {
	case path.Sink.Note == models.NoteFilm:
		return true
	case c.Symbol.Is("ffmpeg.input"): // sound for the recognition of speech is PML5120's
		return !checks.Transcribes(c.Frame)
	default:
		return c.Symbol.Under("yt_dlp") || c.Symbol.Under("youtube_dl")
	}
}

// choosesFilm reports whether the data decides what kind of address is opened, or its host; of several, of any.
func choosesFilm(path *checks.Path) bool {
	items, _, list := path.Items(path.Value)
	if !list || len(items) == 0 {
		return checks.ChoosesHost(path)
	}
	return slices.ContainsFunc(items, func(it checks.Item) bool {
		return checks.Carries(path, it.Value) && !checks.PastHost(it.Value.Prefix())
	})
}

// leavesFolder reports whether the data can lead out of the folder that stands in front of it.
func leavesFolder(path *checks.Path) bool {
	before := path.Value.PathText().Prefix()
	return before != "" && !strings.Contains(before, "://") && !checks.OneSegment(path) && checks.Escapes(path)
}

// filmCommand reports yt-dlp and ffmpeg that are started without a shell and told what to open.
func filmCommand(p *checks.Pass, path *checks.Path) {
	if path.Sink.Note != models.NoteProgram || path.Mark.Clean.Has(models.URL) {
		return
	}
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		for i, w := range args {
			opened := i > 0 && args[i-1].Known && args[i-1].Text == "-i"
			switch name {
			case "ffmpeg":
			case "ffprobe":
				opened = opened || i == len(args)-1
			case "yt-dlp", "youtube-dl", "yt_dlp":
				opened = i == 0 || !args[i-1].Known || !slices.Contains(withValue, args[i-1].Text)
			default:
				return
			}
			if !opened || w.Value == nil || w.Known || strings.HasPrefix(w.Text, "-") || !comesFrom(path, w.Value) || checks.PastHost(w.Value.Prefix()) {
				continue
			}
			if addressVetted(p, path) || checks.Vetted(p, path, checks.AboutPaths) {
				return
			}
			e, ok := w.Node.(ast.Expr)
			r := checks.Report{Node: path.Call.Node, Path: path}
			if ok && p.Holds(e) {
				r.Node, r.Fix = e, onlyHosts(p, path, e, filmHosts, filmProblem)
			}
			p.Report(r)
			return
		}
	}
}

// withValue are options of yt-dlp whose value is the next word, and no address.
var withValue = []string{"-o", "--output", "-f", "--format", "-P", "--paths", "--proxy", "--cookies", "--config-locations", "-a", "--batch-file", "-u", "-p", "--download-sections", "--audio-format", "--ffmpeg-location", "--user-agent", "--referer", "--sub-langs", "--max-filesize", "-S"}

// comesFrom reports whether a value as the function of the sink knows it holds the data of a path: it has the label,
// or is what callers hand in.
func comesFrom(path *checks.Path, v *checks.Value) bool {
	return checks.CarriesAny(path.Kind, path.Mark.Label)(v)
}
