package storage

import (
	"context"
	"slices"
)

// Exporting hands out the rows that figures of others are built on, as docs/data.md tells them.
type Exporting interface {
	// Export calls row for each row of what is asked for, with a value a column: a string, an
	// int64, a float64, a bool, or nil. The slice is used again. It reads one moment, in no order.
	// Rows of a survey that was ever answered as a pulse of one's own staff are left out: each is one
	// colleague's, and those who may have rows are whom they answer to.
	Export(ctx context.Context, what Exported, f ExportFilter, row func(values []any) error) error
}

// ExportFilter says which rows are handed out. Every condition that is given must hold; a row without a day
// lies in no days.
type ExportFilter struct {
	Sites        []string // these, no others; nil = every site
	Flow         string   // of what has none, such as customers, it is no condition: see OfFlows
	Customers    []string // of v_customers alone: these; nil = every one
	Since, Until string   // days, "2026-03-05"; both count, and are those of Day
}

// Exported is something that can be handed out.
type Exported string

// What can be handed out.
const (
	ExportAnswers     Exported = "answers"
	ExportSessions    Exported = "sessions"
	ExportCases       Exported = "cases"
	ExportInvitations Exported = "invitations"
	ExportFeedback    Exported = "feedback"
	ExportCustomers   Exported = "customers"
	ExportWords       Exported = "words"
)

// exported are the columns of each.
var exported = map[Exported][]string{
	ExportAnswers: {
		"session", "question", "revision", "newest", "kind", "value", "choices", "score", "level", "flag", "skipped", "dropped", "test", "flow",
		"version", "site", "service", "staff", "language", "channel", "day",
	},
	ExportSessions: {
		"session", "flow", "version", "class", "site", "service", "staff", "language", "channel", "day", "status", "answered", "composite",
		"level", "flag", "unsatisfied", "has_case", "test",
	},
	ExportCases: {
		"site", "day", "state", "priority", "flow", "service", "staff", "language", "channel", "level", "flag", "test", "cause", "settled",
		"recovered", "reopens", "minutes_to_acknowledge", "minutes_to_contact", "minutes_to_resolve", "class", "acknowledged", "contacted",
		"resolved", "asked", "missed", "minutes_to_end", "day_opened",
	},
	ExportInvitations: {"flow", "version", "site", "service", "staff", "channel", "language", "day", "redeemed", "test", "class", "has_answer"},
	ExportFeedback:    {"kind", "site", "flow", "class", "service", "staff", "language", "channel", "level", "day", "test"},
	ExportCustomers: {
		"customer", "own_key", "site", "known_since", "accounts", "last_asked", "last_answered", "tier", "tier_since", "state", "stopped", "consent",
	},
	ExportWords: {"kind", "question", "text", "flow", "site", "service", "staff", "language", "channel", "day", "test", "class"},
}

// Columns are those of what is handed out, in their order; nil for what is none.
func (e Exported) Columns() []string { return slices.Clone(exported[e]) }

// OfFlows reports whether each row is of one survey.
func (e Exported) OfFlows() bool { return slices.Contains(exported[e], "flow") }

// Day is the column that the days of a filter are about.
func (e Exported) Day() string {
	if e == ExportCustomers {
		return "known_since"
	}
	return "day"
}

// ExportedKinds lists what can be handed out.
func ExportedKinds() []Exported {
	return []Exported{ExportAnswers, ExportSessions, ExportCases, ExportInvitations, ExportFeedback, ExportCustomers, ExportWords}
}

// Whether is whether a column says yes or no.
func Whether(column string) bool {
	return slices.Contains([]string{
		"newest", "skipped", "dropped", "test", "unsatisfied", "has_case", "redeemed", "has_answer", "acknowledged", "contacted", "resolved", "asked", "own_key",
	}, column)
}
