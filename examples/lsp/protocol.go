package main

import "encoding/json"

// The types of the Language Server Protocol 3.17 that are used here, with those of their fields
// that are.

type position struct {
	Line      int `json:"line"`      // from 0
	Character int `json:"character"` // from 0, in UTF-16 code units
}

type textRange struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

type location struct {
	URI   string    `json:"uri"`
	Range textRange `json:"range"`
}

type diagnostic struct {
	Range              textRange           `json:"range"`
	Severity           int                 `json:"severity,omitempty"`
	Code               string              `json:"code,omitempty"`
	CodeDescription    *codeDescription    `json:"codeDescription,omitempty"`
	Source             string              `json:"source,omitempty"`
	Message            string              `json:"message"`
	Tags               []int               `json:"tags,omitempty"`
	RelatedInformation []relatedInfo       `json:"relatedInformation,omitempty"`
	Data               *diagnosticIdentity `json:"data,omitempty"`
}

// diagnosticIdentity tells a finding apart from others of the same check.
type diagnosticIdentity struct {
	Fingerprint string `json:"fingerprint"`
}

type codeDescription struct {
	Href string `json:"href"`
}

type relatedInfo struct {
	Location location `json:"location"`
	Message  string   `json:"message"`
}

type publishDiagnostics struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version,omitempty"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type initializeParams struct {
	RootURI      string `json:"rootUri"`
	Capabilities struct {
		Workspace struct {
			Watched struct {
				Dynamic bool `json:"dynamicRegistration"`
			} `json:"didChangeWatchedFiles"`
		} `json:"workspace"`
	} `json:"capabilities"`
	WorkspaceFolders []struct {
		URI string `json:"uri"`
	} `json:"workspaceFolders"`
}

type textDocument struct {
	URI        string `json:"uri"`
	LanguageID string `json:"languageId"`
	Version    int    `json:"version"`
	Text       string `json:"text"`
}

type documentParams struct {
	TextDocument   textDocument    `json:"textDocument"`
	ContentChanges []contentChange `json:"contentChanges"`
}

type contentChange struct {
	Range *textRange `json:"range"`
	Text  string     `json:"text"`
}

type notebookParams struct {
	NotebookDocument struct {
		URI   string         `json:"uri"`
		Cells []notebookCell `json:"cells"`
	} `json:"notebookDocument"`
	CellTextDocuments []textDocument `json:"cellTextDocuments"`
	Change            struct {
		Cells struct {
			Structure *struct {
				Array struct {
					Start       int            `json:"start"`
					DeleteCount int            `json:"deleteCount"`
					Cells       []notebookCell `json:"cells"`
				} `json:"array"`
				DidOpen []textDocument `json:"didOpen"`
			} `json:"structure"`
			Data        []notebookCell `json:"data"`
			TextContent []struct {
				Document textDocument    `json:"document"`
				Changes  []contentChange `json:"changes"`
			} `json:"textContent"`
		} `json:"cells"`
	} `json:"change"`
}

type notebookCell struct {
	Kind     int    `json:"kind"` // 1 for text, 2 for code
	Document string `json:"document"`
}

type watchedParams struct {
	Changes []struct {
		URI  string `json:"uri"`
		Type int    `json:"type"` // 1 created, 2 changed, 3 deleted
	} `json:"changes"`
}

type positionParams struct {
	TextDocument textDocument `json:"textDocument"`
	Position     position     `json:"position"`
}

type hover struct {
	Contents markup    `json:"contents"`
	Range    textRange `json:"range"`
}

type markup struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

type codeActionParams struct {
	TextDocument textDocument `json:"textDocument"`
	Range        textRange    `json:"range"`
	Context      struct {
		Only []string `json:"only"`
	} `json:"context"`
}

type codeAction struct {
	Title       string         `json:"title"`
	Kind        string         `json:"kind"`
	Diagnostics []diagnostic   `json:"diagnostics,omitempty"`
	IsPreferred bool           `json:"isPreferred,omitempty"`
	Edit        *workspaceEdit `json:"edit,omitempty"`
	Data        *actionData    `json:"data,omitempty"`
}

// actionData says what an action is about until the editor asks for its edit.
type actionData struct {
	URI string `json:"uri"`
	// Fingerprint names the finding to fix; "" means all with a safe fix.
	Fingerprint string `json:"fingerprint,omitempty"`
}

type workspaceEdit struct {
	DocumentChanges []documentEdit `json:"documentChanges"`
}

type documentEdit struct {
	TextDocument versioned  `json:"textDocument"`
	Edits        []textEdit `json:"edits"`
}

type versioned struct {
	URI     string `json:"uri"`
	Version *int   `json:"version"`
}

type textEdit struct {
	Range   textRange `json:"range"`
	NewText string    `json:"newText"`
}

type cancelParams struct {
	ID json.RawMessage `json:"id"`
}

// watching is what the editor is asked to tell of: files that may be part of the analysis.
var watching = map[string]any{"registrations": []any{map[string]any{
	"id": "files", "method": "workspace/didChangeWatchedFiles",
	"registerOptions": map[string]any{"watchers": []any{map[string]any{"globPattern": "**/*"}}},
}}}

// capabilities is what the server offers.
var capabilities = map[string]any{
	"capabilities": map[string]any{
		"positionEncoding": "utf-16",
		"textDocumentSync": map[string]any{"openClose": true, "change": 2, "save": true},
		"notebookDocumentSync": map[string]any{
			"notebookSelector": []any{map[string]any{"notebook": map[string]any{"notebookType": "jupyter-notebook"}}},
		},
		"hoverProvider":      true,
		"codeActionProvider": map[string]any{"codeActionKinds": []string{"quickfix", "source.fixAll.pyguardml"}, "resolveProvider": true},
	},
}
