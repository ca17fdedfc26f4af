package rulefile

import (
	_ "embed"
	"strings"
)

//go:embed schema/recovery.schema.json
var schema string

// Schema returns the JSON Schema (2020-12) of rule files, for completion and checking in
// editors. What no schema can say, such as that a route leads to a receiver of the file, is
// left to Parse.
func Schema() []byte { return []byte(strings.Clone(schema)) }
