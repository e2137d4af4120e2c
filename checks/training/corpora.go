package training

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
)

// withdrawnCorpus is PML1304.
var withdrawnCorpus = &checks.Rule{
	Spec: infoPML1304,
	On: []string{
		"datasets.{load_dataset,load_dataset_builder}", "datasets.load.{load_dataset,load_dataset_builder}",
		"huggingface_hub.{snapshot_download,hf_hub_download}", "huggingface_hub.HfApi().{snapshot_download,hf_hub_download}",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		id := c.Arg(0, "path")
		if id == nil {
			id = c.Arg(0, "repo_id")
		}
		if id == nil || !ofDataset(c) {
			return
		}
		name, ok := id.Value.Text()
		if !ok {
			if name, ok = byDefault(c, id.Value); !ok {
				return
			}
		}
		hub := strings.HasPrefix(c.Symbol.String(), "huggingface_hub.")
		part := c.Arg(1, "name")
		if hub {
			part = nil
		}
		switch books, whole := withdrawn[strings.ToLower(name)]; {
		case !whole:
			return
		case part == nil && books.byPartOnly:
			return
		case part != nil && !part.Value.IsNone():
			t, known := part.Value.Text()
			if !known || books.byPartOnly != (t == "book" || t == "default") || !books.byPartOnly && booklessParts[t] {
				return
			}
		}
		p.Report(checks.Report{Node: c.Node, Fix: withoutBooks(p, c, id, part)})
	},
}

// byDefault is the constant that a parameter holds in each call of the project, or its default
// where there is none.
func byDefault(c *checks.Call, v *checks.Value) (text string, ok bool) {
	if !v.IsParameter() {
		return "", false
	}
	for i, given := range c.Given(v) {
		t, constant := given.Text()
		if !constant || i > 0 && t != text {
			return "", false
		}
		text, ok = t, true
	}
	return text, ok
}

// corpus tells how the books get into a data set: with all of it, or only with some of its
// configurations.
type corpus struct{ byPartOnly bool }

// withdrawn are the data sets known to hold Books3.
var withdrawn = map[string]corpus{
	"the_pile_books3": {}, "defunct-datasets/the_pile_books3": {}, "the_pile": {}, "defunct-datasets/the_pile": {},
	"eleutherai/the_pile": {}, "eleutherai/pile": {}, "monology/pile": {},
	"togethercomputer/redpajama-data-1t": {byPartOnly: true},
}

// booklessParts are the configurations of the Pile without books.
var booklessParts = map[string]bool{
	"enron_emails": true, "europarl": true, "free_law": true, "hacker_news": true, "nih_exporter": true,
	"pubmed": true, "pubmed_central": true, "ubuntu_irc": true, "uspto": true, "github": true,
}

// withoutBooks names the copy of the Pile that holds no books.
func withoutBooks(p *checks.Pass, c *checks.Call, id, part *checks.Argument) *fix.Fix {
	f := checks.SetConstant(p, c, id, `"monology/pile-uncopyrighted"`)
	if f == nil || part == nil {
		return f
	}
	if part.Unpacked {
		return nil
	}
	gone := ast.Node(part.Node)
	if part.Keyword != nil {
		gone = part.Keyword
	}
	f.Edits = append(f.Edits, fix.RemoveArg(p.File, c.Node, gone)...)
	return f
}

// realIdentifiers is PML1309.
var realIdentifiers = &checks.Rule{
	Spec: infoPML1309,
	On:   []string{metadata + "().{update_column,update_columns,add_column}"},
	Knows: []string{
		"sdv.{single_table,multi_table,sequential,lite}.*", "sdv.{single_table,multi_table,sequential,lite}.*().update_transformers",
		"rdt.transformers.pii.{AnonymizedFaker,PseudoAnonymizedFaker}()", "rdt.transformers.{AnonymizedFaker,PseudoAnonymizedFaker,RegexGenerator}()",
		"rdt.transformers.{id,text}.RegexGenerator()",
	},
	OnCall: func(p *checks.Pass, c *checks.Call) {
		columns := identifierColumns(c)
		columns = slices.DeleteFunc(columns, func(column string) bool { return replacedLater(c, column) || droppedBefore(c, column) })
		if len(columns) == 0 || !synthesized(c) {
			return
		}
		kind, pii := c.Arg(-1, "sdtype"), c.Arg(-1, "pii")
		var edits []fix.Edit
		switch {
		case kind != nil && isText(kind.Value, "categorical"):
			if f := checks.SetConstant(p, c, kind, `"`+sdvType(columns)+`"`); f != nil {
				edits = f.Edits
			}
			if pii != nil && checks.Off(pii.Value) {
				if f := checks.SetConstant(p, c, pii, "True"); f != nil {
					edits = append(edits, f.Edits...)
				}
			}
		case pii != nil && checks.Off(pii.Value):
			if f := checks.SetConstant(p, c, pii, "True"); f != nil {
				edits = f.Edits
			}
		default:
			return
		}
		p.Report(checks.Report{Node: c.Node, Fix: checks.Fix(true, "make the synthesizer invent the identifiers", edits)})
	},
}

const metadata = "sdv.metadata.Metadata"

func isText(v *checks.Value, text string) bool {
	t, ok := v.Text()
	return ok && t == text
}

// identifierColumns are the columns that a call declares and that identify a person: one, several of
// a list, or those of a loop.
func identifierColumns(c *checks.Call) []string {
	var out []string
	named := func(v *checks.Value) {
		for _, a := range v.Alternatives() {
			if t, _ := a.Text(); identifier(t) || personal[squeezed(t)] {
				out = append(out, t)
			}
		}
	}
	if a := c.Arg(-1, "column_name"); a != nil {
		named(a.Value)
		return out
	}
	for _, a := range [...]*checks.Argument{c.Arg(-1, "column_names"), c.Arg(0, ""), c.Arg(1, "")} {
		if a == nil {
			continue
		}
		named(a.Value)
		items, _, _ := c.Items(a.Value)
		for _, it := range items {
			named(it.Value)
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// squeezed is the name of a column in lower case, without what separates its words.
func squeezed(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

// identifiers are the names of columns that identify a person, squeezed, with the type that
// SDV has for them.
var identifiers = map[string]string{
	"ssn": "ssn", "socialsecuritynumber": "ssn", "nationalid": "", "taxid": "", "passportnumber": "",
	"email": "email", "emailaddress": "email", "phone": "phone_number", "phonenumber": "phone_number", "mobilenumber": "phone_number",
	"creditcard": "credit_card_number", "creditcardnumber": "credit_card_number", "cardnumber": "credit_card_number",
	"iban": "iban", "dateofbirth": "", "dob": "", "homeaddress": "address", "streetaddress": "address",
	"medicalrecordnumber": "", "mrn": "",
}

// personal are further names that stand for a person in a table.
var personal = map[string]bool{"fullname": true, "firstname": true, "lastname": true, "address": true}

func identifier(name string) bool {
	_, ok := identifiers[squeezed(name)]
	return ok
}

// sdvType is the type that SDV has for columns, where it has one for all of them.
func sdvType(columns []string) string {
	kind := typeOf(columns[0])
	for _, c := range columns {
		if typeOf(c) != kind {
			return "unknown"
		}
	}
	return kind
}

func typeOf(column string) string {
	switch s := squeezed(column); {
	case s == "address":
		return "address"
	case personal[s]:
		return "name"
	case identifiers[s] != "":
		return identifiers[s]
	}
	return "unknown"
}

// synthesized reports whether the metadata that a call changes are those of a synthesizer in
// the same file.
func synthesized(c *checks.Call) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Symbol == nil || !strings.HasPrefix(o.Symbol.String(), "sdv.") || !strings.HasSuffix(o.Symbol.String(), "Synthesizer") {
				continue
			}
			a := o.Arg(0, "metadata")
			if a == nil {
				continue
			}
			for _, given := range o.Given(a.Value) {
				if sameOrigin(c.Receiver, given) {
					return true
				}
			}
		}
	}
	return false
}

// sameOrigin reports whether two values are made by one call, or come from one parameter.
func sameOrigin(a, b *checks.Value) bool {
	if a == nil || b == nil {
		return false
	}
	x, y := a.Origin(), b.Origin()
	return a == b || x != nil && y != nil && x.Node == y.Node
}

// replacedLater reports whether an anonymising transformer is set for a column.
func replacedLater(c *checks.Call, column string) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "update_transformers" {
				continue
			}
			a := o.Arg(0, "column_name_to_transformer")
			if a == nil {
				continue
			}
			if e := o.Key(a.Value, column); e != nil && strings.Contains(e.Value.Name(), "rdt.") {
				return true
			}
		}
	}
	return false
}

// droppedBefore reports whether a column is dropped from a frame.
func droppedBefore(c *checks.Call, column string) bool {
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if o.Method != "drop" && o.Method != "pop" {
				continue
			}
			for i := range o.Args {
				if isText(o.Args[i].Value, column) {
					return true
				}
				items, _, _ := o.Items(o.Args[i].Value)
				for _, it := range items {
					if isText(it.Value, column) {
						return true
					}
				}
			}
		}
	}
	return false
}
