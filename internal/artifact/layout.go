package artifact

import (
	"fmt"
	"io"
	"path"
	"strings"
)

// layout is what an archive is by the names of its members.
type layout uint8

const (
	plainArchive layout = iota
	torchScript         // code/ beside the pickles of torch
	torchPackage        // .data/ of torch.package
	torchServe          // MAR-INF/MANIFEST.json
	nemo                // model_config.yaml
	skops               // schema.json
)

// layoutFormats are the formats of archives that are more than containers.
var layoutFormats = map[layout]Format{torchPackage: TorchPackage, torchServe: TorchServe, nemo: NeMo, skops: Skops}

// with is what an archive is that has a member of this name too.
func (l layout) with(name string) layout {
	name = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
	dir, base := path.Split(name)
	found := plainArchive
	switch {
	case path.Base(path.Dir(name)) == ".data" && (base == "extern_modules" || base == "python_version"):
		found = torchPackage
	case strings.EqualFold(name, "MAR-INF/MANIFEST.json"):
		found = torchServe
	case base == "model_config.yaml" && strings.Count(dir, "/") <= 1:
		found = nemo
	case name == "schema.json":
		found = skops
	case isScript(name):
		found = torchScript
	}
	return max(l, found)
}

// isScript tells a source of TorchScript, in the folder code of an archive of torch.
func isScript(name string) bool {
	return strings.HasSuffix(name, ".py") && (strings.HasPrefix(name, "code/") || strings.Contains(name, "/code/"))
}

// The functions that loaders call: TorchServe those of a handler, an unpickler those of a class.
var (
	handlerEntries = nameSet(`initialize handle preprocess inference postprocess __init__ __call__ __new__ __setstate__`)
	packageEntries = nameSet(`__setstate__ __new__ __reduce__ __reduce_ex__ __init__ __getattr__ __del__ __torch_function__`)
)

// reader returns what reads a member of an archive of this layout, besides what its content is
// recognised as; nil for most.
func (l layout) reader(name string) func(*scan, *object) {
	ext, base := ending(name), path.Base(name)
	switch {
	case l == torchScript && isScript(name):
		return (*scan).torchScript
	case l == torchScript && base == "bytecode.pkl":
		return (*scan).bytecode
	case l == torchPackage && ext == ".py" && !strings.Contains(name, "/.data/ts_code/"):
		return python(packageEntries)
	case l == torchPackage && isScript(name):
		return (*scan).torchScript
	case l == torchServe && ext == ".py":
		return python(handlerEntries)
	case l == torchServe && base == "MANIFEST.json":
		return (*scan).manifest
	case l == torchServe && ext == ".txt" && strings.HasPrefix(base, "requirements"):
		return (*scan).requirements
	case (l == nemo || l == torchServe) && (ext == ".yaml" || ext == ".yml"):
		return (*scan).targets
	case l == skops && base == "schema.json":
		return (*scan).skops
	}
	return nil
}

// manifest reads MAR-INF/MANIFEST.json, which names the other parts of a TorchServe archive
// (model-archiver/model_archiver/manifest_components).
func (s *scan) manifest(o *object) {
	o.format = TorchServe
	v, err := parseJSON(s.text(o, configLimit), nil)
	model := v.get("model")
	for _, key := range []string{"handler", "serializedFile", "modelFile", "requirementsFile", "configFile"} {
		part := model.get(key)
		name := part.str()
		if file, _, isFunction := strings.Cut(name, ":"); key == "handler" && isFunction && strings.HasSuffix(file, ".py") {
			name = file // handler.py:function
		}
		if leavesFolder(name) {
			s.add(o, outside(int64(part.at), key, name))
		}
	}
	s.stopped(o, "", err)
}

// requirements reads the packages that TorchServe installs for an archive where it is told to.
func (s *scan) requirements(o *object) {
	o.format = TorchServe
	b, ok := s.whole(o, 1<<20)
	if !ok {
		return
	}
	at := int64(0)
	for line := range strings.Lines(string(b)) {
		text := strings.TrimSpace(line)
		if strings.Contains(text, "://") && !strings.HasPrefix(text, "#") {
			s.add(o, Fact{Kind: RemoteCode, Verdict: Unknown, Offset: at, Length: int64(len(line)), Opcode: "requirement", Name: short(text),
				Why: "is installed from an address of the archive's own where dependencies are installed"})
		}
		at += int64(len(line))
	}
}

// laterMember is a member of a tar archive that can only be read as what it is once all names are
// known.
type laterMember struct {
	name     string
	at, size int64
}

// textMember tells the members that some layout has a reader for.
func textMember(name string) bool {
	switch ending(name) {
	case ".py", ".yaml", ".yml", ".json", ".txt":
		return true
	}
	return false
}

// readLater reads members as what the layout of their archive says.
func (s *scan) readLater(o *object, l layout, members []laterMember) {
	for _, m := range members {
		if read := l.reader(m.name); read != nil && s.ctx.Err() == nil {
			read(s, o.inside(printable(m.name), io.NewSectionReader(o.r, m.at, m.size), m.size))
		}
	}
	if f := layoutFormats[l]; f != None {
		o.format = f
	}
}

// constructed adds the fact that a configuration names a class or function which its loader
// builds or calls.
func (s *scan) constructed(o *object, at int64, key, name string) {
	verdict, why := judge(canonical(name))
	switch {
	case verdict == Dangerous:
		s.add(o, Fact{Kind: ConfigCall, Verdict: Dangerous, Offset: at, Length: int64(len(name)), Opcode: key, Name: printable(name), Why: why})
	case verdict == Unknown:
		s.add(o, Fact{Kind: ConfigClass, Verdict: Unknown, Offset: at, Length: int64(len(name)), Opcode: key, Name: printable(name),
			Why: fmt.Sprintf("is what the key %s makes the loader call", key)})
	}
}
