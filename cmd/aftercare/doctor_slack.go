package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// checkSlack asks Slack about every workspace. In full it looks at permissions, Socket
// Mode and the staff's channel, and sends a person a test message if one is named;
// otherwise only whether the tokens work.
func (a *terminal) checkSlack(s settings.Settings, store storage.Store, full bool, probe string) []finding {
	const check = "slack"
	if !s.UsesSlack() {
		return []finding{{Check: check, OK: true, Says: "not used, because SLACK_BOT_TOKEN is not set"}}
	}
	if store == nil {
		return []finding{{Check: check, OK: true, Says: "not asked, because the database cannot be read"}}
	}
	failed := func(err error, do string) []finding {
		return []finding{{Check: check, Says: err.Error(), Do: do}}
	}
	spaces, err := app.NewWorkspaces(a.ctx, s, store, slack.Config{Clock: a.clock, Log: s.Logger(a.stderr)})
	if err != nil {
		return failed(err, "see SECRET_KEY in README.md")
	}
	ctx, cancel := context.WithTimeout(a.ctx, time.Minute)
	defer cancel()
	var out []finding
	var linked []storage.StaffChat
	if full && store != nil {
		if linked, err = store.StaffChatList(ctx); err != nil {
			return failed(err, "check the database")
		}
	}
	look := func(client *slack.Client, team string) {
		e := slack.Examine{Team: team, SocketMode: full && s.SlackAppToken != "", Probe: probe}
		if named, channel := s.SlackStaffChannel(); full && channel != "" && (named == team || named == "" && team == "") {
			e.Channels = []string{channel}
		}
		if team == "" && len(linked) > 0 {
			if w, err := client.Me(ctx); err == nil { // else the doctor says so
				team = w.Team
			}
		}
		for _, c := range linked {
			if at := c.Address; at.Platform == chat.Slack && at.Account == team && !slices.Contains(e.Channels, at.Chat) {
				e.Channels = append(e.Channels, at.Chat)
			}
		}
		for _, f := range client.Doctor(ctx, e) {
			if team != "" && !f.OK && strings.Contains(f.What, "the bot token does not work") {
				f.What, f.Fix = "the workspace "+team+" refuses our token", "have an admin of that workspace install the app again, or remove it: aftercare slack remove "+team
			}
			out = append(out, finding{Check: check, OK: f.OK, Says: f.What, Do: f.Fix})
		}
	}
	if own := spaces.Own(); own != nil {
		look(own, "")
	}
	if s.SlackClientID != "" && store != nil {
		list, err := store.Installations(ctx, chat.Slack)
		if err != nil {
			return append(out, failed(err, "check the database")...)
		}
		if len(list) == 0 {
			out = append(out, finding{Check: check, OK: true, Says: "no workspace has installed the app yet", Do: "make a link that installs it: aftercare slack invite"})
		}
		for _, i := range list {
			if i.Waits() {
				out = append(out, finding{Check: check, OK: true, Says: "the workspace " + i.Account + " waits for approval", Do: "aftercare slack approve " + i.Account})
				continue
			}
			look(spaces.All(), i.Account)
		}
	}
	if full && s.SlackStaff == "" && len(linked) == 0 {
		out = append(out, finding{Check: check, OK: true, Says: "no channel hears of cases", Do: "set SLACK_STAFF_CHANNEL, so that staff hear of unsatisfied customers"})
	}
	if full && probe == "" {
		out = append(out, finding{Check: check, OK: true, Says: "the Messages tab was not tried", Do: "send yourself a test message: aftercare doctor slack --probe U0123456789, with your member id"})
	}
	return out
}
