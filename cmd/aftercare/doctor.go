package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// doctorCmd checks what a server needs, and says what to do about what is missing. It writes
// nothing.
type doctorCmd struct {
	outputFlags
	Part  string `arg:"" optional:"" enum:"all,slack" default:"all" help:"slack: look at Slack alone, and closer."`
	Probe string `help:"With slack: send this person a test message, the only way to learn whether the Messages tab is on. A member's id, such as U0123456789."`
}

// finding is something that a check found.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`                      // false = it is wrong
	Warn  bool   `json:"warning,omitempty"`       // it may be meant, and somebody should look
	Not   bool   `json:"not_looked_at,omitempty"` // nobody knows how it is: Says says why
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// checkup is what the checks share. Nothing in it writes.
type checkup struct {
	*terminal
	settings settings.Settings
	store    storage.Store // nil where the database cannot be read
	broken   error         // why
	key      []byte        // nil where there is none
	running  bool          // a server with this key answers at LISTEN
}

// doctorCheck is one line of the table.
type doctorCheck struct {
	name string
	look func(*checkup, context.Context) []finding
}

// doctorChecks is all that is looked at, in this order.
func doctorChecks() []doctorCheck {
	return []doctorCheck{
		{"settings", (*checkup).lookAtSettings},
		{"database", (*checkup).lookAtDatabase},
		{"key", (*checkup).lookAtKey},
		{"files", (*checkup).lookAtFiles},
		{"disk", (*checkup).lookAtDisk},
		{"backup", (*checkup).lookAtBackups},
		{"address", (*checkup).lookAtAddress},
		{"clock", (*checkup).lookAtClock},
		{"telegram", (*checkup).lookAtTelegram},
		{"slack", (*checkup).lookAtSlack},
		{"staff", (*checkup).lookAtStaff},
		{"routes", (*checkup).lookAtRoutes},
		{"surveys", (*checkup).lookAtSurveys},
		{"stuck", (*checkup).lookAtStuck},
	}
}

// lookLimit bounds one check.
const lookLimit = 30 * time.Second

// Run makes every check, and fails if one found something wrong.
func (c *doctorCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	u := &checkup{terminal: a, settings: s}
	u.store, u.broken = app.LookStore(a.ctx, s, a.clock)
	if u.store != nil {
		defer u.store.Close()
	}
	if u.store != nil {
		if keys, err := app.ReadKeys(a.ctx, s, u.store); err == nil { // else lookAtKey says so
			u.key = keys.Secret
		}
	}
	u.running = u.key != nil && u.answers("http://"+app.Reachable(s.Listen)) == app.ServerID(u.key)
	if c.Part == "slack" {
		findings := u.lookAtDatabase(a.ctx)
		return c.report(a, append(findings, a.checkSlack(s, u.store, true, c.Probe)...))
	}
	var findings []finding
	for _, check := range doctorChecks() {
		ctx, cancel := context.WithTimeout(a.ctx, lookLimit)
		found := check.look(u, ctx)
		cancel()
		for i := range found {
			found[i].Check = check.name
		}
		findings = append(findings, found...)
	}
	return c.report(a, findings)
}

func fine(format string, args ...any) []finding {
	return []finding{{OK: true, Says: fmt.Sprintf(format, args...)}}
}

// unseen is one line that nothing was looked at, because of something.
func unseen(because string) []finding {
	return []finding{{OK: true, Not: true, Says: "not looked at, because " + because}}
}

func wrong(do, format string, args ...any) finding {
	return finding{Says: fmt.Sprintf(format, args...), Do: do}
}

func warning(do, format string, args ...any) finding {
	return finding{OK: true, Warn: true, Says: fmt.Sprintf(format, args...), Do: do}
}

// orFine is what was found, or one line that all is well.
func orFine(found []finding, format string, args ...any) []finding {
	if len(found) > 0 {
		return found
	}
	return fine(format, args...)
}

func (c *doctorCmd) report(a *terminal, findings []finding) (err error) {
	failed := 0
	for _, f := range findings {
		if !f.OK {
			failed++
		}
	}
	if c.JSON {
		err = a.printJSON(map[string]any{"ok": failed == 0, "checks": findings})
	} else {
		err = a.printFindings(findings)
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d checks failed", failed, len(findings))
	}
	return err
}

func (a *terminal) printFindings(findings []finding) error {
	for _, f := range findings {
		mark := "ok  "
		switch {
		case !f.OK:
			mark = "FAIL"
		case f.Warn:
			mark = "warn"
		case f.Not:
			mark = "-   "
		}
		if err := a.printf("%s  %-9s %s\n", mark, f.Check, f.Says); err != nil {
			return err
		}
		if f.Do != "" {
			if err := a.printf("      %-9s → %s\n", "", f.Do); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *checkup) lookAtSettings(context.Context) []finding {
	var out []finding
	for _, s := range u.settings.Strangers {
		do := "take it out, or see docs/running.md for its name"
		if s.Near != "" {
			do = "write " + s.Near
		}
		out = append(out, warning(do, "%v", s))
	}
	if u.settings.WeakKey() {
		out = append(out, warning("begin the next database with one from `openssl rand -hex 32`", "they are valid, and SECRET_KEY is easy to guess"))
	}
	return orFine(out, "they are valid")
}

// lookAtSlack asks Slack about every workspace.
func (u *checkup) lookAtSlack(context.Context) []finding {
	if !u.settings.UsesSlack() {
		return unseen("SLACK_BOT_TOKEN is not set: Slack is not used")
	}
	return u.checkSlack(u.settings, u.store, true, "")
}
