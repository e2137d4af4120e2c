package notebook

import (
	"bytes"
	"fmt"
	"slices"
)

// ClearOutputs empties a code cell's outputs and sets its execution count to null, as
// Jupyter's "Clear Outputs" does. It gives no edits where there is nothing to clear.
func (nb *Notebook) ClearOutputs(cell int) ([]RawEdit, error) {
	c := nb.Cell(cell)
	if c == nil || !c.Code() {
		return nil, fmt.Errorf("%s: cell %d is not a code cell", nb.Path, cell)
	}
	var edits []RawEdit
	for range c.outputs.Elements() {
		edits = append(edits, replace(c.outputs, "[]"))
		break
	}
	for _, key := range [...]string{"execution_count", "prompt_number"} {
		if v := c.object.Get(key); v.Exists() && v.Kind() != Null {
			edits = append(edits, replace(v, "null"))
		}
	}
	return edits, nil
}

// RemoveOutputs deletes outputs of a code cell, given by their indices from 0, and leaves
// its others.
func (nb *Notebook) RemoveOutputs(cell int, indices ...int) (RawEdit, error) {
	c := nb.Cell(cell)
	if c == nil || !c.Code() {
		return RawEdit{}, fmt.Errorf("%s: cell %d is not a code cell", nb.Path, cell)
	}
	return nb.RemoveElements(c.outputs, indices...)
}

// RemoveAttachment deletes an attachment of a cell; an object of attachments that becomes
// empty goes as a whole.
func (nb *Notebook) RemoveAttachment(cell int, name string) (RawEdit, error) {
	c := nb.Cell(cell)
	if c == nil {
		return RawEdit{}, fmt.Errorf("%s: there is no cell %d", nb.Path, cell)
	}
	others := false
	for a := range c.Attachments() {
		others = others || a.Name != name
	}
	if !others && c.attachments.Get(name).Exists() {
		return nb.RemoveMembers(c.object, "attachments")
	}
	return nb.RemoveMembers(c.attachments, name)
}

// RemoveMembers deletes the members with the given keys from an object of the file, with
// their commas and white space.
func (nb *Notebook) RemoveMembers(object Value, keys ...string) (RawEdit, error) {
	var items []item
	missing := slices.Clone(keys)
	for m := range object.members() {
		key := m.key.Text()
		items = append(items, item{m.key.start, m.value.end, slices.Contains(keys, key)})
		missing = slices.DeleteFunc(missing, func(k string) bool { return k == key })
	}
	if len(missing) > 0 || len(items) == 0 {
		return RawEdit{}, fmt.Errorf("%s: there is no key %q to remove", nb.Path, missing)
	}
	return without(object, items), nil
}

// RemoveElements deletes the elements with the given indices from an array of the file.
func (nb *Notebook) RemoveElements(array Value, indices ...int) (RawEdit, error) {
	var items []item
	for i, e := range array.Elements() {
		items = append(items, item{e.start, e.end, slices.Contains(indices, i)})
	}
	for _, i := range indices {
		if i < 0 || i >= len(items) {
			return RawEdit{}, fmt.Errorf("%s: there is no element %d to remove", nb.Path, i)
		}
	}
	if len(items) == 0 {
		return RawEdit{}, fmt.Errorf("%s: there is no element to remove", nb.Path)
	}
	return without(array, items), nil
}

// SetMember sets a key of an object of the file to a JSON text, which stands as given. A
// new key comes last, set like the one before it.
func (nb *Notebook) SetMember(object Value, key string, json []byte) (RawEdit, error) {
	s := scanner{data: json}
	_, err := s.value()
	if s.space(); err != nil || s.pos < len(json) {
		return RawEdit{}, fmt.Errorf("%s: the new value of %q is not JSON", nb.Path, key)
	}
	if object.Kind() != Object {
		return RawEdit{}, fmt.Errorf("%s: %q cannot be set on what is not an object", nb.Path, key)
	}
	if v := object.Get(key); v.Exists() {
		return replace(v, string(json)), nil
	}
	name := append(nb.style.append([]byte{'"'}, key), '"')
	var last member
	before, colon := object.start+1, nb.colon()
	for m := range object.members() {
		if last.value.Exists() {
			before = last.value.end
		}
		last = m
		colon = nb.data[m.key.end:m.value.start]
	}
	if !last.value.Exists() {
		return RawEdit{object.start, object.end, slices.Concat([]byte("{"), name, colon, json, []byte("}"))}, nil
	}
	gap := nb.data[before:last.key.start]
	gap = gap[bytes.IndexByte(gap, ',')+1:]
	return RawEdit{last.value.end, last.value.end, slices.Concat([]byte(","), gap, name, colon, json)}, nil
}

// colon is how the file separates keys from values.
func (nb *Notebook) colon() []byte {
	for m := range nb.root.members() {
		return nb.data[m.key.end:m.value.start]
	}
	return []byte(": ")
}

func replace(v Value, by string) RawEdit { return RawEdit{v.start, v.end, []byte(by)} }

// item is a member or an element within its brackets.
type item struct {
	start, end int
	remove     bool
}

// without writes an object or array without some of its items. What stood before and after
// the items stays where an item does.
func without(v Value, items []item) RawEdit {
	edit := RawEdit{Start: v.start, End: v.end}
	edit.New = append(edit.New, v.file[v.start])
	kept := 0
	for i, it := range items {
		switch {
		case it.remove:
			continue
		case kept == 0:
			edit.New = append(edit.New, v.file[v.start+1:items[0].start]...)
		default:
			edit.New = append(edit.New, v.file[items[i-1].end:it.start]...)
		}
		edit.New = append(edit.New, v.file[it.start:it.end]...)
		kept++
	}
	if kept > 0 {
		edit.New = append(edit.New, v.file[items[len(items)-1].end:v.end-1]...)
	}
	edit.New = append(edit.New, v.file[v.end-1])
	return edit
}
