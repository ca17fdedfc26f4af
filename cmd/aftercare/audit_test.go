package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// Whatever a command changes stands in the list of changes, with what it was before; a command
// that changes nothing stands nowhere.
func TestWhatCommandsChangeIsNoted(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": "0123456789abcdef0123456789abcdef"})
	rules := c.file("recovery.yaml", "rules: {currency: EUR}\n")
	var said []string
	for _, command := range []struct {
		line  string
		notes string // "" = nothing
	}{
		{"site add main --name Salon", "site.add main |  | Salon, UTC, en"},
		{"site add main --name Salon", ""},
		{"site add main --zone Europe/Paris", "site.edit main | zone: UTC | zone: Europe/Paris"},
		{"staff add amy --name Amy --role agent --site main", "staff.add amy |  | agent at main"},
		{"staff add amy --role lead --everywhere", "staff.roles amy | rights: agent at main | rights: lead everywhere"},
		{"staff code amy", "staff.code amy |  | "},
		{"staff chat add desk --site main", "chat.add desk |  | main"},
		{"survey pause one_tap_csat", "flow.paused one_tap_csat | asked | paused"},
		{"survey pause one_tap_csat", ""},
		{"survey resume one_tap_csat", "flow.asked one_tap_csat | paused | asked"},
		{"staff chat remove desk", "chat.drop desk |  | "},
		{"recovery apply " + rules, "rules.publish 1 |  | "},
		{"recovery apply " + rules, ""},
		{"retention set words 365 --yes", "data.retention words | for good | 365 days"},
		{"staff remove amy", "staff.remove amy |  | "},
		{"site remove main", "site.remove main | Salon | "},
	} {
		c.must(strings.Fields(command.line)...)
		if command.notes != "" {
			said = append(said, command.notes)
		}
	}
	store, err := app.OpenStore(t.Context(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	list, err := store.Audits(t.Context(), storage.AuditFilter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var noted []string
	for _, a := range list {
		noted = append(noted, a.What+" "+a.Subject+" | "+a.Before+" | "+a.After)
		if a.From != "cli" || a.Who != "" {
			t.Errorf("%s is from %q by %q", a.What, a.From, a.Who)
		}
	}
	if slices.Reverse(noted); !slices.Equal(noted, said) {
		t.Errorf("noted:\n%s\nwant:\n%s", strings.Join(noted, "\n"), strings.Join(said, "\n"))
	}
}
