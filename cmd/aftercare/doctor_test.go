package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// patient is a console of a server that lacks nothing.
type patient struct {
	*console
	tg    *telegramtest.Server
	group *telegramtest.Chat
	slack *slackfake.Server
	path  string // of the database
}

// newPatient stores what a server needs.
func newPatient(t *testing.T) *patient {
	t.Helper()
	p := emptyPatient(t)
	p.serveOnce()
	p.must("site", "add", "main", "--name", "Main", "--zone", "UTC", "--language", "en")
	p.must("staff", "add", "bob", "--name", "Bob", "--role", "agent", "--site", "main")
	p.must("invite", "--site", "main") // makes the key
	p.with(func(ctx context.Context, s storage.Store) error {
		return s.PutAccount(ctx, storage.Account{Platform: chat.Telegram, ID: "42", Name: "some_bot", Seen: app.Now()})
	})
	p.must("backup")
	write(t, filepath.Join(p.dir, ".env"), "LOG_LEVEL=info\n")
	return p
}

// twin is another patient, with a copy of all that this one has stored.
func (p *patient) twin(t *testing.T) *patient {
	t.Helper()
	q := emptyPatient(t)
	if out, err := exec.Command("cp", "-a", p.dir+"/.", q.dir).CombinedOutput(); err != nil {
		t.Fatalf("copy what a patient has: %v\n%s", err, out)
	}
	return q
}

// emptyPatient has platforms, a place on disk, and an address under which it is reached.
func emptyPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{tg: telegramtest.New(t), slack: slackfake.New(t)}
	p.group = p.tg.NewSupergroup("Staff")
	p.console = bareConsole(t, map[string]string{
		"TELEGRAM_TOKEN": p.tg.Token, "TELEGRAM_API": p.tg.URL, "TELEGRAM_STAFF_CHAT": p.group.Address(),
	})
	if os.Getuid() == 0 || os.Getenv(insideNamespace) != "" {
		p.dir = newSmallDisk(t, "64m").dir // that of this machine may itself be nearly full
		p.env["DATABASE_URL"] = "sqlite:" + filepath.Join(p.dir, "a.db")
	}
	p.path = filepath.Join(p.dir, "a.db")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		key, _ := os.ReadFile(p.path + ".key")
		w.Header().Set(app.ServerHeader, app.ServerID(bytes.TrimSpace(key)))
	}))
	t.Cleanup(front.Close)
	p.env["PUBLIC_URL"], p.env["LISTEN"] = front.URL, strings.TrimPrefix(front.URL, "http://")
	return p
}

// serveOnce opens the database as a server does.
func (p *patient) serveOnce() {
	p.t.Helper()
	store, err := sqlite.Open(p.t.Context(), p.path, sqlite.Options{Migrate: true})
	here(p.t, err)
	here(p.t, store.Close())
}

// with changes something in the database.
func (p *patient) with(f func(context.Context, storage.Store) error) {
	p.t.Helper()
	store, err := app.OpenStore(p.t.Context(), settings.Settings{DatabaseURL: settings.Secret("sqlite:" + p.path)}, app.Now, nil)
	here(p.t, err)
	here(p.t, f(p.t.Context(), store))
	here(p.t, store.Close())
}

// onSlack connects the patient to Slack as well.
func (p *patient) onSlack() {
	p.env["SLACK_BOT_TOKEN"], p.env["SLACK_APP_TOKEN"], p.env["SLACK_API"] = p.slack.BotToken, p.slack.AppToken, p.slack.URL
}

// tenant has a workspace install the app with a link, from a server that ends again.
func (p *patient) tenant() {
	p.t.Helper()
	p.env["SLACK_API"], p.env["SLACK_SIGNING_SECRET"] = p.slack.URL, p.slack.SigningSecret
	p.env["SLACK_CLIENT_ID"], p.env["SLACK_CLIENT_SECRET"] = p.slack.ClientID, p.slack.ClientSecret
	m := newMachine(p.t, p.env)
	delete(m.env, "SECRET_KEY")
	m.env["LISTEN"], m.env["PUBLIC_URL"] = m.address, "http://"+m.address
	server := m.serve()
	var link installLinkView
	here(p.t, json.Unmarshal([]byte(m.must("slack", "invite", "--json")), &link))
	if page := installs(p.t, link.Link); !strings.Contains(page, "The app is installed") {
		p.t.Fatalf("the installation ends with:\n%s", page)
	}
	server.stop()
}

// illness is something that the doctor must find, and say how to mend.
type illness struct {
	name string
	seed func(p *patient)
	says string
	do   string
	warn bool // it may be meant
}

func illnesses() []illness {
	later := func(by time.Duration) func(*patient) {
		return func(p *patient) { p.clock = func() time.Time { return app.Now().Add(by) } }
	}
	mode := func(name string) func(*patient) {
		return func(p *patient) { here(p.t, os.Chmod(filepath.Join(p.dir, name), 0o644)) }
	}
	return []illness{
		{"web links without PUBLIC_URL", func(p *patient) { delete(p.env, "PUBLIC_URL") }, "no links for the browser can be made", "set PUBLIC_URL", true},
		{"nobody can be asked", func(p *patient) {
			for _, name := range []string{"PUBLIC_URL", "TELEGRAM_TOKEN", "TELEGRAM_STAFF_CHAT"} {
				delete(p.env, name)
			}
		}, "nobody can be asked", "set PUBLIC_URL", false},
		{"PUBLIC_URL that another server answers", func(p *patient) {
			other := httptest.NewServer(http.NotFoundHandler())
			p.t.Cleanup(other.Close)
			p.env["PUBLIC_URL"] = other.URL
		}, "another server answers at PUBLIC_URL", "correct PUBLIC_URL", false},
		{"no staff chat", func(p *patient) { delete(p.env, "TELEGRAM_STAFF_CHAT") }, "no chat of staff: nobody hears", "TELEGRAM_STAFF_CHAT", false},
		{"the pages alone tell of cases", func(p *patient) {
			delete(p.env, "TELEGRAM_STAFF_CHAT")
			p.with(func(ctx context.Context, s storage.Store) error {
				return s.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: "1", Name: "amy", Password: "x", Owner: true, Created: app.Now()}, Now: app.Now()})
			})
		}, "seen on the pages alone", "TELEGRAM_STAFF_CHAT", true},
		{"whoever signs in sees no case", func(p *patient) {
			delete(p.env, "TELEGRAM_STAFF_CHAT")
			p.must("staff", "add", "bob", "--role", "viewer", "--everywhere")
			p.with(func(ctx context.Context, s storage.Store) error {
				return s.Enrol(ctx, storage.Enrolment{Login: storage.Login{ID: "1", Name: "bob", Staff: "bob", Password: "x", Created: app.Now()}, Now: app.Now()})
			})
		}, "nobody hears of unsatisfied customers", "TELEGRAM_STAFF_CHAT", false},
		{"no staff", func(p *patient) { p.must("staff", "remove", "bob") }, "no staff: nobody may press", "aftercare staff add", false},
		{"staff chat gone", func(p *patient) { p.env["TELEGRAM_STAFF_CHAT"] = "-100999" }, "the chat of staff is gone", "add the bot to the group", false},
		{"linked staff chat gone", func(p *patient) {
			p.with(func(ctx context.Context, s storage.Store) error {
				here(p.t, s.PutStaffChat(ctx, storage.StaffChat{Name: "desk", Created: app.Now()}))
				_, err := s.MarkStaffChat(ctx, "desk", app.Now(), "kicked")
				return err
			})
		}, `the chat of staff "desk" is gone`, "aftercare staff chat add desk", false},
		{"token refused", func(p *patient) { p.tg.Revoke() }, "Unauthorized", "@BotFather", false},
		{"scope missing", func(p *patient) { p.onSlack(); p.slack.SetScopes("chat:write") }, "the app lacks permissions", "OAuth & Permissions", false},
		{"another's webhook", func(p *patient) {
			response, err := http.PostForm(p.tg.URL+"/bot"+p.tg.Token+"/setWebhook", url.Values{"url": {"https://other.example/hook?secret=hunter2"}})
			here(p.t, err)
			here(p.t, response.Body.Close())
		}, "they go to other.example", "stop the other program", false},
		{"two pollers", func(p *patient) {
			p.env["LISTEN"] = "127.0.0.1:1"
			p.tg.Inject(telegramtest.Fault{Method: "getUpdates", Times: -1, Code: 409, Description: "Conflict: terminated by other getUpdates request"})
		}, "another program polls with this bot's token", "stop the other one", false},
		{"two pollers, one of them the server here", func(p *patient) {
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				key, _ := os.ReadFile(p.path + ".key")
				w.Header().Set(app.ServerHeader, app.ServerID(bytes.TrimSpace(key)))
				if r.URL.Path == "/readyz" {
					fmt.Fprintf(w, "ok\n%s: %s\n", chat.Telegram, app.NoteRival)
				}
			}))
			p.t.Cleanup(front.Close)
			p.env["PUBLIC_URL"], p.env["LISTEN"] = front.URL, strings.TrimPrefix(front.URL, "http://")
		}, "another program polls with this bot's token", "stop the other one", false},
		{"dead tenant", func(p *patient) { p.tenant(); p.slack.Revoke() }, "refuses our token", "aftercare slack remove T", false},
		{"clock skew", later(2 * time.Minute), "this machine's clock is off by 2m", "have the clock set", false},
		{"wrong key", func(p *patient) {
			here(p.t, os.WriteFile(p.path+".key", []byte(strings.Repeat("another0", 8)), 0o600))
		}, "this is not the key of this database", "put the old key back", false},
		{"lost key", func(p *patient) { here(p.t, os.Remove(p.path+".key")) }, "the key is lost", "put the key back from a backup", false},
		{"key readable by others", mode("a.db.key"), "others may read", "chmod 600", false},
		{"database readable by others", mode("a.db"), "others may read", "chmod 600", false},
		{".env readable by others", mode(".env"), "others may read", "chmod 600", false},
		{"owner is not us", func(p *patient) { here(p.t, os.Chown(p.path+".key", 12345, -1)) }, "belongs to user 12345", "chown", false},
		{"file moved", func(p *patient) {
			store, err := sqlite.Open(context.Background(), p.path, sqlite.Options{Migrate: true})
			here(p.t, err)
			p.t.Cleanup(func() { _ = store.Close() })
			here(p.t, os.Rename(p.path, p.path+".old"))
			copyFile(p.t, p.path+".old", p.path)
		}, "has another file open as this one", "put its file back", false},
		{"file removed", func(p *patient) { here(p.t, os.Rename(p.path, p.path+".old")) }, "the database was moved or removed", "put the file back", false},
		{"schema newer", func(p *patient) {
			behind(p.t, "sqlite:"+p.path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		}, "made by a newer program", "use the newer program", false},
		{"stray WAL", func(p *patient) {
			other := newMachine(p.t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
			server := other.serve()
			eventually(p.t, "a pulse in the log of the other database", func() bool { // before, nothing in it says whose it is
				return columns(p.t, "sqlite:"+other.dir+"/a.db", "SELECT user_version FROM pragma_user_version") != "0\n"
			})
			server.kill()
			copyFile(p.t, other.dir+"/a.db-wal", p.path+"-wal")
		}, "is not its own", "keep a copy of both", false},
		{"disk under 5 %", func(p *patient) {
			disk := newSmallDisk(p.t, "8m")
			for _, suffix := range []string{"", ".key"} {
				copyFile(p.t, p.path+suffix, filepath.Join(disk.dir, "a.db"+suffix))
			}
			disk.fill()
			p.env["DATABASE_URL"] = "sqlite:" + filepath.Join(disk.dir, "a.db")
		}, "of the disk are free", "make room", false},
		{"route to nobody", func(p *patient) {
			write(p.t, filepath.Join(p.dir, "rules.yaml"), "receivers:\n  night: {staff: [amy]}\nroutes:\n  - {tier: MVC, to: night}\n")
			p.must("recovery", "apply", "rules.yaml")
		}, "the route to night reaches nobody", "add the person", false},
		{"survey without the site's language", func(p *patient) {
			p.must("survey", "show", "one_tap_csat")
			write(p.t, filepath.Join(p.dir, "own.yaml"), p.stdout.String())
			p.must("survey", "apply", "own.yaml")
			p.must("site", "add", "main", "--language", "fi")
		}, "is not written in fi", "add the language", true},
		{"backup older than two days", later(72 * time.Hour), "the newest backup is 72 hours old", "aftercare backup", true},
		{"no backup", func(p *patient) { here(p.t, os.RemoveAll(filepath.Join(p.dir, "backups"))) }, "there is no backup", "aftercare backup", true},
		{"parked updates", func(p *patient) {
			p.with(func(ctx context.Context, s storage.Store) error {
				return s.Park(ctx, storage.Parked{Key: "k", Person: storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}, Payload: "{}", Error: "x", At: app.Now()})
			})
		}, "1 updates could not be handled", "aftercare outbox list", true},
		{"messages given up", func(p *patient) {
			p.with(func(_ context.Context, s storage.Store) error { giveUp(p.t, s); return nil })
		}, "messages were given up", "aftercare outbox list", true},
	}
}

// Every illness is found, with what mends it, and looking changes no byte.
func TestTheDoctorFindsEachIllness(t *testing.T) {
	t.Parallel()
	if !mounting(t) {
		return
	}
	well := newPatient(t)
	if code := well.call("doctor"); code != 0 || strings.Contains(well.stdout.String(), "warn  ") {
		t.Fatalf("a patient who lacks nothing: exit code %d\n%s%s", code, well.stdout.String(), well.stderr.String())
	}
	for _, ill := range illnesses() {
		t.Run(ill.name, func(t *testing.T) {
			t.Parallel()
			if ill.name == "owner is not us" && os.Getuid() != 0 {
				t.Log("only root can give a file away: not tried")
				return
			}
			p := well.twin(t)
			ill.seed(p)
			before := fingerprint(t, p.dir)
			code := p.call("doctor", "--json")
			if diff := fingerprint(t, p.dir); diff != before {
				t.Errorf("looking changed the directory:\n%s\n%s", before, diff)
			}
			var got struct {
				OK     bool
				Checks []finding
			}
			if err := json.Unmarshal(p.stdout.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s%s", err, p.stdout.String(), p.stderr.String())
			}
			found := false
			for _, f := range got.Checks {
				if strings.Contains(f.Says, ill.says) {
					found = true
					if !strings.Contains(f.Do, ill.do) || f.OK != ill.warn || f.Warn != ill.warn {
						t.Errorf("it says %+v", f)
					}
				}
			}
			if !found || got.OK != (code == 0) || !ill.warn && code != 1 {
				t.Errorf("exit code %d, ok %t, and %q found: %t in\n%s", code, got.OK, ill.says, found, p.stdout.String())
			}
			for _, secret := range []string{p.tg.Token, "hunter2"} {
				if strings.Contains(p.stdout.String()+p.stderr.String(), secret) {
					t.Error("a secret is printed")
				}
			}
		})
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d illnesses: each found, with what mends it, and no byte of the directory changed", len(illnesses())))
	}
}

// R8: root called a command before the first start of the service, so that key and database are
// root's: the doctor names both, and how to give them to the server's user.
func TestR8FilesOfSomebodyElseAreNamed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("only root can give a file away: not tried")
		return
	}
	p := newPatient(t)
	here(t, os.Chown(p.dir, 12345, -1)) // the service's user
	if code := p.call("doctor"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{p.path, p.path + ".key"} {
		if says := name + " belongs to user 0, and its directory to 12345"; !strings.Contains(p.stdout.String(), says) {
			t.Errorf("no %q in\n%s", says, p.stdout.String())
		}
		if do := "chown 12345 " + name; !strings.Contains(p.stdout.String(), do) {
			t.Errorf("no %q in\n%s", do, p.stdout.String())
		}
	}
}

// fingerprint is every file of a directory, with its mode, its time and what it holds.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&out, "%s %v %v %x\n", path, info.Mode(), info.ModTime(), sha256.Sum256(content))
		return err
	})
	here(t, err)
	return out.String()
}

// Where a server was killed the doctor reads what it had stored, and changes nothing.
func TestTheDoctorReadsWhatAKilledServerLeft(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve()
	m.must("site", "add", "main", "--name", "Main", "--zone", "UTC", "--language", "en")
	m.must("staff", "add", "bob", "--name", "Bob", "--role", "agent", "--site", "main")
	server.kill()
	before := fingerprint(t, m.dir)
	_, out, _ := m.run("doctor")
	if diff := fingerprint(t, m.dir); diff != before {
		t.Errorf("looking changed the directory:\n%s\n%s", before, diff)
	}
	if strings.Contains(out, "no staff:") || !strings.Contains(out, "0 sessions") {
		t.Errorf("it did not read what was stored last:\n%s", out)
	}
	server = m.serve()
	if _, out, _ := m.run("doctor"); !strings.Contains(out, "this server answers at PUBLIC_URL") {
		t.Errorf("beside the server:\n%s", out)
	}
	server.stop()
}
