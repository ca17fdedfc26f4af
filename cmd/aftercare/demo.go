package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/cmd/aftercare/signals"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
)

// demoCmd shows the whole product in a browser: a customer's chat beside the pages of staff,
// on a fresh database with sample data. It reads no settings.
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
	if !loopback(c.Listen) {
		return usagef("--listen: %q is reached from elsewhere, and the demo lets in whoever opens it. Write 127.0.0.1 and a port", c.Listen)
	}
	d := &demo{settings: s, real: a.clock}
	_ = a.printf("\n  Three months of answers and cases are played, which takes a moment.\n")
	config := app.Config{
		Settings: s, Version: thisBuild().Version, Clock: d.clock, Log: s.Logger(a.stderr),
		Demo: &app.Demo{Fill: d.fill, Pages: d.pages, Anew: d.anew},
	}
	return serve(a.ctx, config, func(at net.Addr) {
		_ = a.printf("\n  Open http://%s/demo in your browser.\n\n"+
			"  Left is a customer's chat, right what your staff see. Give a low answer and take the case there.\n"+
			"  Ctrl-C ends the demo.\n\n", app.Reachable(at.String()))
	})
}

// loopback reports whether an address is reached from this computer alone.
func loopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
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

// demoPassword is that of everybody in the demo: some pages ask for it again.
const demoPassword = "customers first"

// demoPeople are who one can be in the demo; the first is who one is at first.
var demoPeople = []struct {
	id, name string
	roles    access.Grants
	owner    bool
}{
	{"robin", "Robin Park", access.Grants{access.EverySite: access.Lead}, false},
	{"mei", "Mei Chen", access.Grants{"bella-salon": access.Agent}, false},
	{"ada", "Ada Okafor", access.Grants{access.EverySite: access.Admin}, true},
}

// hire makes the people of the demo, who all may sign in.
func (d *demo) hire(ctx context.Context, store storage.Store) error {
	hash, err := signin.NewHasher().Hash(ctx, demoPassword)
	if err != nil {
		return err
	}
	for _, p := range demoPeople {
		err := store.Enrol(ctx, storage.Enrolment{
			Login: storage.Login{ID: p.id, Staff: p.id, Name: p.id, Shown: p.name, Password: hash, Owner: p.owner, Created: d.clock()},
			Staff: &storage.Staff{ID: p.id, Name: p.name, Roles: p.roles, Created: d.clock()},
			Audit: storage.Audit{ID: uuid.Must(uuid.NewV7()).String(), At: d.clock(), Who: "demo", From: "cli", What: "login.make", Subject: p.id},
			Now:   d.clock(),
		})
		if err != nil {
			return fmt.Errorf("hire %s for the demo: %w", p.name, err)
		}
	}
	return nil
}

// demo is what `aftercare demo` adds to a server.
type demo struct {
	settings settings.Settings
	real     func() time.Time
	then     atomic.Pointer[time.Time] // in the past that is played; nil = now
	bot      *bot.Bot
	mu       sync.Mutex
	wait     string                        // token of a customer who may not have said anything yet
	of       map[string]admin.DemoCustomer // by token
}

// clock is the server's clock, which runs through the past first.
func (d *demo) clock() time.Time {
	if then := d.then.Load(); then != nil {
		return *then
	}
	return d.real()
}

// goTo sets the clock; the zero time = it goes by itself again.
func (d *demo) goTo(then time.Time) {
	if then.IsZero() {
		d.then.Store(nil)
		return
	}
	d.then.Store(&then)
}

func (d *demo) usual() admin.DemoCustomer {
	return admin.DemoCustomer{Site: samples[0].site.ID, Language: demoLanguages[0].Value, Flow: demoFlows[0]}
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
	demoFlows     = []string{"post_service_3", "one_tap_csat", "ladder7_expect"}
	demoLanguages = []admin.DemoChoice{{Value: "en", Text: "English"}, {Value: "zh-Hans", Text: "简体中文"}}
)

// fill stores the sample sites, plays their past, and invites the first customer.
func (d *demo) fill(ctx context.Context, store storage.Store, b *bot.Bot) error {
	d.bot = b
	d.goTo(d.real().AddDate(0, 0, -pastDays-1))
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
	if _, _, err := store.PublishTriggers(ctx, demoTriggers, d.clock()); err != nil {
		return fmt.Errorf("publish the triggers of the demo: %w", err)
	}
	before := &past{store: store, bot: b, now: d.clock, set: d.goTo, rand: rand.New(rand.NewPCG(pastSeed, 0)), serve: newServices(store, b)}
	if err := before.live(ctx, d.real()); err != nil {
		return err
	}
	if err := askedShorter(ctx, store, d.real()); err != nil {
		return err
	}
	asks := &demoAsking{settings: d.settings, store: store, bot: b, clock: d.clock, set: d.goTo}
	if err := asks.settle(ctx); err != nil {
		return err
	}
	if err := asks.hear(ctx, d.real()); err != nil {
		return err
	}
	_, err := d.customer(ctx, "")
	return err
}

// customer is the customer with this token or, where there is none, one of whom nobody has said
// anything yet: each browser that comes is another.
func (d *demo) customer(ctx context.Context, token string) (admin.DemoCustomer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c, known := d.of[token]; known {
		return c, nil
	}
	if v, err := d.bot.Visitor(ctx, d.wait, ""); err == nil && v.Fresh {
		return d.of[d.wait], nil
	}
	made, err := d.invite(ctx, d.usual())
	if err == nil {
		d.wait = made.Token
	}
	return made, err
}

// anew makes a customer like the one of a link, and returns the path of the page that shows
// their chat.
func (d *demo) anew(ctx context.Context, token string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	like, ok := d.of[token]
	if !ok {
		like = d.usual()
	}
	made, err := d.invite(ctx, like)
	if err != nil {
		return "", err
	}
	return admin.DemoPath(made.Token), nil
}

// another invites a customer of a sample site.
func (d *demo) another(ctx context.Context, like admin.DemoCustomer) (admin.DemoCustomer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.invite(ctx, like)
}

func (d *demo) invite(ctx context.Context, c admin.DemoCustomer) (admin.DemoCustomer, error) {
	for _, s := range samples {
		if s.site.ID != c.Site {
			continue
		}
		event := maps.Clone(s.event)
		maps.Copy(event, s.words[c.Language])
		event["date"] = d.clock().AddDate(0, 0, -1).Format(time.DateOnly)
		invite, err := d.bot.Invite(ctx, bot.InviteRequest{
			Flow: c.Flow, Site: c.Site, Channel: string(chat.Web), Language: c.Language, Event: event, Expires: 24 * time.Hour,
		})
		if err != nil {
			return c, err
		}
		if d.of == nil {
			d.of = map[string]admin.DemoCustomer{}
		}
		c.Token = invite.Token
		d.of[c.Token] = c
		return c, nil
	}
	return c, fmt.Errorf("the demo has no site %q", c.Site)
}

// pages are what the pages of staff need to be the demo's.
func (d *demo) pages() *admin.Demo {
	shows := &admin.Demo{Flows: demoFlows, Languages: demoLanguages, Customer: d.customer, Invite: d.another, Password: demoPassword}
	for _, s := range samples {
		shows.Sites = append(shows.Sites, admin.DemoChoice{Value: s.site.ID, Text: s.site.Name})
	}
	for _, p := range demoPeople {
		role := "owner"
		if !p.owner {
			for _, r := range p.roles {
				role = string(r)
			}
		}
		shows.People = append(shows.People, admin.DemoPerson{Login: p.id, Name: p.name, Role: role})
	}
	return shows
}
