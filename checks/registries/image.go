package registries

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
	"github.com/pyguard/pyguardml/internal/shell"
)

// weightEndings are the ends of the names of files of models.
var weightEndings = []string{
	".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".keras", ".onnx", ".pb", ".tflite", ".gguf", ".ggml", ".safetensors", ".nemo", ".mar", ".engine",
}

// imageWeights is PML4313.
var imageWeights = &checks.Rule{
	Spec:     infoPML4313,
	Mentions: weightEndings,
	OnManifest: func(p *checks.ManifestPass) {
		if p.Kind != manifest.Dockerfile {
			return
		}
		list := p.Instructions()
		digests := 0
		for i := range list {
			in := &list[i]
			var edits []ast.Edit
			switch in.Name {
			case "ADD":
				source := addedWeights(in)
				if source == nil {
					continue
				}
				digests++
				if words := slices.DeleteFunc(slices.Clone(in.Words), func(w manifest.Word) bool { return strings.HasPrefix(w.Text, "--") }); len(words) > 2 {
					break // a digest is that of one file
				}
				edits = []ast.Edit{insertion(in.Span.Start, "ARG "+digestName(digests)+"\n"), insertion(source.Span.Start, "--checksum=sha256:${"+digestName(digests)+"} ")}
			case "RUN":
				files := fetchedWeights(p, in)
				if files == nil || digestsFrom(p, list[i:]) {
					continue
				}
				before, after := "", ""
				for _, file := range files {
					digests++
					before += "ARG " + digestName(digests) + "\n"
					after += ` && echo "${` + digestName(digests) + `}  ` + file + `" | sha256sum -c -`
				}
				if text := string(p.Source.Text[in.Span.Start:in.Span.End]); execForm(in, text) {
					after = "\nRUN " + strings.TrimPrefix(after, " && ")
				}
				if len(in.Here) == 0 && !slices.Contains(files, "") {
					edits = []ast.Edit{insertion(in.Span.Start, before), insertion(in.Span.End, after)}
				}
			default:
				continue
			}
			p.Report(checks.Report{Node: checks.Place(checks.FirstLine(p, in.Span)), Fix: checks.Fix(true, "compare the digest of the weights", checks.TextEdits(edits...))})
		}
	},
}

func insertion(at ast.Pos, text string) ast.Edit {
	return ast.Edit{Span: ast.Span{Start: at, End: at}, New: text}
}

// digestName is the argument of the build that holds the n-th digest.
func digestName(n int) string {
	if n == 1 {
		return "MODEL_SHA256"
	}
	return "MODEL_SHA256_" + strconv.Itoa(n)
}

// isWeights reports whether an address is one of a file of weights that others can replace.
func isWeights(address string) bool {
	lower := strings.ToLower(address)
	secure := strings.HasPrefix(lower, "https://")
	if !secure && !strings.HasPrefix(lower, "http://") || secure && shell.NamesCommit(address) {
		return false
	}
	name := lower
	if i := strings.IndexAny(name, "?#"); i >= 0 {
		name = name[:i]
	}
	return slices.ContainsFunc(weightEndings, func(end string) bool { return strings.HasSuffix(name, end) })
}

// addedWeights is the word of an ADD instruction that is the address of weights, nil where it has none or says their digest.
func addedWeights(in *checks.Instruction) *manifest.Word {
	var found *manifest.Word
	for i := range in.Words {
		w := &in.Words[i]
		switch {
		case strings.HasPrefix(w.Text, "--checksum="):
			return nil
		case found == nil && i+1 < len(in.Words) && isWeights(w.Text):
			found = w
		}
	}
	return found
}

// fetchedWeights lists the files into which a RUN instruction downloads weights, "" for one whose name is not known.
func fetchedWeights(p *checks.ManifestPass, in *checks.Instruction) []string {
	var out []string
	for _, list := range commandsOf(p, in) {
		for _, c := range list {
			address := shell.Downloads(c)
			if address == nil {
				continue
			}
			url := strings.TrimPrefix(shell.Expanded(list, c, address), "--url=")
			if isWeights(url) {
				out = append(out, savedAs(c, url))
			}
		}
	}
	return out
}

// commandsOf lists the commands of a RUN instruction, also of the exec form.
func commandsOf(p *checks.ManifestPass, in *checks.Instruction) [][]*shell.Command {
	var out [][]*shell.Command
	for _, s := range p.Scripts(in) {
		out = append(out, shell.Parse(s.Text))
	}
	if out != nil {
		return out
	}
	c := &shell.Command{}
	for _, w := range in.Words {
		c.Words = append(c.Words, shell.Word{Text: w.Text, Constant: true})
	}
	if len(in.Words) > 2 && shell.IsInterpreter(path.Base(in.Words[0].Text)) && strings.HasSuffix(in.Words[1].Text, "c") {
		return [][]*shell.Command{shell.Parse(in.Words[2].Text)}
	}
	return [][]*shell.Command{{c}}
}

// execForm reports whether an instruction is a list of words.
func execForm(in *checks.Instruction, text string) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(text, in.Name)), "[")
}

// savedAs is the file that a command of curl or wget writes; "" where that is not known.
func savedAs(c *shell.Command, url string) string {
	name, args := c.Program()
	file, folder := "", ""
	if c.Output != nil {
		file = c.Output.Text
	}
	for i, w := range args {
		value := ""
		if i+1 < len(args) {
			value = args[i+1].Text
		}
		option, joined, hasValue := strings.Cut(w.Text, "=")
		if hasValue {
			value = joined
		}
		short := strings.HasPrefix(w.Text, "-") && !strings.HasPrefix(w.Text, "--")
		switch {
		case option == "--output" || option == "--output-document":
			file = value
		case option == "--directory-prefix" || option == "--output-dir":
			folder = value
		case short && name == "curl" && strings.HasSuffix(w.Text, "o"), short && name == "wget" && strings.HasSuffix(w.Text, "O"):
			file = value
		case short && name == "wget" && strings.HasSuffix(w.Text, "P"):
			folder = value
		}
	}
	if file == "" {
		before, _, _ := strings.Cut(url, "?")
		file = path.Base(before)
	}
	if folder != "" {
		file = path.Join(folder, file)
	}
	if file == "-" || file == "/dev/stdout" || strings.ContainsAny(file, "\"`") {
		return ""
	}
	return file
}

// digestsFrom reports whether the first of some instructions, or a later one of its stage, compares a digest or a signature.
func digestsFrom(p *checks.ManifestPass, list []checks.Instruction) bool {
	for i := range list {
		switch list[i].Name {
		case "FROM":
			return false
		case "RUN":
			for _, commands := range commandsOf(p, &list[i]) {
				if slices.ContainsFunc(commands, verifies) {
					return true
				}
			}
		}
	}
	return false
}

// verifies reports whether a command computes a digest or verifies a signature.
func verifies(c *shell.Command) bool {
	name, args := c.Program()
	has := func(word string) bool {
		return slices.ContainsFunc(args, func(w shell.Word) bool { return w.Text == word })
	}
	switch name {
	case "sha256sum", "sha512sum", "shasum", "b3sum":
		return true
	case "openssl":
		return has("dgst")
	case "gpg", "gpg2", "gpgv":
		return name == "gpgv" || has("--verify")
	case "cosign":
		return slices.ContainsFunc(args, func(w shell.Word) bool { return strings.HasPrefix(w.Text, "verify") })
	}
	return false
}
