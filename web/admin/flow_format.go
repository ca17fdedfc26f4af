package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// schema is what is read of the JSON Schema of flow files: it says which controls there are,
// so that no key of the format is out of reach.
type schema struct {
	Ref         string   `json:"$ref"`
	Type        any      `json:"type"`
	Enum        []any    `json:"enum"`
	Const       any      `json:"const"`
	Description string   `json:"description"`
	Items       *schema  `json:"items"`
	Required    []string `json:"required"`
	AllOf       []schema `json:"allOf"`
	Properties  props    `json:"properties"`
	Defs        props    `json:"$defs"`
	Any         any      `json:"additionalProperties"`
}

// props are named schemas in the order of the file.
type props []prop

type prop struct {
	Name string
	Of   schema
}

// UnmarshalJSON keeps the order.
func (p *props) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var of schema
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if len(raw) > 0 && raw[0] == '{' {
			if err := json.Unmarshal(raw, &of); err != nil {
				return err
			}
		}
		*p = append(*p, prop{fmt.Sprint(name), of})
	}
	return nil
}

func (p props) get(name string) *schema {
	for i := range p {
		if p[i].Name == name {
			return &p[i].Of
		}
	}
	return nil
}

// format is the schema of flow files.
var format = sync.OnceValue(func() *schema {
	var s schema
	if err := json.Unmarshal(flowfile.Schema(), &s); err != nil {
		panic(err) // embedded: cannot fail in a binary that was built
	}
	return &s
})

// def is a named part of the format.
func def(name string) *schema { return format().Defs.get(name) }

// ref is the name of the part that a schema refers to.
func (s *schema) ref() string {
	for _, of := range s.AllOf {
		if r := of.ref(); r != "" {
			return r
		}
	}
	return strings.TrimPrefix(s.Ref, "#/$defs/")
}

func (s *schema) is(kind string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return s.Type == kind
}

// resolved follows a reference.
func (s *schema) resolved() *schema {
	if name := s.ref(); name != "" {
		if d := def(name); d != nil {
			return d
		}
	}
	return s
}

// shape is the kind of control for a key.
func (s *schema) shape(key string) string {
	r := s.resolved()
	switch ref := s.ref(); {
	case ref == "text":
		return "area"
	case ref == "condition":
		return "when"
	case len(r.Enum) > 0:
		return "select"
	case r.Const == true || r.is("boolean") && !r.is("string"):
		return "check"
	case r.is("object") && len(r.Properties) > 0:
		return "group"
	case r.is("array") && r.Items != nil && len(r.Items.resolved().Properties) > 0:
		return "list"
	case r.is("number") || r.is("integer"):
		return "number"
	case ref == "also", r.is("array"), r.is("object"), r.Type == nil && ref != "name" && ref != "code" && ref != "words":
		return "yaml"
	}
	return "text"
}

// as is how a shape's value is written.
func as(shape string) string {
	switch shape {
	case "check", "number":
		return draft.Bare
	case "yaml", "when":
		return draft.YAML
	}
	return draft.Words
}

// shapeAt is the shape of the key that a path ends with, so that what is posted is read by
// the format and not by what the browser says.
func shapeAt(path string) (string, bool) {
	at := format()
	steps := strings.Split(path, "/")
	for i, step := range steps {
		r := at.resolved()
		switch {
		case strings.HasPrefix(step, "@"):
			return "area", at.ref() == "text" && i == len(steps)-1
		case strings.HasPrefix(step, "=") || strings.HasPrefix(step, "#"):
			if r.Items == nil {
				return "", false
			}
			at = r.Items
		case r.Properties.get(step) != nil:
			at = r.Properties.get(step)
		default:
			more, ok := r.Any.(map[string]any)
			if !ok {
				return "", false
			}
			ref, _ := more["$ref"].(string)
			if at = (&schema{Ref: ref}); def(at.ref()) == nil {
				return "", false
			}
		}
	}
	return at.shape(steps[len(steps)-1]), true
}
