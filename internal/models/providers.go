package models

import (
	"net/url"
	"strings"
)

// This file holds facts about the providers of language models.

// providerHosts are the hosts of the providers' APIs; those with a leading dot are endings.
var providerHosts = []string{
	"api.openai.com", ".openai.azure.com", "api.anthropic.com", "generativelanguage.googleapis.com", "api.cohere.com", "api.cohere.ai",
	"api.mistral.ai", "api.groq.com", "api.together.xyz", "openrouter.ai", "api.deepseek.com", "api-inference.huggingface.co",
	"router.huggingface.co", "api.replicate.com", "api.elevenlabs.io", "api.stability.ai",
}

// modelPaths are the ends of the paths at which APIs of models answer, at whatever host.
var modelPaths = []string{
	"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/api/generate", "/api/chat",
}

// IsModelAPI reports whether an address is that of a model's API: by its host as far as its
// beginning is known, or by its path as far as its end is.
func IsModelAPI(begin, end string) bool {
	if u, err := url.Parse(begin); err == nil && u.Host != "" {
		host := u.Hostname()
		for _, h := range providerHosts {
			if host == h || h[0] == '.' && strings.HasSuffix(host, h) {
				return true
			}
		}
	}
	end, _, _ = strings.Cut(end, "?")
	for _, p := range modelPaths {
		if strings.HasSuffix(strings.TrimSuffix(end, "/"), p) {
			return true
		}
	}
	return false
}

// Retired is a model that its provider has shut down.
type Retired struct {
	// Name is the model's name, or with a final "*" how the names of several begin.
	Name string
	// Provider is "openai", "anthropic" or "google".
	Provider string
	// Date is the day of the shutdown, or the last day of the range that the provider gives.
	Date string
}

// The pages from which the dates come, by provider.
var retiredSources = map[string]string{
	"openai":    "https://platform.openai.com/docs/deprecations",
	"anthropic": "https://docs.anthropic.com/en/docs/about-claude/model-deprecations",
	"google":    "https://ai.google.dev/gemini-api/docs/deprecations",
}

// Source is the provider's page that announces the shutdown.
func (r Retired) Source() string { return retiredSources[r.Provider] }

// retired lists models that no longer answer. A row is added when its date has passed.
var retired = []struct {
	provider, date string
	names          []string
}{
	{"openai", "2024-01-04", []string{
		"text-davinci-001", "text-davinci-002", "text-davinci-003", "text-curie-001", "text-babbage-001", "text-ada-001", "davinci", "curie",
		"babbage", "ada", "code-davinci-001", "code-davinci-002", "code-cushman-001", "code-cushman-002", "text-davinci-edit-001",
		"code-davinci-edit-001", "text-similarity-*", "text-search-*", "code-search-*",
	}},
	{"openai", "2024-09-13", []string{"gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k", "gpt-3.5-turbo-16k-0613"}},
	{"openai", "2024-12-06", []string{"gpt-4-vision-preview", "gpt-4-1106-vision-preview"}},
	{"openai", "2025-06-06", []string{"gpt-4-32k", "gpt-4-32k-0314", "gpt-4-32k-0613"}},
	{"openai", "2025-07-14", []string{"gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"}},
	{"openai", "2025-07-28", []string{"o1-preview", "o1-preview-2024-09-12"}},
	{"openai", "2025-10-27", []string{"o1-mini", "o1-mini-2024-09-12"}},
	{"anthropic", "2024-11-06", []string{"claude-1*", "claude-v1*", "claude-instant-1*", "claude-instant-v1*"}},
	{"anthropic", "2025-07-21", []string{"claude-2", "claude-2.0", "claude-2.1", "claude-3-sonnet-20240229"}},
	{"anthropic", "2025-10-28", []string{"claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022", "claude-3-5-sonnet-latest"}},
	{"anthropic", "2026-01-05", []string{"claude-3-opus-20240229", "claude-3-opus-latest"}},
	{"google", "2025-09-30", []string{
		"chat-bison-001", "text-bison-001", "gemini-pro", "gemini-pro-vision", "gemini-1.0-pro*", "gemini-1.5-pro*", "gemini-1.5-flash*",
	}},
}

// RetiredModel looks a model's name up, without the prefix of its provider, among those that
// no longer answer.
func RetiredModel(name string) (Retired, bool) {
	for _, prefix := range [...]string{"openai/", "anthropic/", "gemini/", "google/", "models/", "text-completion-openai/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	for _, row := range retired {
		for _, n := range row.names {
			begin, several := strings.CutSuffix(n, "*")
			if name == n || several && strings.HasPrefix(name, begin) {
				return Retired{Name: n, Provider: row.provider, Date: row.date}, true
			}
		}
	}
	return Retired{}, false
}
