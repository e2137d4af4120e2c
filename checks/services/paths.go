package services

import (
	"slices"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// uploadName is PML6401.
var uploadName = &checks.Rule{
	Spec: infoPML6401,
	From: []checks.Label{models.Upload, models.User},
	Into: []checks.SinkKind{models.Path},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if useOf(path) != writing && !placedAt(path) || !checks.IsFileName(path.Mark) || !p.Project.UsesML() || !checks.Escapes(path) || behindOwnName(path) || checks.Vetted(p, path, checks.AboutPaths) {
			return
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.LastPart(p, path)})
	},
}

// placedAt reports whether the data names where a file is moved or copied to.
func placedAt(path *checks.Path) bool {
	return path.Sink != nil && path.Sink.Arg == "1:dst" && path.Call != nil && path.Call.Symbol.Is("shutil.move", "shutil.copy", "shutil.copy2", "shutil.copyfile")
}

// requestPath is the check of a request's text that names a file for one of the uses. segments
// tells for which calls a part of the address without a slash suffices.
func requestPath(info *checks.Info, what use, segments func(*checks.Call) bool, repair func(*checks.Pass, *checks.Path, bool) *fix.Fix) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: []checks.Label{models.User},
		Into: []checks.SinkKind{models.Path},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			if useOf(path) != what || what == writing && (checks.IsFileName(path.Mark) || ofUpload(path)) || !p.Project.UsesML() || !p.FromOthers(path) {
				return
			}
			segment := checks.OneSegment(path)
			if segment && (segments == nil || !segments(path.Call)) || !segment && !checks.Escapes(path) {
				return
			}
			if segment && !path.Mark.Holds("..") || checks.OnlyMadeOf(path) || behindOwnName(path) || onlyDigested(p, path) || checks.ContentGiven(p, path) || checks.Vetted(p, path, checks.AboutPaths) || checks.LookedUp(p, path) {
				return
			}
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: repair(p, path, segment)})
		},
	}
}

// ofUpload reports whether the data is the name of a file among those of the request, which is known as
// that of an uploaded file too: of `files: list[UploadFile]` that of each.
func ofUpload(path *checks.Path) bool {
	return path.Mark.Field() == "filename" && slices.ContainsFunc(path.Value.PathText().Marks(), func(m checks.Mark) bool {
		return m.Label == models.Upload && checks.IsFileName(m)
	})
}

// onlyDigested reports whether a file is read into a digest at once, which gives nothing of it
// away: `hashlib.sha256(open(path, "rb").read()).hexdigest()`.
func onlyDigested(p *checks.Pass, path *checks.Path) bool {
	for _, n := range p.Around(path.Call.Node) {
		c, ok := n.(*ast.Call)
		if !ok || c == path.Call.Node {
			continue
		}
		if a, ok := c.Fn.(*ast.Attribute); ok {
			if lib, ok := a.Value.(*ast.Name); ok && lib.Id == "hashlib" {
				return true
			}
		}
	}
	return false
}

// pathRead is PML6402.
var pathRead = requestPath(infoPML6402, reading, nil, checks.StayBelow)

// pathDeleted is PML6403: for what takes whole folders, `..` suffices.
var pathDeleted = requestPath(infoPML6403, deleting, func(c *checks.Call) bool {
	return c.Symbol.Is("shutil.rmtree", "shutil.move", "shutil.copytree", "os.rename", "pathlib.PurePath().rename")
}, checks.StayBelow)

// pathWritten is PML6404.
var pathWritten = requestPath(infoPML6404, writing, nil, func(p *checks.Pass, path *checks.Path, _ bool) *fix.Fix { return checks.LastPart(p, path) })
