package notebook

import "iter"

// Output is one output of a code cell.
type Output struct {
	// Index is its place among the cell's outputs, from 0.
	Index int
	// Type is output_type: "stream", "display_data", "execute_result", "error"; the old
	// names "pyout" and "pyerr" of nbformat 3 are given as the last two.
	Type string
	// Name is a stream's name, "stdout" or "stderr", else "".
	Name string
	// Value is the output's JSON object.
	Value Value
	// Contents are what the output shows, each with its media type: a stream's text; the
	// message (evalue) and traceback of an error; each representation of displayed data.
	// The order is the file's.
	Contents []Content
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

// Outputs yields the cell's outputs in order. The outputs are read over once; no content is
// decoded until asked.
func (c *Cell) Outputs() iter.Seq[Output] {
	return func(yield func(Output) bool) {
		if c.outputs.Kind() != Array {
			return
		}
		s := c.outputs.scanner()
		_ = s.array(func(i int) error {
			o, err := s.output()
			o.Index = i
			if err == nil && !yield(o) {
				err = errStop
			}
			return err
		})
	}
}

// output reads one output.
func (s *scanner) output() (Output, error) {
	var o Output
	if s.peek() != '{' {
		v, err := s.value()
		o.Value = v
		return o, err
	}
	start := s.pos
	var loose []Content // what stands outside of a "data" object
	err := s.object(func(key Value) error {
		if key.is("data") && s.peek() == '{' {
			o.Contents = nil
			return s.object(func(mime Value) error {
				v, err := s.value()
				o.Contents = append(o.Contents, Content{mime.Text(), v})
				return err
			})
		}
		v, err := s.value()
		switch name := key.Text(); name {
		case "output_type":
			o.Type = modern(v.Text())
		case "name", "stream":
			o.Name = v.Text()
		default:
			if mime, ok := outputKeys[name]; ok {
				loose = append(loose, Content{mime, v})
			}
		}
		return err
	})
	if o.Contents == nil {
		o.Contents = loose
	}
	o.Value = Value{s.data, start, s.pos}
	return o, err
}

// modern gives the output types of nbformat 3 their names of nbformat 4.
func modern(outputType string) string {
	switch outputType {
	case "pyout":
		return "execute_result"
	case "pyerr":
		return "error"
	}
	return outputType
}

// OutputsValue is the JSON list of the cell's outputs.
func (c *Cell) OutputsValue() Value { return c.outputs }

// Data returns the content of one media type, the zero Value where there is none.
func (o Output) Data(mime string) Value {
	for _, c := range o.Contents {
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
	return func(yield func(Content) bool) {
		for mime, v := range a.Value.Members() {
			if !yield(Content{mime, v}) {
				return
			}
		}
	}
}

// Widgets is the saved state of the notebook's widgets: an object from model ids to models,
// each with model_name, model_module and state. The zero Value where there is none.
func (nb *Notebook) Widgets() Value {
	return nb.Metadata.Get("widgets", "application/vnd.jupyter.widget-state+json", "state")
}
