package secrets

import (
	"crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"
)

// made is text of some length that looks random, of the characters given.
func made(n int, of string) string {
	var b strings.Builder
	for seed := []byte("seed"); b.Len() < n; {
		sum := sha512.Sum512(seed)
		seed = sum[:]
		for _, c := range sum {
			b.WriteByte(of[int(c)%len(of)])
		}
	}
	return b.String()[:n]
}

const (
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	alphabet = letters + "0123456789"
	hexes    = "0123456789abcdef"
)

// keys are one of each format, put together so that none stands in this file.
func keys() map[string]string {
	return map[string]string{
		"sk-ant-" + "api03-" + made(93, alphabet) + "AA":                            "ANTHROPIC_API_KEY",
		"sk-" + "proj-" + made(40, alphabet) + "T3Blbk" + "FJ" + made(40, alphabet): "OPENAI_API_KEY",
		"hf" + "_" + made(34, letters):                                              "HF_TOKEN",
		"api" + "_org_" + made(34, letters):                                         "HF_TOKEN",
		"AI" + "za" + made(35, alphabet):                                            "GOOGLE_API_KEY",
		"gs" + "k_" + made(52, alphabet):                                            "GROQ_API_KEY",
		"sk-" + "or-v1-" + made(64, hexes):                                          "OPENROUTER_API_KEY",
		"xa" + "i-" + made(80, alphabet):                                            "XAI_API_KEY",
		"pp" + "lx-" + made(48, alphabet):                                           "PERPLEXITY_API_KEY",
		"r8" + "_" + made(37, alphabet):                                             "REPLICATE_API_TOKEN",
		"nv" + "api-" + made(64, alphabet):                                          "NVIDIA_API_KEY",
		"lsv2" + "_pt_" + made(32, hexes) + "_" + made(10, hexes):                   "LANGSMITH_API_KEY",
		"da" + "pi" + made(32, hexes):                                               "DATABRICKS_TOKEN",
		"tv" + "ly-dev-" + made(32, alphabet):                                       "TAVILY_API_KEY",
		"pc" + "sk_" + made(6, alphabet) + "_" + made(63, alphabet):                 "PINECONE_API_KEY",
		"AB" + "SK" + made(120, alphabet):                                           "AWS_BEARER_TOKEN_BEDROCK",
		"gh" + "p_" + made(36, alphabet):                                            "GITHUB_TOKEN",
		"github" + "_pat_" + made(22, alphabet) + "_" + made(59, alphabet):          "GITHUB_TOKEN",
		"glpat" + "-" + made(20, alphabet):                                          "GITLAB_TOKEN",
	}
}

func TestKeysAreFoundInTheirPlace(t *testing.T) {
	for key, variable := range keys() {
		text := "name = \"" + key + "\"\n"
		found := Find(text)
		if len(found) != 1 || found[0].Variable != variable || text[found[0].Start:found[0].End] != key {
			t.Errorf("in %s… is found %v", key[:6], found)
		}
		for _, longer := range []string{key + "x", "x" + key, key + "_", "-" + key} {
			if key[0] != 'A' && len(Find(longer)) > 0 && !strings.HasPrefix(key, "sk-") && !strings.HasPrefix(key, "AB") {
				t.Errorf("a part of %s… is taken for a key", longer[:6])
			}
		}
	}
}

func TestWhatOnlyShowsAFormIsLeftOut(t *testing.T) {
	for _, text := range []string{
		"hf_" + strings.Repeat("x", 34), "AIza" + strings.Repeat("A", 35), "hf_" + made(23, letters) + "placeholder", "gsk_" + strings.Repeat("abab", 13),
		"key.startswith(\"sk-ant-\")", "sk-...abcd", "sk-proj-" + strings.Repeat("*", 40), "ghp_your" + made(32, alphabet),
	} {
		if found := Find(text); len(found) > 0 {
			t.Errorf("in %q is found %v", text, found)
		}
	}
}

func TestKeysOfAWSHaveTheirSecretNearby(t *testing.T) {
	id, secret := "AK"+"IA"+made(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), made(40, alphabet+"/+")
	if len(Find(id+"\n\n"+secret)) != 1 || len(Find(secret+"\n"+id)) != 1 {
		t.Error("the pair is not found")
	}
	sum := sha512.Sum512([]byte("commit"))
	for _, text := range []string{id, id + strings.Repeat("\n", 8) + secret, id + "\n" + hex.EncodeToString(sum[:20])} {
		if len(Find(text)) > 0 {
			t.Errorf("%q is taken for a pair", text)
		}
	}
}

func TestPrivateKeysHoldMoreThanTheirHead(t *testing.T) {
	head := "-----BEGIN RSA " + "PRIVATE KEY-----"
	if len(PrivateKeys(head+"\n"+made(64, alphabet)+"\n"+made(64, alphabet))) != 1 || len(PrivateKeys(`"`+head+`\n`+made(64, alphabet)+`\n"`)) != 1 {
		t.Error("the key is not found")
	}
	if len(PrivateKeys(head+"\n...\n-----END RSA PRIVATE KEY-----"))+len(PrivateKeys(head)) > 0 {
		t.Error("a head alone is taken for a key")
	}
}

func TestAddressesWithPasswords(t *testing.T) {
	password := made(12, alphabet)
	if found := Addresses("postgresql://svc:" + password + "@db.lab.example.org:5432/runs"); len(found) != 1 {
		t.Error("the password is not found")
	}
	for _, text := range []string{
		"postgres://postgres:postgres@localhost/db", "https://user:password@db.example.org", "redis://:***@cache", "https://alice@github.com/a/b", "mysql://u:{pw}@h", "http://127.0.0.1:8888/?a@b",
		"https://x.org/@user:1.2@y", "mongodb+srv://user:<password>@cluster0.mongodb.net",
	} {
		if found := Addresses(text); len(found) > 0 {
			t.Errorf("in %q is found %v", text, found)
		}
	}
}

func TestDumpsOfEnvironments(t *testing.T) {
	value := made(16, alphabet)
	for text, want := range map[string]string{
		"HOME=/root\nPATH=/bin\nWANDB_API_KEY=" + value + "\n":           "WANDB_API_KEY",
		"{'HOME': '/root', 'LANG': 'C', 'DB_PASSWORD': '" + value + "'}": "DB_PASSWORD",
		"HOME=/root\nPATH=/bin\nWANDB_API_KEY=****************\n":        "",
		"HOME=/root\nWANDB_API_KEY=" + value + "\n":                      "",
		"A=1\nB=2\nMAX_TOKENS=" + value + "\n":                           "",
		"A=1\nB=2\nSSL_CERT_SECRET=/etc/ssl/private/lab.pem\n":           "",
		"A=1\nB=2\nHF_TOKEN=\n":                                          "",
		"{'A': '1', 'B': '2', 'API_KEY': 'your-api-key-here'}":           "",
		"A=1\nB=2\nexport SLACK_TOKEN=\"" + value + "\"\n":               "SLACK_TOKEN",
	} {
		if got := Dumped(text); got != want {
			t.Errorf("%q dumps %q, want %q", text, got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for key := range keys() {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range append(append(Find(text), PrivateKeys(text)...), Addresses(text)...) {
			if text[s.Start:s.End] != s.Value {
				t.Errorf("%q does not stand at %d", s.Value, s.Start)
			}
		}
		Dumped(text)
	})
}

func TestKeysWithoutAFormat(t *testing.T) {
	for _, text := range []string{made(32, hexes), made(40, alphabet), "sk_" + made(48, hexes), made(20, alphabet) + "-" + made(20, alphabet), made(43, alphabet) + "="} {
		if !KeyLike(text) {
			t.Errorf("%q is taken for no key", text)
		}
	}
	for _, text := range []string{
		"", "EMPTY", "ollama", "sk-no-key-required", "your-cohere-key-goes-here-0000", "gpt-4o-mini-2024-07-18-preview", "my-service-account-2-eu", "/run/secrets/openai_api_key_1",
		"token-xxx-123456-abcdef-789", "${OPENAI_API_KEY_2_OF_3}", "1234567890abcdef1234567890abcdef", "11111111111111111111a", "claude-sonnet-4-5-20250929", "two words and 12345678901", "text-embedding-3-large-v2",
		"abcdefghijklmnopqrstuvwx1", "http://localhost:8000/v1",
	} {
		if KeyLike(text) {
			t.Errorf("%q is taken for a key", text)
		}
	}
}
