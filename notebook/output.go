package notebook

import "iter"

// Output is one output of a code cell.
type Output struct {
	// Index is its place among the cell's outputs, from 0.
	Index int
	// Type is output_type: "stream", "display_data", "execute_result", "error"; the old
	// names "pyout" and "pyerr" of nbformat 3 are given as the last two.
	Type string
	// Value is the output's JSON object.
	Value Value
}

// Content is a piece of an output or attachment with its MIME type.
type Content struct {
	// MIME is the media type in the file's spelling. The short keys of nbformat 3 are given as
	// media types; streams and errors are text/plain.
	MIME string
	// Value holds the content: a string or a list of strings (see Value.Text), base64 for
	// images, any JSON for application/json and its relatives.
	Value Value
}

// Attachment is a file that is kept inside a markdown or raw cell.
type Attachment struct {
	// Name is what the cell's text calls it: attachment:NAME.
	Name string
	// Value is an object from media types to contents.
	Value Value
}

// Outputs yields the cell's outputs in order. Nothing is decoded until asked.
func (c *Cell) Outputs() iter.Seq[Output] {
	return func(yield func(Output) bool) {
		for i, v := range c.outputs.Elements() {
			o := Output{Index: i, Type: v.Get("output_type").Text(), Value: v}
			switch o.Type {
			case "pyout":
				o.Type = "execute_result"
			case "pyerr":
				o.Type = "error"
			}
			if !yield(o) {
				return
			}
		}
	}
}

// OutputsValue is the JSON list of the cell's outputs.
func (c *Cell) OutputsValue() Value { return c.outputs }

// Name is a stream's name, "stdout" or "stderr", else "".
func (o Output) Name() string {
	return first(o.Value.Get("name"), o.Value.Get("stream")).Text()
}

// Contents yields what the output shows, each with its media type: a stream's text; the
// message (evalue) and traceback of an error; each representation of displayed data.
// The order is the file's.
func (o Output) Contents() iter.Seq[Content] {
	return func(yield func(Content) bool) {
		data := o.Value.Get("data")
		if data.Kind() == Object {
			bundle(data, yield)
			return
		}
		for key, v := range o.Value.Members() {
			if mime, ok := outputKeys[key]; ok && !yield(Content{mime, v}) {
				return
			}
		}
	}
}

// Data returns the content of one media type, the zero Value where there is none.
func (o Output) Data(mime string) Value {
	for c := range o.Contents() {
		if c.MIME == mime {
			return c.Value
		}
	}
	return Value{}
}

// outputKeys are the keys of an output that hold content outside of a "data" object: those
// of streams and errors, and nbformat 3's names of media types.
var outputKeys = map[string]string{
	"text":       "text/plain",
	"evalue":     "text/plain",
	"traceback":  "text/plain",
	"html":       "text/html",
	"svg":        "image/svg+xml",
	"png":        "image/png",
	"jpeg":       "image/jpeg",
	"latex":      "text/latex",
	"javascript": "application/javascript",
	"json":       "application/json",
	"pdf":        "application/pdf",
}

// bundle yields the members of an object from media types to contents.
func bundle(data Value, yield func(Content) bool) {
	for mime, v := range data.Members() {
		if !yield(Content{mime, v}) {
			return
		}
	}
}

// Attachments yields the files kept in the cell.
func (c *Cell) Attachments() iter.Seq[Attachment] {
	return func(yield func(Attachment) bool) {
		for name, v := range c.attachments.Members() {
			if !yield(Attachment{name, v}) {
				return
			}
		}
	}
}

// AttachmentsValue is the JSON object that holds the cell's attachments.
func (c *Cell) AttachmentsValue() Value { return c.attachments }

// Contents yields the attachment's contents with their media types.
func (a Attachment) Contents() iter.Seq[Content] {
	return func(yield func(Content) bool) { bundle(a.Value, yield) }
}

// Widgets is the saved state of the notebook's widgets: an object from model ids to models,
// each with model_name, model_module and state. The zero Value where there is none.
func (nb *Notebook) Widgets() Value {
	return nb.Metadata.Get("widgets", "application/vnd.jupyter.widget-state+json", "state")
}
