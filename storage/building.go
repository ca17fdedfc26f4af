package storage

import (
	"context"
	"time"
)

// FlowDraft is one revision of the draft of a flow.
type FlowDraft struct {
	Flow   string
	Rev    int    // from 1, without gaps; the highest is the draft as it is
	Base   int    // version of the flow on which it stands; 0 = the flow was never published
	Same   int    // revision whose text it has again: what Undo makes; else Rev itself
	Source string // of the flow file; "" = there is no draft since: it was published or given up
	Change string // what made it out of the revision before
	Person string // who did
	At     time.Time
}

// FlowNote says who published a version of a flow, and why.
type FlowNote struct {
	Flow    string
	Version int
	Person  string
	Note    string // "" for none
}

// FlowState says that nobody is asked by a flow any more.
type FlowState struct {
	Flow   string
	State  string // FlowPaused or FlowRetired; "" = it is asked
	Person string
	At     time.Time
}

// The states of flows beside that of being asked.
const (
	FlowPaused  = "paused"
	FlowRetired = "retired"
)

// Presence says that somebody has a draft open.
type Presence struct {
	Draft  string // the flow, or RulesDraft, or TriggersDraft
	Tab    string // which of their pages
	Person string
	Part   string // of the draft, as its pages name parts
	Seen   time.Time
}

// PresenceLasts is for how long a presence is true that was not said anew.
const PresenceLasts = 40 * time.Second

// RulesDraft is the name of the draft of the recovery rules beside those of flows, and of what is said
// of their versions. No flow can have it.
const RulesDraft = "recovery.yaml"

// TriggersDraft is that of the draft of the triggers. Statements name it, and may not say "trigger".
const TriggersDraft = "asking.yaml"

// KeptRevisions is how many revisions of a draft are kept.
const KeptRevisions = 200

// Building keeps what people are building: drafts of flows, and what they say of versions.
// It is no configuration: nothing of it is asked before it is published.
type Building interface {
	// PutFlowDraft stores a revision if it follows the newest one: false = another was first.
	// The oldest beyond KeptRevisions go.
	PutFlowDraft(ctx context.Context, d FlowDraft) (stored bool, err error)
	// FlowDraft returns the newest revision, also one without a source. ErrNotFound if there
	// never was one.
	FlowDraft(ctx context.Context, flow string) (FlowDraft, error)
	// FlowDraftAt returns one revision. ErrNotFound.
	FlowDraftAt(ctx context.Context, flow string, rev int) (FlowDraft, error)
	// FlowDrafts returns the newest revision of each draft that there is, by flow: not those of the rules
	// and the triggers.
	FlowDrafts(ctx context.Context) ([]FlowDraft, error)
	// FlowDraftRevs returns the revisions that are kept, the newest first, without their
	// sources.
	FlowDraftRevs(ctx context.Context, flow string) ([]FlowDraft, error)

	// PutPresence says that somebody has a draft open, and forgets of it who did not say so since
	// PresenceLasts; DropPresence says that a page was left. Presences are those of a draft that
	// were said after since, by person and page.
	PutPresence(ctx context.Context, p Presence) error
	DropPresence(ctx context.Context, draft, tab string) error
	Presences(ctx context.Context, draft string, since time.Time) ([]Presence, error)

	// FlowVersions returns all published versions of a flow, the newest first.
	FlowVersions(ctx context.Context, flow string) ([]FlowSource, error)
	// PutFlowNote keeps the first note of a version. FlowNotes are those of a flow.
	PutFlowNote(ctx context.Context, n FlowNote) error
	FlowNotes(ctx context.Context, flow string) ([]FlowNote, error)

	// PutFlowState sets the state of a flow; "" takes it away. FlowStates are all there are.
	PutFlowState(ctx context.Context, st FlowState) error
	FlowStates(ctx context.Context) ([]FlowState, error)
}
