package checks

import (
	"net"
	"strings"
)

// InternalHost reports whether a host is this machine or one of a private network, by its
// address or name. Names without a dot are, and so is the empty one.
func InternalHost(host string) bool {
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
	}
	if host == "" || !strings.Contains(host, ".") {
		return true
	}
	for _, end := range [...]string{".internal", ".local", ".corp", ".lan", ".svc", ".localhost", ".cluster.local"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// HostIn is the host in the beginning of an address, in lower case and without brackets: a name or an
// IP address; "" where the text has no scheme or ends before its host.
func HostIn(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	rest = strings.ToLower(rest[strings.LastIndexByte(rest, '@')+1:])
	if inner, six := strings.CutPrefix(rest, "["); six {
		host, _, _ := strings.Cut(inner, "]")
		return host
	}
	host, _, _ := strings.Cut(rest, ":")
	return host
}
