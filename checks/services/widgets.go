package services

import "github.com/pyguard/pyguardml/checks"

// widgetKnows are the names by which it is known whether pages are served to others.
var widgetKnows = []string{"gradio.*().launch", "gradio.mount_gradio_app"}

// isWidget reports whether a source is a field of a page made by Gradio or Streamlit.
func isWidget(s *checks.Symbol) bool { return checks.IsWidget(s) }

// fromStrangers reports whether the text of a path comes from people other than the one who runs
// the program.
func fromStrangers(p *checks.Pass, path *checks.Path) bool { return p.FromOthers(path) }
