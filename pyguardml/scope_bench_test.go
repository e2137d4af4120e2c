package pyguardml

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// plainFiles are files of a project that has nothing to do with AI/ML and import each other.
func plainFiles(n int) (files []File, bytes int64) {
	for i := range n {
		var b strings.Builder
		fmt.Fprintf(&b, "import os\nimport subprocess\nfrom http.server import BaseHTTPRequestHandler\nfrom shop import part%d\n", (i+1)%n)
		for k := range 100 {
			fmt.Fprintf(&b, "\n\nclass Order%d(BaseHTTPRequestHandler):\n    \"\"\"What a customer has ordered.\"\"\"\n\n    def total(self, prices, discount=0):\n        if not self.items:\n            return 0\n        return sum(prices[item] for item in self.items) - discount\n", k)
		}
		text := b.String()
		files = append(files, File{Path: fmt.Sprintf("shop/part%d.py", i), Content: []byte(text)})
		bytes += int64(len(text))
	}
	return files, bytes
}

// BenchmarkAnalyzeWithoutML analyses a project that has nothing to do with AI/ML; with PYGUARDML_CORPUS that folder,
// reading it included.
func BenchmarkAnalyzeWithoutML(b *testing.B) {
	files, size := plainFiles(1000)
	for b.Loop() {
		if given := corpus(b); given != nil {
			files = given
		}
		a, err := New(Options{Profile: "all"})
		if err != nil {
			b.Fatal(err)
		}
		res, err := a.Analyze(context.Background(), files)
		if err != nil {
			b.Fatal(err)
		}
		if !res.Stats.OutOfScope {
			b.Fatal("the project is taken for one that has to do with AI/ML")
		}
		size = res.Stats.Bytes
	}
	b.SetBytes(size)
}
