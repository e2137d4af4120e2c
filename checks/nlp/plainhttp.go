package nlp

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
	"github.com/pyguard/pyguardml/notebook"
)

// plainVectors is PML3229.
var plainVectors = &checks.Rule{
	Spec: infoPML3229,
	On: []string{
		"urllib.request.{urlretrieve,urlopen}", "urllib.{urlretrieve,urlopen}", "requests.get", "requests.Session().get", "requests.sessions.Session().get", "httpx.{get,stream}", "httpx.Client().{get,stream}", "httpx.AsyncClient().{get,stream}", "wget.download",
		"{tensorflow.keras,keras,tf_keras}.utils.get_file", "{tensorflow.keras,keras}.utils.data_utils.get_file", "torch.hub.download_url_to_file",
		"torchtext.vocab.{Vectors,vectors.Vectors}",
		"IPython.core.interactiveshell.InteractiveShell().{system,getoutput}", "os.{system,popen}", "subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}",
	},
	Knows: []string{"urllib.request.Request()", "hashlib", "hmac.compare_digest"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("os") || c.Symbol.Under("subprocess") || c.Symbol.Under("IPython") {
			commandVectors(p, c)
			return
		}
		a := addressOf(c)
		if a == nil || digestStated(c) || checks.ToldDigest(c) {
			return
		}
		for _, v := range checks.Possible(c, a.Value) {
			if o := v.Origin(); o != nil && v.Is("urllib.request.Request()") {
				if url := o.Arg(0, "url"); url != nil {
					v = url.Value
				}
			}
			if namesVectors(checks.ConstantText(v)) && !comparesDigest(p, c) {
				p.Report(checks.Report{Node: c.Node, Fix: overTLS(p, c, v, a.Node)})
				return
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		commands := p.Notebook.Commands()
		for i := range commands {
			text, span, ok := commands[i].Shell()
			if !ok || !strings.Contains(strings.ToLower(text), "http://") {
				continue
			}
			list := shell.Parse(text)
			for _, address := range plainDownloads(list) {
				if verifiedInCell(commands, commands[i].Cell) {
					continue
				}
				at := commands[i].Span
				if commands[i].Kind == notebook.CellMagic {
					at = lineAround(text, address, span.Start)
				}
				p.Report(checks.Report{Node: checks.Command(at), Fix: checks.Fix(false, secured, secureAt(text, address, int(span.Start)))})
			}
		}
	},
	Mentions: []string{"http://", "HTTP://"},
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Dockerfile {
			return
		}
		list := p.Instructions()
		for i := range list {
			if list[i].Name != "RUN" {
				continue
			}
			for _, s := range p.Scripts(&list[i]) {
				commands := shell.Parse(s.Text)
				if slices.ContainsFunc(commands, shell.VerifiesDigest) {
					continue
				}
				for _, address := range plainDownloads(commands) {
					p.Report(checks.Report{
						Node: checks.Place(lineAround(s.Text, address, ast.Pos(s.Start))), Covers: checks.Place(checks.FirstLine(p, list[i].Span)),
						Fix: checks.Fix(false, secured, secureAt(s.Text, address, s.Start)),
					})
				}
			}
		}
	},
}

const secured = "fetch over HTTPS"

// addressOf is the argument of a download that is its address.
func addressOf(c *checks.Call) *checks.Argument {
	pos, names := 0, []string{"url", "fullurl"}
	name := c.Symbol.String()
	switch {
	case strings.HasSuffix(name, ".get_file"):
		pos, names = 1, []string{"origin"}
	case strings.HasSuffix(name, ".Vectors"):
		pos, names = 2, []string{"url"}
	case strings.HasSuffix(name, ".stream"):
		pos = 1
	}
	for _, name := range names {
		if a := c.Arg(pos, name); a != nil {
			return a
		}
	}
	return nil
}

// digestStated reports whether a download is told the digest of what has to arrive.
func digestStated(c *checks.Call) bool {
	for _, name := range [...]string{"file_hash", "md5_hash", "hash_prefix"} {
		if a := c.Arg(-1, name); a != nil && !a.Value.IsNone() {
			return true
		}
	}
	return false
}

// comparesDigest reports whether the function of a download computes a digest and compares it, or hands the file to
// one whose name says so.
func comparesDigest(p *checks.Pass, c *checks.Call) bool {
	computes := false
	for _, o := range c.Frame.Calls {
		if o.Symbol.Is("hmac.compare_digest") {
			return true
		}
		if name := strings.ToLower(checks.LastName(o.Node.Fn)); o.Symbol == nil || !o.Symbol.Under("hashlib") {
			for _, word := range [...]string{"sha256", "md5", "sha1", "sha512", "checksum", "digest", "verif"} {
				if strings.Contains(name, word) && o.Node != c.Node {
					return true
				}
			}
		}
		computes = computes || o.Symbol.Under("hashlib")
	}
	if !computes {
		return false
	}
	compared := false
	c.Frame.InspectOwn(func(n ast.Node) bool {
		if n, ok := n.(*ast.Compare); ok && (n.Ops[0] == "==" || n.Ops[0] == "!=" || n.Ops[0] == "in" || n.Ops[0] == "not in") {
			compared = true
		}
		return !compared
	})
	return compared
}

// namesVectors reports whether a text is an address without encryption of a file that, by its name, holds word vectors.
func namesVectors(address string) bool {
	lower := strings.ToLower(address)
	if !strings.HasPrefix(lower, "http://") || checks.InternalHost(checks.HostIn(lower)) {
		return false
	}
	lower, _, _ = strings.Cut(lower[len("http://"):], "?")
	lower, _, _ = strings.Cut(lower, "#")
	i := strings.LastIndexByte(lower, '/')
	if i < 0 {
		return false
	}
	name := lower[i+1:]
	for _, word := range [...]string{"glove", "word2vec", "numberbatch", "fasttext"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	for _, end := range [...]string{".vec", ".vec.gz", ".vec.zip"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.HasPrefix(name, "googlenews-vectors") || strings.HasPrefix(name, "cc.") && strings.HasSuffix(name, ".bin.gz") || strings.HasPrefix(name, "wiki.") && strings.HasSuffix(name, ".zip")
}

// overTLS is checks.OverTLS, which keeps what the program does: the hosts of word vectors serve https as well.
func overTLS(p *checks.Pass, c *checks.Call, v *checks.Value, given ast.Expr) *fix.Fix {
	f := checks.OverTLS(p, c, v, given, secured)
	if f == nil {
		f = secureLiteral(p, c, given)
	}
	if f != nil {
		f.Unsafe = false
	}
	return f
}

// secureLiteral changes the scheme in the text with which an address begins that is put together of several.
func secureLiteral(p *checks.Pass, c *checks.Call, given ast.Expr) *fix.Fix {
	if given == nil {
		return nil
	}
	for in := range c.Frame.MadeOf(given) {
		if text, ok := in.Literal.(*ast.Str); ok && strings.HasPrefix(strings.ToLower(text.Value), "http://") {
			if f := checks.FixAt(p, text, func(there *checks.Pass) *fix.Fix {
				return checks.Fix(false, secured, fix.ReplaceInString(there.File, text, text.Value[:len("http://")], "https://"))
			}); f != nil {
				return f
			}
		}
	}
	return nil
}

// commandVectors reports a program that the call starts and that downloads word vectors.
func commandVectors(p *checks.Pass, c *checks.Call) {
	if text, _ := p.CommandText(c.Node.Range()); !p.Holds(c.Node) && strings.Contains(strings.ToLower(string(text)), "http://") {
		return // a line of a notebook's that spells the address, which is read there
	}
	commands := c.Commands()
	for _, cmd := range commands {
		switch name, _ := cmd.Program(); name {
		case "sha256sum", "sha512sum", "shasum", "md5sum", "sha1sum":
			return
		}
	}
	for _, cmd := range commands {
		name, args := cmd.Program()
		if name != "wget" && name != "curl" {
			continue
		}
		for _, w := range args {
			text := strings.Trim(w.Text, `"'`)
			if w.Value != nil && !w.Known {
				text = checks.ConstantText(w.Value)
			}
			if !namesVectors(text) || comparesDigest(p, c) {
				continue
			}
			p.Report(checks.Report{Node: c.Node, Fix: secureCommand(p, c, w, text)})
			return
		}
	}
}

// secureCommand changes the scheme of a command's address where that is written.
func secureCommand(p *checks.Pass, c *checks.Call, w checks.ShellWord, address string) *fix.Fix {
	given, _ := w.Node.(ast.Expr)
	if given != nil && w.Value != nil {
		return overTLS(p, c, w.Value, given)
	}
	if w.Value != nil {
		if f := checks.OverTLS(p, nil, w.Value, nil, secured); f != nil {
			f.Unsafe = false
			return f
		}
	}
	a := checks.CommandArgument(c)
	if a == nil || a.Node == nil {
		return nil
	}
	scheme := address[:len("http://")]
	places := []ast.Expr{a.Node}
	for _, v := range a.Value.Alternatives() {
		for _, part := range v.Parts() {
			if e, ok := part.Node.(ast.Expr); ok {
				places = append(places, e)
			}
		}
		if lit, _ := v.Literal(); lit != nil {
			if e, ok := lit.(ast.Expr); ok {
				places = append(places, e)
			}
		}
	}
	for _, s := range c.Frame.SpelledOut(a.Node) {
		places = append(places, s.Expr)
	}
	for _, e := range places {
		if f := checks.FixAt(p, e, func(there *checks.Pass) *fix.Fix {
			return checks.Fix(false, secured, fix.ReplaceInString(there.File, e, scheme, "https://"))
		}); f != nil {
			return f
		}
	}
	return secureLiteral(p, c, a.Node)
}

// plainDownloads lists the addresses of word vectors that commands download without encryption, as their places in
// the text.
func plainDownloads(list []*shell.Command) []shell.Word {
	var out []shell.Word
	for _, c := range list {
		address := shell.Downloads(c)
		if address == nil || !namesVectors(strings.TrimPrefix(shell.Expanded(list, c, address), "--url=")) {
			continue
		}
		out = append(out, *address)
	}
	if slices.ContainsFunc(list, shell.VerifiesDigest) {
		return nil
	}
	return out
}

// lineAround is the line of a text, which begins at a place of its file, in which a word stands.
func lineAround(text string, w shell.Word, start ast.Pos) ast.Span {
	from := strings.LastIndexByte(text[:w.Start], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[w.Start:], '\n'); i >= 0 {
		to = w.Start + i
	}
	return ast.Span{Start: start + ast.Pos(from), End: start + ast.Pos(to)}
}

// secureAt changes the scheme of an address in a text that begins at a place.
func secureAt(text string, w shell.Word, start int) []fix.Edit {
	i := strings.Index(strings.ToLower(text[w.Start:w.End]), "http://")
	if i < 0 {
		return nil
	}
	at := start + w.Start + i
	return []fix.Edit{{Start: at, End: at + len("http"), New: "https"}}
}

// verifiedInCell reports whether a command of a cell compares a digest.
func verifiedInCell(commands []notebook.Command, cell int) bool {
	return slices.ContainsFunc(commands, func(c notebook.Command) bool {
		text, _, ok := c.Shell()
		return ok && c.Cell == cell && slices.ContainsFunc(shell.Parse(text), shell.VerifiesDigest)
	})
}
