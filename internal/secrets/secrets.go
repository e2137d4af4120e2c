// Package secrets finds credentials that a text spells out: keys of providers of models and clouds by
// their exact formats, private keys, addresses with a password, dumps of an environment. It judges
// the text alone; whether a key works is not tried.
//
// The formats are those of the detectors of Veles (github.com/google/osv-scalibr/veles), where it has
// one, and otherwise told to its detector of simple tokens.
//
// Start reading at Find.
package secrets

import (
	"regexp"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/veles"
	"github.com/google/osv-scalibr/veles/secrets/anthropicapikey"
	"github.com/google/osv-scalibr/veles/secrets/common/simpletoken"
	"github.com/google/osv-scalibr/veles/secrets/gitlabpat"
	"github.com/google/osv-scalibr/veles/secrets/grokxaiapikey"
	"github.com/google/osv-scalibr/veles/secrets/huggingfaceapikey"
	"github.com/google/osv-scalibr/veles/secrets/openai"
	"github.com/google/osv-scalibr/veles/secrets/openrouter"
	"github.com/google/osv-scalibr/veles/secrets/perplexityapikey"
)

// Secret is a credential in a text.
type Secret struct {
	// Kind says what it is: "a key of OpenAI".
	Kind string
	// Variable is the variable of the environment from which the provider's own clients read it, ""
	// where there is none.
	Variable string
	// Value is the credential, Start and End its place in the text.
	Value      string
	Start, End int
}

// OfModels reports whether the credential is one of a provider of models, of what is built on them, or
// of a cloud, and not of a host of code.
func (s Secret) OfModels() bool {
	return s.Variable != "" && s.Variable != "GITHUB_TOKEN" && s.Variable != "GITLAB_TOKEN"
}

// Marks lists texts of which one is in each text in which Find finds a credential of providers of models.
func Marks() []string {
	out := []string{"AKIA", "ASIA"}
	for _, f := range formats {
		if (Secret{Variable: f.variable}).OfModels() {
			out = append(out, f.marks...)
		}
	}
	return out
}

// format is a kind of credential.
type format struct {
	kind, variable string
	// marks are texts of which one is in each credential of the kind; where none is in a text,
	// nothing else is asked.
	marks []string
	// detector finds candidates, value reads one, and exact is the format as a whole where the
	// detector is less strict.
	detector veles.Detector
	value    func(veles.Secret) string
	exact    *regexp.Regexp
}

// token is a candidate of a detector of this package.
type token string

func valueOfToken(s veles.Secret) string { return string(s.(token)) }

// simple is a format that one regular expression tells.
func simple(kind, variable, pattern string, marks ...string) format {
	return format{kind: kind, variable: variable, marks: marks, value: valueOfToken, detector: simpletoken.Detector{
		MaxLen: 1000, Re: regexp.MustCompile(pattern), FromMatch: func(b []byte) (veles.Secret, bool) { return token(b), true },
	}}
}

// formats are the kinds of credentials with a form of their own.
var formats = []format{
	{"a key of Anthropic", "ANTHROPIC_API_KEY", []string{"sk-ant-"}, anthropicapikey.NewDetector(), func(s veles.Secret) string {
		if k, ok := s.(anthropicapikey.WorkspaceAPIKey); ok {
			return k.Key
		}
		return s.(anthropicapikey.ModelAPIKey).Key
	}, regexp.MustCompile(`^sk-ant-(api03|admin01)-[A-Za-z0-9_-]{93}AA$`)},
	{"a key of OpenAI", "OPENAI_API_KEY", []string{"T3BlbkFJ"}, openai.NewDetector(), func(s veles.Secret) string { return s.(openai.APIKey).Key },
		regexp.MustCompile(`^sk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}$`)},
	{"a token of Hugging Face", "HF_TOKEN", []string{"hf_"}, huggingfaceapikey.NewDetector(), func(s veles.Secret) string { return s.(huggingfaceapikey.HuggingfaceAPIKey).Key }, nil},
	simple("a token of Hugging Face", "HF_TOKEN", `api_org_[A-Za-z]{34}`, "api_org_"),
	simple("a key of Google", "GOOGLE_API_KEY", `AIza[A-Za-z0-9_-]{35}`, "AIza"),
	simple("a key of Groq", "GROQ_API_KEY", `gsk_[A-Za-z0-9]{52}`, "gsk_"),
	{"a key of OpenRouter", "OPENROUTER_API_KEY", []string{"sk-or-v"}, openrouter.NewDetector(), func(s veles.Secret) string { return s.(openrouter.APIKey).Key }, regexp.MustCompile(`^sk-or-v1-[0-9a-f]{64}$`)},
	{"a key of xAI", "XAI_API_KEY", []string{"xai-"}, grokxaiapikey.NewAPIKeyDetector(), func(s veles.Secret) string { return s.(grokxaiapikey.GrokXAIAPIKey).Key }, nil},
	{"a management key of xAI", "XAI_MANAGEMENT_KEY", []string{"xai-token-"}, grokxaiapikey.NewManagementKeyDetector(), func(s veles.Secret) string { return s.(grokxaiapikey.GrokXAIManagementKey).Key }, nil},
	{"a key of Perplexity", "PERPLEXITY_API_KEY", []string{"pplx-"}, perplexityapikey.NewDetector(), func(s veles.Secret) string { return s.(perplexityapikey.PerplexityAPIKey).Key }, nil},
	simple("a token of Replicate", "REPLICATE_API_TOKEN", `r8_[A-Za-z0-9]{37}`, "r8_"),
	simple("a key of NVIDIA", "NVIDIA_API_KEY", `nvapi-[A-Za-z0-9_-]{64}`, "nvapi-"),
	simple("a key of LangSmith", "LANGSMITH_API_KEY", `lsv2_(pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}`, "lsv2_"),
	simple("a secret key of Langfuse", "LANGFUSE_SECRET_KEY", `sk-lf-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "sk-lf-"),
	simple("a token of Databricks", "DATABRICKS_TOKEN", `dapi[0-9a-f]{32}`, "dapi"),
	simple("a key of Tavily", "TAVILY_API_KEY", `tvly-(dev-|prod-)?[A-Za-z0-9]{32}`, "tvly-"),
	simple("a key of Pinecone", "PINECONE_API_KEY", `pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}`, "pcsk_"),
	simple("a key of Amazon Bedrock", "AWS_BEARER_TOKEN_BEDROCK", `ABSK[A-Za-z0-9+/]{109,}={0,2}`, "ABSK"),
	simple("a token of GitHub", "GITHUB_TOKEN", `gh[pous]_[A-Za-z0-9]{36}`, "ghp_", "gho_", "ghu_", "ghs_"),
	simple("a token of GitHub", "GITHUB_TOKEN", `github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}`, "github_pat_"),
	{"a token of GitLab", "GITLAB_TOKEN", []string{"glpat-"}, gitlabpat.NewDetector(), func(s veles.Secret) string { return s.(gitlabpat.GitlabPAT).Pat }, nil},
}

// Find lists the credentials of an exact format that a text spells out, in the order in which they
// stand. What only shows the form of one is left out.
func Find(text string) []Secret {
	var out []Secret
	for i := range formats {
		f := &formats[i]
		if !slices.ContainsFunc(f.marks, func(m string) bool { return strings.Contains(text, m) }) {
			continue
		}
		found, at := f.detector.Detect([]byte(text))
		for j, s := range found {
			value := f.value(s)
			start := at[j]
			end := start + len(value)
			if end > len(text) || text[start:end] != value || !alone(text, start, end) || f.exact != nil && !f.exact.MatchString(value) || Placeholder(random(value)) {
				continue
			}
			out = append(out, Secret{f.kind, f.variable, value, start, end})
		}
	}
	out = append(out, awsKeys(text)...)
	slices.SortFunc(out, func(a, b Secret) int { return a.Start - b.Start })
	return out
}

// alone reports whether no character of a longer word stands before or behind a stretch.
func alone(text string, start, end int) bool {
	return (start == 0 || !wordByte(text[start-1])) && (end == len(text) || !wordByte(text[end]))
}

func wordByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// random is the part of a credential behind the prefix of its issuer.
func random(value string) string {
	for i := 0; i < len(value) && i < 12; i++ {
		if value[i] == '-' || value[i] == '_' {
			return value[i+1:]
		}
	}
	return value[min(4, len(value)):]
}

var (
	awsID     = regexp.MustCompile(`(?:AKIA|ASIA)[A-Z2-7]{16}`)
	awsSecret = regexp.MustCompile(`[A-Za-z0-9/+]{40,}`)
)

// awsKeys finds keys of AWS: an id, with a secret of 40 characters within five lines.
func awsKeys(text string) []Secret {
	if !strings.Contains(text, "AKIA") && !strings.Contains(text, "ASIA") {
		return nil
	}
	var out []Secret
	for _, at := range awsID.FindAllStringIndex(text, -1) {
		id := text[at[0]:at[1]]
		if !alone(text, at[0], at[1]) || Placeholder(id[4:]) {
			continue
		}
		start, end := lines(text, at[0], -5), lines(text, at[1], 5)
		for _, s := range awsSecret.FindAllStringIndex(text[start:end], -1) {
			secret := text[start+s[0] : start+s[1]]
			if len(secret) == 40 && strings.Trim(secret, "0123456789abcdef") != "" && !Placeholder(secret) {
				out = append(out, Secret{"a key of AWS", "AWS_ACCESS_KEY_ID", id, at[0], at[1]})
				break
			}
		}
	}
	return out
}

// lines is the offset some lines before or behind another one.
func lines(text string, at, n int) int {
	for ; n < 0; n++ {
		if at = strings.LastIndexByte(text[:max(at-1, 0)], '\n'); at < 0 {
			return 0
		}
	}
	for ; n > 0; n-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	return at
}

// placeholders are parts of values that stand for a credential.
var placeholders = []string{"xxxx", "your", "example", "dummy", "fake", "placeholder", "changeme", "change-me", "change_me", "123456789", "abcdefgh", "redacted", "insert", "todo", "****", "...", "…"}

// Placeholder reports whether a value only stands for a credential: it says so, is masked, is filled
// in by a template, or has few different characters.
func Placeholder(value string) bool {
	low := strings.ToLower(value)
	if slices.ContainsFunc(placeholders, func(p string) bool { return strings.Contains(low, p) }) {
		return true
	}
	if strings.ContainsAny(value, "<>{}$%*•") {
		return true
	}
	return different(value) < min(10, len(value)*2/3)
}

// dummies are parts of values that people write where a key is asked for and none is needed.
var dummies = []string{"xxx", "test", "needed", "required", "sample", "replace", "secret-key", "secret_key", "none", "empty", "<", "{", "$"}

// Dummy reports whether a value is written where a key is asked for and none is needed.
func Dummy(value string) bool {
	low := strings.ToLower(value)
	return Placeholder(value) || slices.ContainsFunc(dummies, func(d string) bool { return strings.Contains(low, d) })
}

// KeyLike reports whether a text has the form of a key that has none of its own: twenty or more letters
// and digits, and what stands between them, as chance throws them. Words, names of models, and what
// only stands for a key are none.
func KeyLike(value string) bool {
	letters, digits := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case '0' <= c && c <= '9':
			digits = true
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			letters = true
		case !strings.ContainsRune("_./+=-", rune(c)):
			return false
		}
	}
	return len(value) >= 20 && letters && digits && value[0] != '/' && value[0] != '.' && different(value) >= 10 && !Dummy(value) && !words(value)
}

// words reports whether a text consists of words and short numbers: my-service-account-2.
func words(value string) bool {
	parts := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("_./+=-", r) })
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool {
		inside := strings.Trim(p, "0123456789")
		switch {
		case inside == "":
			return len(p) > 8
		case len(inside) == len(p):
			return len(p) > 14
		}
		return len(p) > 6 // v1, gpt4, 4o
	})
}

func different(value string) int {
	seen := map[rune]bool{}
	for _, r := range value {
		seen[r] = true
	}
	return len(seen)
}

var privateKey = regexp.MustCompile(`-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----`)

// PrivateKeys lists the private keys that a text holds in the form of PEM.
func PrivateKeys(text string) []Secret {
	if !strings.Contains(text, "PRIVATE KEY-----") {
		return nil
	}
	var out []Secret
	for _, at := range privateKey.FindAllStringIndex(text, -1) {
		body, _, _ := strings.Cut(text[at[1]:], "-----END")
		body = strings.NewReplacer(`\n`, "", `\r`, "", "\n", "", "\r", "", " ", "", `"`, "", `'`, "").Replace(body)
		n := len(body) - len(strings.TrimLeft(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
		if n >= 40 && !Placeholder(body[:40]) {
			out = append(out, Secret{Kind: "a private key", Value: text[at[0]:at[1]], Start: at[0], End: at[1]})
		}
	}
	return out
}

var address = regexp.MustCompile(`\b[a-z][a-z0-9+.-]*://([^\s:/@'"<>{}\[\]()$]*):([^\s/@'"<>{}\[\]()$]+)@([\w.-]+)`)

// Addresses lists the addresses of a text that hold a password. Those of this machine are left out.
func Addresses(text string) []Secret {
	if !strings.Contains(text, "://") || !strings.Contains(text, "@") {
		return nil
	}
	var out []Secret
	for _, at := range address.FindAllStringSubmatchIndex(text, -1) {
		user, password, host := strings.ToLower(text[at[2]:at[3]]), text[at[4]:at[5]], strings.ToLower(text[at[6]:at[7]])
		if throwaway(user, password) || host == "localhost" || strings.HasPrefix(host, "127.") || host == "0.0.0.0" || host == "host" || host == "hostname" {
			continue
		}
		out = append(out, Secret{Kind: "an address with a password", Value: text[at[0]:at[1]], Start: at[0], End: at[1]})
	}
	return out
}

// throwaway reports whether a password only shows where one stands, or is that of a data base that is
// thrown away.
func throwaway(user, password string) bool {
	low := strings.ToLower(password)
	switch low {
	case "password", "passwd", "pass", "pwd", "pw", "secret", "token", "key", "x-oauth-basic", "test", "port":
		return true
	}
	return low == user || len(password) < 3 || strings.Trim(low, "x*.•-") == "" || slices.ContainsFunc(placeholders, func(p string) bool { return strings.Contains(low, p) })
}

var (
	settingLine  = regexp.MustCompile(`(?m)^\s*(?:export )?([A-Z][A-Z0-9_]*)=(.*?)\s*$`)
	settingEntry = regexp.MustCompile(`['"]([A-Z][A-Z0-9_]*)['"]\s*:\s*(?:'([^'\n]*)'|"([^"\n]*)")`)
	secretName   = regexp.MustCompile(`(?:TOKEN|SECRET|PASSWORD|API_KEY|ACCESS_KEY|SECRET_KEY)$`)
)

// Dumped is the name of a secret in a dump of an environment, three or more settings of which one is
// that of a secret; "" where there is none.
func Dumped(text string) string {
	if !strings.Contains(text, "TOKEN") && !strings.Contains(text, "SECRET") && !strings.Contains(text, "PASSWORD") && !strings.Contains(text, "_KEY") {
		return ""
	}
	for _, form := range []*regexp.Regexp{settingLine, settingEntry} {
		found := form.FindAllStringSubmatch(text, -1)
		if len(found) < 3 {
			continue
		}
		for _, m := range found {
			value := strings.Trim(strings.Join(m[2:], ""), `'"`)
			if secretName.MatchString(m[1]) && len(value) >= 12 && !Placeholder(value) && !strings.ContainsAny(value, " \\") && !strings.HasPrefix(value, "/") && !strings.Contains(value, "://") {
				return m[1]
			}
		}
	}
	return ""
}
