package webpage

import (
	"strings"
	"testing"
)

func TestScriptsAreFoundWhereBrowsersRunThem(t *testing.T) {
	for _, c := range []struct{ markup, code string }{
		{`<p>a</p><script>f()</script>`, "f()"},
		{`<SCRIPT type=module>f()`, "f()"},
		{`<img src=x onerror="f('&quot;')">`, `f('"')`},
		{`<a href=" java&#10;script:f(%27a%27)">x</a>`, "f('a')"},
		{`<iframe srcdoc="&lt;script&gt;f()&lt;/script&gt;"></iframe>`, "f()"},
		{`<a href="data:text/html;base64,PHNjcmlwdD5mKCk8L3NjcmlwdD4=">x</a>`, "f()"},
		{`<svg onload=f()></svg>`, "f()"},
		{`<b title=">" onclick='f()'>`, "f()"},
	} {
		found := Scripts(c.markup)
		if len(found) != 1 || found[0].Code != c.code {
			t.Errorf("%s: %+v, want the script %s", c.markup, found, c.code)
		}
	}
	for _, markup := range []string{
		`&lt;script&gt;f()&lt;/script&gt;`, `<!-- <script>f()</script> -->`, `<textarea><script>f()</script></textarea>`,
		`<a href="https://example.org/?javascript:f()">x</a>`, `<p one="f()" title="onclick=f()">`, "a < b",
	} {
		if found := Scripts(markup); len(found) != 0 {
			t.Errorf("%s: %+v, want no script", markup, found)
		}
	}
}

func TestTheScriptsOfAPictureAreXML(t *testing.T) {
	found := SVGScripts(`<svg><script xlink:href="http://a.example/x.js"/><script><![CDATA[f()]]></script><g onclick="g()"/></svg>`)
	if len(found) != 3 || found[0].Src != "http://a.example/x.js" || found[1].Code != "f()" || found[2].Code != "g()" {
		t.Errorf("%+v", found)
	}
}

func TestWhatGoesIsTheElementOrTheAttribute(t *testing.T) {
	for markup, left := range map[string]string{
		`a <script>f()</script> b`:       "a  b",
		`<img src="x" onerror="f()">`:    `<img src="x">`,
		`<img src=x onerror = f() alt>`:  `<img src=x alt>`,
		`<a href='javascript:f()'>x</a>`: `<a>x</a>`,
	} {
		found := Scripts(markup)
		if len(found) != 1 {
			t.Fatalf("%s: %+v", markup, found)
		}
		if got := markup[:found[0].Start] + markup[found[0].End:]; got != left {
			t.Errorf("%s without its script is %s, want %s", markup, got, left)
		}
	}
}

func TestUsesAreReadOffTheSyntaxTree(t *testing.T) {
	for code, want := range map[string]Use{
		"fetch('/x?' + document.cookie)":                                                  Fetch | Cookie,
		"window.fetch(`/x?${document['cookie']}`)":                                        Fetch,
		"var r = new XMLHttpRequest(); r.open('GET', '/api/contents')":                    XHR | Server,
		"const t = localStorage.x; const b = {t}; fetch('/y', {body: JSON.stringify(b)})": Fetch | Storage | SendsStorage,
		"localStorage.setItem('a', 1); fetch('/y')":                                       Fetch | Storage,
		"nb.kernel.execute('import os;os.system(1)')":                                     KernelExecute | RunsSystem,
		`k.requestExecute({code: "\x21ls"})`:                                              RequestExecute | RunsSystem,
		"kernel.execute('a = 1')":                                                         KernelExecute,
		"pool.execute('os.system')":                                                       0,
		"document.cookie = 'a=1'; location = '/b'":                                        Loads,
		"x = 'document.cookie fetch(1)'; // fetch(2)":                                     0,
		"eval(atob('MQ=='))":                                                              Eval | Atob,
		"top.location.href = 'https://a.example'; parent.document":                        Loads | Frames,
		"$.get('/api/contents_of?x')":                                                     XHR,
		"jQuery.ajax({url: base + '/api/kernels/' + id})":                                 XHR | Server,
	} {
		if got := UsesOf(code); got != want {
			t.Errorf("%s: %b, want %b", code, got, want)
		}
	}
}

func TestALibraryIsNotAskedAboutCookies(t *testing.T) {
	code := "fetch('/x?' + document.cookie);\n" + strings.Repeat("a();\n", LibrarySize/5)
	if got := UsesOf(code); got != 0 {
		t.Errorf("%b", got)
	}
	if got := UsesOf(code + "fetch('/api/contents')"); got != Server {
		t.Errorf("%b, want %b", got, Server)
	}
}

func TestInsecureScripts(t *testing.T) {
	for src, want := range map[string]bool{
		"http://a.example/x.js": true, "//203.0.113.7/x.js": true, "https://203.0.113.7:8443/x.js": true, "HTTP://a.example": true,
		"https://a.example/x.js": false, "/x.js": false, "x.js": false, "//a.example/x.js": false, "http://localhost:8888/x.js": false, "": false,
	} {
		s := Script{Src: src}
		if s.Insecure() != want {
			t.Errorf("%s: want %t", src, want)
		}
	}
}

func FuzzScripts(f *testing.F) {
	f.Add(`<svg onload=f()><script>a="<script>"</script>`)
	f.Add(`<a href="data:text/html,<iframe srcdoc='<b onclick=x>'">`)
	f.Add(`fetch(document.cookie)`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, list := range [][]Script{Scripts(text), SVGScripts(text), AddressScripts(text)} {
			for _, s := range list {
				if s.Start < 0 || s.Start > s.End || s.End > len(text) {
					t.Fatalf("%q: the script is at %d to %d", text, s.Start, s.End)
				}
			}
		}
		UsesOf(text)
	})
}
