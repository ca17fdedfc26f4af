package bot

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// impostors are names and words that try to be a card's own lines, or to come alive.
func impostors() []string {
	return append([]string{
		"Ann · 🟢 Resolved · Bob Miller\nTaken by: Bob Miller, March 2, 10:02",
		"Ann\nTaken by: Mallory", "Ann\r\nContact by: never", "Ann\u2028Take by: never", "Ann\u0085Resolve by: never", "Ann\vTaken by: Mallory",
		"🟢 Resolved", "🟢", "🔴🟠🟢⚪👁", "” · 🟢 Resolved · “", "\" (A-9)", "Ann” (A-9) · “", "«Ann» 🟢", "Ann · Taken", "Customer K7", "Customer 123456",
		"Ann\u00a0·\u00a0Taken", "Ann • Taken ∙ by ⋅ Bob", "Taken by: Mallory", "</b>\n<b>Taken by</b>: Mallory", "</blockquote>\nTaken by: Mallory",
		"Ann\u2800\u2800\u2800\u2800\u3164\u3164Taken by: Mallory", "\u202Eyb nekaT", "\u2066\u2067\u2069Ann", "Ann" + strings.Repeat(" ", 200) + "Taken by: Mallory",
		"@bob_boss", "(@bob_boss)", "@\u200Bbob_boss", "/take_1", "./take_1", "#fire", "$TON", "https://evil.example/a?b=c", "evil.example", "www.evil.co.uk",
		"пример.рф", "mail bob@evil.example now", "tg://resolve?domain=evil", "t.me/evil", "http://1.2.3.4/x", "<!channel> <@U1> <#C1>", "<https://evil.example|ok>",
		"<!date^1^{date}|Taken by>", "@here @channel @everyone", "/link@bot ABC", "`@bob`", "*Taken by:* Mallory", "> Taken by: Mallory", "|Taken by|Mallory|",
		strings.Repeat("@bob_boss evil.example /take ", 60), "a@b.c", "ＡＮＮ＠ｅｖｉｌ", "line one\n\nTaken by: Mallory\n\nTake by: never", "Ann (@boss)", "x\x1b[2JTaken by: Mallory",
	}, chattest.Hostile()...)
}

// spoofed is a card whose customer, service and words are all h.
func spoofed(t *testing.T, texts *voice.Texts, flow *snapshot.Flow, state recovery.State, h string) *render.CaseView {
	t.Helper()
	now := monday
	one := 1.0
	why := ""
	for _, q := range flow.Questions {
		if q.Kind.Info().Free && why == "" {
			why = q.Key
		}
	}
	answers := []survey.Answer{{Question: flow.Questions[0].Key, Value: &one, At: now}, {Question: why, Text: h, At: now}}
	s := &storage.Session{
		Session: survey.Session{
			ID: newID(), Flow: flow.ID, Version: 1, Status: survey.Completed, Open: survey.NoQuestion, Lang: "en", Answers: answers,
			Attributes: map[string]string{voice.AttrService: h, voice.AttrAgent: h, voice.AttrItem: h, voice.AttrTicket: h, voice.AttrDate: h, voice.AttrPromise: h, voice.AttrFirstName: h},
		},
		Site: "main", Address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"},
	}
	s.Said = []string{h}
	s.Judgement = survey.Judge(flow.Flow, answers, true)
	k := &storage.Case{}
	k.ID = newID()
	k.Number, k.Site = 1, "main"
	k.State, k.OpenedAt, k.Due = state, now, recovery.DueFrom(recovery.P1, now)
	k.Decision = recovery.Decision{Opens: true, Priority: recovery.P1, Reasons: []recovery.Reason{recovery.PrimaryL1}}
	if state == recovery.Taken {
		k.Holder, k.HeldAt = recovery.Staffer{ID: "bob", Name: "Bob Miller"}, now
	}
	person := storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}
	return &render.CaseView{
		Texts: texts, Case: k, Session: s, Flow: flow, Now: now,
		Identity: &storage.Identity{ID: person.ID(), Person: person, Name: h, Username: "ann"},
		Site:     snapshot.Site{Site: storage.Site{ID: "main", Name: "Main Street " + h, Language: "en"}, Zone: time.UTC},
		Team:     snapshot.Team{Members: map[string]storage.Staff{"bob": {ID: "bob", Name: "Bob Miller", Roles: map[string]access.Role{"main": access.Agent}}}},
	}
}

// seenCard is a card as it is read back from what a platform shows.
type seenCard struct {
	title string
	lines []string // "Label: value", in order, without quotations
	live  []string // what the platform would make a mention, a link or a command of
}

// A platform that looks for these in plain words would find them; more than any does.
var alive = regexp.MustCompile(`(?i)(?:^|[^\w/])[@#$/][\p{L}_]\w*|\w+://\S|[\w\p{L}-]+\.\p{L}[\p{L}\d-]+|[^\s@]+@[\w\p{L}]+`)

func seenOnTelegram(m telegramtest.Message) seenCard {
	units := 0
	quoted := func(at int, types ...string) bool {
		return slices.ContainsFunc(m.Entities, func(e telegramtest.Entity) bool {
			return slices.Contains(types, e.Type) && at >= e.Offset && at < e.Offset+e.Length
		})
	}
	var own, loose strings.Builder
	for _, r := range m.Text {
		if !quoted(units, "blockquote") {
			own.WriteRune(r)
		}
		if quoted(units, "code") {
			loose.WriteRune(' ')
		} else {
			loose.WriteRune(r)
		}
		units++
		if r > 0xFFFF {
			units++
		}
	}
	lines := strings.Split(own.String(), "\n")
	return seenCard{title: lines[0], lines: lines[1:], live: alive.FindAllString(loose.String(), -1)}
}

func seenOnSlack(t *testing.T, m slackfake.Message) seenCard {
	var blocks []any
	if err := json.Unmarshal([]byte(m.Blocks), &blocks); err != nil {
		t.Fatal(err)
	}
	var c seenCard
	var walk func(v any, in string)
	walk = func(v any, in string) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e, in)
			}
		case map[string]any:
			kind, _ := v["type"].(string)
			text, _ := v["text"].(string)
			switch {
			case kind == "text" && in == "rich_text_section" && c.title == "":
				c.title = text
			case kind == "plain_text" && in == "section":
				c.lines = append(c.lines, strings.Split(text, "\n")...)
			case kind == "mrkdwn":
				c.lines = append(c.lines, strings.Split(text, "\n")...)
				if rest := regexp.MustCompile(`<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>`).ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>*_~`@") {
					c.live = append(c.live, text)
				}
			case kind == "link" || kind == "user" || kind == "channel" || kind == "broadcast" || kind == "usergroup":
				c.live = append(c.live, kind)
			}
			for _, e := range v {
				next := in
				if kind == "section" || kind == "rich_text_section" || kind == "rich_text_quote" || kind == "context" || kind == "actions" {
					next = kind
				}
				walk(e, next)
			}
		}
	}
	walk(blocks, "")
	c.live = append(c.live, alive.FindAllString(m.Notice, -1)...)
	return c
}

// own keeps what a card itself says: in which state it is, who has it, what is due.
func (c seenCard) own() []string {
	out := []string{strings.Join(strings.Split(c.title, " · ")[:2], " · ")}
	for _, l := range c.lines {
		l = strings.NewReplacer(chat.Isolate, "", chat.EndIsolate, "").Replace(l)
		for _, label := range []string{"Taken by:", "Take by:", "Contact by:", "Resolve by:", "Closed by:"} {
			if strings.HasPrefix(l, label) {
				out = append(out, l)
			}
		}
	}
	return out
}

// TestM9NobodysNameOrWordsLookLikeACardsOwnLines sends cards whose every foreign word is
// hostile to both platforms, and reads them back: what the card itself says is the model's,
// and nothing in it is a mention, a link or a command.
func TestM9NobodysNameOrWordsLookLikeACardsOwnLines(t *testing.T) {
	ctx := context.Background()
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	parsed, _, _ := flowfile.Template("post_service_3")
	flow := snapshot.NewFlow(parsed)
	tg, sl := telegramtest.New(t), slackfake.New(t)
	tgClient := telegram.New(telegram.Config{Token: tg.Token, API: tg.URL})
	slClient := slack.New(slack.Config{BotToken: sl.BotToken, API: sl.URL})
	t.Cleanup(slClient.Close)
	show := func(m chat.Message) map[string]seenCard {
		group, channel := tg.NewSupergroup("staff"), sl.NewChannel("cases")
		to := chat.Address{Platform: chat.Telegram, Account: "7000000001", Chat: group.Address()}
		if _, err := tgClient.Send(ctx, to, m, ""); err != nil {
			t.Fatalf("telegram: %v", err)
		}
		if _, err := slClient.Send(ctx, chat.Address{Platform: chat.Slack, Account: sl.Team, Chat: channel.ID}, m, ""); err != nil {
			t.Fatalf("slack: %v", err)
		}
		return map[string]seenCard{
			"telegram": seenOnTelegram(group.FromBot()[0]), "slack": seenOnSlack(t, channel.FromApp()[0]),
		}
	}
	all := impostors()
	if len(all) < 60 {
		t.Fatalf("only %d", len(all))
	}
	for _, state := range []recovery.State{recovery.Open, recovery.Taken} {
		card := func(h string) chat.Message {
			c := spoofed(t, texts, flow, state, h)
			v := c.StaffVoice()
			m := c.Card(v)
			m.Rows = c.Buttons(v, chat.Traits{})
			return m
		}
		model := show(card("Ann"))
		for at, c := range model {
			if n := len(c.own()); n != 4 {
				t.Fatalf("%s: the model's own lines are %q of %+v", at, c.own(), c)
			}
		}
		for _, h := range all {
			for at, c := range show(card(h)) {
				if got, want := c.own(), model[at].own(); !slices.Equal(got, want) {
					t.Errorf("%s, %q: the card says\n%q, want\n%q", at, h, got, want)
				}
				if len(c.live) > 0 {
					t.Errorf("%s, %q: live are %q", at, h, c.live)
				}
			}
		}
	}
}
