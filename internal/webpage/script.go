package webpage

import (
	"context"
	"strconv"
	"strings"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/javascript"
)

// Use is a set of what a script does.
type Use uint32

// The things that UsesOf tells. They go by the names in the script's syntax tree: text in its
// strings and comments does not count.
const (
	// Fetch, XHR, Beacon, Socket: it sends something (fetch, XMLHttpRequest, sendBeacon,
	// WebSocket).
	Fetch Use = 1 << iota
	XHR
	Beacon
	Socket
	// Loads: it makes the browser load an address: new Image, an assignment to .src or to the
	// location.
	Loads
	// Imports is importScripts.
	Imports
	// Cookie: it reads document.cookie. Storage: it uses localStorage or sessionStorage.
	Cookie
	Storage
	// SendsStorage: an item of that stands in what it sends or in the address that it loads.
	SendsStorage
	// Eval and Atob: it runs text as script, decodes Base64.
	Eval
	Atob
	// KernelExecute, RequestExecute: it makes the notebook's kernel run code. RunsSystem: that code
	// is a literal that reaches the system or the network.
	KernelExecute
	RequestExecute
	RunsSystem
	// Server: it calls the interface of the Jupyter server (contents, kernels, sessions, terminals).
	Server
	// Frames: it reaches for the page around its own: top.location, parent.document.
	Frames
)

// Sends are the uses by which data leaves the page.
const Sends = Fetch | XHR | Beacon | Socket | Loads

// LibrarySize is the number of bytes from which a script is an inlined library, which uses
// everything that there is.
const LibrarySize = 50_000

// maxScript bounds the scripts that are parsed.
const maxScript = 8 << 20

// mentions are the words without one of which a script has none of the uses but Loads, which
// matters with one of the others only.
var mentions = []string{
	"fetch", "XMLHttpRequest", "sendBeacon", "WebSocket", "importScripts", "cookie", "Storage", "eval", "atob", "xecute", "invokeFunction", "api/", "top", "parent",
}

// UsesOf tells what a script does.
func UsesOf(code string) Use {
	if len(code) > maxScript || !containsAny(code, mentions) {
		return 0
	}
	if len(code) >= LibrarySize && !containsAny(code, mentionsInLibrary) {
		return 0
	}
	parser := sitter.NewParser()
	defer parser.Close()
	parser.SetLanguage(javascript.GetLanguage())
	text := []byte(code)
	tree, err := parser.ParseCtx(context.Background(), nil, text)
	if err != nil {
		return 0
	}
	defer tree.Close()
	s := &script{text: text, values: map[string][]*sitter.Node{}, makesXHR: strings.Contains(code, "XMLHttpRequest")}
	s.each(tree.RootNode(), s.note)
	s.each(tree.RootNode(), s.look)
	if len(code) >= LibrarySize {
		return s.uses & (KernelExecute | RequestExecute | RunsSystem | Server)
	}
	return s.uses
}

// mentionsInLibrary are the words for what is told of a library.
var mentionsInLibrary = []string{"requestExecute", "kernel.execute", "invokeFunction", "api/contents", "api/kernels", "api/sessions", "api/terminals"}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// script is a parsed script.
type script struct {
	text []byte
	// values are what names are given by declarations and assignments.
	values map[string][]*sitter.Node
	uses   Use
	// makesXHR is set where the script knows XMLHttpRequest, whose method open names an address.
	makesXHR bool
	work     int // nodes looked at to follow names
}

// each visits a node and all below it.
func (s *script) each(root *sitter.Node, visit func(*sitter.Node)) {
	c := sitter.NewTreeCursor(root)
	defer c.Close()
	for depth := 0; ; {
		visit(c.CurrentNode())
		if c.GoToFirstChild() {
			depth++
			continue
		}
		for !c.GoToNextSibling() {
			if depth == 0 || !c.GoToParent() {
				return
			}
			if depth--; depth == 0 {
				return
			}
		}
		if depth == 0 {
			return
		}
	}
}

// note remembers what names are given.
func (s *script) note(n *sitter.Node) {
	var name, value *sitter.Node
	switch n.Type() {
	case "variable_declarator":
		name, value = n.ChildByFieldName("name"), n.ChildByFieldName("value")
	case "assignment_expression", "augmented_assignment_expression":
		name, value = n.ChildByFieldName("left"), n.ChildByFieldName("right")
	}
	if name == nil || value == nil || name.Type() != "identifier" {
		return
	}
	if id := s.of(name); len(s.values[id]) < maxValues {
		s.values[id] = append(s.values[id], value)
	}
}

// of is the text of a node.
func (s *script) of(n *sitter.Node) string {
	if n == nil {
		return ""
	}
	return n.Content(s.text)
}

// look tells what a node does.
func (s *script) look(n *sitter.Node) {
	switch n.Type() {
	case "call_expression":
		s.call(n)
	case "new_expression":
		args := n.ChildByFieldName("arguments")
		switch s.lastName(n.ChildByFieldName("constructor")) {
		case "XMLHttpRequest":
			s.uses |= XHR
		case "WebSocket":
			s.sends(Socket, args)
		case "Image":
			s.uses |= Loads
		}
	case "assignment_expression":
		left, right := n.ChildByFieldName("left"), n.ChildByFieldName("right")
		if name := s.lastName(left); name == "src" && left.Type() == "member_expression" || name == "location" || name == "href" && s.lastName(left.ChildByFieldName("object")) == "location" {
			s.uses |= Loads
			if s.holds(right, s.isStorage) {
				s.uses |= SendsStorage
			}
		}
	case "member_expression":
		s.member(n)
	case "identifier":
		if name := s.of(n); name == "localStorage" || name == "sessionStorage" {
			s.uses |= Storage
		}
	}
}

func (s *script) member(n *sitter.Node) {
	object := s.lastName(n.ChildByFieldName("object"))
	switch s.of(n.ChildByFieldName("property")) {
	case "cookie":
		if object == "document" && !s.assigned(n) {
			s.uses |= Cookie
		}
	case "localStorage", "sessionStorage":
		s.uses |= Storage
	case "location":
		if object == "top" {
			s.uses |= Frames
		}
	case "document":
		if object == "parent" {
			s.uses |= Frames
		}
	}
}

// assigned reports whether a node is what an assignment changes.
func (s *script) assigned(n *sitter.Node) bool {
	p := n.Parent()
	return p != nil && p.Type() == "assignment_expression" && p.ChildByFieldName("left").Equal(n)
}

func (s *script) call(n *sitter.Node) {
	fn, args := n.ChildByFieldName("function"), n.ChildByFieldName("arguments")
	object := ""
	if fn != nil && fn.Type() == "member_expression" {
		object = s.lastName(fn.ChildByFieldName("object"))
	}
	switch s.lastName(fn) {
	case "fetch":
		s.sends(Fetch, args)
	case "sendBeacon":
		s.sends(Beacon, args)
	case "open":
		if object != "" && object != "window" && s.makesXHR {
			s.sends(XHR, args)
		}
	case "send":
		if s.holds(args, s.isStorage) {
			s.uses |= SendsStorage
		}
	case "ajax", "post", "get", "getJSON":
		if object == "$" || object == "jQuery" {
			s.sends(XHR, args)
		}
	case "assign", "replace":
		if object == "location" {
			s.sends(Loads, args)
		}
	case "importScripts":
		s.uses |= Imports
	case "eval":
		s.uses |= Eval
	case "atob":
		s.uses |= Atob
	case "requestExecute":
		s.uses |= RequestExecute
		s.runs(args)
	case "execute":
		if object == "kernel" {
			s.uses |= KernelExecute
			s.runs(args)
		}
	case "invokeFunction":
		if object == "kernel" {
			s.runs(args)
		}
	}
}

// sends notes a call that sends its arguments.
func (s *script) sends(how Use, args *sitter.Node) {
	s.uses |= how
	if s.uses&SendsStorage == 0 && s.holds(args, s.isStorage) {
		s.uses |= SendsStorage
	}
	if how != Loads && s.uses&Server == 0 && s.holds(args, s.isServerAddress) {
		s.uses |= Server
	}
}

// systemCode are words of Python that reaches the system or the network.
var systemCode = []string{"os.system", "subprocess", "__import__", "urllib", "requests.", "socket", "base64", "exec(", "eval(", "open(", "get_ipython"}

// runs notes code that the kernel is told to run.
func (s *script) runs(args *sitter.Node) {
	reaches := func(n *sitter.Node) bool {
		text, ok := s.literal(n)
		if !ok {
			return false
		}
		code := strings.TrimSpace(text)
		return containsAny(code, systemCode) || strings.HasPrefix(code, "!") || strings.HasPrefix(code, "%")
	}
	if s.uses&RunsSystem == 0 && s.holds(args, reaches) {
		s.uses |= RunsSystem
	}
}

// isStorage reports whether a node reads an item of the browser's storage.
func (s *script) isStorage(n *sitter.Node) bool {
	switch n.Type() {
	case "member_expression", "subscript_expression", "call_expression":
		name := s.lastName(n.ChildByFieldName("object"))
		return name == "localStorage" || name == "sessionStorage"
	case "identifier":
		return s.of(n) == "localStorage" || s.of(n) == "sessionStorage"
	}
	return false
}

// isServerAddress reports whether a node is a literal with an address of the Jupyter server.
func (s *script) isServerAddress(n *sitter.Node) bool {
	text, ok := s.literal(n)
	if !ok {
		return false
	}
	for _, name := range serverNames {
		for from := 0; ; {
			i := strings.Index(text[from:], "api/"+name)
			if i < 0 {
				break
			}
			i += from
			from = i + len("api/") + len(name)
			if (i == 0 || text[i-1] == '/') && (from == len(text) || strings.IndexByte("/?#", text[from]) >= 0) {
				return true
			}
		}
	}
	return false
}

// serverNames are parts of the Jupyter server's interface.
var serverNames = []string{"contents", "kernels", "sessions", "terminals"}

// literal is the text of a string, or of a piece of a template.
func (s *script) literal(n *sitter.Node) (string, bool) {
	switch n.Type() {
	case "string":
		text := s.of(n)
		if len(text) < 2 {
			return "", false
		}
		return unescaped(text[1 : len(text)-1]), true
	case "template_string":
		return unescaped(strings.Trim(s.of(n), "`")), true
	}
	return "", false
}

// maxNames and maxValues bound how far names are followed to what they are given, maxWork the
// nodes that are looked at in doing so for one script.
const (
	maxNames  = 16
	maxValues = 8
	maxWork   = 1 << 17
)

// holds reports whether a condition is true of a node, of one below it, or of what the names in it
// are given.
func (s *script) holds(root *sitter.Node, is func(*sitter.Node) bool) bool {
	if root == nil {
		return false
	}
	found := false
	seen := map[string]bool{}
	todo := []*sitter.Node{root}
	for len(todo) > 0 && !found {
		next := todo[0]
		todo = todo[1:]
		s.each(next, func(n *sitter.Node) {
			if s.work++; s.work > maxWork {
				return
			}
			if found = found || is(n); found || n.Type() != "identifier" && n.Type() != "shorthand_property_identifier" {
				return
			}
			if name := s.of(n); !seen[name] && len(seen) < maxNames {
				seen[name] = true
				todo = append(todo, s.values[name]...)
			}
		})
	}
	return found
}

// lastName is the last part of what is called or read: `execute` of `notebook.kernel.execute`.
func (s *script) lastName(n *sitter.Node) string {
	for n != nil {
		switch n.Type() {
		case "identifier", "property_identifier":
			return s.of(n)
		case "member_expression":
			n = n.ChildByFieldName("property")
		case "subscript_expression":
			text, _ := s.literal(n.ChildByFieldName("index"))
			return text
		case "parenthesized_expression":
			n = n.NamedChild(0)
		case "call_expression":
			n = n.ChildByFieldName("function")
		default:
			return ""
		}
	}
	return ""
}

// unescaped decodes the escapes of a string literal.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits := 0
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
			continue
		case 't':
			b.WriteByte('\t')
			continue
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case '\n':
			continue
		default:
			b.WriteByte(s[i])
			continue
		}
		if i+digits < len(s) {
			if r, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32); err == nil {
				b.WriteRune(rune(r))
				i += digits
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
