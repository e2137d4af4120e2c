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
