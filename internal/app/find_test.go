package app

import (
	"errors"
	"testing"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// TestAWorkspaceThatFailsKeepsNobodyFromBeingFoundElsewhere looks for people while one of two workspaces fails.
func TestAWorkspaceThatFailsKeepsNobodyFromBeingFoundElsewhere(t *testing.T) {
	r, one, two, _ := assembled(t)
	for _, id := range []string{one.Team, two.Team} {
		eventually(t, "the lease of "+id, func() bool { return r.account(id).Holds })
	}
	find, bob := r.Connections().finder(), two.NewUser("Bob Ray", "en-GB")
	one.Inject(slackfake.Fault{Method: "users.lookupByEmail", Error: "internal_error", Times: -1})
	found, err := find(t.Context(), storage.EventReach{Kind: "slack_email", To: bob.Email})
	if want := (storage.Person{Platform: "slack", Account: two.Team, User: bob.ID}); err != nil || found.To != want {
		t.Errorf("found %+v, %v; want %+v", found.To, err, want)
	}
	_, err = find(t.Context(), storage.EventReach{Kind: "slack_email", To: "nobody@example.com"})
	if err == nil || errors.Is(err, asking.ErrNobody) {
		t.Errorf("of somebody who may be in the workspace that failed: %v", err)
	}
	one.ClearFaults()
	if _, err = find(t.Context(), storage.EventReach{Kind: "slack_email", To: "nobody@example.com"}); !errors.Is(err, asking.ErrNobody) {
		t.Errorf("of nobody: %v", err)
	}
}
