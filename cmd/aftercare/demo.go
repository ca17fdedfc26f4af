package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/cmd/aftercare/signals"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web"
)

// demoCmd shows the whole product in a browser: a customer's chat beside the staff
// room, on a fresh database with sample data. It reads no settings.
type demoCmd struct {
	Listen string `default:"127.0.0.1:8080" help:"Address to open in the browser."`
	Dir    string `type:"path" help:"Keep the database in this directory. Without it, it is thrown away at the end."`
}

// Run serves the demo until it is told to stop.
func (c *demoCmd) Run(a *terminal) error {
	signals.Outlive()
	dir := c.Dir
	if dir == "" {
		made, err := os.MkdirTemp("", "aftercare-demo-")
		if err != nil {
			return fmt.Errorf("make a directory for the demo: %w", err)
		}
		defer os.RemoveAll(made)
		dir = made
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory for the demo: %w", err)
	}
	file, err := freshDatabase(dir)
	if err != nil {
		return err
	}
	s := settings.Settings{
		DatabaseURL: settings.Secret("sqlite:" + file), Listen: c.Listen, Mode: settings.Poll, API: settings.TelegramAPI,
		LogLevel: "warn", LogFormat: "text",
	}
	if s.Check() != nil {
		return usagef("--listen: %q is not an address. Write host:port, such as 127.0.0.1:8080", c.Listen)
	}
	d := &demo{clock: a.clock}
	config := app.Config{
		Settings: s, Version: thisBuild().Version, Clock: a.clock, Log: s.Logger(a.stderr),
		Demo: &app.Demo{Room: demoRoom, User: demoStaff, Fill: d.fill, Page: d.page, Anew: d.anew},
	}
	return serve(a.ctx, config, func(at net.Addr) {
		_ = a.printf("\n  Open http://%s/ in your browser.\n\n"+
			"  Left is a customer's chat, right the staff room. Give a low answer and take the case there.\n"+
			"  Ctrl-C ends the demo.\n\n", app.Reachable(at.String()))
	})
}

// freshDatabase returns the path of a database that does not exist yet. One that is
// there is kept: it is the user's.
func freshDatabase(dir string) (string, error) {
	file := filepath.Join(dir, "demo.db")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	return "", fmt.Errorf("there is a demo in %s already. Choose another --dir, or delete %s", dir, file)
}

// demoRoom is the staff room in the browser.
var demoRoom = chat.Address{Platform: chat.Web, Account: "room", Chat: "staff"}

// demoStaff is who everybody is that presses a button in the staff room: a member of staff
// of every sample site.
var demoStaff = chat.User{ID: "staff", Name: "Robin Park"}

// hire makes demoStaff a member of staff and links them to the room, as /link does.
func (d *demo) hire(ctx context.Context, store storage.Store) error {
	robin := storage.Staff{
		ID: "robin", Name: demoStaff.Name, Roles: access.Grants{access.EverySite: access.Lead}, Created: d.clock(),
	}
	if err := store.PutStaff(ctx, robin); err != nil {
		return fmt.Errorf("hire the demo's staff: %w", err)
	}
	code, _, err := d.bot.StaffCode(ctx, robin.ID)
	if err != nil {
		return err
	}
	_, err = d.bot.Handle(ctx, []chat.Update{{
		Key: "demo:link", Kind: chat.Command, Command: "link", Text: code, From: demoRoom, User: demoStaff, Ephemeral: true, At: d.clock(),
	}})
	if err != nil {
		return fmt.Errorf("link the demo's staff: %w", err)
	}
	return nil
}

// demo is what `aftercare demo` adds to a server.
type demo struct {
	clock func() time.Time
	bot   *bot.Bot
	mu    sync.Mutex
	wait  string             // web chat link of a customer who may not have said anything yet
	of    map[string]offered // by token: what was chosen for the customers
}

// offered is what the menus of the front page choose of a customer.
type offered struct{ site, language, flow string }

func (d *demo) usual() offered {
	return offered{samples[0].site.ID, demoLanguages[0].Value, demoFlows[0].Value}
}

// sample is a site of the demo and a service that took place there.
type sample struct {
	site  storage.Site
	event map[string]string
	words map[string]map[string]string // the event in other languages
}

var samples = []sample{
	{
		site: storage.Site{ID: "bella-salon", Name: "Bella Hair & Beauty", Zone: "Europe/London", Language: "en"},
		event: map[string]string{
			"first_name": "Anna", "service_name": "cut and colour", "agent_name": "Maya",
		},
		words: map[string]map[string]string{"zh-Hans": {"first_name": "安娜", "service_name": "剪发和染发", "agent_name": "小雅"}},
	},
	{
		site: storage.Site{ID: "quickfix", Name: "QuickFix Device Repair", Zone: "Europe/London", Language: "en"},
		event: map[string]string{
			"first_name": "Sam", "service_name": "screen repair", "agent_name": "Tom", "item": "phone", "ticket": "R-2048",
		},
		words: map[string]map[string]string{"zh-Hans": {"first_name": "小山", "service_name": "屏幕维修", "agent_name": "小唐", "item": "手机"}},
	},
}

var (
	demoFlows     = []web.Choice{{Value: "post_service_3", Label: "Three questions"}, {Value: "one_tap_csat", Label: "One tap"}, {Value: "ladder7_expect", Label: "Seven levels and expectation"}}
	demoLanguages = []web.Choice{{Value: "en", Label: "English"}, {Value: "zh-Hans", Label: "简体中文"}}
)

// fill stores the sample sites and invites the first customer.
func (d *demo) fill(ctx context.Context, store storage.Store, b *bot.Bot) error {
	d.bot = b
	for _, s := range samples {
		site := s.site
		site.Created = d.clock()
		if err := store.PutSite(ctx, site); err != nil {
			return fmt.Errorf("store the site %s: %w", site.ID, err)
		}
	}
	if err := d.hire(ctx, store); err != nil {
		return err
	}
	_, err := d.customer(ctx, "")
	return err
}

// customer is the link of the customer with this token or, where there is none, of one of whom
// nobody has said anything yet: each browser that comes to the front page is another.
func (d *demo) customer(ctx context.Context, token string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.of[token]; known {
		return token, nil
	}
	if v, err := d.bot.Visitor(ctx, path.Base(d.wait), ""); err == nil && v.Fresh {
		return d.wait, nil
	}
	link, err := d.invite(ctx, d.usual())
	if err == nil {
		d.wait = link
	}
	return link, err
}

// anew makes a customer like the one of a link, for whom the front page has a place.
func (d *demo) anew(ctx context.Context, token string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	like, ok := d.of[token]
	if !ok {
		like = d.usual()
	}
	link, err := d.invite(ctx, like)
	if err != nil {
		return "", err
	}
	show := url.Values{"chat": {path.Base(link)}, "site": {like.site}, "flow": {like.flow}, "language": {like.language}}
	return "/?" + show.Encode(), nil
}

// newCustomer invites a customer of a sample site and returns the web chat link.
func (d *demo) newCustomer(ctx context.Context, site, language, flow string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.invite(ctx, offered{site, language, flow})
}

func (d *demo) invite(ctx context.Context, o offered) (string, error) {
	for _, s := range samples {
		if s.site.ID != o.site {
			continue
		}
		event := maps.Clone(s.event)
		maps.Copy(event, s.words[o.language])
		event["date"] = d.clock().AddDate(0, 0, -1).Format(time.DateOnly)
		invite, err := d.bot.Invite(ctx, bot.InviteRequest{
			Flow: o.flow, Site: o.site, Channel: string(chat.Web), Language: o.language, Event: event, Expires: 24 * time.Hour,
		})
		if err != nil {
			return "", err
		}
		if d.of == nil {
			d.of = map[string]offered{}
		}
		d.of[invite.Token] = o
		return invite.WebLink, nil
	}
	return "", fmt.Errorf("the demo has no site %q", o.site)
}

// page is the demo's front page.
func (d *demo) page() *web.Demo {
	sites := make([]web.Choice, len(samples))
	for i, s := range samples {
		sites[i] = web.Choice{Value: s.site.ID, Label: s.site.Name}
	}
	return &web.Demo{
		Customer: d.customer, Room: demoRoom.Chat, Sites: sites, Flows: demoFlows, Languages: demoLanguages,
		NewCustomer: d.newCustomer,
	}
}
