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
	// ReadRows is to take the rows out that figures are counted from; those of customers and of words take the scope of
	// these as well.
	ReadRows Scope = "exports:read"

	// MCP is to speak the Model Context Protocol with this program, which reads alone: what, say the other
	// scopes. Of these the last three open nothing else by themselves.
	MCP           Scope = "mcp"
	ReadCases     Scope = "cases:read"     // cases, with their history and without words
	ReadCustomers Scope = "customers:read" // keys of customers, and why they were asked or not
	ReadWords     Scope = "words:read"     // what customers wrote
)

// Scopes lists every scope.
func Scopes() []Scope {
	return []Scope{ReadFlows, WriteEvents, ReadReports, ManageHooks, WriteImprovements, ReadRows, MCP, ReadCases, ReadCustomers, ReadWords}
}

// Known reports whether there is such a scope.
func (s Scope) Known() bool { return slices.Contains(Scopes(), s) }
