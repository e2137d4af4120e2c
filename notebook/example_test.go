package notebook_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/notebook"
)

const file = `{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# Load a model"]},
  {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": [
    "!wget -q https://example.org/model.pt\n",
    "model = torch.load(\"model.pt\")"
  ]}
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 4
}`

// The module of a notebook has white space where the notebook is not Python; edits of it are
// written back into the file.
func Example() {
	nb, err := notebook.Parse("load.ipynb", []byte(file))
	if err != nil {
		log.Fatal(err)
	}
	text := string(nb.Source().Text)
	for _, cmd := range nb.Commands() {
		fmt.Printf("%v in cell %d: %s\n", cmd.Kind, cmd.Cell, cmd.Args)
	}

	end := ast.Pos(strings.LastIndex(text, ")"))
	cell, p := nb.Position(end)
	fmt.Printf("cell %d, line %d, column %d\n", cell, p.Line, p.Column)

	out, err := nb.Apply([]ast.Edit{{Span: ast.Span{Start: end, End: end}, New: ", weights_only=True"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Split(string(out), "\n")[5])
	// Output:
	// shell in cell 2: wget -q https://example.org/model.pt
	// cell 2, line 2, column 30
	//     "model = torch.load(\"model.pt\", weights_only=True)"
}
