package artifact

type Kind string
type Verdict uint8

const (
	Harmless Verdict = iota
	Unknown
	Dangerous
)

type Fact struct {
	Kind           Kind
	Verdict        Verdict
	Member         string
	Offset, Length int64
	Opcode         string
	Name           string
	Args           string
	Why            string
}
