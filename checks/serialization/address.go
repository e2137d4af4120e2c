package serialization

import (
	"bytes"
	"path"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// hubFetchers fetch weights and, all but the last, load them at once.
var hubFetchers = []string{
	"torch.hub.load_state_dict_from_url", "torch.utils.model_zoo.load_url", "torchvision.models.utils.load_state_dict_from_url",
	"torchvision._internally_replaced_utils.load_state_dict_from_url", "torch.hub.download_url_to_file",
}

// weightLoaders read tensors out of a file or of bytes.
var weightLoaders = []string{
	"torch.load", "torch.serialization.load", "torch.jit.load",
	"safetensors.torch.load", "safetensors.torch.load_file", "safetensors.torch.load_model", "safetensors.safe_open",
}

// weightsAddress is PML1204.
var weightsAddress = &checks.Rule{
	Spec: infoPML1204,
	On: append([]string{
		"requests.{get,request}", "requests.sessions.Session().{get,request}", "httpx.{get,request,stream}", "httpx.Client().{get,request,stream}",
		"urllib.request.{urlopen,urlretrieve}", "urllib3.PoolManager().request", "wget.download",
	}, hubFetchers...),
	Knows: append([]string{"hashlib.**", "hmac.compare_digest"}, weightLoaders...),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := address(c)
		if a == nil || !loadsWeights(c) || digestCompared(c, a.Value) {
			return
		}
		for _, v := range spellings(c, a.Value) {
			if plainHTTP(v.Prefix()) {
				p.Report(checks.Report{Node: a.Node, Message: "Weights are fetched over plain HTTP", Fix: encrypt(p, c, v)})
				return
			}
		}
	},
	From: []checks.Label{models.User},
	Into: []checks.SinkKind{models.URL},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !loadsWeights(c) || hashesHere(c) {
			return
		}
		p.Report(checks.Report{
			Node: path.Node, Path: path, Message: "A request chooses the address that weights are fetched from",
			Fix: allowHost(p, path),
		})
	},
}

// address is the argument with the URL of a fetch.
func address(c *checks.Call) *checks.Argument {
	pos, name := 0, "url"
	if c.Method == "request" || c.Method == "stream" || c.Symbol.Is("httpx.stream", "httpx.request", "requests.request") {
		pos = 1
	}
	a := c.Arg(pos, name)
	if a == nil || a.Node == nil {
		return nil
	}
	return a
}

// loadsWeights reports whether what a call fetches is read as weights, and nothing there
// compares a digest.
func loadsWeights(c *checks.Call) bool {
	if c.Symbol.Is(hubFetchers...) {
		return true
	}
	for _, o := range c.Feeds() {
		if o.Symbol.Is(weightLoaders...) && !hashesHere(c) && !hashesHere(o) {
			return true
		}
	}
	return false
}

// digestCompared reports whether the fetch compares the digest that the file's name carries.
func digestCompared(c *checks.Call, url *checks.Value) bool {
	if hashesHere(c) {
		return true
	}
	if !c.Symbol.Is(hubFetchers...) {
		return false
	}
	if c.Symbol.Is("torch.hub.download_url_to_file") {
		a := c.Arg(2, "hash_prefix")
		return a != nil && !a.Value.IsNone()
	}
	a := c.Arg(4, "check_hash")
	t, ok := url.Text()
	return a != nil && a.Value.IsTrue() && ok && digestInName.MatchString(t)
}

// spellings are the values that an address can have: its own, or those that the project's
// calls give to the parameter that it is or begins with.
func spellings(c *checks.Call, v *checks.Value) []*checks.Value {
	var out []*checks.Value
	for _, a := range v.Alternatives() {
		if parts := a.Parts(); len(parts) > 0 && parts[0].Value != nil {
			a = parts[0].Value
		}
		for _, g := range c.Given(a) {
			out = append(out, g.Alternatives()...)
		}
	}
	return out
}

// plainHTTP reports whether an address is known to lead to another machine without
// encryption.
func plainHTTP(prefix string) bool {
	if len(prefix) < len("http://") || !strings.EqualFold(prefix[:len("http://")], "http://") {
		return false
	}
	switch checks.HostIn(prefix) {
	case "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal":
		return false
	}
	return true
}

// encrypt changes the scheme in the literal that an address begins with. Where the file's
// name carries a digest, it is compared from then on, as PML1203 has it.
func encrypt(p *checks.Pass, c *checks.Call, v *checks.Value) *fix.Fix {
	lit, mod := v.Literal()
	if lit == nil {
		return nil
	}
	in := p.Project.Module(mod)
	if in == nil {
		return nil
	}
	at := lit.Range()
	i := bytes.Index(bytes.ToLower(in.Source.Text[at.Start:at.End]), []byte("http:"))
	if i < 0 {
		return nil
	}
	e := fix.Edit{Start: int(at.Start) + i, End: int(at.Start) + i + len("http:"), New: "https:"}
	if in != p.Module {
		e.Path = in.Path
	}
	return checks.Fix(true, "fetch over HTTPS", []fix.Edit{e}, compareDigest(p, c, v))
}

// compareDigest makes a fetch compare the digest in its file's name.
func compareDigest(p *checks.Pass, c *checks.Call, v *checks.Value) []fix.Edit {
	t, ok := v.Text()
	m := digestInName.FindStringSubmatch(path.Base(t))
	if !ok || m == nil || isDate(m[1]) || !c.Symbol.Is(hubFetchers...) {
		return nil
	}
	if c.Symbol.Is("torch.hub.download_url_to_file") {
		if c.Arg(2, "hash_prefix") != nil {
			return nil
		}
		return fix.AddKeyword(p.File, c.Node, "hash_prefix", `"`+m[1]+`"`)
	}
	if c.Arg(4, "check_hash") != nil {
		return nil
	}
	return fix.AddKeyword(p.File, c.Node, "check_hash", "True")
}

// allowHost refuses addresses of other hosts than PyTorch's.
func allowHost(p *checks.Pass, path *checks.Path) *fix.Fix {
	switch path.Node.(type) {
	case *ast.Name, *ast.Attribute, *ast.Subscript:
	default:
		return nil
	}
	stmt := p.StmtOf(path.Node)
	if stmt == nil {
		return nil
	}
	url := p.File.Text(path.Node)
	return checks.Fix(true, "fetch from an allowed host only", fix.InsertBefore(p.File, stmt,
		`if not `+url+`.startswith("https://download.pytorch.org/"):`, `    raise ValueError("model host is not allowed")`))
}
