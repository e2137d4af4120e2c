package report

import "github.com/owenrumney/go-sarif/v2/sarif"

// The types of this file are those of go-sarif with what it lacks (the relationships of a
// rule) or writes in a form that the schema refuses (null for the absent fields of a
// suppression and of a reference to a tool component). An outer field hides the inner one of
// the same JSON name.

type sarifDocument struct {
	Schema  string      `json:"$schema"`
	Version string      `json:"version"`
	Runs    []*sarifRun `json:"runs"`
}

type sarifRun struct {
	*sarif.Run
	Tool       sarifTool         `json:"tool"`
	Results    []*sarifResult    `json:"results"`
	Taxonomies []*sarifComponent `json:"taxonomies,omitempty"`
}

type sarifTool struct {
	Driver *sarifDriver `json:"driver"`
}

type sarifDriver struct {
	*sarif.ToolComponent
	Rules               []*sarifRule         `json:"rules"`
	SupportedTaxonomies []*sarifComponentRef `json:"supportedTaxonomies,omitempty"`
}

// sarifComponent is a taxonomy.
type sarifComponent struct {
	Name             string        `json:"name"`
	Version          string        `json:"version,omitempty"`
	Organization     string        `json:"organization,omitempty"`
	GUID             string        `json:"guid"`
	InformationURI   string        `json:"informationUri,omitempty"`
	ShortDescription sarifMessage  `json:"shortDescription"`
	IsComprehensive  bool          `json:"isComprehensive"`
	Taxa             []*sarifTaxon `json:"taxa"`
}

type sarifTaxon struct {
	ID               string        `json:"id"`
	ShortDescription *sarifMessage `json:"shortDescription,omitempty"`
	HelpURI          string        `json:"helpUri,omitempty"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifComponentRef struct {
	Name  string `json:"name"`
	Index int    `json:"index"`
	GUID  string `json:"guid"`
}

type sarifRule struct {
	*sarif.ReportingDescriptor
	Relationships []sarifRelationship `json:"relationships,omitempty"`
}

type sarifRelationship struct {
	Target sarifReference `json:"target"`
	Kinds  []string       `json:"kinds"`
}

type sarifReference struct {
	ID            string             `json:"id"`
	Index         int                `json:"index"`
	ToolComponent *sarifComponentRef `json:"toolComponent"`
}

type sarifResult struct {
	*sarif.Result
	Suppressions []*sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string           `json:"kind"`
	Status        string           `json:"status,omitempty"`
	Location      *sarif.Location  `json:"location,omitempty"`
	Justification string           `json:"justification,omitempty"`
	Properties    sarif.Properties `json:"properties,omitempty"`
}
