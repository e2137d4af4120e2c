package models

import (
	"regexp"
	"strings"
)

// This file tells secrets by the names under which settings hold them, and by their form.

// secretWords are parts of names that speak of a secret.
var secretWords = []string{
	"API_KEY", "APIKEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PRIVATE_KEY", "ACCESS_KEY", "SECRET_KEY", "AUTH_KEY",
	"SIGNING_KEY", "ENCRYPTION_KEY", "MASTER_KEY", "SERVICE_KEY", "SERVICE_ROLE_KEY", "ACCOUNT_KEY", "ADMIN_KEY", "CONNECTION_STRING", "CONN_STR",
	"DATABASE_URL", "DB_URL", "DATABASE_URI", "DB_URI", "MONGO_URI", "MONGODB_URI", "REDIS_URL", "POSTGRES_URL", "BROKER_URL", "WEBHOOK_URL", "_DSN",
}

// publicWords are parts of names of values that are no secret although another word speaks of one.
var publicWords = []string{
	"PUBLIC", "PUBLISHABLE", "SITE_KEY", "SITEKEY", "CLIENT_ID", "TOKENS", "TOKEN_LIMIT", "TOKEN_COUNT", "TOKENIZER", "TOKEN_URL", "TOKEN_TYPE",
	"TOKEN_ID", "KEY_ID", "KEY_NAME", "SECRET_NAME", "_PATH", "_FILE", "_LENGTH", "_EXPIR", "_TTL", "_HEADER", "_FIELD", "_PARAM", "POLICY",
	"EOS_TOKEN", "BOS_TOKEN", "PAD_TOKEN", "UNK_TOKEN", "SEP_TOKEN", "CLS_TOKEN", "MASK_TOKEN", "SENTRY_DSN", "SECRET_ARN", "_REGION", "_HINT", "_PROMPT", "_COUNT", "MIN_", "MAX_", "NUM_", "USE_", "HAS_", "IS_", "SHOW_", "ENABLE_", "REQUIRE_",
}

// IsSecretName reports whether a value with this name, of an environment variable or a
// setting, is a secret.
func IsSecretName(name string) bool {
	n := upperSnake(name)
	for _, w := range publicWords {
		if strings.HasPrefix(w, "_") && !strings.HasPrefix(n, w) && strings.Contains(n, w) || strings.HasSuffix(w, "_") && strings.HasPrefix(n, w) {
			return false
		}
		if !strings.HasPrefix(w, "_") && !strings.HasSuffix(w, "_") && strings.Contains(n, w) {
			return false
		}
	}
	for _, w := range secretWords {
		if strings.Contains(n, w) {
			return true
		}
	}
	return n == "TOKEN" || n == "PWD_DB" || strings.HasSuffix(n, "_TOKEN") || strings.HasSuffix(n, "_PAT") || strings.HasSuffix(n, "_PWD") || ofProvider(n) && strings.HasSuffix(n, "_KEY")
}

// providerWords are parts of the names of the keys of providers of models.
var providerWords = []string{
	"OPENAI", "ANTHROPIC", "CLAUDE", "GEMINI", "GOOGLE_API", "GOOGLE_AI", "COHERE", "MISTRAL", "HF", "HUGGINGFACE", "HUGGING_FACE", "HUGGINGFACEHUB", "GROQ",
	"ELEVENLABS", "ELEVEN_LABS", "ELEVEN", "XI", "REPLICATE", "TOGETHER", "TOGETHERAI", "OPENROUTER", "DEEPSEEK", "PERPLEXITY", "PPLX", "FIREWORKS", "XAI", "STABILITY",
	"NVIDIA", "VOYAGE", "AI21", "DASHSCOPE", "ZHIPUAI", "ZHIPU", "MOONSHOT", "CEREBRAS", "SAMBANOVA", "ANYSCALE", "DEEPINFRA", "VERTEX", "LLM", "GPT",
}

// ofProvider reports whether a name in capitals has the word of a provider in it.
func ofProvider(n string) bool {
	for _, w := range providerWords {
		if strings.HasPrefix(n, w+"_") || strings.Contains(n, "_"+w+"_") {
			return true
		}
	}
	return false
}

// IsProviderKey reports whether a name is that of the key of a provider of models:
// OPENAI_API_KEY, HF_TOKEN.
func IsProviderKey(name string) bool {
	n := upperSnake(name)
	return IsSecretName(name) && ofProvider(n) && (strings.Contains(n, "KEY") || strings.Contains(n, "TOKEN"))
}

// upperSnake writes a name in capitals with underscores between its words.
func upperSnake(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '-' || c == '.' || c == ' ':
			b.WriteByte('_')
		case c >= 'A' && c <= 'Z' && i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z':
			b.WriteByte('_')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return strings.ToUpper(b.String())
}

var secretForm = regexp.MustCompile(
	`\bsk-(?:proj-|ant-|svcacct-|or-v1-)?[A-Za-z0-9_-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bhf_[A-Za-z0-9]{20,}|` +
		`\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[0-9A-Za-z_-]{30,}|\bglpat-[A-Za-z0-9_-]{16,}|\bgsk_[A-Za-z0-9]{20,}|\br8_[A-Za-z0-9]{20,}|` +
		`\b[a-z][a-z0-9+]*://[^\s:/@'"<>{}$]+:[^\s:/@'"<>{}$]{3,}@[\w.-]+`)

// FindSecret finds a credential in a text by its form: a key with the prefix of its issuer, an
// address with a password.
func FindSecret(text string) string {
	if len(text) < 16 || !strings.ContainsAny(text, "_-:A") {
		return ""
	}
	found := secretForm.FindString(text)
	low := strings.ToLower(found)
	for _, w := range [...]string{":password@", ":pass@", "user:pw@", "username:", ":secret@", "example", "your", "xxxx", "<", "...", ":pwd@", "****"} {
		if strings.Contains(low, w) {
			return "" // it shows the form
		}
	}
	return found
}
