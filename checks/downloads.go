package checks

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/internal/models"
)

// This file holds words for what a program downloads.

// hubs are the functions that download from a hub of models, where a commit pins what comes.
var hubs = []string{"huggingface_hub", "kagglehub", "huggingface_sb3", "modelscope"}

// FromHub reports whether a source is a file of a hub.
func FromHub(s *Symbol) bool {
	for _, name := range hubs {
		if s.Under(name) {
			return true
		}
	}
	return false
}

// PinnedDownload reports whether a download of a hub gives a commit, or a revision that the
// operator chooses, or reads what is there already.
func PinnedDownload(c *Call) bool {
	if c == nil || !FromHub(c.Symbol) {
		return false
	}
	if a := c.Arg(-1, "local_files_only"); a != nil && On(a.Value) {
		return true
	}
	a := c.Arg(-1, "revision")
	if a == nil {
		return c.HasRest()
	}
	for _, v := range c.Given(a.Value) {
		for _, v := range v.Alternatives() {
			if IsCommit(v) || !v.IsConst() {
				return true
			}
		}
	}
	return false
}

// FetchedHere reports whether a call fetches from this machine.
func FetchedHere(c *Call) bool {
	if c == nil {
		return false
	}
	for _, a := range c.Dangerous(models.URL) {
		for _, v := range c.Given(a.Value) {
			if OwnMachine(v.Prefix()) {
				return true
			}
		}
	}
	return false
}

// OwnMachine reports whether an address leads to this machine.
func OwnMachine(url string) bool {
	switch HostIn(url) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

// ToldDigest reports whether the download is the work of a function of the project that is
// told the digest, or the check for which it is told whether to compare one: one with such a
// parameter that all calls in sight give.
func ToldDigest(c *Call) bool {
	if c == nil || c.Frame.Function() == nil || c.Frame.Function().Params == nil {
		return false
	}
	fn := c.Frame.Function()
	for i, param := range fn.Params.List {
		if param.Name == nil || !namesDigest(param.Name.Id) {
			continue
		}
		for _, f := range c.Frame.Beside() {
			for _, o := range f.Calls {
				if o.Callee.Function() != fn {
					continue
				}
				pos := i
				if fn.Class != nil {
					pos--
				}
				if a := o.Arg(pos, param.Name.Id); (a == nil || a.Value.IsNone()) && !o.HasRest() {
					return false
				}
			}
		}
		return true
	}
	return false
}

// namesDigest reports whether a parameter's name says that it is a digest.
func namesDigest(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"md5", "sha1", "sha256", "sha512", "digest", "checksum", "hash"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// CheckedOut reports whether the function checks out a commit of what was cloned.
func CheckedOut(c *Call) bool {
	for _, o := range c.Frame.Calls {
		if o.Method == "checkout" || o.Method == "reset" {
			for i := range o.Args {
				if IsCommit(o.Args[i].Value) {
					return true
				}
			}
		}
		for _, cmd := range o.Commands() {
			name, args := cmd.Program()
			if name != "git" {
				continue
			}
			for i, w := range args {
				if (w.Text == "checkout" || w.Text == "reset") && i+1 < len(args) && IsCommit(args[len(args)-1].Value) {
					return true
				}
			}
		}
	}
	return false
}

// commitPart is a full commit hash as a part of a path.
var commitPart = regexp.MustCompile(`/[0-9a-f]{40}(/|$|\?)`)

// CommitAddress reports whether a fetch names a commit of a repository, which cannot change.
func CommitAddress(c *Call) bool {
	if c == nil {
		return false
	}
	fixed := func(url string) bool {
		return (strings.Contains(url, "raw.githubusercontent.com") || strings.Contains(url, "gist.github")) && commitPart.MatchString(url)
	}
	for _, a := range c.Dangerous(models.URL) {
		for _, v := range c.Given(a.Value) {
			t, ok := v.Text()
			if !ok {
				t = v.Prefix()
			}
			if fixed(t) {
				return true
			}
		}
	}
	for _, cmd := range c.Commands() {
		for _, w := range cmd.Words {
			if fixed(w.Text) {
				return true
			}
		}
	}
	return false
}
