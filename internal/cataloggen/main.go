// Command cataloggen turns the catalog, checks/<part>/catalog.yaml, into Go and into
// documentation: checks/<part>/catalog_gen.go, docs/checks/<ID>.md and docs/coverage.md. It is run by
// `go generate ./...`; the library itself reads no YAML.
//
// A catalog file is a list of entries, one for each check, with all of these keys:
//
//	id             PML, the part's two digits, two digits of its own; never given another meaning
//	name           kebab-case, unique, names the defect in the code
//	title          the one line a user reads: the defect in plain words, no full stop
//	seed           the wording of the requirement it goes back to, or null; not generated
//	group          the heading within the part
//	class          vulnerability, weakness, hardening or governance
//	severity       critical, high, medium, low or note
//	profile        default or extended
//	inputs         of python, notebook, artifact, manifest
//	engine         call, flow, literal, structure, notebook, artifact or manifest
//	frameworks     the distributions whose APIs the check knows
//	reading        what the defect is and why it matters
//	detect         the facts that together make a report
//	ignore         what must not be reported
//	tests          skipped, where the code of tests is none of the check's business; else left out
//	report_at      the node that carries the report
//	specializes    null, an id or a list of ids: the general checks that it replaces at a place
//	fix            applicability (safe or unsafe) and edit, the change to the text
//	cwe, owasp_llm, owasp_ml, owasp_agentic, atlas, nist
//	               lists of the standards' identifiers
//	vulnerable     an example; the reported lines end in "# want"
//	safe, fixed    the example done right, and what the fix makes of vulnerable
//
// A made-up key in an example carries the mark <+> after its prefix, so that no scanner takes it
// for a leak; it is kept everywhere. To add a check: write its entry, run go generate, write
// the check with the generated infoPMLxxxx, run go generate again: it lists the check in Checks.
//
// With -n it writes nothing and fails when a generated file is not up to date. With -lint
// PART FILE it only validates a catalog file.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"

	"github.com/pyguard/pyguardml/internal/catalog"
)

const modulePath = "github.com/pyguard/pyguardml"

func main() {
	root := flag.String("root", ".", "the module's folder")
	dry := flag.Bool("n", false, "write nothing; fail when a generated file is not up to date")
	lint := flag.String("lint", "", "validate the catalog file given as argument as part `NUMBER` and stop")
	flag.Parse()
	if err := run(*root, *dry, *lint, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(root string, dry bool, lint string, args []string) error {
	if lint != "" {
		return lintFile(lint, args)
	}
	want, err := generate(os.DirFS(root))
	if err != nil {
		return err
	}
	stale, err := compare(os.DirFS(root), want)
	if err != nil {
		return err
	}
	if !dry {
		return write(root, want, stale)
	}
	var problems []error
	for _, name := range stale {
		problems = append(problems, fmt.Errorf("%s is not up to date; run `go generate ./...`", name))
	}
	return errors.Join(problems...)
}

func lintFile(number string, args []string) error {
	part, ok := catalog.PartNamed(number)
	if !ok || len(args) != 1 {
		return errors.New("usage: cataloggen -lint NUMBER FILE, with the number of a part such as 1.2")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	list, err := parseCatalog(args[0], data, part)
	if err != nil {
		return err
	}
	return checkUnique(list, func(*entry) string { return args[0] })
}

// generate returns the contents of all generated files by their path from the module's
// folder. The same catalog gives the same bytes.
func generate(fsys fs.FS) (map[string][]byte, error) {
	var all []*entry
	byFolder := map[string][]*entry{}
	var problems []error
	for _, part := range catalog.Parts() {
		file := catalogFile(part)
		data, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := parseCatalog(file, data, part)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		sort.SliceStable(list, func(i, j int) bool { return list[i].ID < list[j].ID })
		byFolder[part.Folder] = list
		all = append(all, list...)
	}
	problems = append(problems, checkUnique(all, func(e *entry) string { return catalogFile(e.part) }))
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return render(fsys, all, byFolder)
}

func render(fsys fs.FS, all []*entry, byFolder map[string][]*entry) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, part := range catalog.Parts() {
		list := byFolder[part.Folder]
		if len(list) == 0 {
			continue
		}
		written, err := rules(fsys, path.Join("checks", part.Folder))
		if err != nil {
			return nil, err
		}
		src, err := renderGo(part, list, written)
		if err != nil {
			return nil, err
		}
		files[path.Join("checks", part.Folder, "catalog_gen.go")] = src
	}
	known := map[string]*entry{}
	for _, e := range all {
		known[e.ID] = e
	}
	for _, e := range all {
		files["docs/checks/"+e.ID+".md"] = renderPage(e, known)
	}
	files["docs/checks/README.md"] = renderIndex(all)
	files["docs/coverage.md"] = renderCoverage(all)
	return files, nil
}

func catalogFile(p catalog.Part) string { return path.Join("checks", p.Folder, "catalog.yaml") }

// compare returns the names of generated files that are missing, differ or are no longer
// generated, in order.
func compare(fsys fs.FS, want map[string][]byte) ([]string, error) {
	var stale []string
	for name, data := range want {
		have, err := fs.ReadFile(fsys, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(have, data) {
			stale = append(stale, name)
		}
	}
	for _, pattern := range []string{"checks/*/catalog_gen.go", "docs/checks/*.md"} {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if want[name] == nil {
				stale = append(stale, name)
			}
		}
	}
	sort.Strings(stale)
	return stale, nil
}

// write brings the stale files up to date.
func write(root string, want map[string][]byte, stale []string) error {
	for _, name := range stale {
		file := filepath.Join(root, filepath.FromSlash(name))
		data, ok := want[name]
		if !ok {
			if err := os.Remove(file); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
