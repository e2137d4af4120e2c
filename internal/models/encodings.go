package models

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// This file holds what functions make of text, for Model.Encodes.

var angles = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// EscapeHTML is what functions that clean text for HTML make of it at the least.
func EscapeHTML(s string) string { return angles.Replace(s) }

func quoteJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // no string fails
		return s
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func encodeHex(s string) string { return hex.EncodeToString([]byte(s)) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
