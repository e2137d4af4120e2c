package training

import (
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// hostKeysSkipped is PML1321.
var hostKeysSkipped = &checks.Rule{
	Spec: infoPML1321,
	On: []string{
		"paramiko.{SSHClient,client.SSHClient}().set_missing_host_key_policy",
		"subprocess.{run,call,check_call,check_output,Popen,getoutput,getstatusoutput}", "os.{system,popen}",
		"asyncio.{create_subprocess_shell,create_subprocess_exec}",
		"os.environ.{setdefault,update}", "os.putenv",
	},
	Knows: []string{"shlex.split", "paramiko.{AutoAddPolicy,WarningPolicy,client.AutoAddPolicy,client.WarningPolicy}", "paramiko.{AutoAddPolicy,WarningPolicy,client.AutoAddPolicy,client.WarningPolicy}()", "paramiko.{SSHClient,client.SSHClient}().{exec_command,connect}"},
	To:    []string{"os.environ[]"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		switch {
		case c.Method == "set_missing_host_key_policy":
			acceptsAnyHost(p, c)
		case c.Symbol.Is("os.environ.setdefault", "os.putenv"):
			name, value := c.Arg(0, "key"), c.Arg(1, "value")
			if name != nil && value != nil && pdshOption(name.Value) {
				reportOption(p, c.Node, value.Value, deepspeedHere(p, c.Frame))
			}
		case c.Symbol.Is("os.environ.update"):
			for _, a := range c.Args {
				entries, _, _ := c.Entries(a.Value)
				for _, e := range entries {
					if strings.HasPrefix(e.Name, pdshVariable) {
						reportOption(p, c.Node, e.Value, deepspeedHere(p, c.Frame))
					}
				}
				if a.Name != "" && strings.HasPrefix(a.Name, pdshVariable) {
					reportOption(p, c.Node, a.Value, deepspeedHere(p, c.Frame))
				}
			}
		default:
			runsUnchecked(p, c)
		}
	},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !pdshOption(s.Key) || !uncheckedHost.in(constantText(s.Value)) || !deepspeedHere(p, s.Frame) {
			return
		}
		stmt := p.StmtOf(s.Node)
		if stmt == nil {
			return
		}
		p.Report(checks.Report{Node: stmt, Fix: checkHosts(p, s.Value)})
	},
}

const pdshVariable = "PDSH_SSH_ARGS"

func pdshOption(v *checks.Value) bool {
	name, ok := v.Text()
	return ok && (name == pdshVariable || name == pdshVariable+"_APPEND")
}

func reportOption(p *checks.Pass, n ast.Node, v *checks.Value, deepspeed bool) {
	if deepspeed && uncheckedHost.in(constantText(v)) {
		p.Report(checks.Report{Node: n, Fix: checkHosts(p, v)})
	}
}

// deepspeedHere reports whether the file uses deepspeed or runs its launcher.
func deepspeedHere(p *checks.Pass, f *checks.Frame) bool {
	if p.Imports("deepspeed") {
		return true
	}
	for _, b := range f.Beside() {
		for _, c := range b.Calls {
			if c.Symbol != nil && strings.HasPrefix(c.Symbol.String(), "deepspeed.") {
				return true
			}
			if runsCommand(c) && len(c.Args) > 0 && strings.Contains(commandText(c, c.Args[0].Value), "deepspeed") {
				return true
			}
		}
	}
	return false
}

func runsCommand(c *checks.Call) bool {
	name := c.Symbol.String()
	return strings.HasPrefix(name, "subprocess.") || name == "os.system" || name == "os.popen" || strings.HasPrefix(name, "asyncio.create_subprocess")
}

// acceptsAnyHost reports a client that takes any key, where it starts training.
func acceptsAnyHost(p *checks.Pass, c *checks.Call) {
	policy := c.Arg(0, "policy")
	if policy == nil || !policy.Value.Is(unsafePolicies...) {
		return
	}
	starts := false
	for _, f := range c.Frame.Beside() {
		for _, o := range f.Calls {
			if !sameClient(c, o) {
				continue
			}
			switch o.Method {
			case "connect":
				if host := o.Arg(0, "hostname"); host != nil && loopback(host.Value) {
					return
				}
			case "exec_command":
				if command := o.Arg(0, "command"); command != nil && startsTraining(commandText(o, command.Value)) {
					starts = true
				}
			}
		}
	}
	if !starts {
		return
	}
	p.Report(checks.Report{Node: c.Node, Fix: rejectPolicy(p, policy)})
}

var unsafePolicies = []string{
	"paramiko.AutoAddPolicy", "paramiko.WarningPolicy", "paramiko.client.AutoAddPolicy", "paramiko.client.WarningPolicy",
	"paramiko.AutoAddPolicy()", "paramiko.WarningPolicy()", "paramiko.client.AutoAddPolicy()", "paramiko.client.WarningPolicy()",
}

// sameClient reports whether two calls are of methods of one client.
func sameClient(a, b *checks.Call) bool {
	if a.Receiver == nil || b.Receiver == nil {
		return false
	}
	x, y := a.Receiver.Origin(), b.Receiver.Origin()
	return x != nil && y != nil && x.Node == y.Node
}

func loopback(host *checks.Value) bool {
	t, ok := host.Text()
	return ok && (t == "localhost" || strings.HasPrefix(t, "127.") || t == "::1")
}

// rejectPolicy names the policy that refuses unknown hosts.
func rejectPolicy(p *checks.Pass, policy *checks.Argument) *fix.Fix {
	var name ast.Node
	switch n := policy.Node.(type) {
	case *ast.Call:
		name = n.Fn
	default:
		name = n
	}
	switch n := name.(type) {
	case *ast.Attribute:
		return checks.Fix(true, "refuse hosts whose key is not known", checks.Replace(p, n.Attr, "RejectPolicy"))
	case *ast.Name:
		if !strings.HasSuffix(n.Id, "Policy") {
			return nil
		}
		return checks.Fix(true, "refuse hosts whose key is not known",
			checks.Replace(p, n, "RejectPolicy"), fix.AddImportedName(p.File, "paramiko", "RejectPolicy", fix.InOrder))
	}
	return nil
}

// option is a setting of ssh, with its separators.
type option []string

// uncheckedHost are the spellings that switch the check of host keys off.
var uncheckedHost = option{"StrictHostKeyChecking=no", "StrictHostKeyChecking no"}

func (o option) in(text string) bool { return o.find(text) != "" }

func (o option) find(text string) string {
	for _, s := range o {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

// runsUnchecked reports a command that starts training on hosts whose keys are not checked.
func runsUnchecked(p *checks.Pass, c *checks.Call) {
	if len(c.Args) == 0 {
		return
	}
	text := commandText(c, c.Args[0].Value)
	if split, ok := c.Args[0].Node.(*ast.Call); ok && text == "" {
		for _, o := range c.Frame.Calls {
			if o.Node == split && o.Symbol.Is("shlex.split") && len(o.Args) > 0 {
				for _, given := range o.Given(o.Args[0].Value) {
					text += constantText(given)
				}
			}
		}
	}
	if c.Symbol.Is("asyncio.create_subprocess_exec") {
		var words []string
		for i := range c.Args {
			if c.Args[i].Pos >= 0 {
				words = append(words, commandText(c, c.Args[i].Value))
			}
		}
		text = strings.Join(words, " ")
	}
	if !uncheckedHost.in(text) || !startsTraining(text) || localOnly(text) {
		return
	}
	p.Report(checks.Report{Node: c.Node, Fix: checkHostsOf(p, c)})
}

// commandText is the constant text of a command, given as text or as a list of words; what is
// not constant is left out.
func commandText(c *checks.Call, v *checks.Value) string {
	if o := v.Origin(); o != nil && o.Symbol.Is("shlex.split") && len(o.Args) > 0 {
		return constantText(o.Args[0].Value)
	}
	if items, _, ok := c.Items(v); ok {
		var words []string
		for _, it := range items {
			if it.Splat {
				words = append(words, commandText(c, it.Value))
				continue
			}
			words = append(words, constantText(it.Value))
		}
		return strings.Join(words, " ")
	}
	return constantText(v)
}

// startsTraining reports whether a command starts workers of a training run.
func startsTraining(command string) bool {
	for _, word := range [...]string{"torchrun", "torch.distributed", "deepspeed", "horovodrun", "accelerate launch", "mpirun", "ray start"} {
		if strings.Contains(command, word) {
			return true
		}
	}
	for _, word := range strings.Fields(command) {
		base := strings.ToLower(word[strings.LastIndexByte(word, '/')+1:])
		if strings.Contains(command, "python") && strings.HasSuffix(base, ".py") && (strings.Contains(base, "train") || strings.Contains(base, "finetune") || strings.Contains(base, "worker")) {
			return true
		}
	}
	return false
}

func localOnly(command string) bool {
	return strings.Contains(command, "localhost") || strings.Contains(command, "127.0.0.1")
}

// checkHosts makes a constant text ask for known keys.
func checkHosts(p *checks.Pass, v *checks.Value) *fix.Fix {
	return checks.Fix(true, "check the keys of the hosts", optionEdits(p, v))
}

func optionEdits(p *checks.Pass, v *checks.Value) []fix.Edit {
	old := uncheckedHost.find(constantText(v))
	lit, mod := v.Literal()
	e, ok := lit.(ast.Expr)
	if old == "" || !ok || mod == nil || mod.File != p.File {
		return nil
	}
	return fix.ReplaceInString(p.File, e, old, strings.TrimSuffix(old, "no")+"yes")
}

// checkHostsOf does so in the words of a command.
func checkHostsOf(p *checks.Pass, c *checks.Call) *fix.Fix {
	for i := range c.Args {
		values := []*checks.Value{c.Args[i].Value}
		if items, _, ok := c.Items(c.Args[i].Value); ok {
			for _, it := range items {
				values = append(values, it.Value)
			}
		}
		for _, v := range values {
			if edits := optionEdits(p, v); edits != nil {
				return checks.Fix(true, "check the keys of the hosts", edits)
			}
		}
		if n := c.Args[i].Node; n != nil {
			if edits := namedEdits(p, c, n, 0); edits != nil {
				return checks.Fix(true, "check the keys of the hosts", edits)
			}
		}
	}
	return nil
}

// namedEdits looks for the option in an expression and in what the names in it were last given.
func namedEdits(p *checks.Pass, c *checks.Call, n ast.Node, depth int) []fix.Edit {
	edits := literalEdits(p, n)
	if edits != nil || depth > 2 {
		return edits
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if name, ok := n.(*ast.Name); ok && edits == nil {
			for _, body := range [][]ast.Stmt{checks.BodyOf(c.Frame), p.File.Body} {
				if given := checks.LastAssigned(body, name); given != nil && edits == nil {
					edits = namedEdits(p, c, given, depth+1)
				}
			}
		}
		return edits == nil
	})
	return edits
}

// literalEdits looks for the option in the literals of an expression.
func literalEdits(p *checks.Pass, n ast.Node) (edits []fix.Edit) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Str, *ast.JoinedStr:
			if old := uncheckedHost.find(p.File.Text(n)); old != "" && edits == nil {
				edits = fix.ReplaceInString(p.File, n.(ast.Expr), old, strings.TrimSuffix(old, "no")+"yes")
			}
		}
		return edits == nil
	})
	return edits
}
