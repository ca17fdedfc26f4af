package snapshot_test

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
)

func TestWhoCanSignInSeesTheCasesOfTheirSites(t *testing.T) {
	agent := storage.Staff{ID: "mei", Roles: access.Grants{"main": access.Agent}}
	left := storage.Staff{ID: "old", Roles: access.Grants{access.EverySite: access.Lead}, Gone: time.Unix(1, 0)}
	members := map[string]storage.Staff{"mei": agent, "old": left}
	for name, c := range map[string]struct {
		signIn      map[string]bool
		main, other bool
	}{
		"nobody can":        {nil, false, false},
		"an owner":          {map[string]bool{"": true}, true, true},
		"somebody of main":  {map[string]bool{"mei": true}, true, false},
		"somebody who left": {map[string]bool{"old": true}, false, false},
	} {
		team := snapshot.Team{Members: members, SignIn: c.signIn}
		if team.Sees("main") != c.main || team.Sees("other") != c.other {
			t.Errorf("%s: main %t, other %t", name, team.Sees("main"), team.Sees("other"))
		}
	}
}
