package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// answers is what a server says at /healthz of who it is: "" if none of ours answers.
func (u *checkup) answers(base string) string {
	said, _ := u.health(base)
	return said
}

func (u *checkup) health(base string) (said string, err error) {
	ctx, cancel := context.WithTimeout(u.ctx, 5*time.Second)
	defer cancel()
	at, err := url.JoinPath(base, "healthz")
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	return response.Header.Get(app.ServerHeader), nil
}

// publicURL is the address under which others reach the server, and what it is called: the
// setting, or the address that was given on the pages.
func (u *checkup) publicURL(ctx context.Context) (at, called string) {
	if u.settings.PublicURL != "" || u.store == nil {
		return u.settings.PublicURL, "PUBLIC_URL"
	}
	at, err := app.PublicURL(ctx, u.settings, u.store)
	if err != nil {
		return "", "PUBLIC_URL" // what is wrong with the database is said by its own check
	}
	return at, at
}

// lookAtAddress asks at the public address who answers there.
func (u *checkup) lookAtAddress(ctx context.Context) []finding {
	s := u.settings
	public, called := u.publicURL(ctx)
	if public == "" {
		if s.Token == "" && !s.UsesSlack() {
			return []finding{wrong("set PUBLIC_URL to the address that customers see, or connect Telegram or Slack", "nobody can be asked: there is no PUBLIC_URL for links, and no platform is connected")}
		}
		return []finding{warning("set PUBLIC_URL to the address that customers see, if they are to answer in a browser", "no links for the browser can be made: PUBLIC_URL is not set")}
	}
	if u.key == nil {
		return unseen("there is no key to know the server by")
	}
	said, err := u.health(public)
	switch {
	case err != nil:
		return []finding{warning("start the server; then see to the name, the proxy and its certificate", "nobody answers at %s: %v", called, err)}
	case said == app.ServerID(u.key):
		return fine("this server answers at %s", called)
	case !u.running:
		return []finding{warning("start the server and call this again", "%s is answered, and no server of this key runs here", called)}
	}
	return []finding{wrong("correct "+called+", or have the proxy there pass requests on to "+s.Listen, "another server answers at %s: links lead to it", called)}
}

// skewed is how far the clock may be off.
const skewed = time.Minute

// lookAtClock compares our clock with those of the platforms.
func (u *checkup) lookAtClock(ctx context.Context) []finding {
	var from []string
	if u.settings.Token != "" {
		from = append(from, u.settings.API)
	}
	if u.settings.UsesSlack() {
		from = append(from, u.settings.SlackAPI)
	}
	for _, at := range from {
		request, err := http.NewRequestWithContext(ctx, http.MethodHead, at, nil)
		if err != nil {
			continue
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue // the platform's own check says so
		}
		_ = response.Body.Close()
		theirs, err := http.ParseTime(response.Header.Get("Date"))
		if err != nil {
			continue
		}
		if off := u.clock().Sub(theirs); off.Abs() > skewed {
			return []finding{wrong("have the clock set, such as with `timedatectl set-ntp true`: beyond five minutes Slack's calls are refused, and deadlines are wrong",
				"this machine's clock is off by %v", off.Round(time.Second))}
		}
		return fine("it agrees with %s", at)
	}
	return unseen("no platform answers to compare with")
}

func (u *checkup) telegram() *telegram.Client {
	return telegram.New(telegram.Config{Token: string(u.settings.Token), API: u.settings.API, Clock: u.clock})
}

// lookAtTelegram asks Telegram about the bot, who is told its updates, and the staff's chat.
func (u *checkup) lookAtTelegram(ctx context.Context) []finding {
	s := u.settings
	if s.Token == "" {
		return unseen("TELEGRAM_TOKEN is not set: Telegram is not used")
	}
	client := u.telegram()
	defer client.Close()
	me, err := client.Me(ctx)
	if err != nil {
		do := "check that this machine reaches " + s.API
		if chat.AsError(err).Kind == chat.Revoked {
			do = "copy the token again from @BotFather into TELEGRAM_TOKEN"
		}
		return []finding{wrong(do, "%v", err)}
	}
	out := fine("the bot is @%s", me.Username)
	out = append(out, u.lookAtUpdates(ctx, client)...)
	if s.StaffChat != "" {
		out = append(out, u.lookAtStaffChat(ctx, client))
	}
	return out
}

// lookAtUpdates asks who is told what people write to the bot.
func (u *checkup) lookAtUpdates(ctx context.Context, client *telegram.Client) []finding {
	s := u.settings
	hook, err := client.WebhookURL(ctx)
	if err != nil {
		return []finding{warning("call this again", "the webhook cannot be looked at: %v", err)}
	}
	public, _ := u.publicURL(ctx)
	ours := public + "/hooks/telegram"
	switch {
	case s.Mode == settings.Webhook && hook != "" && hook != ours, s.Mode == settings.Poll && hook != "":
		host := hook
		if at, err := url.Parse(hook); err == nil {
			host = at.Host
		}
		return []finding{wrong("stop the other program, or give it a bot of its own; this server takes the bot back when it starts", "another program's webhook has this bot's updates: they go to %s", host)}
	case s.Mode == settings.Webhook && hook == "":
		return []finding{warning("start `aftercare serve`, which registers it", "Telegram does not call this server yet")}
	case s.Mode == settings.Webhook:
		return fine("Telegram calls this server")
	case u.running:
		return u.askServerOfRivals(ctx)
	}
	twice, err := client.PolledElsewhere(ctx)
	switch {
	case err != nil:
		return []finding{warning("call this again", "it could not be tried whether another program polls: %v", err)}
	case twice:
		return twoPollers()
	}
	return fine("nobody else polls")
}

// twoPollers is what is wrong where another program polls.
func twoPollers() []finding {
	return []finding{wrong("stop the other one, or give it a bot of its own", "another program polls with this bot's token: each would take updates from the other")}
}

// askServerOfRivals asks the server that runs here whether another program takes its updates:
// to try it would take them from that server.
func (u *checkup) askServerOfRivals(ctx context.Context) []finding {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+app.Reachable(u.settings.Listen)+"/readyz", nil)
	if err != nil {
		return []finding{warning("call this again", "the server cannot be asked whether another program polls: %v", err)}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return []finding{warning("call this again", "the server cannot be asked whether another program polls: %v", err)}
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	switch {
	case err != nil || response.StatusCode != http.StatusOK:
		return []finding{warning("see the server's log, and call this again when it is ready", "the server is not ready, and does not say whether another program polls")}
	case strings.Contains(string(said), string(chat.Telegram)+": "+app.NoteRival):
		return twoPollers()
	}
	return fine("the server polls, or another of yours does, and within the last minute no other program took updates from it")
}

// lookAtStaffChat asks Telegram whether the bot is in the staff's chat. A group that was
// upgraded has another id; cards follow it by themselves, but a new database would not.
func (u *checkup) lookAtStaffChat(ctx context.Context, client *telegram.Client) finding {
	title, err := client.ChatTitle(ctx, u.settings.TelegramStaff()[0])
	switch e := chat.AsError(err); {
	case err == nil:
		return fine("cards go to %q", title)[0]
	case e.Kind == chat.MovedChat:
		return wrong("set TELEGRAM_STAFF_CHAT="+e.To.Chat, "the staff's group has a new id")
	case e.Kind == chat.Unreachable || e.Kind == chat.Rejected:
		return wrong("add the bot to the group, and check the number in TELEGRAM_STAFF_CHAT", "the chat of staff is gone: %v", err)
	}
	return wrong("check that this machine reaches "+u.settings.API, "%v", err)
}
