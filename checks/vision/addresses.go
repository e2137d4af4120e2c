package vision

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the checks of addresses and paths that a request hands to what fetches or opens pictures.

// visionInput is PML3114.
var visionInput = pictureAddress(infoPML3114, "transformers")

// startImage is PML3122.
var startImage = pictureAddress(infoPML3122, "diffusers")

// pictureAddress is the check of text of a request that a library fetches or opens as a picture.
func pictureAddress(info *checks.Info, library string) *checks.Rule {
	return &checks.Rule{
		Spec: info,
		From: []checks.Label{models.User},
		Into: []checks.SinkKind{models.URL},
		OnFlow: func(p *checks.Pass, path *checks.Path) {
			c := path.Call
			if c == nil || path.Sink.Note != models.NoteImage && path.Sink.Note != models.NoteImages || !c.Symbol.Under(library) || !opensAnything(path) || checks.ReadsBytes(path) {
				return
			}
			node := path.Node
			e, _ := checks.GivenNode(path).(ast.Expr)
			switch address, chat := addressIn(path); {
			case address == nil:
				return
			case chat:
				node, e = c.Node, address
			case e == nil || inDict(path):
				e = address
			}
			if checks.OnlyMadeOf(path) || checks.AddressTested(p, path) || checks.Vetted(p, path, checks.AboutAddresses) {
				return
			}
			if sound, _ := checks.URLTests(p, c); sound {
				return
			}
			p.Report(checks.Report{Node: node, Path: path, Fix: allowImageHosts(p, path, e)})
		},
	}
}

// inDict reports whether a call is given its picture within a dict.
func inDict(path *checks.Path) bool {
	for _, v := range alternatives(path.Value) {
		if len(path.Entries(v)) > 0 {
			return true
		}
	}
	return false
}

// allowImageHosts refuses addresses of hosts that are not on a list, and local paths, which have none.
func allowImageHosts(p *checks.Pass, path *checks.Path, e ast.Expr) *fix.Fix {
	if e != nil && !p.Holds(e) {
		return checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix { return allowImageHosts(there, path, e) })
	}
	split, imports := fix.Reach(p.File, "urllib.parse.urlsplit", "import urllib.parse", fix.InSection)
	f := checks.AllowOnly(p, path, e, "ALLOWED_IMAGE_HOSTS", "image host not allowed", split+"(", ").hostname")
	if f != nil {
		f.Edits = append(imports, f.Edits...)
	}
	return f
}

// addressIn is the expression of the text of a request that a call fetches or opens: what it is given, an item of a list,
// or what stands under "url" in the content of a chat. It is nil where there is none.
func addressIn(path *checks.Path) (address ast.Expr, chat bool) {
	e, _ := path.Node.(ast.Expr)
	if path.Sink.Note == models.NoteImages {
		return inChat(path, path.Value, false, 0), true
	}
	for _, v := range alternatives(path.Value) {
		items, _, list := path.Items(v)
		switch {
		case list && len(items) > 0:
			for _, it := range items {
				if n, ok := it.Node.(ast.Expr); ok && checks.Carries(path, it.Value) && checks.MayBeText(it.Value) {
					return n, false
				}
			}
			if n := inChat(path, v, false, 0); n != nil {
				return n, true
			}
		case len(path.Entries(v)) > 0:
			if n := inEntry(path, v, "image", "images"); n != nil {
				return n, false
			}
			if n := inChat(path, v, false, 0); n != nil {
				return n, true
			}
		case checks.Carries(path, v) && checks.MayBeText(v):
			return e, false
		}
	}
	return nil, false
}

func alternatives(v *checks.Value) []*checks.Value {
	if list := v.Alternatives(); len(list) > 0 {
		return list
	}
	return []*checks.Value{v}
}

// inEntry is the expression of a text of the path's data that a dict holds under one of some keys.
func inEntry(path *checks.Path, v *checks.Value, keys ...string) ast.Expr {
	for _, key := range keys {
		if entry := path.Key(v, key); entry != nil && checks.Carries(path, entry.Value) && checks.MayBeText(entry.Value) {
			if n, ok := entry.Node.(ast.Expr); ok {
				return n
			}
		}
	}
	return nil
}

// maxNested bounds how deep the lists and dicts of a chat are looked into.
const maxNested = 6

// inChat finds the address of a picture in a chat: {"role": …, "content": [{"type": "image", "url": …}]}.
func inChat(path *checks.Path, v *checks.Value, content bool, depth int) ast.Expr {
	if depth > maxNested {
		return nil
	}
	for _, a := range alternatives(v) {
		if items, _, list := path.Items(a); list {
			for _, it := range items {
				if n := inChat(path, it.Value, content, depth+1); n != nil {
					return n
				}
			}
		}
		if len(path.Entries(a)) == 0 {
			continue
		}
		if inner := path.Key(a, "content"); inner != nil {
			if n := inChat(path, inner.Value, true, depth+1); n != nil {
				return n
			}
		}
		if !content {
			continue
		}
		if kind := path.Key(a, "type"); kind != nil {
			if text, known := kind.Value.Text(); known && !strings.HasPrefix(text, "image") && !strings.HasPrefix(text, "video") {
				continue
			}
		}
		if n := inEntry(path, a, "url", "path", "image", "video"); n != nil {
			return n
		}
	}
	return nil
}
