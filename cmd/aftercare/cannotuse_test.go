package main

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestADatabaseThatLetsNobodyInSaysWhatToDo: where there is no such database, a wrong user, and a
// directory in which nobody may write, whoever starts reads what to do.
func TestADatabaseThatLetsNobodyInSaysWhatToDo(t *testing.T) {
	there := pgtest.Start(t)
	base, settings, ok := strings.Cut(there, "?")
	if !ok {
		t.Fatal("an address without settings")
	}
	for what, x := range map[string]struct{ url, why, do string }{
		"no such database": {base[:strings.LastIndex(base, "/")] + "/nothing?" + settings, "no database of that name", "createdb"},
		"a wrong user":     {there + "&user=nobody_known", "does not accept this user's password", "Correct the user or the password in DATABASE_URL"},
		"no such place":    {"sqlite:/sys/aftercare.db", "may not read and write /sys/aftercare.db", "name another place in DATABASE_URL"},
		"no directory":     {"sqlite:" + t.TempDir() + "/no/aftercare.db", "directory", "DATABASE_URL"},
	} {
		t.Run(what, func(t *testing.T) {
			c := bareConsole(t, map[string]string{"DATABASE_URL": x.url, "SECRET_KEY": strings.Repeat("0123456789abcdef", 4), "LISTEN": "127.0.0.1:0"})
			commands := []string{"migrate", "serve", "doctor"}
			if what == "no such place" {
				commands = commands[:2] // root may write everywhere, as far as doctor is told
			}
			for _, command := range commands {
				if code := c.call(command); code == 0 {
					t.Errorf("%s succeeds", command)
				}
				said := c.stdout.String() + c.stderr.String()
				for _, want := range []string{x.why, x.do} {
					if !strings.Contains(said, want) {
						t.Errorf("%s lacks %q: %s", command, want, said)
					}
				}
			}
		})
	}
}

// What the doctor finds and what to do about it are told apart also where the path of the database reads like the end
// of a sentence.
func TestTheDoctorTellsWhyFromWhatToDo(t *testing.T) {
	u := checkup{broken: fmt.Errorf("open: %w", &app.CannotUseError{Why: "/srv/no. 1/a. db cannot be opened", Do: "Make it", Err: fs.ErrInvalid})}
	want := finding{Says: "the database cannot be used: /srv/no. 1/a. db cannot be opened (invalid argument)", Do: "Make it"}
	if found := u.lookAtDatabase(t.Context()); len(found) != 1 || found[0] != want {
		t.Errorf("the doctor finds %+v, want %+v", found, want)
	}
}
