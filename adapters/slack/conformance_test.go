package slack_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestConformanceSocketMode(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter {
		p := newPlatform(t)
		p.serve = func(ctx context.Context, h chat.Handler) error { return slack.NewSocket(p.client, h).Run(ctx) }
		return p
	})
}

func TestConformanceSignedHTTP(t *testing.T) {
	chattest.Run(t, func(t *testing.T) chattest.Adapter {
		p := newPlatform(t)
		p.serve = func(ctx context.Context, h chat.Handler) error {
			p.hooks(h)
			<-ctx.Done()
			return nil
		}
		return p
	})
}

// platform is the Slack of the kit.
type platform struct {
	*world
	person *slackfake.User
	modals map[chat.Ref]*slackfake.Modal // that are open
	serve  func(context.Context, chat.Handler) error
}

func newPlatform(t *testing.T) *platform {
	w := newWorld(t)
	w.SetSecond(10 * time.Millisecond)
	return &platform{world: w, person: w.ann(), modals: map[chat.Ref]*slackfake.Modal{}}
}

func (p *platform) Sender() chat.Sender   { return p.client }
func (p *platform) Address() chat.Address { return p.address(p.person.Direct()) }
func (p *platform) Repeat() bool          { p.Server.Repeat(); return true }

// Say writes; what begins with a slash is a slash command in Slack's programs.
func (p *platform) Say(text string) {
	if command, ok := strings.CutPrefix(text, "/"); ok {
		p.person.Command(p.person.Direct(), command)
		return
	}
	p.person.Say(text)
}

func (p *platform) Serve(ctx context.Context, h chat.Handler) error { return p.serve(ctx, h) }

func (p *platform) Shown() []chattest.Shown {
	var out []chattest.Shown
	for _, m := range p.person.Direct().FromApp() {
		s := chattest.Shown{Ref: chat.Ref(m.TS), Text: m.Text, Styles: m.Styles}
		for _, b := range m.Buttons {
			s.Buttons = append(s.Buttons, b.Text)
		}
		out = append(out, s)
	}
	return out
}

func (p *platform) Tap(ref chat.Ref) func() chat.Answer {
	for _, m := range p.person.Direct().FromApp() {
		if m.TS == string(ref) {
			press := p.person.Tap(m, m.Buttons[0].Text)
			return func() chat.Answer {
				press.WaitAcked()
				p.client.Close() // what is shown beside has been shown then
				for _, w := range press.Whispers() {
					return chat.Answer{Text: w.Text, Alert: w.Alert}
				}
				return chat.Answer{}
			}
		}
	}
	p.t.Fatalf("no message %s", ref)
	return nil
}

// modal is what a message's first button opens; nil if it has no button.
func (p *platform) modal(ref chat.Ref) *slackfake.Modal {
	for _, m := range p.person.Direct().FromApp() {
		if m.TS == string(ref) && len(m.Buttons) > 0 && p.modals[ref] == nil {
			p.person.Tap(m, m.Buttons[0].Text)
			p.modals[ref] = p.person.WaitModal()
		}
	}
	return p.modals[ref]
}

// Field is the input of the modal that the message's button opens.
func (p *platform) Field(ref chat.Ref) string {
	modal := p.modal(ref)
	if modal == nil {
		return ""
	}
	if modal.Multiline {
		return modal.Inputs[0].Kind + ", several lines"
	}
	return modal.Inputs[0].Kind
}

func (p *platform) Enter(ref chat.Ref, answer string) {
	p.modal(ref).Submit(answer)
	delete(p.modals, ref)
}

func (p *platform) Vanish(ref chat.Ref) bool {
	p.person.Direct().Delete(string(ref))
	return true
}

func (p *platform) Fail(f chattest.Failure) bool {
	switch f {
	case chattest.BlockedByPerson:
		p.Inject(slackfake.Fault{Error: "user_disabled"})
	case chattest.TooFast:
		p.Inject(slackfake.Fault{RetryAfter: int(chattest.Wait / time.Second)})
	case chattest.ServerBroken:
		p.Inject(slackfake.Fault{Status: http.StatusBadGateway, Acts: true})
	case chattest.ConnectionReset:
		p.Inject(slackfake.Fault{Reset: true, Acts: true})
	case chattest.NoAnswer:
		p.Inject(slackfake.Fault{Hang: true})
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
	return chattest.Traits{TextLimit: 3000, Units: utf8.RuneCountInString, DataLimit: 2000, AsText: []chat.Expects{chat.ExpectsPhone}, Secrets: p.secrets(), Log: p.log.String}
}
