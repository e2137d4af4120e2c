package serving

import (
	"net"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
)

// torchServe is PML2301.
var torchServe = &checks.Rule{
	Spec:     infoPML2301,
	Mentions: []string{"management_address"},
	OnManifest: func(p *checks.ManifestPass) {
		if path.Ext(p.Path) != ".properties" {
			return
		}
		set := properties(p.Source.Text)
		known := 0
		for _, key := range [...]string{"inference_address", "management_address", "metrics_address", "model_store", "load_models", "models"} {
			if _, ok := set[key]; ok {
				known++
			}
		}
		at, ok := set["management_address"]
		host := hostOf(at)
		if !ok || known < 2 || strings.HasPrefix(at.text, "unix:") || thisMachine(host.text) || listsHosts(set["allowed_urls"].text) {
			return
		}
		if asksForToken(p) && set["disable_token_authorization"].text != "true" {
			return
		}
		p.Report(checks.Report{Node: checks.Place(at.line), Fix: checks.Fix(true, "listen on this machine only", checks.TextEdits(ast.Edit{Span: host.span, New: "127.0.0.1"}))})
	},
}

// property is a setting of a .properties file: its text with its place, and its line.
type property struct {
	text       string
	span, line ast.Span
}

// properties reads a .properties file, as far as it has one setting a line.
func properties(text []byte) map[string]property {
	set := map[string]property{}
	at := 0
	for line := range strings.Lines(string(text)) {
		start := at
		at += len(line)
		body := strings.TrimRight(line, " \t\r\n")
		key := strings.TrimLeft(body, " \t\f")
		if key == "" || key[0] == '#' || key[0] == '!' {
			continue
		}
		first := start + len(body) - len(key)
		n := strings.IndexAny(key, "=: \t")
		if n < 0 {
			continue
		}
		value := strings.TrimLeft(key[n:], " \t")
		value = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(value, "="), ":"), " \t")
		end := start + len(body)
		set[key[:n]] = property{value, ast.Span{Start: ast.Pos(end - len(value)), End: ast.Pos(end)}, ast.Span{Start: ast.Pos(first), End: ast.Pos(end)}}
	}
	return set
}

// hostOf is the host in an address, with its brackets.
func hostOf(p property) property {
	rest := p.text
	if i := strings.Index(rest, "://"); i >= 0 {
		rest = rest[i+len("://"):]
	}
	at := p.span.End - ast.Pos(len(rest))
	end := strings.IndexAny(rest, ":/")
	if strings.HasPrefix(rest, "[") {
		end = strings.IndexByte(rest, ']') + 1
	}
	if end < 0 {
		end = len(rest)
	}
	return property{text: rest[:end], span: ast.Span{Start: at, End: at + ast.Pos(end)}}
}

// thisMachine reports whether a server that listens at a host is reached from this machine only.
func thisMachine(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// literalStart matches a pattern of addresses that begins with the name of a host, or with a folder.
var literalStart = regexp.MustCompile(`^(?:(?:https\??|http\(s\)\?|\((?:http\|https|https\|http)\)|s3|gs)://\\?[A-Za-z0-9]|file:///?[A-Za-z0-9]|/[A-Za-z0-9])`)

// listsHosts reports whether patterns of addresses name the hosts and folders that models may come from.
func listsHosts(patterns string) bool {
	if patterns == "" {
		return false
	}
	for pattern := range strings.SplitSeq(patterns, ",") {
		pattern = strings.TrimSpace(pattern)
		if alternatives := strings.Split(pattern, "|"); !strings.Contains(pattern, "(") {
			for _, a := range alternatives {
				if !literalStart.MatchString(a) {
					return false
				}
			}
		} else if !literalStart.MatchString(pattern) || strings.Contains(pattern, "|.*") {
			return false
		}
	}
	return true
}

var (
	torchServeImage = regexp.MustCompile(`pytorch/torchserve:v?(\d+)\.(\d+)\.(\d+)`)
	noToken         = regexp.MustCompile(`--disable-token-auth|TS_DISABLE_TOKEN_AUTHORIZATION["']?\s*[=: ]\s*["']?true`)
)

// asksForToken reports whether the project shows that it runs a version of TorchServe that asks for a token, 0.11.1 or
// later, and does not switch that off.
func asksForToken(p *checks.ManifestPass) bool {
	asks := p.Project.Requirements.AtLeast("torchserve", "0.11.1", p.Path)
	for _, d := range p.Project.Documents {
		if noToken.Match(d.Source.Text) {
			return false
		}
		for _, m := range torchServeImage.FindAllSubmatch(d.Source.Text, -1) {
			var version [3]int
			for i := range version {
				version[i], _ = strconv.Atoi(string(m[i+1]))
			}
			asks = asks || version[0] > 0 || version[1] > 11 || version[1] == 11 && version[2] >= 1
		}
	}
	return asks
}
