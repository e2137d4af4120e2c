package checks

import (
	"net"
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/fix"
)

// This file holds the words for ports that containers publish.

// OpenPorts yields the entries of a Compose service that publish one of the container's ports on every interface, each
// with the fix that publishes it on this machine only.
func OpenPorts(p *ManifestPass, service *Tree, ports []string, yield func(port *Tree, f *fix.Fix)) {
	const message = "publish on this machine only"
	for _, port := range service.Get("ports").Items() {
		if port.IsTable() {
			if slices.Contains(ports, port.Get("target").Text()) && OpenHost(port.Get("host_ip").Text()) {
				yield(port, Fix(true, message, TextEdits(hostOf(p, port)...)))
			}
			continue
		}
		host, target := PublishedPort(port.Text())
		if !slices.Contains(ports, target) || !OpenHost(host) {
			continue
		}
		var edits []fix.Edit
		if port.Verbatim() {
			edits = TextEdits(LocalPort(port.Text(), port.Span())...)
		}
		yield(port, Fix(true, message, edits))
	}
}

// hostOf gives a port in the long syntax an address.
func hostOf(p *ManifestPass, port *Tree) []ast.Edit {
	if host := port.Get("host_ip"); host != nil && host.Verbatim() {
		return []ast.Edit{{Span: host.Span(), New: "127.0.0.1"}}
	}
	fields := port.Fields()
	if len(fields) == 0 {
		return nil
	}
	text := p.Source.Text
	at := int(fields[0].KeySpan.Start)
	line := at
	for line > 0 && text[line-1] != '\n' {
		line--
	}
	indent := strings.Repeat(" ", at-line)
	return []ast.Edit{{Span: ast.Span{Start: ast.Pos(at), End: ast.Pos(at)}, New: "host_ip: 127.0.0.1\n" + indent}}
}

// PublishedPort splits a published port, [host:][port]:8501[/tcp], into the address on which it is open, "" for every
// one, and the container's port.
func PublishedPort(text string) (host, target string) {
	text, _, _ = strings.Cut(text, "/")
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", text
	}
	rest, target := text[:i], text[i+1:]
	if j := strings.LastIndexByte(rest, ':'); j >= 0 {
		return strings.Trim(rest[:j], "[]"), target
	}
	return "", target
}

// OpenHost reports whether an address on which a port is published means every interface.
func OpenHost(host string) bool {
	if host == "" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsUnspecified()
}

// LocalPort puts the loopback address in front of a published port, in its quotes or without. The text is at the
// beginning of span.
func LocalPort(port string, span ast.Span) []ast.Edit {
	rest := port
	for _, open := range [...]string{"0.0.0.0:", "[::]:", ":::"} {
		rest = strings.TrimPrefix(rest, open)
	}
	cut := ast.Span{Start: span.Start, End: span.Start + ast.Pos(len(port)-len(rest))}
	if !strings.Contains(rest, ":") {
		return []ast.Edit{{Span: cut, New: "127.0.0.1::"}}
	}
	return []ast.Edit{{Span: cut, New: "127.0.0.1:"}}
}
