package supplychain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/models"
	"github.com/pyguard/pyguardml/internal/secrets"
)

// keyInImage is PML6307.
var keyInImage = &checks.Rule{
	Spec:     infoPML6307,
	Mentions: append(secrets.Marks(), "API_KEY", "TOKEN", "SECRET", "ACCESS_KEY", "PASSWORD"),
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Dockerfile {
			return
		}
		d := readImage(p)
		for i := range d.list {
			switch d.list[i].Name {
			case "ENV", "ARG":
				d.variables(i)
			default:
				d.literals(i)
			}
		}
	},
}

// image is a Dockerfile with what its instructions belong to.
type image struct {
	*checks.ManifestPass
	list []checks.Instruction
	// stage is the number of the stage of each instruction, -1 before the first FROM.
	stage []int
	// args holds by stage the names that ARG declares.
	args map[int]map[string]bool
	// shipped tells the stages of which something comes into the last one.
	shipped map[int]bool
	keys    []secrets.Secret
}

func readImage(p *checks.ManifestPass) *image {
	d := &image{ManifestPass: p, list: p.Instructions(), args: map[int]map[string]bool{}, keys: providerKeys(string(p.Source.Text))}
	names := map[string]int{}
	from := map[int][]string{} // the stages that a stage is made of, by name
	stage := -1
	for _, in := range d.list {
		switch in.Name {
		case "FROM":
			stage++
			words := slices.DeleteFunc(wordsOf(in), func(w string) bool { return strings.HasPrefix(w, "--") })
			if len(words) > 0 {
				from[stage] = append(from[stage], strings.ToLower(words[0]))
			}
			if len(words) > 2 && strings.EqualFold(words[1], "as") {
				names[strings.ToLower(words[2])] = stage
			}
		case "ARG":
			for _, w := range in.Words {
				name, _, _ := strings.Cut(w.Text, "=")
				if d.args[stage] == nil {
					d.args[stage] = map[string]bool{}
				}
				d.args[stage][name] = true
			}
		case "COPY", "ADD", "RUN":
			for _, w := range in.Words {
				for option := range strings.SplitSeq(strings.TrimPrefix(w.Text, "--"), ",") {
					if name, ok := strings.CutPrefix(option, "from="); ok {
						from[stage] = append(from[stage], strings.ToLower(name))
					}
				}
			}
		}
		d.stage = append(d.stage, stage)
	}
	d.shipped = map[int]bool{stage: true, -1: true}
	for todo := []int{stage}; len(todo) > 0; todo = todo[1:] {
		for _, name := range from[todo[0]] {
			n, ok := names[name]
			if !ok && len(name) < 3 && strings.Trim(name, "0123456789") == "" && name != "" {
				for n = 0; len(name) > 0; name = name[1:] {
					n = 10*n + int(name[0]-'0')
				}
				ok = n <= stage
			}
			if ok && !d.shipped[n] {
				d.shipped[n] = true
				todo = append(todo, n)
			}
		}
	}
	return d
}

func wordsOf(in checks.Instruction) []string {
	var out []string
	for _, w := range in.Words {
		out = append(out, w.Text)
	}
	return out
}

// holdsSecret reports whether a variable of a name holds a secret that no other check looks after.
func holdsSecret(name string) bool {
	if strings.HasPrefix(name, "WANDB_") || strings.HasPrefix(name, "NEPTUNE_") {
		return false
	}
	for _, end := range [...]string{"API_KEY", "APIKEY", "TOKEN", "SECRET", "SECRET_KEY", "ACCESS_KEY", "PASSWORD"} {
		if strings.HasSuffix(strings.ToUpper(name), end) {
			return models.IsSecretName(name)
		}
	}
	return false
}

// variables reports an ENV or ARG that writes a secret into the image.
func (d *image) variables(i int) {
	in, stage := d.list[i], d.stage[i]
	if in.Name == "ARG" && !d.shipped[stage] {
		return
	}
	var all, bad []checks.Setting
	for _, s := range d.Settings() {
		if !in.Span.Contains(s.Span) {
			continue
		}
		all = append(all, s)
		known := len(providerKeys(s.Value)) > 0 || slices.ContainsFunc(d.keys, func(k secrets.Secret) bool { return s.Span.Contains(spanAt(0, k)) })
		if known || holdsSecret(s.Name) && (secrets.KeyLike(s.Value) || in.Name == "ENV" && d.isArgument(s.Value, stage)) {
			bad = append(bad, s)
		}
	}
	if len(bad) == 0 {
		return
	}
	r := checks.Report{Node: checks.Place(in.Span)}
	r.Fix = checks.Fix(true, "give the secret when a container starts, or as a build secret", checks.TextEdits(d.without(in, all, bad)...))
	d.Report(r)
}

// isArgument reports whether a value is that of an argument of the build: $NAME, ${NAME}, ${NAME:-}.
func (d *image) isArgument(value string, stage int) bool {
	name, ok := strings.CutPrefix(value, "$")
	if !ok {
		return false
	}
	if inner, braces := strings.CutPrefix(name, "{"); braces {
		if name, ok = strings.CutSuffix(inner, "}"); !ok {
			return false
		}
		name, _, _ = strings.Cut(name, ":")
	}
	return d.args[stage][name]
}

// without deletes settings of an instruction: all of it where none is left.
func (d *image) without(in checks.Instruction, all, bad []checks.Setting) []ast.Edit {
	if len(bad) == len(all) && len(all) >= pairs(in) {
		return d.withoutLines(in)
	}
	var spans []ast.Span
	for _, s := range bad {
		for _, e := range s.Remove() {
			spans = append(spans, e.Span)
		}
	}
	slices.SortFunc(spans, func(a, b ast.Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []ast.Edit
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].Span.End {
			out[n-1].Span.End = max(out[n-1].Span.End, s.End)
			continue
		}
		out = append(out, ast.Edit{Span: s})
	}
	if n := len(out); n > 0 && out[n-1].Span.End >= in.Span.End { // no space is left behind the last
		for text := d.Source.Text; out[n-1].Span.Start > in.Span.Start && strings.ContainsRune(" \t\r\n\\", rune(text[out[n-1].Span.Start-1])); {
			out[n-1].Span.Start--
		}
	}
	return out
}

// withoutLines deletes an instruction.
func (d *image) withoutLines(in checks.Instruction) []ast.Edit {
	text := string(d.Source.Text)
	start, end := strings.LastIndexByte(text[:in.Span.Start], '\n')+1, int(in.Span.End)
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		end += i + 1
	} else {
		end = len(text)
	}
	return []ast.Edit{{Span: ast.Span{Start: ast.Pos(start), End: ast.Pos(end)}}}
}

// pairs is the number of variables that an instruction names.
func pairs(in checks.Instruction) int {
	if in.Name == "ENV" && len(in.Words) > 0 && !strings.Contains(in.Words[0].Text, "=") {
		return 1
	}
	return len(in.Words)
}

// literals reports the keys that an instruction, or the text that belongs to it, spells out.
func (d *image) literals(i int) {
	in := d.list[i]
	until := ast.Pos(len(d.Source.Text))
	if i+1 < len(d.list) {
		until = d.list[i+1].Span.Start
	}
	var found []secrets.Secret
	for _, k := range d.keys {
		at := ast.Pos(k.Start)
		if at >= in.Span.Start && at < until && (at < in.Span.End || in.Name == "RUN" || in.Name == "COPY") && !d.inComment(k.Start) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return
	}
	r := checks.Report{Node: checks.Place(in.Span)}
	if in.Name == "RUN" {
		r.Fix = checks.Fix(true, "mount the key as a build secret"+revoke, checks.TextEdits(d.mounted(in, found)...))
	} else {
		r.Fix = checks.Fix(true, "leave the key out and give it when a container starts"+revoke, checks.TextEdits(d.leftOut(in, found)...))
	}
	d.Report(r)
}

// inComment reports whether a place lies in a line that is a comment.
func (d *image) inComment(at int) bool {
	text := string(d.Source.Text)
	return strings.HasPrefix(strings.TrimSpace(text[strings.LastIndexByte(text[:at], '\n')+1:]), "#")
}

// leftOut deletes the words of a CMD or ENTRYPOINT list that hold keys, each with its option, and a LABEL that is
// nothing but a key.
func (d *image) leftOut(in checks.Instruction, keys []secrets.Secret) []ast.Edit {
	holds := func(s ast.Span) bool {
		return slices.ContainsFunc(keys, func(k secrets.Secret) bool { return s.Contains(spanAt(0, k)) })
	}
	if in.Name == "LABEL" {
		if len(keys) != 1 || strings.Count(string(d.Source.Text[in.Span.Start:in.Span.End]), "=") != 1 {
			return nil
		}
		return d.withoutLines(in)
	}
	if in.Name != "CMD" && in.Name != "ENTRYPOINT" {
		return nil
	}
	text := d.Source.Text
	var out []ast.Edit
	for i, w := range in.Words {
		if !holds(w.Span) {
			continue
		}
		first := i
		if i > 0 && strings.HasPrefix(in.Words[i-1].Text, "--") && !strings.Contains(in.Words[i-1].Text, "=") {
			first--
		}
		if first == 0 || text[w.Span.Start-1] != '"' || text[w.Span.End] != '"' || text[in.Words[first-1].Span.End] != '"' {
			return nil // no list, or nothing would be left of it
		}
		out = append(out, ast.Edit{Span: ast.Span{Start: in.Words[first-1].Span.End + 1, End: w.Span.End + 1}})
	}
	if len(out) != len(keys) {
		return nil
	}
	return out
}

// mounted has a command read keys from build secrets in place of spelling them out.
func (d *image) mounted(in checks.Instruction, keys []secrets.Secret) []ast.Edit {
	text := string(d.Source.Text)
	body := int(in.Span.Start) + len("RUN")
	for body < int(in.Span.End) && (text[body] == ' ' || text[body] == '\t') {
		body++
	}
	if strings.HasPrefix(text[body:], "[") {
		return nil // without a shell nothing reads the file
	}
	var out []ast.Edit
	var options strings.Builder
	for _, k := range keys {
		id := strings.ToLower(k.Variable)
		if option := "--mount=type=secret,id=" + id + " "; !strings.Contains(options.String(), option) && !strings.Contains(text[body:in.Span.End], "id="+id) {
			options.WriteString(option)
		}
		read := "$(cat /run/secrets/" + id + ")"
		if quotedSingly(text[body:k.Start]) {
			read = `'"` + read + `"'`
		}
		out = append(out, ast.Edit{Span: spanAt(0, k), New: read})
	}
	return append([]ast.Edit{{Span: ast.Span{Start: ast.Pos(body), End: ast.Pos(body)}, New: options.String()}}, out...)
}

// quotedSingly reports whether a shell is within single quotes behind a text.
func quotedSingly(text string) bool {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote == '\''
}
