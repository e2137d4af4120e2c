package services

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/flow"
	"github.com/pyguard/pyguardml/internal/models"
)

// weightLoaders read weights: the fetch of what they are given is PML1204's.
var weightLoaders = []string{
	"torch.load", "torch.serialization.load", "torch.jit.load", "safetensors.torch.load", "safetensors.torch.load_file", "safetensors.torch.load_model", "safetensors.safe_open",
}

// requestURL is PML6406.
var requestURL = &checks.Rule{
	Spec:  infoPML6406,
	Knows: []string{"httpx.{Client,AsyncClient}", "requests.sessions.Session"},
	From:  []checks.Label{models.User},
	Into:  []checks.SinkKind{models.URL, models.Shell},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		if path.Kind == models.Shell {
			fetchingCommand(p, path)
			return
		}
		if !checks.Fetches(path.Call) || !p.Project.UsesML() || !p.FromOthers(path) || !checks.ChoosesHost(path) || checks.OnlyMadeOf(path) || checks.ByProxy(path.Call) || loadsWeights(path.Call) {
			return
		}
		if givenByService(p, path) || checks.AddressTested(p, path) || checks.Vetted(p, path, checks.AboutAddresses) {
			return
		}
		if sound, faulty := checks.URLTests(p, path.Call); sound || faulty != nil {
			return // the check of such tests tells of faulty ones
		}
		p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path, p.SinkExpr(path))})
	},
}

// givenByService reports whether an address is one that the service itself puts beside a message: where
// Slack keeps a file, in an application for Slack.
func givenByService(p *checks.Pass, path *checks.Path) bool {
	return checks.GroupMentions(p, "slack") && slices.ContainsFunc(path.Mark.Fields(), func(field string) bool { return field == "url_private" || field == "url_private_download" })
}

// fetchingCommand reports curl and wget that are started without a shell and told an address.
func fetchingCommand(p *checks.Pass, path *checks.Path) {
	if path.Call == nil || path.Sink == nil || path.Sink.Note != models.NoteProgram || path.Mark.Clean.Has(models.URL) || !p.Project.UsesML() || checks.IsWidget(path.Mark.Source()) {
		return
	}
	words := addressWords(path)
	if len(words) == 0 || checks.AddressTested(p, path) || checks.Vetted(p, path, checks.AboutAddresses) {
		return
	}
	e, _ := words[0].Node.(ast.Expr)
	p.Report(checks.Report{Node: path.Call.Node, Path: path, Fix: allowHosts(p, path, e)})
}

// addressWords lists the words of a curl or wget command that are addresses of the data's choice.
func addressWords(path *checks.Path) []flow.Word {
	var out []flow.Word
	for _, cmd := range path.Call.Commands() {
		name, args := cmd.Program()
		if name != "curl" && name != "wget" {
			continue
		}
		for i, w := range args {
			if w.Value == nil || !checks.ComesFrom(path, w.Value) || strings.HasPrefix(w.Text, "-") || i > 0 && takesValue(name, args[i-1]) {
				continue
			}
			if parts := w.Value.Parts(); len(parts) > 0 && checks.PastHost(parts[0].Text) {
				continue
			}
			out = append(out, w)
		}
	}
	return out
}

// valueOptions are options of curl and wget whose value is the next word, and no address.
var valueOptions = map[string][]string{
	"curl": {"-o", "-H", "-d", "-F", "-u", "-A", "-e", "-X", "-T", "-b", "-c", "-x", "-m", "-w", "-K", "--output", "--header", "--data", "--data-raw", "--data-binary", "--form", "--user", "--user-agent", "--request", "--upload-file", "--cookie", "--max-time", "--connect-timeout", "--config", "--cacert", "--cert", "--key"},
	"wget": {"-O", "-o", "-P", "-T", "-t", "-U", "--header", "--output-document", "--directory-prefix", "--timeout", "--tries", "--user-agent", "--post-data"},
}

// takesValue reports whether a word is an option whose value follows it.
func takesValue(program string, w flow.Word) bool {
	return w.Known && (slices.Contains(valueOptions[program], w.Text) || program == "curl" && len(w.Text) > 2 && w.Text[0] == '-' && w.Text[1] != '-' && strings.HasSuffix(w.Text, "o"))
}

// loadsWeights reports whether what a call fetches is read as weights.
func loadsWeights(c *checks.Call) bool {
	for _, o := range c.Feeds() {
		if o.Symbol.Is(weightLoaders...) {
			return true
		}
	}
	return false
}

// allowHosts refuses addresses of hosts that are not on a list.
func allowHosts(p *checks.Pass, path *checks.Path, e ast.Expr) *fix.Fix {
	return checks.AllowHosts(p, path, e, fix.Joined, func(string) string { return `ValueError("host not allowed")` })
}
