package multimodal

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds the check of pictures that a vision model is shown because a request names them.

var (
	// pictureOpeners read a file that they are named.
	pictureOpeners = []string{
		"builtins.open", "aiofiles.open", "anyio.open_file", "io.FileIO", "pathlib.PurePath().open", "pathlib.PurePath().read_bytes", "anyio.Path().read_bytes", "PIL.Image.open", "cv2.imread",
	}
	// visionCalls show pictures to a model.
	visionCalls = []string{
		"openai.OpenAI().chat.completions.create", "openai.OpenAI().chat.completions.parse", "openai.OpenAI().chat.completions.stream",
		"openai.OpenAI().responses.create", "openai.OpenAI().responses.parse", "openai.OpenAI().responses.stream", "openai.ChatCompletion.create", "openai.ChatCompletion.acreate",
		"litellm.completion", "litellm.acompletion", "litellm.main.completion", "litellm.main.acompletion", "litellm.Router().completion", "litellm.Router().acompletion", "litellm.responses", "litellm.aresponses",
		"mistralai.Mistral().chat.complete", "mistralai.Mistral().chat.complete_async", "mistralai.Mistral().chat.stream", "mistralai.Mistral().chat.stream_async",
		"anthropic.Anthropic().messages.create", "anthropic.Anthropic().messages.stream", "anthropic.Anthropic().messages.parse",
		"ollama.chat", "ollama.generate", "ollama.Client().chat", "ollama.Client().generate", "vllm.LLM().chat",
	}
	encoders = []string{"base64.b64encode", "base64.standard_b64encode", "base64.urlsafe_b64encode", "base64.encodebytes", "pybase64.b64encode", "pybase64.b64encode_as_string", "binascii.b2a_base64"}
)

// requestedPicture is PML5205.
var requestedPicture = &checks.Rule{
	Spec:  infoPML5205,
	Knows: slices.Concat(pictureOpeners, encoders, []string{"io.BytesIO", "os.environ.get", "os.getenv"}),
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.Path, models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Call == nil || checks.ReadsBytes(path) || !namesPicture(path) || checks.OnlyMadeOf(path) || !p.FromOthers(path) {
			return
		}
		shown := path.Sink.Note == models.NoteShown
		switch {
		case path.Kind == models.URL:
			if shown && fetchedInside(path.Call) && checks.ChoosesHost(path) && !addressVetted(p, path) {
				p.Report(checks.Report{Node: path.Node, Path: path, Fix: onlyHosts(p, path, p.SinkExpr(path), "ALLOWED_IMAGE_HOSTS", "image host not allowed")})
			}
		case checks.OneSegment(path) || !checks.Escapes(path) || checks.Vetted(p, path, checks.AboutPaths) || checks.LookedUp(p, path):
		case shown:
			p.Report(checks.Report{Node: path.Node, Path: path, Fix: fromUploads(p, path)})
		case path.Call.Symbol.Is(pictureOpeners...) && inBytes(path.Call) && !checks.ContentGiven(p, path) && becomesPicture(path):
			p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: fromUploads(p, path)})
		}
	},
}

// namesPicture reports whether what arrives at the end of a path may be a text, or a list of texts.
func namesPicture(path *checks.Path) bool {
	items, open, list := path.Items(path.Value)
	if !list || open && len(items) == 0 {
		return checks.MayBeText(path.Value) || list
	}
	return slices.ContainsFunc(items, func(it checks.Item) bool { return checks.Carries(path, it.Value) && checks.MayBeText(it.Value) })
}

// inBytes reports whether a file that is opened may be read as bytes, which a picture is.
func inBytes(c *checks.Call) bool {
	pos := 1
	switch {
	case c.Symbol.Is("pathlib.PurePath().open"):
		pos = 0
	case !c.Symbol.Is("builtins.open", "aiofiles.open", "anyio.open_file", "io.FileIO"):
		return true
	}
	mode := c.Arg(pos, "mode")
	if mode == nil {
		return c.HasRest()
	}
	text, known := mode.Value.Text()
	return !known || strings.Contains(text, "b")
}

// becomesPicture reports whether a model is shown the file that a call opens.
func becomesPicture(path *checks.Path) bool {
	opener := path.Call
	opened := func(in flow.Ingredient) bool { return in.Call != nil && in.Call.Node == opener.Node }
	encoded := func(in flow.Ingredient) bool {
		return in.Call != nil && in.Call.Symbol.Is(encoders...) && len(in.Call.Args) > 0 && in.Call.Args[0].Node != nil &&
			checks.Any(in.Call.Frame.MadeOf(in.Call.Args[0].Node), func(in flow.Ingredient) bool { return opened(in) || savedInto(in.Call, opened) })
	}
	for _, c := range path.Engine.CallsOf(visionCalls...) {
		for _, a := range c.Args {
			switch {
			case a.Node == nil:
			case a.Name == "images" && checks.Any(c.Frame.MadeOf(a.Node), opened), checks.Any(c.Frame.MadeOf(a.Node), encoded):
				return true
			}
		}
	}
	return false
}

// savedInto reports whether a buffer is one into which a picture is saved that meets a test.
func savedInto(buffer *checks.Call, meets func(flow.Ingredient) bool) bool {
	return buffer != nil && buffer.Symbol.Is("io.BytesIO") && slices.ContainsFunc(buffer.Frame.Calls, func(c *checks.Call) bool {
		at, ok := c.Node.Fn.(*ast.Attribute)
		return ok && c.Method == "save" && len(c.Args) > 0 && c.Args[0].Value.Origin() == buffer && checks.Any(c.Frame.MadeOf(at.Value), meets)
	})
}

// fetchedInside reports whether the server of the model that a call asks stands in the program's own network.
func fetchedInside(c *checks.Call) bool {
	if c.Symbol.Under("vllm") {
		return true
	}
	at := c
	var base *checks.Argument
	for depth := 0; base == nil && at != nil && depth < 4; depth++ {
		for _, name := range [...]string{"base_url", "api_base", "azure_endpoint"} {
			if base == nil {
				base = at.Arg(-1, name)
			}
		}
		if base == nil {
			if at.Receiver == nil {
				return false
			}
			at = at.Receiver.Origin()
		}
	}
	if base == nil {
		return false
	}
	inside := func(v *checks.Value) bool {
		host := checks.HostIn(v.Prefix())
		return host != "" && checks.InternalHost(host)
	}
	return slices.ContainsFunc(checks.Possible(at, base.Value), inside) || base.Node != nil && checks.Any(at.Frame.StandsFor(base.Node), func(in flow.Ingredient) bool {
		if in.Call == nil || !in.Call.Symbol.Is("os.environ.get", "os.getenv") {
			return false
		}
		unset := in.Call.Arg(1, "default")
		return unset != nil && inside(unset.Value)
	})
}

// addressVetted reports whether the program has tested where an address leads.
func addressVetted(p *checks.Pass, path *checks.Path) bool {
	if checks.AddressTested(p, path) || checks.Vetted(p, path, checks.AboutAddresses) {
		return true
	}
	sound, faulty := checks.URLTests(p, path.Call)
	return sound || faulty != nil // the check of such tests tells of faulty ones
}

// onlyHosts refuses addresses of hosts that are in no set that the team fills.
func onlyHosts(p *checks.Pass, path *checks.Path, e ast.Expr, set, problem string) *fix.Fix {
	if e == nil {
		return nil
	}
	parse, imports := fix.Reach(p.File, "urllib.parse.urlparse", "import urllib.parse", fix.BeforeFirstImport)
	f := checks.AllowOnly(p, path, e, set, problem, parse+"(", ").hostname")
	if f != nil {
		f.Edits = append(f.Edits, imports...)
	}
	return f
}

// makesPath reports whether a call makes a path of pathlib.
func makesPath(path *checks.Path, n *ast.Call) bool {
	c := path.Engine.CallAt(n)
	return c != nil && checks.CalledName(c) == "Path"
}

// fromUploads opens only files of one folder.
func fromUploads(p *checks.Pass, path *checks.Path) *fix.Fix {
	e := p.SinkExpr(path)
	if e == nil || path.Value.Prefix() != "" || inFolder(e) {
		return checks.StayBelow(p, path, false)
	}
	if c, ok := e.(*ast.Call); ok && len(c.Args) == 1 && makesPath(path, c) {
		e = c.Args[0]
	} else if path.Sink.Arg == "self" {
		return checks.StayBelow(p, path, false)
	}
	join, imports := fix.Reach(p.File, "os.path", "import os", fix.BeforeFirstImport)
	if list, ok := e.(*ast.List); ok {
		var edits []fix.Edit
		for _, x := range list.Elts {
			edits = append(edits, checks.Replace(p, x, join+`.join("uploads", `+join+".basename("+p.File.Text(x)+"))")...)
		}
		return checks.Fix(true, "open only files of one folder", edits, imports)
	}
	if _, _, list := path.Items(path.Value); list {
		return checks.Fix(true, "open only files of one folder", checks.Replace(p, e, "["+join+`.join("uploads", `+join+".basename(name)) for name in "+p.File.Text(e)+"]"), imports)
	}
	return checks.Fix(true, "open only files of one folder", checks.Replace(p, e, join+`.join("uploads", `+join+".basename("+p.File.Text(e)+"))"), imports)
}

// inFolder reports whether an expression joins a name to a folder.
func inFolder(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinOp:
		return true
	case *ast.JoinedStr:
		return true
	case *ast.Call:
		return strings.HasPrefix(checks.LastName(e.Fn), "join")
	}
	return false
}
