package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
)

// console calls commands in the test's own process, on one SQLite file.
type console struct {
	t              *testing.T
	env            map[string]string
	dir            string
	stdout, stderr bytes.Buffer
	clock          func() time.Time // nil = app.Now
}

func newConsole(t *testing.T, env map[string]string) *console {
	t.Helper()
	c := bareConsole(t, env)
	makeDatabase(t, c.env["DATABASE_URL"])
	return c
}

// bareConsole is a console where there is no database yet.
func bareConsole(t *testing.T, env map[string]string) *console {
	t.Helper()
	c := &console{t: t, dir: t.TempDir(), env: map[string]string{}}
	c.env["DATABASE_URL"] = "sqlite:" + filepath.Join(c.dir, "a.db")
	maps.Copy(c.env, env)
	return c
}

// makeDatabase makes a database of a SQLite file, as `aftercare migrate` does.
func makeDatabase(t *testing.T, at string) {
	t.Helper()
	path, ok := strings.CutPrefix(at, "sqlite:")
	if !ok {
		t.Fatalf("%s is no file", at)
	}
	copyFile(t, sqlitetest.New(t, 1), path)
}

// call runs a command line and returns its exit code.
func (c *console) call(args ...string) int {
	c.stdout.Reset()
	c.stderr.Reset()
	clock := c.clock
	if clock == nil {
		clock = app.Now
	}
	return call(&terminal{
		ctx: c.t.Context(), stdin: strings.NewReader(""), stdout: &c.stdout, stderr: &c.stderr,
		env: c.env, dir: c.dir, clock: clock,
	}, args)
}

// must is call for a command that has to succeed.
func (c *console) must(args ...string) string {
	c.t.Helper()
	if code := c.call(args...); code != 0 {
		c.t.Fatalf("%v: exit code %d: %s", args, code, c.stderr.String())
	}
	return c.stdout.String()
}

// refuses checks that a command line fails with the code and says these words.
func (c *console) refuses(code int, says string, args ...string) {
	c.t.Helper()
	if got := c.call(args...); got != code || !strings.Contains(c.stderr.String(), says) {
		c.t.Errorf("%v: exit code %d, want %d, and %q in: %s", args, got, code, says, c.stderr.String())
	}
}

// knowsBot stores a bot's name, as a server does once.
func (c *console) knowsBot(name string) {
	c.t.Helper()
	store, err := app.OpenStore(context.Background(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close()
	if err := store.PutAccount(c.t.Context(), storage.Account{Platform: chat.Telegram, ID: "42", Name: name, Seen: app.Now()}); err != nil {
		c.t.Fatal(err)
	}
}

func TestAnInvitationPrintsItsLinksAndACode(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example/a"})
	c.knowsBot("some_bot")
	out := c.must("invite", "--flow", "one_tap_csat", "--event", "service_name=cut, wash; dry=x")
	for _, want := range []string{"https://t.me/some_bot?start=", "https://care.example/a/chat/", "█"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colours are printed into a file")
	}

	var v inviteView
	if err := json.Unmarshal([]byte(c.must("invite", "--json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.Flow != "post_service_3" || v.Version != 1 || v.Telegram != "https://t.me/some_bot?start="+v.Token || v.Web != "https://care.example/a/chat/"+v.Token {
		t.Errorf("got %+v", v)
	}
	for _, field := range []string{"id", "token", "flow", "version", "telegram_link", "web_link", "expires"} {
		if !strings.Contains(c.stdout.String(), `"`+field+`"`) {
			t.Errorf("no field %q in %s", field, c.stdout.String())
		}
	}
}

// Whoever asks for one channel gets its link and no other: a list for the browser is pasted
// into mails, where a link to Telegram would ask the same person twice.
func TestALinkForOneChannelIsTheOnlyOne(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.knowsBot("some_bot")
	for channel, want := range map[string][2]bool{"": {true, true}, "web": {true, false}, "telegram": {false, true}} {
		out := c.must("invite", "--channel", channel)
		if got := [2]bool{strings.Contains(out, "/chat/"), strings.Contains(out, "t.me")}; got != want {
			t.Errorf("--channel %q prints:\n%s", channel, out)
		}
		var v inviteView
		here(t, json.Unmarshal([]byte(c.must("invite", "--channel", channel, "--json")), &v))
		if got := [2]bool{v.Web != "", v.Telegram != ""}; got != want {
			t.Errorf("--channel %q --json prints %s", channel, c.stdout.String())
		}
	}
}

func TestTheCodeOfAnInvitationCanBeAPicture(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	file := filepath.Join(c.dir, "code.svg")
	out := c.must("invite", "--svg", file)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(content, []byte("<svg ")) || strings.Contains(out, "█") || !strings.Contains(out, file) {
		t.Errorf("the file begins %.40q; printed:\n%s", content, out)
	}
	if only := c.must("invite", "--svg", "-"); !strings.HasPrefix(only, "<svg ") || !strings.HasSuffix(only, "</svg>\n") {
		t.Errorf("standard output holds more than the picture: %.60q", only)
	}
	c.refuses(2, "standard output", "invite", "--svg", "-", "--json")
}

func TestAnInvitationThatCannotBeMadeSaysWhatToDo(t *testing.T) {
	c := newConsole(t, nil)
	c.refuses(1, "Set PUBLIC_URL", "invite")
	c.refuses(1, "TELEGRAM_TOKEN", "invite", "--channel", "telegram")
	c.refuses(1, "PUBLIC_URL", "invite", "--channel", "web")
	c.refuses(2, "--channel", "invite", "--channel", "pigeon")
	c.refuses(2, "--expires", "invite", "--expires", "0s")
	c.refuses(2, "--event", "invite", "--event", "haircut")
	c.env["PUBLIC_URL"] = "https://care.example"
	c.refuses(1, "nowhere", "invite", "--site", "nowhere")
	c.refuses(2, "no_such_flow", "invite", "--flow", "no_such_flow")
}

func TestSitesAreAddedChangedAndListed(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("site", "list"); !strings.Contains(out, "aftercare site add") {
		t.Errorf("an empty list does not say how to fill it: %s", out)
	}
	c.must("site", "add", "main-street", "--name", "Main", "--zone", "Europe/Berlin")
	c.must("site", "add", "main-street", "--name", "Main Street", "--zone", "Europe/Berlin", "--language", "zh-Hans")
	if out := c.must("site", "list"); !strings.Contains(out, "Main Street") {
		t.Errorf("got %s", out)
	}
	var got []siteView
	if err := json.Unmarshal([]byte(c.must("site", "list", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]siteView{{"main-street", "Main Street", "Europe/Berlin", "zh-Hans", "first"}}, got); diff != "" {
		t.Error(diff)
	}
	c.refuses(2, "main-street", "site", "add", "Main Street", "--name", "x")
	c.refuses(2, "time zone", "site", "add", "a", "--name", "x", "--zone", "Mars/Base")
	c.refuses(2, "language", "site", "add", "a", "--name", "x", "--language", "klingon!")
	c.refuses(2, "--name", "site", "add", "a")
}

// What is not given stays: a clock that was promised does not move with a name.
func TestAddingASiteAgainChangesOnlyWhatIsGiven(t *testing.T) {
	c := newConsole(t, nil)
	want := siteView{"s", "Salon", "Europe/Berlin", "zh-Hans", "team"}
	c.must("site", "add", "s", "--name", want.Name, "--zone", want.Zone, "--language", want.Language, "--replies-as", want.Signs)
	for _, step := range []struct {
		flag, value, says string
		field             *string
	}{
		{"--name", "Salon Anna", "name: Salon → Salon Anna", &want.Name},
		{"--zone", "Europe/Paris", "zone: Europe/Berlin → Europe/Paris", &want.Zone},
		{"--language", "en", "language: zh-Hans → en", &want.Language},
		{"--replies-as", "full", "replies-as: team → full", &want.Signs},
	} {
		*step.field = step.value
		out := c.must("site", "add", "s", step.flag, step.value)
		if !strings.Contains(out, step.says) || strings.Count(out, "→") != 1 {
			t.Errorf("%s prints: %s", step.flag, out)
		}
		var got []siteView
		if err := json.Unmarshal([]byte(c.must("site", "list", "--json")), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]siteView{want}, got); diff != "" {
			t.Errorf("after %s: %s", step.flag, diff)
		}
	}
	if out := c.must("site", "add", "s"); !strings.Contains(out, "is as it was") {
		t.Errorf("%s", out)
	}
	c.refuses(2, "--name must say", "site", "add", "s", "--name", "")
	c.refuses(2, "--replies-as", "site", "add", "s", "--replies-as", "nobody")
}

// What nobody can have meant is refused, and what may be meant is said.
func TestAnInvitationThatNobodyMeantIsRefused(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.knowsBot("some_bot")
	c.refuses(2, "not a language", "invite", "--language", "klingon")
	c.refuses(2, `nothing is made of "service"`, "invite", "--event", "service=haircut")
	c.refuses(2, `nothing is made of "ticket_u"`, "invite", "--flow", "it_helpdesk", "--event", "ticket_u=x")
	c.refuses(2, "without the @", "invite", "--flow", "post_service_3@1")
	c.must("invite", "--flow", "it_helpdesk", "--event", "ticket_url=https://help.example/1")
	if c.stderr.Len() > 0 {
		t.Errorf("a warning without need: %s", c.stderr.String())
	}
	c.must("site", "add", "main", "--name", "Main")
	c.refuses(1, "there is no site \"nowhere\". See", "invite", "--site", "nowhere")
	c.must("invite")
	if !strings.Contains(c.stderr.String(), "no --site was given") {
		t.Errorf("nobody says that the case belongs to no site: %s", c.stderr.String())
	}
	c.must("invite", "--site", "main", "--language", "tlh")
	if !strings.Contains(c.stderr.String(), "is not written in tlh: its questions come in en") {
		t.Errorf("nobody says that it is not asked in Klingon: %s", c.stderr.String())
	}
}

// One channel has one link, also for programs.
func TestAChannelThatIsNamedIsTheOnlyLink(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.knowsBot("some_bot")
	for channel, other := range map[string]string{"web": "https://t.me/", "telegram": "https://care.example/chat"} {
		for _, form := range [][]string{{}, {"--json"}} {
			if out := c.must(append([]string{"invite", "--channel", channel}, form...)...); strings.Contains(out, other) || !strings.Contains(out, "https://") {
				t.Errorf("--channel %s %v prints:\n%s", channel, form, out)
			}
		}
	}
}

func TestTheOutboxIsListedWithoutAnyonesWords(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("outbox", "list"); !strings.Contains(out, "0 waiting, 0 given up, 0 updates parked") {
		t.Errorf("got %s", out)
	}
	c.refuses(2, "--limit", "outbox", "list", "--limit", "0")
	store, err := app.OpenStore(context.Background(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	giveUp(t, store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	out := c.must("outbox", "list")
	if !strings.Contains(out, "0 waiting, 1 given up") || !strings.Contains(out, "bot was blocked") || strings.Contains(out, "hunter2") {
		t.Errorf("got %s", out)
	}
	var got struct {
		Failed   int
		Messages []failedView
	}
	if err := json.Unmarshal([]byte(c.must("outbox", "list", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Failed != 1 || len(got.Messages) != 1 || got.Messages[0].Slot != "n:x:y" {
		t.Errorf("got %+v", got)
	}
}

// giveUp stores a message that could not be delivered.
func giveUp(t *testing.T, store storage.Store) {
	t.Helper()
	who := storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}
	bucket := storage.BucketOf(who.Hash16(), store.Buckets())
	to := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"}
	for _, op := range []storage.SlotOp{
		{Want: &storage.Want{Slot: "n:x:y", Identity: who.ID(), Address: to, Kind: storage.NoticeD, Render: chat.Message{Text: "hunter2"}, Hash: "h"}},
		{Claim: &storage.Claim{Slot: "n:x:y", Epoch: 1}},
		{Settle: &storage.Settle{Slot: "n:x:y", Epoch: 1, Version: 1, Hash: "h", Outcome: storage.GaveUp, Error: "bot was blocked"}},
	} {
		err := store.Advance(t.Context(), bucket, []storage.Turn{{
			Load: storage.Load{Person: who, Slots: []string{"n:x:y"}},
			Apply: func(l storage.Loaded) (storage.Change, error) {
				id := &storage.Identity{ID: who.ID(), Bucket: bucket, Person: who, Address: to, Created: l.Now, Seen: l.Now}
				return storage.Change{Identity: id, Slots: []storage.SlotOp{op}}, nil
			},
		}})[0]
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsKeptOnDiskIsForThisUserOnly(t *testing.T) {
	for _, args := range [][]string{{"migrate"}, {"site", "list"}, {"invite"}} {
		c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
		c.must(args...)
		files := leftIn(t, c.dir)
		if len(files) == 0 {
			t.Fatalf("%v kept nothing", args)
		}
		for _, path := range files {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%v: %s has mode %v", args, filepath.Base(path), info.Mode())
			}
		}
	}
}

func TestMigratingTwiceChangesNothingTheSecondTime(t *testing.T) {
	c := bareConsole(t, nil)
	if out := c.must("migrate"); !strings.Contains(out, "Applied ") {
		t.Errorf("the first says: %s", out)
	}
	var got migrationView
	if err := json.Unmarshal([]byte(c.must("migrate", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Applied) != 0 || got.From != got.To || got.To == 0 || got.Buckets != 1 {
		t.Errorf("the second did: %+v", got)
	}
	c.refuses(2, "--buckets", "migrate", "--buckets", "-1")
}

func TestEveryCommandHasHelpAndAWrongOneExitsWith2(t *testing.T) {
	c := newConsole(t, nil)
	for _, args := range [][]string{
		{},
		{"demo"},
		{"serve"},
		{"migrate"},
		{"doctor"},
		{"healthcheck"},
		{"version"},
		{"survey"},
		{"survey", "try"},
		{"site"},
		{"site", "add"},
		{"site", "list"},
		{"invite"},
		{"outbox"},
		{"outbox", "list"},
	} {
		if out := c.must(append(args, "--help")...); !strings.Contains(out, "Usage: aftercare") {
			t.Errorf("%v --help: %s", args, out)
		}
	}
	c.refuses(2, "--help", "serv")
	c.refuses(2, "--help", "serve", "--port", "1")
}

func TestWrongSettingsStopEveryCommandThatNeedsThem(t *testing.T) {
	c := bareConsole(t, map[string]string{"LOG_LEVEL": "loud"})
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"doctor"}, {"healthcheck"}, {"site", "list"}, {"invite"}, {"outbox", "list"}} {
		c.refuses(2, "LOG_LEVEL", args...)
	}
	if left := leftIn(t, c.dir); len(left) > 0 {
		t.Errorf("something was made all the same: %v", left)
	}
}

// Whoever names the wrong file as the database reads what to do about it.
func TestADatabaseThatCannotBeUsed(t *testing.T) {
	c := bareConsole(t, nil)
	c.env["DATABASE_URL"] = "sqlite:" + filepath.Join(c.dir, "missing", "a.db")
	c.refuses(1, "Make its directory, see to the permissions, or correct DATABASE_URL", "migrate")
	c.refuses(1, "or name its file in DATABASE_URL", "site", "list")
	other := filepath.Join(c.dir, "letter.txt")
	if err := os.WriteFile(other, []byte(strings.Repeat("Dear Anna, ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	c.env["DATABASE_URL"] = "sqlite:" + other
	c.refuses(1, "letter.txt holds something else or is damaged", "site", "list")
}
