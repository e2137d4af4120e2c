package training

import (
	"regexp"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// unmergedDataset is PML1306.
var unmergedDataset = &checks.Rule{
	Spec: infoPML1306,
	On: []string{
		"datasets.{load_dataset,load_dataset_builder,get_dataset_config_names}",
		"datasets.{load,inspect}.{load_dataset,load_dataset_builder,get_dataset_config_names}",
		"huggingface_hub.{snapshot_download,hf_hub_download}", "huggingface_hub.HfApi().{snapshot_download,hf_hub_download}",
		"{pandas,polars,dask.dataframe,dask.bag,geopandas}.{read_*,scan_*}", "{pandas,polars,dask.dataframe}.*",
		"duckdb.{read_csv,read_json,read_parquet,from_parquet,from_csv_auto,sql,query,execute}", "duckdb.connect().{read_csv,read_json,read_parquet,from_parquet,sql,query,execute}",
		"fsspec.{open,open_files,filesystem().open,get_mapper}", "huggingface_hub.HfFileSystem().{open,glob,ls,read_text,read_bytes,cat}",
	},
	Knows: []string{"huggingface_hub.HfApi().{get_discussion_details,comment_discussion,merge_pull_request,change_discussion_status}", "huggingface_hub.{get_discussion_details,comment_discussion,merge_pull_request,change_discussion_status}"},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		name := c.Symbol.String()
		if reviewsRequest(c) {
			return
		}
		if strings.HasPrefix(name, "datasets.") || strings.HasPrefix(name, "huggingface_hub.") {
			if r := c.Arg(-1, "revision"); r != nil && strings.HasPrefix(r.Value.Prefix(), "refs/pr/") && ofDataset(c) {
				p.Report(checks.Report{Node: c.Node, Fix: checks.SetConstant(p, c, r, `"main"`)})
				return
			}
		}
		for i := range c.Args {
			if v := requestPath(c, c.Args[i].Value, 0); v != nil {
				p.Report(checks.Report{Node: c.Node, Fix: fromMain(p, v)})
				return
			}
		}
	},
}

// ofDataset reports whether a call of the Hub's client is about a data set.
func ofDataset(c *checks.Call) bool {
	if strings.HasPrefix(c.Symbol.String(), "datasets.") {
		return true
	}
	kind := c.Arg(-1, "repo_type")
	if kind == nil {
		return false
	}
	t, ok := kind.Value.Text()
	return ok && t == "dataset"
}

// reviewsRequest reports whether the function around a call looks at the pull request itself.
func reviewsRequest(c *checks.Call) bool {
	for _, o := range c.Frame.Calls {
		switch o.Method {
		case "get_discussion_details", "comment_discussion", "merge_pull_request", "change_discussion_status":
			return true
		}
		for _, name := range [...]string{"get_discussion_details", "comment_discussion", "merge_pull_request", "change_discussion_status"} {
			if o.Symbol.Is("huggingface_hub." + name) {
				return true
			}
		}
	}
	return false
}

// requestPath finds an address of a file at a pull request's revision, also in a list or dict.
func requestPath(c *checks.Call, v *checks.Value, depth int) *checks.Value {
	if depth > 3 {
		return nil
	}
	if items, _, ok := c.Items(v); ok {
		for _, it := range items {
			if f := requestPath(c, it.Value, depth+1); f != nil {
				return f
			}
		}
		return nil
	}
	if entries, _, ok := c.Entries(v); ok {
		for _, e := range entries {
			if f := requestPath(c, e.Value, depth+1); f != nil {
				return f
			}
		}
		return nil
	}
	for _, a := range v.Alternatives() {
		text := constantText(a)
		i := strings.Index(text, "hf://datasets/")
		if (i == 0 || i > 0 && strings.ContainsAny(text[i-1:i], `'"`)) && requestRevision.MatchString(text[i:]) {
			return a
		}
	}
	return nil
}

var requestRevision = regexp.MustCompile(`@refs(?:/|%2[Ff])pr(?:/|%2[Ff])\d*`)

// constantText joins the constant parts of a text.
func constantText(v *checks.Value) string {
	var b strings.Builder
	for _, part := range v.Parts() {
		b.WriteString(part.Text)
	}
	return b.String()
}

// fromMain makes an address that names a pull request name the main branch.
func fromMain(p *checks.Pass, v *checks.Value) *fix.Fix {
	lit, mod := v.Literal()
	e, ok := lit.(ast.Expr)
	if !ok || mod == nil || mod.File != p.File {
		return nil
	}
	revision := requestRevision.FindString(constantText(v))
	return checks.Fix(true, "read the main branch", fix.ReplaceInString(p.File, e, revision, "@main"))
}
