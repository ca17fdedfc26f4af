package api

import (
	_ "embed"
	"sync"

	"github.com/goccy/go-yaml"
)

// description is the OpenAPI document of every address here.
//
//go:embed openapi.yaml
var description []byte

// descriptionJSON is the same as JSON.
var descriptionJSON = sync.OnceValue(func() []byte {
	out, err := yaml.YAMLToJSON(description)
	if err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	return out
})
