package telegram_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestConformancePolling(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter {
		p := newPlatform(t)
		p.serve = func(ctx context.Context, h chat.Handler) error { return telegram.NewPoller(p.client, h).Run(ctx) }
		return p
	})
}

func TestConformanceWebhook(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter {
		p := newPlatform(t)
		p.SetSecond(10 * time.Millisecond)
		p.serve = func(ctx context.Context, h chat.Handler) error {
			at := httptest.NewServer(telegram.NewWebhook(p.client, secret, h))
			defer at.Close()
			err := p.client.KeepWebhook(ctx, at.URL, secret)
			p.Server.Close() // its deliveries end before the receiver does
			http.DefaultClient.CloseIdleConnections()
			return err
		}
		return p
	})
}

// platform is the Telegram of the kit.
type platform struct {
	*world
	person *telegramtest.User
	serve  func(context.Context, chat.Handler) error
}

func newPlatform(t *testing.T) *platform {
	w := newWorld(t)
	return &platform{world: w, person: w.ann()}
}

func (p *platform) Sender() chat.Sender   { return p.client }
func (p *platform) Address() chat.Address { return p.address(p.person.Chat()) }
func (p *platform) Say(text string)       { p.person.Send(text) }
func (p *platform) Repeat() bool          { p.Server.Repeat(); return true }

func (p *platform) Serve(ctx context.Context, h chat.Handler) error { return p.serve(ctx, h) }

func (p *platform) Shown() []chattest.Shown {
	var out []chattest.Shown
	for _, m := range p.person.Chat().FromBot() {
		s := chattest.Shown{Ref: chat.Ref(itoa(m.ID)), Text: m.Text}
		for _, e := range m.Entities {
			// A quotation is folded when it is long; that is no other style.
			s.Styles = append(s.Styles, strings.TrimPrefix(e.Type, "expandable_"))
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				s.Buttons = append(s.Buttons, b.Text)
			}
		}
		out = append(out, s)
	}
	return out
}

func (p *platform) Tap(ref chat.Ref) func() chat.Answer {
	id, _ := strconv.Atoi(string(ref))
	m, ok := p.person.Chat().Message(id)
	if !ok {
		p.t.Fatalf("no message %s", ref)
	}
	tap := p.person.Tap(m, m.Buttons[0][0].Text)
	return func() chat.Answer {
		shown := tap.Answer()
		return chat.Answer{Text: shown.Text, Alert: shown.Alert}
	}
}

// Field is the keyboard that Telegram has for some answers; words are written in one line.
func (p *platform) Field(ref chat.Ref) string {
	id, _ := strconv.Atoi(string(ref))
	m, ok := p.person.Chat().Message(id)
	if !ok {
		p.t.Fatalf("no message %s", ref)
	}
	if len(m.Keyboard) > 0 {
		return "a button that shares the number"
	}
	return ""
}

func (p *platform) Enter(_ chat.Ref, answer string) { p.person.Send(answer) }

func (p *platform) Vanish(ref chat.Ref) bool {
	id, err := strconv.Atoi(string(ref))
	p.person.Chat().Delete(id)
	return err == nil
}

func (p *platform) Fail(f chattest.Failure) bool {
	switch f {
	case chattest.BlockedByPerson:
		p.Inject(telegramtest.Fault{Code: 403, Description: "Forbidden: bot was blocked by the user"})
	case chattest.TooFast:
		p.Inject(telegramtest.Fault{Code: 429, RetryAfter: int(chattest.Wait / time.Second)})
	case chattest.ServerBroken:
		p.Inject(telegramtest.Fault{HTML: 502, Acts: true})
	case chattest.ConnectionReset:
		p.Inject(telegramtest.Fault{Reset: true, Acts: true})
	case chattest.NoAnswer:
		p.Inject(telegramtest.Fault{Hang: true})
	case chattest.AccessRevoked:
		p.Revoke()
	case chattest.NobodyListens:
		p.Server.Close()
		p.client.Close()
	default:
		return false
	}
	return true
}

func (p *platform) Traits() chattest.Traits {
	return chattest.Traits{
		TextLimit: 4096,
		Units:     func(s string) int { return len(utf16.Encode([]rune(s))) },
		DataLimit: 64,
		Secrets:   []string{p.Token, secretOf(p.Token), secret},
		Log:       p.log.String,
	}
}
