package flowfile

import (
	_ "embed"
	"strings"
)

//go:embed schema/flow.schema.json
var schema string

// Schema returns the JSON Schema (2020-12) of flow files, for completion and checking in
// editors. What no schema can say, such as that a condition names an earlier question, is
// left to Parse and survey.Check.
func Schema() []byte { return []byte(strings.Clone(schema)) }
