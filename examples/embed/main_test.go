package main

import (
	"os"
	"strings"
	"testing"
)

// The README's example is the body of this program's main, so that it compiles.
func TestTheReadmeShowsThisProgram(t *testing.T) {
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(program), "func main() {\n")
	body, _, _ = strings.Cut(body, "\n}\n")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(readme), "```go\n")
	example, _, _ = strings.Cut(example, "\n```\n")
	if !found || example != strings.ReplaceAll(strings.TrimPrefix(body, "\t"), "\n\t", "\n") {
		t.Errorf("the README shows\n%s\nand main.go is\n%s", example, body)
	}
}
