package datasets

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// uciOverHTTP is PML4207.
var uciOverHTTP = &checks.Rule{
	Spec: infoPML4207,
	On: []string{
		"pandas.{read_csv,read_table,read_fwf,read_excel,read_json}", "numpy.{genfromtxt,loadtxt}", "polars.{read_csv,scan_csv}",
		"urllib.request.{urlopen,urlretrieve,Request}", "requests.get", "requests.Session().get", "requests.sessions.Session().get",
		"httpx.get", "httpx.Client().get", "wget.download",
		"{tensorflow.keras,keras,tf_keras}.utils.get_file", "{tensorflow.keras,keras}.utils.data_utils.get_file",
		"torchvision.datasets.utils.{download_url,download_and_extract_archive}", "pooch.retrieve",
		"os.{system,popen}", "subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("os") || c.Symbol.Under("subprocess") {
			if a := c.Arg(0, "args"); a != nil && fetchesUCI(c, a.Value) {
				p.Report(checks.Report{Node: c.Node, Fix: secureCommand(p, c, a)})
			}
			return
		}
		if digestGiven(c) {
			return
		}
		for _, a := range addresses(c) {
			from := a.Value
			if d := from.Default(); d != nil {
				from = d
			}
			var edits [][]fix.Edit
			found := false
			for _, v := range from.Alternatives() {
				if uciAddress(v.Prefix()) {
					found = true
					edits = append(edits, secureLiteral(p, v, a.Node))
				}
			}
			if found {
				p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(false, "fetch over HTTPS", edits...)})
				return
			}
		}
	},
	OnNotebook: func(p *checks.Pass) {
		for _, cmd := range p.Notebook.Commands() {
			text, span, ok := cmd.Shell()
			if !ok || !downloads(text) {
				continue
			}
			p.Report(checks.Report{Node: checks.Command(cmd.Span), Fix: checks.Fix(false, "fetch over HTTPS", secureText(text, span.Start))})
		}
	},
}

// addresses lists the arguments that can be the address of a download.
func addresses(c *checks.Call) []*checks.Argument {
	var out []*checks.Argument
	names := []string{"filepath_or_buffer", "path_or_buf", "io", "fname", "source", "url", "fullurl"}
	pos := 0
	if c.Method == "get_file" || strings.HasSuffix(c.Symbol.String(), ".get_file") {
		pos, names = 1, []string{"origin"}
	}
	if a := c.Arg(pos, ""); a != nil {
		out = append(out, a)
	}
	for _, n := range names {
		if a := c.Arg(-1, n); a != nil {
			out = append(out, a)
		}
	}
	return out
}

// digestGiven reports whether the call compares a digest of what arrives.
func digestGiven(c *checks.Call) bool {
	for _, n := range [...]string{"file_hash", "md5_hash", "known_hash", "md5"} {
		if a := c.Arg(-1, n); a != nil && !a.Value.IsNone() {
			return true
		}
	}
	last := c.Symbol.String()
	switch {
	case strings.HasSuffix(last, "pooch.retrieve"):
		a := c.Arg(1, "")
		return a != nil && !a.Value.IsNone()
	case strings.HasSuffix(last, "download_url"):
		a := c.Arg(3, "")
		return a != nil && !a.Value.IsNone()
	case strings.HasSuffix(last, "download_and_extract_archive"):
		a := c.Arg(4, "")
		return a != nil && !a.Value.IsNone()
	}
	return false
}

// uciAddress reports whether text is an address of the archive without encryption.
func uciAddress(text string) bool {
	l := strings.ToLower(text)
	if l == "http://archive.ics.uci.edu" || l == "http://www.archive.ics.uci.edu" {
		return true // the path is put behind it
	}
	return strings.HasPrefix(l, "http://archive.ics.uci.edu/") || strings.HasPrefix(l, "http://www.archive.ics.uci.edu/")
}

// fetchesUCI reads a command line, as a string or a list of words.
func fetchesUCI(c *checks.Call, v *checks.Value) bool {
	if items, _, ok := c.Items(v); ok {
		var words []string
		for _, it := range items {
			words = append(words, checks.ConstantText(it.Value))
		}
		return downloads(strings.Join(words, " "))
	}
	return downloads(checks.ConstantText(v))
}

// downloads reports whether a shell line fetches from the archive by wget or curl.
func downloads(line string) bool {
	for _, cmd := range strings.FieldsFunc(line, func(r rune) bool { return r == ';' || r == '&' || r == '|' || r == '\n' }) {
		words := strings.Fields(cmd)
		tool := false
		for _, w := range words {
			w = strings.Trim(w, `"'`)
			if w == "wget" || w == "curl" || strings.HasSuffix(w, "/wget") || strings.HasSuffix(w, "/curl") {
				tool = true
			}
			if tool && uciAddress(w) {
				return true
			}
		}
	}
	return false
}

// secureLiteral changes http to https in the literal that the address comes from.
func secureLiteral(p *checks.Pass, v *checks.Value, given ast.Node) []fix.Edit {
	lit, mod := v.Literal()
	if lit == nil {
		lit, mod = given, nil
	}
	in := p.Module
	if mod != nil {
		in = p.Project.Module(mod)
	}
	if lit == nil || in == nil {
		return nil
	}
	at := lit.Range()
	edits := secureText(in.File.Source.Slice(at), at.Start)
	if in != p.Module {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}

// secureText changes the scheme to https in each address of the archive within text that
// stands at an offset. A literal that holds only the scheme and a part of the host counts.
func secureText(text string, at ast.Pos) []fix.Edit {
	var out []fix.Edit
	for i := 0; i < len(text); i++ {
		if uciAddress(text[i:]) || uciHost(text[i:]) {
			out = append(out, fix.Edit{Start: int(at) + i, End: int(at) + i + len("http"), New: "https"})
		}
	}
	return out
}

// uciHost reports whether text is the archive's address up to the end of its literal, with
// or without the slash.
func uciHost(text string) bool {
	l := strings.TrimRight(strings.ToLower(text), `"')`)
	return l == "http://archive.ics.uci.edu" || l == "http://www.archive.ics.uci.edu"
}

// secureCommand changes http to https in the words of a command.
func secureCommand(p *checks.Pass, c *checks.Call, a *checks.Argument) *fix.Fix {
	if items, _, ok := c.Items(a.Value); ok {
		for _, it := range items {
			if uciAddress(strings.Trim(it.Value.Prefix(), `"'`)) {
				return checks.Fix(false, "fetch over HTTPS", secureLiteral(p, it.Value, it.Node))
			}
		}
	}
	return checks.Fix(false, "fetch over HTTPS", secureLiteral(p, a.Value, a.Node))
}
