package flow

import (
	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/internal/models"
)

// This file finds personal data by the name of the field that holds it: row["email"],
// patient.ssn, record.get("iban").

// storedSinks are the places where a field that identifies a person is to be missed: what is
// kept, and what is learned from.
var storedSinks = models.SinksOf(models.FileData, models.Ingest, models.TrainData)

// personal adds to what is read of a record under a name the mark of personal data, where the
// name is that of a field that identifies a person.
func (f *Frame) personal(v, record *Value, name string, at ast.Node) *Value {
	if name == "" || !models.IsPersonalField(name) || v.IsConst() || v.Fixed() && v.kind == KindString {
		return v
	}
	switch record.kind {
	case KindModule, KindClass, KindFunction, KindSuper, KindString, KindConst:
		return v
	case KindExternal:
		if record.call == nil && len(record.marks) == 0 && record.exact == nil {
			return v // a part of a library: email.message
		}
	}
	if invented(record) || invented(v) {
		return v
	}
	o := f.sourceAt(at)
	o.from, o.step = "the field `"+name+"`", name
	return taint(v, f.eng.labelled(Mark{Label: models.PII, Clean: models.AllSinks &^ storedSinks, Origin: o, Trace: (*Trace)(nil).then(f.site(at), f.mod.sem, o.from)}))
}

// invented reports whether a value was made up: by a faker.Faker.
func invented(v *Value) bool {
	for _, a := range v.Alternatives() {
		if a.call != nil && a.call.Symbol.Under("faker") {
			return true
		}
	}
	return false
}
