package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// doctorCmd checks what a server needs, and says what to do about what is missing.
type doctorCmd struct {
	outputFlags
	Part  string `arg:"" optional:"" enum:"all,slack" default:"all" help:"slack: look at Slack alone, and closer."`
	Probe string `help:"With slack: send this person a test message, the only way to learn whether the Messages tab is on. A member's id, such as U0123456789."`
}

// finding is the outcome of one check.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
}

// Run makes every check that the ones before it allow, and fails if one failed.
func (c *doctorCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	findings := []finding{{Check: "settings", OK: true, Says: "they are valid"}}
	store, database := a.checkDatabase(s)
	if store != nil {
		defer store.Close()
	}
	findings = append(findings, database)
	if c.Part == "slack" {
		findings = append(findings, a.checkSlack(s, store, true, c.Probe)...)
		return c.report(a, findings)
	}
	findings = append(findings, a.checkTelegram(s, store))
	if s.UsesSlack() {
		findings = append(findings, a.checkSlack(s, store, false, "")...)
	}
	if s.StaffChat != "" {
		findings = append(findings, a.checkStaffChat(s))
	}

	return c.report(a, findings)
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
		if !f.OK {
			mark = "FAIL"
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

// checkDatabase returns the open store where there is one.
func (a *terminal) checkDatabase(s settings.Settings) (storage.Store, finding) {
	f := finding{Check: "database", Do: "check DATABASE_URL, that the server runs, and that this user may use it"}
	store, err := app.OpenStore(a.ctx, s, a.clock, nil)
	if err != nil {
		f.Says = err.Error()
		return nil, f
	}
	if err := app.CheckKey(a.ctx, s, store); err != nil {
		f.Says, f.Do = err.Error(), "see SECRET_KEY in README.md"
		return store, f
	}
	counts, err := store.Counts(a.ctx)
	if err != nil {
		f.Says = err.Error()
		return store, f
	}
	f.OK, f.Do = true, ""
	f.Says = fmt.Sprintf("%d sessions, %d answers, %d cases; %d messages wait, %d were given up", counts.Sessions, counts.Answers, counts.Cases, counts.Due, counts.Failed)
	if counts.Failed > 0 {
		f.Do = "see which: aftercare outbox list"
	}
	return store, f
}

// checkTelegram asks Telegram for the bot's name and keeps it, so that invitations can
// be made from then on.
func (a *terminal) checkTelegram(s settings.Settings, store storage.Store) finding {
	f := finding{Check: "telegram"}
	if s.Token == "" {
		f.OK, f.Says = true, "not used, because TELEGRAM_TOKEN is not set"
		return f
	}
	ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
	defer cancel()
	me, err := telegram.New(telegram.Config{Token: string(s.Token), API: s.API, Clock: a.clock}).Me(ctx)
	if err != nil {
		f.Says, f.Do = err.Error(), "check that this machine reaches "+s.API
		if chat.AsError(err).Kind == chat.Revoked {
			f.Do = "copy the token again from @BotFather into TELEGRAM_TOKEN"
		}
		return f
	}
	f.Says = "the bot is @" + me.Username
	if store == nil {
		f.Do = "its name cannot be kept until the database works"
		return f
	}
	err = store.PutAccount(a.ctx, storage.Account{Platform: chat.Telegram, ID: me.ID, Name: me.Username, Seen: a.clock()})
	if err != nil {
		f.Says, f.Do = errors.Join(errors.New("the bot's name could not be kept"), err).Error(), "check the database"
		return f
	}
	f.OK = true
	if s.StaffChat == "" {
		f.Do = "set TELEGRAM_STAFF_CHAT, so that staff hear of unsatisfied customers"
	}
	return f
}

// checkStaffChat asks Telegram whether the bot is in the staff's chat. A group that was
// upgraded has another id; cards follow it by themselves, but a new database would not.
func (a *terminal) checkStaffChat(s settings.Settings) finding {
	f := finding{Check: "staff"}
	ctx, cancel := context.WithTimeout(a.ctx, 20*time.Second)
	defer cancel()
	client := telegram.New(telegram.Config{Token: string(s.Token), API: s.API, Clock: a.clock})
	title, err := client.ChatTitle(ctx, s.TelegramStaff()[0])
	switch e := chat.AsError(err); {
	case err == nil:
		f.OK, f.Says = true, fmt.Sprintf("cards go to %q", title)
	case e.Kind == chat.MovedChat:
		f.Says, f.Do = "the staff's group has a new id", "set TELEGRAM_STAFF_CHAT="+e.To.Chat
	case e.Kind == chat.Unreachable || e.Kind == chat.Rejected:
		f.Says, f.Do = err.Error(), "add the bot to the group, and check the number in TELEGRAM_STAFF_CHAT"
	default:
		f.Says, f.Do = err.Error(), "check that this machine reaches "+s.API
	}
	return f
}
