package models

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// word is one step of a qualified name: an identifier, or a wildcard.
var word = regexp.MustCompile(`^(\*|\*\*|[A-Za-z_][A-Za-z0-9_]*)$`)

// item is a step to an item, of any key or of one.
var item = regexp.MustCompile(`\[[A-Za-z_]*\]`)

// argForm is an Arg: a position, a keyword, both, the rest of the positions, all, or the
// receiver.
var argForm = regexp.MustCompile(`^(=|\*|\*\*|self|[0-9]+|[0-9]+:|[0-9]+:[A-Za-z_][A-Za-z0-9_]*(\[[A-Za-z_]+\])*(\[([A-Za-z_/+]+|[0-9]|\*)\])?|[A-Za-z_][A-Za-z0-9_]*(\[[A-Za-z_]+\])*)$`)

// returnsForm matches the words of Returns that are no name.
var returnsForm = regexp.MustCompile(`^(self|self\[\]|args\[[0-9]+\]|call args\[[0-9]+\])$`)

var ifForm = regexp.MustCompile(`^\[\]=[^,]+$|^(\(\)){0,2}([0-9]+:)?[A-Za-z_][A-Za-z0-9_]*(\[[a-z-]+\])?[!^]?=[^,]+(, *(\(\))?([0-9]+:)?[A-Za-z_][A-Za-z0-9_]*(\[[a-z-]+\])?[!^]?=[^,]+)*$`)

// expand writes out the braces of a pattern.
func expand(s string) ([]string, error) {
	open := strings.IndexByte(s, '{')
	if open < 0 {
		if strings.ContainsAny(s, "},") {
			return nil, fmt.Errorf("%q: brace or comma out of place", s)
		}
		return []string{s}, nil
	}
	depth, start, end := 0, open+1, -1
	var alts []string
	for i := open; i < len(s) && end < 0; i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				alts = append(alts, s[start:i])
				end = i
			}
		case ',':
			if depth == 1 {
				alts = append(alts, s[start:i])
				start = i + 1
			}
		}
	}
	if end < 0 {
		return nil, fmt.Errorf("%q: brace without end", s)
	}
	var out []string
	for _, a := range alts {
		if a == "" {
			return nil, fmt.Errorf("%q: empty alternative", s)
		}
		more, err := expand(s[:open] + a + s[end+1:])
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// checkName reports what is wrong with a name without braces.
func checkName(name string) error {
	if strings.HasPrefix(name, "()") || strings.HasPrefix(name, "[]") {
		return fmt.Errorf("%q begins with a call or an item", name)
	}
	bare := item.ReplaceAllString(strings.ReplaceAll(name, "()", ""), "")
	for _, w := range strings.Split(bare, ".") {
		if !word.MatchString(w) {
			return fmt.Errorf("%q: part %q", name, w)
		}
	}
	for i := 0; i+2 < len(name); i++ {
		if two := name[i : i+2]; two == "()" || two == "[]" {
			if next := name[i+2]; next != '.' && next != '(' && next != '[' {
				return fmt.Errorf("%q: no dot after %s", name, two)
			}
		}
	}
	return nil
}

func eachModel(t *testing.T, do func(t *testing.T, m *Model)) {
	t.Helper()
	for _, fw := range Builtin() {
		t.Run(fw.Name, func(t *testing.T) {
			for i := range fw.Models {
				do(t, &fw.Models[i])
			}
		})
	}
}

// distinctive are names of methods that only one kind of thing has.
var distinctive = map[string]bool{
	"load_state_dict": true, "set_weights": true, "apply_gradients": true, "load_weights": true,
	"get_tensor_by_name": true, "get_operation_by_name": true, "as_graph_element": true,
	"save_pretrained": true, "save_model": true,
	"new_zeros": true, "new_ones": true, "new_empty": true, "new_full": true,
	"cursor":    true, // of a database, by what it then executes
	"set_title": true, "set_xlabel": true, "set_ylabel": true, "suptitle": true,
	"get_submodule": true, "set_submodule": true, // of torch.nn.Module
	"call_tool": true, "register_message_receive_handler": true,
	"load_replay_buffer": true,
	"load_lora_weights":  true, "load_textual_inversion": true, "load_ip_adapter": true, "load_attn_procs": true, // of diffusers
	"simple_takeoff": true, "simple_goto": true, "set_position_target_local_ned_send": true, "set_position_target_global_int_send": true,
}

func TestEveryPatternParses(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Model) {
		names, err := expand(m.Name)
		if err != nil {
			t.Error(err)
		}
		for _, n := range names {
			known := strings.TrimPrefix(n, "?.")
			if err := checkName(known); err != nil {
				t.Error(err)
			}
			if known != n && !strings.Contains(known, ".") && !distinctive[known] {
				t.Errorf("%q is too common a use to tell what something is", n)
			}
			if strings.HasPrefix(n, "*") {
				t.Errorf("%q would hold for every library", n)
			}
		}
	})
}

// ofAgents tells models that say what a name is to an agent, which stand in a file of their
// own beside those that say what becomes of data.
func ofAgents(m *Model) bool {
	return m.Agent != nil || m.Tool != nil || m.Power != 0 || m.Asks
}

// ofStores tells models that say what a store of data keeps and how it is known, which stand in
// a file of their own as well.
func ofStores(m *Model) bool { return len(m.Keeps) > 0 || m.Key != "" }

// ofProtection tells models that say what stands before handlers or starts servers, which stand in
// a file of their own as well.
func ofProtection(m *Model) bool {
	return m.Protects != 0 || len(m.Gates) > 0 || len(m.Mounts) > 0 || m.ProtectsAll != "" || m.Serves != nil || len(m.Callbacks) > 0 && m.Callbacks[0].Gate
}

// ofBatches tells models that say how many inputs are taken at once, which stand in a file of their own as well.
func ofBatches(m *Model) bool { return len(m.Sinks) > 0 && m.Sinks[0].Note == NoteBatch }

func TestNoNameIsModelledTwice(t *testing.T) {
	seen := map[string]string{}
	for _, fw := range Builtin() {
		for _, m := range fw.Models {
			names, _ := expand(m.Name)
			for _, n := range names {
				if ofAgents(&m) {
					n += " as a part of an agent"
				}
				if ofStores(&m) {
					n += " as a store"
				}
				if ofBatches(&m) {
					n += " as a batch"
				}
				if ofProtection(&m) {
					n += " as a protection"
				}
				if other, ok := seen[n]; ok {
					t.Errorf("%s: %s is also modelled in %s", fw.Name, n, other)
				}
				seen[n] = fw.Name
			}
		}
	}
}

func TestNoFrameworkIsListedTwiceAndEachSaysItsVersion(t *testing.T) {
	seen := map[string]bool{}
	for _, fw := range Builtin() {
		if seen[fw.Name] {
			t.Errorf("%s is listed twice", fw.Name)
		}
		seen[fw.Name] = true
		if fw.Name == "" || fw.Version == "" || len(fw.Models) == 0 {
			t.Errorf("framework %q: name, version or models are missing", fw.Name)
		}
	}
}

func TestTargetsAreSingleNames(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Model) {
		targets := append([]string{}, m.Extends...)
		if m.SameAs != "" {
			targets = append(targets, m.SameAs)
		}
		if m.Returns != "" && !returnsForm.MatchString(m.Returns) {
			targets = append(targets, m.Returns)
		}
		for _, cb := range m.Callbacks {
			for _, typ := range cb.Types {
				targets = append(targets, typ)
			}
		}
		for _, to := range targets {
			if strings.ContainsAny(to, "{}*") {
				t.Errorf("%s: target %q is a pattern", m.Name, to)
			} else if err := checkName(to); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
		for _, base := range m.Extends {
			if strings.HasSuffix(base, "()") {
				t.Errorf("%s extends %s: a base is a class, not an instance", m.Name, base)
			}
		}
		names, _ := expand(m.Name)
		for _, n := range names {
			if n == m.SameAs {
				t.Errorf("%s is the same as itself", n)
			}
			if strings.HasSuffix(n, "()") && m.Source != NoLabel && (len(m.Sinks) > 0 || m.Chat != nil) {
				t.Errorf("%s: the instance that is called is not what its call gives", n)
			}
		}
	})
}

func TestArgumentsAreWellFormed(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Model) {
		args := append([]Arg{}, m.Pass...)
		args = append(args, m.Stores...)
		for _, s := range m.Sinks {
			args = append(args, s.Arg)
			if s.Kind == NoSink || s.Kind >= sinkCount {
				t.Errorf("%s: sink without a kind", m.Name)
			}
			if s.If != "" && !ifForm.MatchString(s.If) {
				t.Errorf("%s: condition %q", m.Name, s.If)
			}
		}
		if m.Guards != nil {
			args = append(args, m.Guards.Arg)
		}
		if w := m.Writes; w != nil {
			if w.File != "" || w.Data != "" {
				args = append(args, w.File)
			}
			if w.Data != "" {
				args = append(args, w.Data)
			} else if w.Fetched == NoLabel {
				t.Errorf("%s: a file is written with nothing", m.Name)
			}
		}
		for _, a := range []Arg{m.Reads, m.Removes} {
			if a != "" {
				args = append(args, a)
			}
		}
		if c := m.Chat; c != nil {
			args = append(args, c.System...)
			args = append(args, c.User...)
			for _, a := range []Arg{c.Messages, c.Tools} {
				if a != "" {
					args = append(args, a)
				}
			}
		}
		if msg := m.Message; msg != nil {
			args = append(args, msg.Content)
			if msg.RoleArg != "" {
				args = append(args, msg.RoleArg)
			}
			switch msg.Role {
			case "":
				if msg.RoleArg == "" {
					t.Errorf("%s: a message without a role", m.Name)
				}
			case "system", "user", "assistant", "tool":
			default:
				t.Errorf("%s: role %q", m.Name, msg.Role)
			}
		}
		for _, cb := range m.Callbacks {
			if cb.Arg != "decorated" && !strings.HasPrefix(string(cb.Arg), "subclass.") {
				args = append(args, cb.Arg)
			}
			if cb.PathArg != "" {
				args = append(args, cb.PathArg)
			}
			for name := range cb.Params {
				args = append(args, Arg(name))
			}
			for name := range cb.Types {
				args = append(args, Arg(name))
			}
		}
		for _, a := range m.Gates {
			if !strings.HasPrefix(string(a), ".") {
				args = append(args, a)
			}
		}
		args = append(append(args, m.Covers...), m.Mounts...)
		if m.Serves != nil && m.Serves.Host != "" {
			args = append(args, m.Serves.Host)
		}
		for _, cond := range m.ProtectsIf {
			if !ifForm.MatchString(cond) {
				t.Errorf("%s: condition %q", m.Name, cond)
			}
		}
		for _, a := range args {
			if !argForm.MatchString(string(a)) {
				t.Errorf("%s: argument %q", m.Name, a)
			}
		}
		if m.NoPass && len(m.Pass) > 0 {
			t.Errorf("%s: NoPass and Pass at once", m.Name)
		}
	})
}

func TestEveryModelSaysSomething(t *testing.T) {
	eachModel(t, func(t *testing.T, m *Model) {
		says := m.SameAs != "" || len(m.Extends) > 0 || m.Returns != "" || m.Source != NoLabel || len(m.Sinks) > 0 ||
			m.Chat != nil || m.Pass != nil || m.NoPass || len(m.Cleans) > 0 || m.CleansAll || m.Number ||
			len(m.Stores) > 0 || m.Message != nil || len(m.Callbacks) > 0 || m.Guards != nil || m.NoReturn || m.Does != NoAct || m.Constant != "" || m.Named != "" ||
			m.Writes != nil || m.Reads != "" || m.Removes != "" || m.Step != "" || m.Encodes != nil || m.Decodes || ofAgents(m) || ofStores(m) || ofProtection(m)
		if !says {
			t.Errorf("%s: nothing is said about it", m.Name)
		}
	})
}
