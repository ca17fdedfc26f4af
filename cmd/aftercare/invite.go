package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/internal/qr"
	"github.com/aftercare/aftercare/storage"
)

// inviteCmds are what is done with invitations: made, unless another word says so.
type inviteCmds struct {
	New  inviteCmd     `cmd:"" default:"withargs" help:"Make a link that asks one customer, or ask a person in Slack."`
	Done inviteDoneCmd `cmd:"" help:"Say that the service of an invitation is over: what is asked after it follows."`
}

// inviteCmd makes one offer of a survey and prints its links, or asks a person in Slack.
// A link needs neither Telegram nor a running server: the bot's name is kept in the
// database.
type inviteCmd struct {
	outputFlags
	slackPerson
	Flow     string            `default:"post_service_3" help:"The survey's name."`
	Site     string            `help:"Id of the site that served the customer."`
	Customer string            `help:"Your own key for the customer."`
	Channel  string            `enum:",telegram,web" default:"" help:"Where the customer is asked: telegram or web. Both links are made unless given."`
	Language string            `help:"Language to ask in, such as en or zh-Hans. The customer's own unless given."`
	Event    map[string]string `help:"What is known of the service, as name=value: service_name, agent_name, date, first_name, …" mapsep:"none"`
	Expires  span              `default:"14d" help:"How long the link can be opened, such as 72h or 30d."`
	Ends     string            `name:"service-ends" help:"When the service is over, as 2026-05-31T18:00 or with its zone, +02:00. A survey that asks something before it goes on then, and a person in Slack is asked then, each later by the survey's delay."`
	Test     bool              `help:"Mark the answers as a test: they are never counted."`
	SVG      string            `name:"svg" help:"Write the QR code as SVG into this file (- for standard output) instead of drawing it."`
}

// inviteView is an invitation as programs see it.
type inviteView struct {
	ID       string    `json:"id"`
	Token    string    `json:"token"`
	Flow     string    `json:"flow"`
	Version  int       `json:"version"`
	Telegram string    `json:"telegram_link,omitempty"`
	Web      string    `json:"web_link,omitempty"`
	Session  string    `json:"session,omitempty"` // of a person who was asked at once
	Person   string    `json:"person,omitempty"`  // their id in Slack
	Expires  time.Time `json:"expires"`
}

// Run stores the invitation and prints its links.
func (c *inviteCmd) Run(a *terminal) error {
	switch {
	case c.Expires <= 0:
		return usagef("--expires must be longer than nothing, such as 72h")
	case c.named() && (c.Channel != "" || c.SVG != ""):
		return usagef("--slack-user and --email ask a person at once; there is no link for --channel and --svg")
	case c.JSON && c.SVG == "-":
		return usagef("--json and --svg - both want the standard output. Write the SVG into a file")
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenKeyed(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	warnings, err := c.check(a, store)
	if err != nil {
		return err
	}
	ends, err := moment(c.Ends, siteZone(a.ctx, store, c.Site))
	if err != nil {
		return usagef("--service-ends: %v", err)
	}
	request := bot.InviteRequest{
		Ends: ends,
		Flow: c.Flow, Site: c.Site, Customer: c.Customer, Channel: c.Channel, Language: c.Language,
		Event: c.Event, Expires: time.Duration(c.Expires), Test: c.Test,
	}
	if c.named() {
		return errors.Join(c.how(c.ask(a, s, store, request)), a.warn(warnings))
	}
	accounts, err := store.Accounts(a.ctx)
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	telegram, web := false, s.PublicURL != ""
	for _, acc := range accounts {
		telegram = telegram || acc.Platform == chat.Telegram && acc.Name != ""
		web = web || acc.Platform == chat.Web && acc.Name != ""
	}
	switch {
	case c.Channel == "telegram" && !telegram:
		return errors.New("no Telegram link can be made, because no bot is known. Set TELEGRAM_TOKEN and run `aftercare serve` once")
	case c.Channel == "web" && !web:
		return errors.New("no web link can be made, because PUBLIC_URL is not set. Set it to the address that customers see")
	case !telegram && !web:
		return errors.New("no link can be made. Set PUBLIC_URL for the web chat; for Telegram set TELEGRAM_TOKEN and run `aftercare serve` once")
	}

	b, err := app.NewBot(a.ctx, s, store, a.clock, nil)
	if err != nil {
		return err
	}
	made, err := b.Invite(a.ctx, request)
	if err != nil {
		return c.how(err)
	}
	return errors.Join(a.warn(warnings), c.print(a, made))
}

// how adds to an error what a command can do about it.
func (c *inviteCmd) how(err error) error {
	if errors.Is(err, bot.ErrNotAsked) {
		return fmt.Errorf("%w. `aftercare survey resume %s` does", err, c.Flow)
	}
	return err
}

// ask asks a person in Slack at once: what is to be said waits for the running server.
func (c *inviteCmd) ask(a *terminal, s settings.Settings, store storage.Store, r bot.InviteRequest) error {
	b, err := app.NewBot(a.ctx, s, store, a.clock, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := c.address(a, s, store, &r); err != nil {
		return err
	}
	made, err := b.Invite(a.ctx, r)
	switch {
	case errors.Is(err, bot.ErrStopped):
		return fmt.Errorf("%s wants no surveys and is not asked. They can turn them on again with /feedback", cmp.Or(r.Name, r.To.User))
	case errors.Is(err, bot.ErrBlocked):
		return fmt.Errorf("%s cannot be written to: an earlier message did not reach them. It works again once they write to the app", cmp.Or(r.Name, r.To.User))
	case err != nil:
		return err
	}
	if c.JSON {
		return a.printJSON(inviteView{
			ID: made.ID, Token: made.Token, Flow: made.Flow, Version: made.Version, Expires: made.Expires, Session: made.Session, Person: r.To.User,
		})
	}
	if !made.Asked.IsZero() {
		return a.printf("%s is asked in Slack on %s, if the server runs then.\n", cmp.Or(r.Name, r.To.User), made.Asked.Format("2006-01-02 15:04 MST"))
	}
	return a.printf("%s is asked in Slack as soon as the server runs.\n", cmp.Or(r.Name, r.To.User))
}

func (c *inviteCmd) print(a *terminal, made bot.Invite) error {
	link := cmp.Or(made.TelegramLink, made.WebLink)
	code, err := qr.New(link)
	if err != nil {
		return err
	}
	if c.SVG == "-" {
		return a.printf("%s", code.SVG())
	}
	if c.SVG != "" {
		if err := os.WriteFile(c.SVG, []byte(code.SVG()), 0o600); err != nil {
			return fmt.Errorf("write the QR code: %w", err)
		}
	}
	if c.JSON {
		return a.printJSON(inviteView{
			ID: made.ID, Token: made.Token, Flow: made.Flow, Version: made.Version,
			Telegram: made.TelegramLink, Web: made.WebLink, Expires: made.Expires,
		})
	}
	if made.TelegramLink != "" {
		if err := a.printf("Telegram: %s\n", made.TelegramLink); err != nil {
			return err
		}
	}
	if made.WebLink != "" {
		if err := a.printf("Web:      %s\n", made.WebLink); err != nil {
			return err
		}
	}
	if err := a.printf("The link can be opened until %s, by one person.\n", made.Expires.Format("2006-01-02 15:04 MST")); err != nil {
		return err
	}
	if c.SVG != "" {
		return a.printf("The QR code is in %s.\n", c.SVG)
	}
	to := a.stdout
	if p, ok := to.(*printed); ok {
		to = p.to // the code is coloured, and all of it is ours
	}
	_, err = fmt.Fprintf(to, "\n%s", code.Terminal(isTerminal(to)))
	return err
}

// isTerminal reports whether what is written there is seen by a person at once.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
