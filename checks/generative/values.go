package generative

import (
	"slices"

	"github.com/pyguard/pyguardml/checks"
)

// This file holds what the checks share that is about things and what is done with them.

// is reports whether a value is what a call made, also where it is handed to a function of the
// project.
func is(c *checks.Call, v *checks.Value, made *checks.Call) bool {
	if v == nil {
		return false
	}
	for _, g := range c.Given(v) {
		for _, a := range g.Alternatives() {
			if o := a.Origin(); o != nil && o.Node == made.Node {
				return true
			}
		}
	}
	return false
}

// usedBy reports whether one of some methods of what a call made is called.
func usedBy(made *checks.Call, methods ...string) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, c := range f.Calls {
			if slices.Contains(methods, c.Method) && is(c, c.Receiver, made) {
				return true
			}
		}
	}
	return false
}

// savedBy reports whether a function of another library is given what a call made, to write it to a file.
func savedBy(made *checks.Call) bool {
	for _, f := range made.Frame.Everywhere() {
		for _, c := range f.Calls {
			switch checks.CalledName(c) {
			case "dump", "dumps", "save":
			default:
				continue
			}
			if slices.ContainsFunc(c.Args, func(a checks.Argument) bool { return is(c, a.Value, made) }) {
				return true
			}
		}
	}
	return false
}

// returned reports whether a function returns what a call made.
func returned(made *checks.Call) bool {
	for _, r := range made.Frame.Returns {
		for _, v := range r.Value.Alternatives() {
			if o := v.Origin(); o != nil && o.Node == made.Node {
				return true
			}
		}
	}
	return false
}

// called reports whether one of some functions is called in the files connected with that of a
// frame.
func called(f *checks.Frame, names ...string) bool {
	for _, o := range f.Everywhere() {
		for _, c := range o.Calls {
			if c.Symbol.Is(names...) {
				return true
			}
		}
	}
	return false
}
