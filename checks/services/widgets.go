package services

import (
	"bytes"
	"net"

	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/internal/manifest"
)

// widgetKnows are the names by which it is known whether pages are served to others.
var widgetKnows = []string{"gradio.*().launch", "gradio.mount_gradio_app"}

// isWidget reports whether a source is a field of a page made by Gradio or Streamlit.
func isWidget(s *checks.Symbol) bool {
	return s.Under("gradio") || s.Under("streamlit") || s.Under("streamlit_ace")
}

// fromStrangers reports whether the text of a path comes from people other than the one who runs
// the program. That of a page's field does only where the page is served to others: who opens
// it on his own machine is the operator.
func fromStrangers(p *checks.Pass, path *checks.Path) bool {
	source := path.Mark.Source()
	if !isWidget(source) {
		return true
	}
	if isSpace(p.Project) {
		return true
	}
	if source.Under("gradio") {
		for _, c := range path.Engine.CallsOf(widgetKnows...) {
			if c.Symbol.Is("gradio.mount_gradio_app") || opensPage(c) {
				return true
			}
		}
		return false
	}
	return startsStreamlit(p.Project)
}

// opensPage reports whether a launch of a Gradio app serves others: share=True, or an address
// that is not this machine's own.
func opensPage(c *checks.Call) bool {
	if share := c.Arg(3, "share"); share != nil && checks.On(share.Value) {
		return true
	}
	host := c.Arg(-1, "server_name")
	if host == nil {
		return false
	}
	name, ok := host.Value.Text()
	if !ok || name == "localhost" || name == "" {
		return false
	}
	ip := net.ParseIP(name)
	return ip == nil || !ip.IsLoopback()
}

// isSpace reports whether a README has the front matter of a Space.
func isSpace(p *checks.Project) bool {
	for _, d := range p.Documents {
		if d.Kind != manifest.Card {
			continue
		}
		for _, tree := range d.Trees() {
			if tree.Get("sdk") != nil {
				return true
			}
		}
	}
	return false
}

// startsStreamlit reports whether a file that deploys the project starts Streamlit.
func startsStreamlit(p *checks.Project) bool {
	for _, d := range p.Documents {
		switch d.Kind {
		case manifest.Card, manifest.Shell, manifest.EnvFile:
			continue
		}
		text := d.Source.Text
		if i := bytes.Index(text, []byte("streamlit")); i >= 0 && (bytes.Contains(text, []byte("streamlit run")) || bytes.Contains(text, []byte(`"streamlit"`)) && bytes.Contains(text, []byte(`"run"`))) {
			return true
		}
	}
	return false
}
