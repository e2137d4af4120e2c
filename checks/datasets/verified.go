package datasets

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the checks of downloads and stored data whose verification is switched off.

// hubUnverified is PML4201.
var hubUnverified = &checks.Rule{
	Spec: infoPML4201,
	On: []string{
		"datasets.{load_dataset,load.load_dataset}",
		"datasets.{load_dataset_builder,load.load_dataset_builder}().download_and_prepare",
	},
	Knows: []string{"datasets.VerificationMode.NO_CHECKS", "datasets.utils.info_utils.VerificationMode.NO_CHECKS", "datasets.utils.VerificationMode.NO_CHECKS"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		named := c
		if c.Method == "download_and_prepare" {
			if named = c.Receiver.Origin(); named == nil {
				return
			}
		}
		a, instead := checksOff(c)
		if a == nil || pinned(named) {
			return
		}
		if code := named.Arg(-1, "trust_remote_code"); code != nil && checks.On(code.Value) {
			return // PML1235
		}
		name := named.Arg(0, "path")
		if name == nil || !onHub(name.Value) {
			return
		}
		p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, instead)})
	},
}

// checksOff is the argument by which a call compares nothing, with the value that it should have.
func checksOff(c *checks.Call) (a *checks.Argument, instead string) {
	if a := c.Arg(-1, "verification_mode"); a != nil {
		text, _ := constant(a.Value).Text()
		if text == "no_checks" || constant(a.Value).Is("datasets.VerificationMode.NO_CHECKS", "datasets.utils.info_utils.VerificationMode.NO_CHECKS", "datasets.utils.VerificationMode.NO_CHECKS") {
			return a, `"all_checks"`
		}
		return nil, ""
	}
	if a := c.Arg(-1, "ignore_verifications"); a != nil && constant(a.Value).IsTrue() {
		return a, "False"
	}
	return nil, ""
}

// constant is a value, or the default of a parameter that it is.
func constant(v *checks.Value) *checks.Value {
	if d := v.Default(); d != nil {
		return d
	}
	return v
}

// pinned reports whether a call names the commit of what it opens, or may do so in a way that is not seen.
func pinned(c *checks.Call) bool {
	a := c.Arg(-1, "revision")
	if a == nil {
		return c.HasRest()
	}
	v := constant(a.Value)
	if v.IsNone() {
		return false
	}
	_, known := v.Text()
	return !known || checks.IsCommit(v)
}

var hubName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$`)

// packaged are the names by which datasets reads files of one kind, of whatever place.
var packaged = []string{
	"csv", "json", "text", "parquet", "arrow", "pandas", "sql", "xml", "webdataset", "imagefolder", "audiofolder", "videofolder", "pdffolder", "niftifolder", "generator", "cache", "hdf5", "lance",
}

// onHub reports whether a name is one of a data set on the Hub: no kind of files, no path.
func onHub(v *checks.Value) bool {
	return slices.ContainsFunc(constant(v).Alternatives(), func(v *checks.Value) bool {
		name, ok := v.Text()
		return ok && hubName.MatchString(name) && !slices.Contains(packaged, name) && !strings.HasSuffix(name, ".py")
	})
}

// tfdsUnverified is PML4203.
var tfdsUnverified = &checks.Rule{
	Spec: infoPML4203,
	On:   []string{tfdsDownload},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		for name, bad := range tfdsSettings {
			a := c.Arg(-1, name)
			if a == nil || !bad.is(constant(a.Value)) || name == "register_checksums" && registers(p) {
				continue
			}
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, bad.instead)})
		}
	},
	To: []string{tfdsDownload + "().{verify_ssl,register_checksums}"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		name := checks.LastName(s.Node)
		bad, ok := tfdsSettings[name]
		if !ok || !bad.is(constant(s.Value)) || name == "register_checksums" && registers(p) {
			return
		}
		p.Report(storeReport(p, s, bad.instead))
	},
}

const tfdsDownload = "tensorflow_datasets.{download,core.download,core.download.download_manager}.{DownloadConfig,DownloadManager}"

// setting is a value of a setting that is wrong, with the one that it should have.
type setting struct {
	is      func(*checks.Value) bool
	instead string
}

// tfdsSettings are the settings by which what arrives is not compared.
var tfdsSettings = map[string]setting{
	"verify_ssl":         {(*checks.Value).IsFalse, "True"},
	"register_checksums": {(*checks.Value).IsTrue, "False"},
}

type definesBuilder struct{}

// registers reports whether checksums are recorded where that is meant: in a test, or by the author of a data
// set, whose class may be in another file than the one that builds it.
func registers(p *checks.Pass) bool {
	return p.IsTest() || checks.Remembered(p.Project, definesBuilder{}, func() bool {
		return slices.ContainsFunc(p.Project.Modules, func(m *checks.Module) bool {
			builders := []string{"GeneratorBasedBuilder", "BeamBasedBuilder"}
			for _, b := range builders[:2] {
				if name, ok := fix.ImportedAs(m.File, "tensorflow_datasets.core."+b); ok {
					builders = append(builders, name)
				}
			}
			found := false
			ast.InspectFile(m.File, func(n ast.Node) bool {
				if class, ok := n.(*ast.ClassDef); ok {
					for _, b := range class.Bases {
						found = found || slices.Contains(builders, checks.LastName(b))
					}
				}
				return !found
			})
			return found
		})
	})
}

// storeReport is the report of an assignment of a constant, whose fix assigns another one.
func storeReport(p *checks.Pass, s *checks.Store, instead string) checks.Report {
	r := checks.Report{Node: s.Node}
	if stmt := p.StmtOf(s.Node); stmt != nil {
		r.Node = stmt
	}
	if s.From != nil && p.Holds(s.From) {
		r.Fix = checks.Fix(true, "set "+checks.LastName(s.Node)+" to "+instead, checks.Replace(p, s.From, instead))
	}
	return r
}

// archiveOverHTTP is PML4204.
var archiveOverHTTP = &checks.Rule{
	Spec: infoPML4204,
	On:   []string{"torchvision.datasets.utils.{download_url,download_and_extract_archive}", "torchtext.utils.download_from_url"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		a := c.Arg(0, "url")
		if a == nil || comparesSum(c) || comparesLater(c) {
			return
		}
		// Where a helper downloads what its callers name, all of them name such an address.
		var edits [][]fix.Edit
		for _, given := range c.Given(a.Value) {
			before := len(edits)
			for _, v := range constant(given).Alternatives() {
				if plainHTTP(v) {
					edits = append(edits, schemeEdits(p, v, a.Node))
				}
			}
			if len(edits) == before {
				return
			}
		}
		if edits != nil {
			p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "fetch over HTTPS", edits...)})
		}
	},
}

// comparesSum reports whether a download is given a checksum, or may be.
func comparesSum(c *checks.Call) bool {
	pos, name := 3, "md5"
	switch {
	case c.Symbol.Is("torchvision.datasets.utils.download_and_extract_archive"):
		pos = 4
	case c.Symbol.Is("torchtext.utils.download_from_url"):
		pos, name = 4, "hash_value"
	}
	a := c.Arg(pos, name)
	if a == nil {
		return c.HasRest()
	}
	return !constant(a.Value).IsNone()
}

// comparesLater reports whether the function of a download looks at the digest of a file after it.
func comparesLater(c *checks.Call) bool {
	found := false
	for _, s := range checks.BodyOf(c.Frame) {
		ast.Inspect(s, func(n ast.Node) bool {
			if call, ok := n.(*ast.Call); ok && call.Pos() > c.Node.Pos() {
				switch checks.LastName(call.Fn) {
				case "hexdigest", "digest", "check_integrity", "check_md5", "file_digest", "sha256", "md5":
					found = true
				}
			}
			return !found
		})
	}
	return found
}

// plainHTTP reports whether an address begins with http: and a host that is none of the own network. PML4207
// is about the archive of UCI.
func plainHTTP(v *checks.Value) bool {
	text := v.Prefix()
	if len(text) < len("http://") || !strings.EqualFold(text[:len("http://")], "http://") {
		return false
	}
	rest := text[len("http://"):]
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	} else if _, whole := v.Text(); !whole {
		return false // what follows may be a part of the name
	}
	u, err := url.Parse("http://" + host)
	return err == nil && u.Hostname() != "" && !checks.InternalHost(strings.ToLower(u.Hostname())) && !uciAddress(text)
}

// schemeEdits changes http to https in the literal that an address comes from.
func schemeEdits(p *checks.Pass, v *checks.Value, given ast.Node) []fix.Edit {
	return literalEdits(p, v, given, "http://", "https://")
}

// literalEdits replaces a text in the literal that a value comes from, or in the expression that gives it where it
// comes from none; nil where that is in no file of the project.
func literalEdits(p *checks.Pass, v *checks.Value, given ast.Node, old, with string) []fix.Edit {
	lit, mod := v.Literal()
	in := p.Module
	if lit == nil {
		lit = given
	} else if mod != nil {
		in = p.Project.Module(mod)
	}
	e, ok := lit.(ast.Expr)
	if !ok || in == nil {
		return nil
	}
	edits := fix.ReplaceInString(in.File, e, old, with)
	if in != p.Module {
		for i := range edits {
			edits[i].Path = in.Path
		}
	}
	return edits
}

// pagesUnauthenticated is PML4217.
var pagesUnauthenticated = &checks.Rule{
	Spec: infoPML4217,
	On:   []string{"pyarrow.parquet.encryption.EncryptionConfiguration"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if a := c.Arg(-1, "encryption_algorithm"); a != nil && isCTR(a.Value) {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: authenticated(p, a.Value, checks.ConstantNode(p, a))})
		}
	},
	To: []string{"pyarrow.parquet.encryption.EncryptionConfiguration().encryption_algorithm"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !isCTR(s.Value) {
			return
		}
		p.Report(checks.Report{Node: p.StmtOf(s.Node), Fix: authenticated(p, s.Value, s.From)})
	},
	Needs: []string{sparkAlgorithm},
	OnFunction: func(p *checks.Pass, f *checks.Frame) {
		for _, c := range f.Calls {
			switch c.Method {
			case "option", "config", "set":
				key, value := c.Arg(0, "key"), c.Arg(1, "value")
				if key == nil || value == nil || !isCTR(value.Value) {
					continue
				}
				if name, ok := key.Value.Text(); ok && sparkOption(name) {
					p.Report(checks.Report{Node: c.Node, Fix: authenticated(p, value.Value, value.Node)})
				}
			case "options":
				if a := c.Arg(-1, sparkAlgorithm); a != nil && isCTR(a.Value) {
					p.Report(checks.Report{Node: c.Node, Fix: authenticated(p, a.Value, checks.ConstantNode(p, a))})
				}
			}
		}
	},
}

const sparkAlgorithm = "parquet.encryption.algorithm"

// sparkOption reports whether a name is that of the algorithm's setting, also as one that Spark hands on to Hadoop.
func sparkOption(name string) bool {
	return strings.TrimPrefix(name, "spark.hadoop.") == sparkAlgorithm
}

func isCTR(v *checks.Value) bool {
	text, _ := constant(v).Text()
	return text == "AES_GCM_CTR_V1"
}

// authenticated names the algorithm that authenticates every page, in the literal that the value comes from.
func authenticated(p *checks.Pass, v *checks.Value, given ast.Node) *fix.Fix {
	edits := literalEdits(p, constant(v), given, "AES_GCM_CTR_V1", "AES_GCM_V1")
	if edits == nil {
		return nil
	}
	return checks.Fix(false, "authenticate every page: AES_GCM_V1", edits)
}

// lakeUnverified is PML4222.
var lakeUnverified = &checks.Rule{
	Spec: infoPML4222,
	On: []string{
		"lakefs.{Client,client.Client,config.ClientConfig}", "lakefs_spec.{LakeFSFileSystem,spec.LakeFSFileSystem}",
		"pandas.{read_parquet,read_csv,read_table,read_json,read_feather,read_orc,read_excel,read_pickle}", "pandas.DataFrame().{to_parquet,to_csv,to_json,to_feather,to_orc}",
		"polars.{read_parquet,scan_parquet,read_csv,scan_csv,read_ipc,scan_ipc,scan_ndjson,read_ndjson,read_delta,scan_delta}", "fsspec.{open,open_files,filesystem,url_to_fs,core.url_to_fs}",
	},
	Knows: []string{"lakefs_sdk.Configuration()", "lakefs_client.Configuration()"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if c.Symbol.Under("lakefs") || c.Symbol.Under("lakefs_spec") {
			if a := c.Arg(-1, "verify_ssl"); a != nil && constant(a.Value).IsFalse() && !onThisMachine(c) {
				p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
			}
			return
		}
		if !opensLake(c) {
			return
		}
		if a := c.Arg(-1, "verify_ssl"); a != nil && c.Symbol.Under("fsspec") && constant(a.Value).IsFalse() && !onThisMachine(c) {
			p.Report(checks.Report{Node: checks.ArgNode(c, a), Fix: checks.SetConstant(p, c, a, "True")})
			return
		}
		if a := c.Arg(-1, "storage_options"); a != nil {
			e, host := c.Key(a.Value, "verify_ssl"), c.Key(a.Value, "host")
			if e == nil || e.Value == nil || e.Node == nil || !e.Value.IsFalse() || host != nil && localHost(host.Value) {
				return
			}
			r := checks.Report{Node: e.Node, In: p.Holder(e.Node)}
			if r.In == nil {
				r = checks.Report{Node: c.Node}
			} else if r.In == p.Module {
				r.Fix = checks.Fix(true, "set verify_ssl to True", checks.Replace(p, e.Node, "True"))
			}
			p.Report(r)
		}
	},
	To: []string{"{lakefs_sdk,lakefs_client}.{Configuration,configuration.Configuration}().verify_ssl"},
	OnStore: func(p *checks.Pass, s *checks.Store) {
		if !constant(s.Value).IsFalse() {
			return
		}
		if made := madeIn(s); made != nil && onThisMachine(made) {
			return
		}
		p.Report(storeReport(p, s, "True"))
	},
}

// madeIn is the call that made the object whose attribute is assigned to, where that is seen.
func madeIn(s *checks.Store) *checks.Call {
	at, ok := s.Node.(*ast.Attribute)
	if !ok {
		return nil
	}
	if name, ok := at.Value.(*ast.Name); ok {
		e := checks.LastAssigned(checks.BodyOf(s.Frame), name)
		for _, c := range s.Frame.Calls {
			if e == ast.Expr(c.Node) {
				return c
			}
		}
	}
	return s.Frame.ValueOf(at.Value).Origin()
}

// opensLake reports whether a call opens an address of lakeFS.
func opensLake(c *checks.Call) bool {
	for i := range c.Args {
		if i > 1 {
			break
		}
		for _, v := range constant(c.Args[i].Value).Alternatives() {
			text := v.Prefix()
			if strings.HasPrefix(text, "lakefs://") || text == "lakefs" && c.Symbol.Under("fsspec") {
				return true
			}
		}
	}
	return false
}

// onThisMachine reports whether a client is one of a server on this machine.
func onThisMachine(c *checks.Call) bool {
	a := c.Arg(0, "host")
	return a != nil && localHost(a.Value)
}

func localHost(v *checks.Value) bool {
	text := constant(v).Prefix()
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	return err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.ToLower(u.Hostname()))
}
