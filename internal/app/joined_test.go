package app

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// invented is an account of an invented platform: what people say comes to its hook, as
// "KEY WORDS".
type invented struct {
	adapters.Host
	self adapters.Self

	mu     sync.Mutex
	shown  []chat.Message
	closed bool
}

func (p *invented) Me(context.Context) (adapters.Self, error) { return p.self, nil }

func (p *invented) Send(_ context.Context, _ chat.Address, m chat.Message, _ chat.Ref) (chat.Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, m)
	return chat.Ref(strconv.Itoa(len(p.shown))), nil
}

func (p *invented) Receive(ctx context.Context) error { <-ctx.Done(); return nil }

func (p *invented) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}

func (p *invented) Hook() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		key, words, _ := strings.Cut(string(body), " ")
		_, err := p.Handle(r.Context(), []chat.Update{{
			Key: "pg:" + p.self.ID + ":" + key, Kind: chat.Command, Command: words, Private: true, At: p.Clock(),
			From: chat.Address{Platform: "pigeon", Account: p.self.ID, Chat: "nest"}, User: chat.User{ID: "nest", Name: "Ann", Language: "en"},
		}})
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

// saw waits until the person was shown these words.
func (p *invented) saw(t *testing.T, words string) {
	t.Helper()
	eventually(t, words, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.shown) > 0 && strings.Contains(p.shown[len(p.shown)-1].Text, words)
	})
}

// unexplained are the settings of platforms of which neither README.md nor the platform's own
// README.md speaks.
func unexplained(t *testing.T, table []row) []string {
	t.Helper()
	pages, err := filepath.Glob("../../adapters/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, p := range append(pages, "../../README.md") {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		told.Write(text)
	}
	var out []string
	for _, r := range table {
		for _, s := range r.settings {
			if !strings.Contains(told.String(), "`"+s.Name+"`") {
				out = append(out, s.Name)
			}
		}
	}
	return out
}

func TestEverySettingOfAJoinedPlatformIsExplained(t *testing.T) {
	for _, name := range unexplained(t, platforms()) {
		t.Errorf("neither README.md nor the README.md of an adapter explains %s", name)
	}
	planted := joined(adapters.Platform{Settings: []adapters.Setting{{Name: "SLACK_API"}, {Name: "PIGEON_COOP"}}})
	if got := unexplained(t, []row{planted}); len(got) != 1 || got[0] != "PIGEON_COOP" {
		t.Errorf("of two settings, one of them explained, it finds %v", got)
	}
}

// A platform that offers no more than package adapters asks for is served like the others:
// from a setting, and connected while the program runs.
func TestAJoinedPlatformIsServed(t *testing.T) {
	lofts := map[string]*invented{} // by token
	platform := adapters.Platform{
		Name: "pigeon", Title: "Pigeon", Token: "PIGEON_TOKEN", Settings: []adapters.Setting{{Name: "PIGEON_TOKEN"}},
		Open: func(h adapters.Host) (adapters.Account, error) {
			if lofts[h.Token] == nil {
				lofts[h.Token] = &invented{Host: h, self: adapters.Self{ID: "of-" + h.Token, Name: h.Token}}
			}
			lofts[h.Token].closed = false
			return lofts[h.Token], nil
		},
	}
	s := settings.Settings{More: map[string]settings.Secret{"PIGEON_TOKEN": "one"}, PublicURL: "http://care.example"}
	r := startWith(t, s, joined(platform))
	if err := r.Connections().Connect(t.Context(), Installation{Platform: "pigeon", Token: "two"}); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: longest}
	call := func(account, body string) int {
		response, err := client.Post(r.base+"/hooks/pigeon/"+account, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	for token, loft := range map[string]string{"one": "of-one", "two": "of-two"} {
		eventually(t, loft, func() bool { return r.account(loft).Holds })
		if status := call(loft, "1 help"); status != http.StatusOK {
			t.Errorf("the hook of %s answers %d", loft, status)
		}
		lofts[token].saw(t, "/stop")
		if at := lofts[token].Host.Hook(loft); at != "http://care.example/hooks/pigeon/"+loft {
			t.Errorf("the hook of %s is said to be at %s", loft, at)
		}
	}
	if r.account("of-one").Setting != "PIGEON_TOKEN" || r.account("of-two").Setting != "" {
		t.Errorf("the accounts are %+v", r.Connections().Health())
	}
	if err := r.Connections().Drop(t.Context(), "pigeon", "of-two"); err != nil {
		t.Fatal(err)
	}
	if status := call("of-two", "2 help"); status != http.StatusNotFound {
		t.Errorf("the hook of a dropped account answers %d", status)
	}
	if !lofts["two"].closed || lofts["one"].closed {
		t.Error("the dropped account is not closed, or the other one is")
	}
	if status := call("of-one", "2 privacy"); status != http.StatusOK {
		t.Errorf("the hook of the other account answers %d", status)
	}
	lofts["one"].saw(t, "We keep")
	if got := lofts["one"].Clock(); time.Since(got) > longest {
		t.Errorf("its clock says %v", got)
	}
}

// The address that was found on the pages is the one that a platform is told, from that moment on:
// there is no other source of it.
func TestAPlatformIsToldTheAddressThatThePagesFound(t *testing.T) {
	var hook func(string) string
	platform := adapters.Platform{
		Name: "pigeon", Title: "Pigeon", Token: "PIGEON_TOKEN", Settings: []adapters.Setting{{Name: "PIGEON_TOKEN"}},
		Open: func(h adapters.Host) (adapters.Account, error) {
			hook = h.Hook
			return &invented{Host: h, self: adapters.Self{ID: "of-one", Name: "one"}}, nil
		},
	}
	r := startWith(t, settings.Settings{More: map[string]settings.Secret{"PIGEON_TOKEN": "one"}}, joined(platform))
	eventually(t, "the account", func() bool { return r.account("of-one").Holds })
	if at := hook("of-one"); at != "" {
		t.Errorf("before there is an address, the hook is at %q", at)
	}
	if err := r.store.PutAccount(t.Context(), bot.PublicAddress("https://care.example", Now())); err != nil {
		t.Fatal(err)
	}
	if err := r.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := hook("of-one"); at != "https://care.example/hooks/pigeon/of-one" {
		t.Errorf("the hook is at %q", at)
	}
	if at, err := PublicURL(t.Context(), r.Settings, r.store); err != nil || at != "https://care.example" {
		t.Errorf("to commands the address is %q, %v", at, err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: longest}
	answer, err := client.Get(r.base + "/api/v1/surveys")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	problem, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(problem), `"type":"https://care.example/problems/`) {
		t.Errorf("a problem is explained at another place: %s, %v", problem, err)
	}
}
