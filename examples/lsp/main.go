// Command lsp is a language server for pyguardml: an editor that speaks the Language Server
// Protocol (VS Code, Neovim, Emacs, Helix, …) starts it and shows findings while one types, offers
// the fixes, and shows a check's page under the pointer.
//
//	lsp        # speaks on standard input and output; editors start it so
//
// It is an example of an editor's backend: unsaved text is analysed together with the files of the
// workspace, Analyzer.Update parses only what was edited, and an analysis that typing has overtaken
// is stopped. Notebooks that the editor holds cell by cell are analysed as they are typed, too, and fixed
// in their cells. Settings come from pyproject.toml or pyguardml.toml, anew when they change.
//
// Start reading at server.run.
package main

import (
	"fmt"
	"os"
)

func main() {
	s := newServer(os.Stdin, os.Stdout)
	if err := s.run(); err != nil {
		fmt.Fprintln(os.Stderr, "lsp:", err)
		os.Exit(1)
	}
}
