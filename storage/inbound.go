package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// InboundSource is another system that calls us in its own form: an Installation of the platform
// chat.Inbound, whose Scopes say which of its members is which of ours, and whose token is what
// it signs with.
type InboundSource struct {
	Name string // also that of its events
	Made time.Time
	InboundTerms
}

// InboundTerms are how a system is heard.
type InboundTerms struct {
	File string `json:"file"`          // its mapping, as package inbound reads it
	Off  bool   `json:"off,omitempty"` // its calls are not let in
	By   string `json:"by,omitempty"`  // who made it: a sign-in name; "" = a command
}

// Installation is the source as it is kept. sealed is its token.
func (s InboundSource) Installation(sealed string) Installation {
	scopes, _ := json.Marshal(s.InboundTerms) // words and a boolean always can be
	return Installation{
		Platform: chat.Inbound, Account: s.Name, Name: s.Name, Sealed: sealed, Scopes: string(scopes), Installed: s.Made, Approved: s.Made,
	}
}

// InboundOf reads what InboundSource.Installation wrote.
func InboundOf(i Installation) (s InboundSource, err error) {
	if err := json.Unmarshal([]byte(i.Scopes), &s.InboundTerms); err != nil {
		return s, fmt.Errorf("how the system %s is heard cannot be read: %w", i.Account, err)
	}
	s.Name, s.Made = i.Account, i.Installed
	return s, nil
}

// InboundCall is one call of a system.
type InboundCall struct {
	Source  string
	Message string // what tells it from all other calls
	At      time.Time
	Status  int    // what was answered, of HTTP
	Result  string // what became of it
	Body    string // sealed; "" = it is not kept any more
}

// For how long calls are known, and their bodies kept.
const (
	InboundDays  = 3
	InboundHours = 24
	InboundKept  = 10 // bodies of a source
)

// Inbounds keep what other systems called us with.
type Inbounds interface {
	// PutInbound stores a call, in the place of the same one of before. It removes calls of its
	// source that are older than InboundDays, and bodies of it that are older than InboundHours
	// or are not among the newest InboundKept.
	PutInbound(ctx context.Context, c InboundCall) error
	// Inbound returns a call without its body. ErrNotFound.
	Inbound(ctx context.Context, source, message string) (InboundCall, error)
	// InboundCalls returns the newest calls of a source since then, the newest first.
	InboundCalls(ctx context.Context, source string, since time.Time, limit int) ([]InboundCall, error)
	// ForgetInbound removes the bodies of all calls of all sources.
	ForgetInbound(ctx context.Context) error
}
