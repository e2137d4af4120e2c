package semantic

import (
	"path"
	"strings"
)

// IsTest reports whether the file at a path is a test or helps tests, by the names that pytest and
// unittest go by and the folders that projects keep them in.
func IsTest(at string) bool {
	base := path.Base(at)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if strings.HasPrefix(base, "test_") || strings.HasSuffix(stem, "_test") || stem == "conftest" || stem == "tests" {
		return true
	}
	for _, dir := range strings.Split(path.Dir(at), "/") {
		if dir == "tests" || dir == "test" || dir == "testing" {
			return true
		}
	}
	return false
}
