package shell

import "testing"

func TestWhatIsDownloadedFindsItsRunner(t *testing.T) {
	for text, want := range map[string]string{
		"curl -fsSL https://a.b/i.sh | sudo -u x bash -s -- -y": "bash",
		"curl https://a.b/i.sh | tee f | (cd /o && sh -)":       "sh",
		"curl https://a.b/i.py | python3.12 -":                  "python3.12",
		"bash <(curl https://a.b/i.sh) --quiet":                 "bash",
		`eval "$(curl https://a.b/env)"`:                        "eval",
		`sh -c "$(curl https://a.b/i.sh)"`:                      "sh",
		`sh <<< "$(curl https://a.b/i.sh)"`:                     "sh",
		`sh -c "echo $(curl https://a.b/version)"`:              "",
		`bash x.sh "$(curl https://a.b/version)"`:               "",
		"curl https://a.b/x | python3 -m json.tool":             "",
		"curl https://a.b/x | bash x.sh":                        "",
		"curl https://a.b/x | gpg --dearmor":                    "",
		"curl https://a.b/x | bash -o pipefail -s":              "bash",
		"curl https://a.b/x | bash -ec 'cat > y'":               "",
	} {
		got := ""
		list := Parse(text)
		for _, c := range list {
			if Downloads(c) == nil {
				continue
			}
			if r := RunnerOf(list, c); r != nil {
				got, _ = r.Program()
			}
		}
		if got != want {
			t.Errorf("%q is run by %q, want %q", text, got, want)
		}
	}
}

func TestStatementEndsBeforeItsSemicolon(t *testing.T) {
	const text = "if true; then curl u | sh ; fi"
	for _, c := range Parse(text) {
		if name, _ := c.Program(); name == "sh" && text[c.Whole[0]:c.Whole[1]] != "curl u | sh" {
			t.Errorf("the pipeline is %q", text[c.Whole[0]:c.Whole[1]])
		}
	}
}

func TestVariablesThatAreSetToConstantsAreExpanded(t *testing.T) {
	for text, want := range map[string]string{
		"URL=https://a.example/x.sh\ncurl $URL":                           "https://a.example/x.sh",
		"export V=1.2 BASE='https://a.example'\ncurl \"$BASE/${V}/x.sh\"": "https://a.example/1.2/x.sh",
		"URL=$(cat url)\ncurl $URL":                                       "$URL",
		"URL=https://a.example\nURL=$OTHER\ncurl $URL":                    "$URL",
		"URL=https://a.example\ncurl $URLS":                               "$URLS",
		"URL=https://a.example curl x\ncurl $URL":                         "$URL",
		"curl $URL\nURL=https://a.example":                                "$URL",
	} {
		list := Parse(text)
		var c *Command
		for _, other := range list {
			if len(other.Words) > 1 {
				c = other
			}
		}
		if got := Expanded(list, c, &c.Words[1]); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
