package jinja

import (
	"strings"
	"testing"
	"time"
)

// reaching are templates that ask for an internal attribute, each with its name.
var reaching = map[string]string{
	`{{ ''.__class__.__mro__[1].__subclasses__() }}`:                    "__class__",
	`{{ cycler.__init__.__globals__.os.popen('id').read() }}`:           "__init__",
	`{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}`: "__class__",
	`{% if x.__getattribute__ %}{% endif %}`:                            "__getattribute__",
	`{{ messages|attr('__class__') }}`:                                  "__class__",
	`{{ messages | attr("\x5f\x5fclass\x5f\x5f") }}`:                    "__class__",
	`{{ messages | attr("\137\137class\u005f\U0000005f") }}`:            "__class__",
	`{{ messages["\N{LOW LINE}_class__"] }}`:                            "__class__",
	`{{ messages['__cl' 'ass__'] }}`:                                    "__class__",
	`{{ messages['__cl' + 'ass__'] }}`:                                  "__class__",
	`{{ messages['_' ~ '_' ~ 'class' ~ '__'] }}`:                        "__class__",
	`{{ messages[['__','class','__']|join] }}`:                          "__class__",
	`{{ messages['_'.join(['','_class_',''])] }}`:                       "__class__",
	`{{ messages['__ssalc__'|reverse] }}`:                               "__class__",
	`{{ messages['__ssalc__'[::-1]] }}`:                                 "__class__",
	`{{ messages['__CLASS__'|lower] }}`:                                 "__class__",
	`{{ messages['__CLASS__'.lower()] }}`:                               "__class__",
	`{{ messages['%s%s'|format('__cl','ass__')] }}`:                     "__class__",
	`{{ messages['%c%cclass%c%c'|format(95,95,95,95)] }}`:               "__class__",
	`{{ messages['{}class{}'.format('__','__')] }}`:                     "__class__",
	`{{ messages['{0:c}{0:c}class__'.format(95)] }}`:                    "__class__",
	`{{ messages['%sclass%s' % ('__','__')] }}`:                         "__class__",
	`{{ messages['xxclassxx'|replace('x','_')] }}`:                      "__class__",
	`{{ messages['_'*2 ~ 'class' ~ '_'*2] }}`:                           "__class__",
	`{{ messages[dict(__cl=1,ass__=2)|join] }}`:                         "__class__",
	`{{ messages[dict(__class__=1)|list|first] }}`:                      "__class__",
	`{% set a = '__cl' %}{% set b = 'ass__' %}{{ x[a ~ b] }}`:           "__class__",
	`{% set a, b = '__cl', 'ass__' %}{{ x[a ~ b] }}`:                    "__class__",
	`{% set a %}__class__{% endset %}{{ x[a ~ ''] }}`:                   "__class__",
	`{%- macro m() -%}__cl{%- endmacro -%}{{ x[m() ~ 'ass__'] }}`:       "__class__",
	`{% set n = namespace(s='') %}{% for c in ['__','class','__'] %}{% set n.s = n.s ~ c %}{% endfor %}{{ x[n.s] }}`: "__class__",
	`{% set d = {'a': '__cla'} %}{{ x[d.a ~ 'ss__'] }}`:                                                              "__class__",
	`{% set d = {'a': '__cla'} %}{{ x[d['a'] ~ 'ss__'] }}`:                                                           "__class__",
	`{% set s = 'a_bcls' %}{{ x[s[1]~s[1]~s[3]~s[4]~s[0]~s[5]~s[5]~s[1]~s[1]] }}`:                                    "__class__",
	`{{ '{0.__class__} {1}'.format(x, y) }}`:                                                                         "__class__",
	`{{ messages|map(attribute='__class__.__mro__')|list }}`:                                                         "__class__",
	`{{ messages|sum(attribute='__class__') }}`:                                                                      "__class__",
	`{{ messages|map('attr', '__class__')|list }}`:                                                                   "__class__",
	`{{ self._TemplateReference__context }}`:                                                                         "_TemplateReference__context",
	`{{ f.func_globals }}`:                                                                                           "func_globals",
	`{{ g.gi_frame.f_globals }}`:                                                                                     "gi_frame",
	`{{ {'a': {'b': 1}}.__class__ }}`:                                                                                "__class__",
	`{{ ('}}' ~ x).__class__ }}`:                                                                                     "__class__",
	`{{ x if y else z.__class__ }}`:                                                                                  "__class__",
	`{{ x is defined and z.__class__ }}`:                                                                             "__class__",
	`{{ x is divisibleby(z.__class__) }}`:                                                                            "__class__",
	`{% raw %}{{ a }}{% endraw %}{{ x.__class__ }}`:                                                                  "__class__",
	`{# {{ a }} #}{{ x.__class__ }}`:                                                                                 "__class__",
	`{%- set x = y.__class__ -%}`:                                                                                    "__class__",
	`{{ ((((((x.__class__)))))) }}`:                                                                                  "__class__",
	`{{ ` + strings.Repeat("(", 1000) + `x.__class__` + strings.Repeat(")", 1000) + ` }}`:                            "__class__",
	"{{ x\n.\n__class__ }}":                                                                                          "__class__",
	`{% filter upper %}{{ x.__class__ }}{% endfilter %}`:                                                             "__class__",
	`{% call m() %}{{ x.__class__ }}{% endcall %}`:                                                                   "__class__",
	`{% for m in messages if m.__class__ %}{% endfor %}`:                                                             "__class__",
	`{{ x["cl" ~ y] }}{{ x.__builtins__ }}`:                                                                          "__builtins__",
	`{{ x.`:                                                                                                          "",
}

// honest are templates that do not.
var honest = []string{
	`{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}{% endfor %}`,
	`the words __class__ and {x}.__globals__ in the text`,
	`{# {{ x.__class__ }} #}`,
	`{% raw %}{{ x.__class__ }}{% endraw %}`,
	`{%- raw -%}{{ x.__class__ }}{%- endraw -%}`,
	`{{ "def __init__(self, x):\n    pass" }}`,
	`{% if message.role == '__system__' %}{{ bos_token }}{% endif %}`,
	`{{ messages[0]['content'].split('</think>')[-1].lstrip('\n') }}`,
	`{% set ns = namespace(found=false, system_prompt='') %}{% for m in messages %}{% set ns.found = true %}{% endfor %}`,
	`{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}`,
	`{% macro json_to_python_type(spec) %}{%- set basic = {"string": "str", "number": "float"} %}{{ basic[spec.type] }}{% endmacro %}`,
	`{%- for tool in tools %}{{ tool | tojson(indent=4) }}{% if not loop.last %}, {% endif %}{% endfor %}`,
	`{{ '<s>[INST] <<SYS>>\n' + system_message + '\n<</SYS>>\n\n' }}`,
	`{% set content = message['content'] | trim %}{{ content[:-1] }}{{ (loop.index0 % 2 == 0) != (message['role'] == 'user') }}`,
	`{{ '{' }}{{ '}}' }}{{ "{{" }}`,
	`<__media__>{{ '<__media__>' }}`,
}

func TestTemplatesThatReachForInternalsAreFound(t *testing.T) {
	for template, want := range reaching {
		r := Find(template)
		switch {
		case want == "" && len(r.Gadgets) > 0, want != "" && (len(r.Gadgets) == 0 || r.Gadgets[0].Name != want):
			t.Errorf("%.120s: got %+v, want %q", template, r, want)
		case want != "" && r.Gadgets[0].Offset >= len(template):
			t.Errorf("%.120s: offset %d is outside", template, r.Gadgets[0].Offset)
		}
	}
}

func TestHonestTemplatesAreLeftAlone(t *testing.T) {
	for _, template := range honest {
		if r := Find(template); len(r.Gadgets) > 0 || r.Cut {
			t.Errorf("%s: got %+v", template, r)
		}
	}
}

func TestHostileTemplatesEndSoon(t *testing.T) {
	for name, template := range map[string]string{
		"nested loops":       strings.Repeat(`{% for a in range(1000) %}`, 40) + "{{ a }}" + strings.Repeat(`{% endfor %}`, 40),
		"unclosed loops":     strings.Repeat(`{% for a in "ab" %}`, 100_000),
		"growing text":       `{% set a = "a" * 4000 %}` + strings.Repeat(`{% set a = a ~ a %}`, 10_000),
		"repetition":         `{{ "a" * 1000000000 * 1000000000 }}`,
		"deep parentheses":   `{{ ` + strings.Repeat("(", 1_000_000),
		"deep lists":         `{{ ` + strings.Repeat("[{1:", 500_000),
		"chain of tests":     `{{ x` + strings.Repeat(` is "a"`, 500_000) + ` }}`,
		"chain of not":       `{{ ` + strings.Repeat(`not `, 500_000) + ` }}`,
		"chain of minus":     `{{ ` + strings.Repeat(`-`, 3_000_000) + ` }}`,
		"chain of else":      `{{ ` + strings.Repeat(`a if b else `, 300_000) + ` }}`,
		"chain of filters":   `{{ x` + strings.Repeat(`|map("map")`, 300_000) + ` }}`,
		"macros of macros":   strings.Repeat(`{% macro a() %}{{ a() }}{{ a() }}`, 1000),
		"open braces":        strings.Repeat("{", 3_000_000),
		"unclosed strings":   strings.Repeat(`{{ "`, 1_000_000),
		"replace that grows": `{{ "` + strings.Repeat("a", 4000) + `"` + strings.Repeat(`|replace("a","aaaaaaaa")`, 10_000) + ` }}`,
		"nested formats":     `{{ ` + strings.Repeat(`"%s"|format(`, 100_000) + ` }}`,
		"printing":           `{% set x %}` + strings.Repeat(`{{ "aaaaaaaaaaaaaaaaaaaaaaa" }}`, 100_000) + `{% endset %}`,
	} {
		start := time.Now()
		Find(template)
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func FuzzFind(f *testing.F) {
	for template := range reaching {
		f.Add(template)
	}
	for _, template := range honest {
		f.Add(template)
	}
	f.Fuzz(func(t *testing.T, template string) {
		start := time.Now()
		for _, g := range Find(template).Gadgets {
			if g.Offset < 0 || g.Offset > len(template) {
				t.Errorf("offset %d of %d", g.Offset, len(template))
			}
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	template := strings.Join(honest, "\n")
	b.SetBytes(int64(len(template)))
	for b.Loop() {
		Find(template)
	}
}
