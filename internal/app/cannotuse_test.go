package app

import (
	"errors"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestADatabaseThatLetsNobodyInSaysWhatToDo tries each way to it where there is no such database, no such user, and a
// directory in which nobody may write.
func TestADatabaseThatLetsNobodyInSaysWhatToDo(t *testing.T) {
	there := pgtest.Start(t)
	base, _, ok := strings.Cut(there, "?")
	if !ok {
		t.Fatal("an address without settings")
	}
	at := strings.LastIndex(base, "/")
	for what, x := range map[string]struct{ url, why, do string }{
		"no such database": {base[:at] + "/nothing" + there[len(base):], "no database of that name", "createdb"},
		"no such user":     {there + "&user=nobody_known", "does not let this user in", "Correct the user in DATABASE_URL"},
		"no directory for": {"sqlite:/sys/aftercare.db", "may not read and write /sys/aftercare.db", "name another place in DATABASE_URL"},
	} {
		s := settings.Settings{DatabaseURL: settings.Secret(x.url)}
		_, migrated := Migrate(t.Context(), Migrating{Settings: s, Clock: Now})
		_, made := makeStore(t.Context(), Migrating{Settings: s, Clock: Now}, nil)
		for way, err := range map[string]error{"migrate": migrated, "serve": made} {
			if !errors.Is(err, ErrCannotUse) || !strings.Contains(err.Error(), x.why) || !strings.Contains(err.Error(), x.do) {
				t.Errorf("%s, %s: %v", what, way, err)
			}
		}
		if _, err := LookStore(t.Context(), s, Now); what != "no directory for" && !errors.Is(err, ErrCannotUse) {
			t.Errorf("%s, doctor: %v", what, err)
		}
	}
	for code, do := range map[string]string{"invalid_password: no (28P01)": "Correct the user or the password", "insufficient_privilege: no (42501)": "ALTER DATABASE"} {
		if err := whatToDo(errors.New(code)); !errors.Is(err, ErrCannotUse) || !strings.Contains(err.Error(), do) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
