package cloud

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/semantic"
)

// modelFromEvent is PML4408.
var modelFromEvent = &checks.Rule{
	Spec: infoPML4408,
	From: []checks.Label{models.Web},
	Into: []checks.SinkKind{models.Deserialize, models.ModelSource},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		fetch := path.Mark.Call()
		if path.Call == nil || fetch == nil || !fromS3(fetch) {
			return
		}
		named := namedByEvent(fetch)
		if len(named) == 0 {
			return
		}
		var fixes []*fix.Fix
		for _, a := range named {
			if a.Node == nil || a.Unpacked {
				continue
			}
			fixes = append(fixes, checks.FixAt(p, a.Node, func(there *checks.Pass) *fix.Fix {
				of := *path
				of.Call, of.Value, of.Node = fetch, a.Value, a.Node
				return checks.AllowOnly(there, &of, a.Node, "ALLOWED_MODEL_KEYS", "model is not allowed")
			}))
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: checks.Together(fixes...)})
	},
}

// fromS3 reports whether a call fetches an object of S3.
func fromS3(c *checks.Call) bool {
	return slices.ContainsFunc([]string{"boto3", "s3fs", "smart_open", "fsspec", "aioboto3"}, c.Symbol.Under)
}

// placed are arguments that say where an object is put, or how it is read.
var placed = []string{"Filename", "Fileobj", "lpath", "mode", "Callback", "Config", "encoding"}

// namedByEvent lists the arguments of a call that fetches an object, and of those that made what it is a method of, by
// which the event of a Lambda function says which object that is.
func namedByEvent(fetch *checks.Call) []*checks.Argument {
	var out []*checks.Argument
	for c := fetch; c != nil; {
		for i := range c.Args {
			a := &c.Args[i]
			if slices.Contains(placed, a.Name) || a.Pos >= 0 && a.Pos == lastOf(c) && (c.Method == "download_file" || c.Method == "download_fileobj") {
				continue
			}
			if ofEvent(c, a.Value, 0) {
				out = append(out, a)
			}
		}
		if c.Receiver == nil {
			break
		}
		c = c.Receiver.Origin()
	}
	return out
}

// lastOf is the position of the file among the arguments of a download: behind the bucket and the key, or what of these the
// object itself does not know.
func lastOf(c *checks.Call) int {
	last := -1
	for i := range c.Args {
		last = max(last, c.Args[i].Pos)
	}
	if last > 2 {
		return 2
	}
	return last
}

// ofEvent reports whether a value holds what the caller of a Lambda function sends, unchecked, and not the bucket and key of
// a notification, which the platform fills in.
func ofEvent(c *checks.Call, v *checks.Value, depth int) bool {
	return slices.ContainsFunc(c.Deep(v), func(m checks.Mark) bool {
		param, fn := m.Parameter()
		if param == nil || param.Name == nil || m.Clean.Has(models.Path) {
			return false
		}
		if param.Name.Id == "event" && isHandler(fn) {
			fields := m.Fields()
			return !slices.Contains(fields, "Records") || !slices.Contains(fields, "s3")
		}
		return depth < 4 && slices.ContainsFunc(c.Frame.Callers(), func(o *checks.Call) bool {
			a := o.GivenTo(fn, param.Name.Id)
			return a != nil && ofEvent(o, a.Value, depth+1)
		})
	})
}

// isHandler reports whether a function is called by the platform: it is one of a module's, of an event and its context.
func isHandler(fn *semantic.Function) bool {
	return fn.Class == nil && fn.Params != nil && len(fn.Params.List) == 2
}
