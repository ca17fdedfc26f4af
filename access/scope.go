package access

import "slices"

// Scope is something that another system may do with a token of the API.
type Scope string

// The scopes.
const (
	ReadFlows   Scope = "flows:read"      // which surveys there are, and what they ask
	WriteEvents Scope = "events:write"    // which services took place, and look at what was told
	ReadReports Scope = "reports:read"    // the figures that pages show
	ManageHooks Scope = "webhooks:manage" // endpoints that are told what happens
	// WriteImprovements is to write down what was changed, and to take it back.
	WriteImprovements Scope = "improvements:write"
)

// Scopes lists every scope.
func Scopes() []Scope {
	return []Scope{ReadFlows, WriteEvents, ReadReports, ManageHooks, WriteImprovements}
}

// Known reports whether there is such a scope.
func (s Scope) Known() bool { return slices.Contains(Scopes(), s) }
