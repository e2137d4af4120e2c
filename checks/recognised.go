package checks

// Recognises reports whether a call is one of a pipeline of transformers that marks the entities in a text: what it gives
// is text of that, and not a model's own. A check that asks has `transformers.{pipeline,TokenClassificationPipeline}` among
// what it Knows.
func Recognises(c *Call) bool {
	if c == nil {
		return false
	}
	made := c.Callee.Origin()
	if made == nil {
		made = c.Receiver.Origin()
	}
	switch {
	case made == nil:
		return false
	case made.Symbol.Is("transformers.TokenClassificationPipeline"):
		return true
	case !made.Symbol.Is("transformers.pipeline", "transformers.pipelines.pipeline"):
		return false
	}
	task := made.Arg(0, "task")
	if task == nil {
		return false
	}
	name, _ := task.Value.Text()
	return name == "ner" || name == "token-classification"
}
