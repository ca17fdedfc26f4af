package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// FuzzRender draws a flow, a person and what that person does from the input, and
// looks at everything that the chats would show: no input may make the bot panic,
// write a button that no platform takes or that it cannot read itself, or show more
// than its own limits allow.
func FuzzRender(f *testing.F) {
	said, err := voice.Load()
	if err != nil {
		f.Fatal(err)
	}
	for i := range 60 {
		script := make([]byte, 600)
		for k := range script {
			script[k] = byte((k + 7) * (i + 3) * 31 >> (i % 3))
		}
		f.Add(script, []string{"Ann", "", "{first_name}", "\u202eعلي", "<b>&\"]"}[i%5], []string{"en", "zh-CN", "es", "ar", "xx-YY"}[i%5])
	}
	f.Fuzz(func(t *testing.T, script []byte, words, lang string) {
		d := &dice{data: script, words: storage.Clean(words)}
		play := newPlay(d, said, storage.Clean(lang))
		for n := 0; n < 40 && len(d.data) > 0; n++ {
			what, out := play.next(d)
			for _, problem := range play.look(out) {
				t.Errorf("after %s: %s", what, problem)
			}
		}
	})
}

// dice draws choices from the fuzzer's bytes; with none left everything is the first.
type dice struct {
	data  []byte
	words string
}

func (d *dice) n(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func (d *dice) one(in ...string) string { return in[d.n(len(in))] }

// text is what a flow, a person or an event may say.
func (d *dice) text() string {
	return d.one("How was it?", d.words, "{first_name} {service_name} {nobody}", "好吗?", "كيف كان ذلك؟", "Skip", "Back",
		strings.Repeat("so long ", 300), "{date", "[{x}]", "2", "a\nb\n✓ c", "🙂")
}

func (d *dice) spoken() survey.Text {
	t := survey.Text{"en": d.text()}
	if t["en"] == "" {
		t["en"] = "?"
	}
	for _, tag := range []string{"zh-Hans", "ar"} {
		if words := d.text(); d.n(3) == 0 && words != "" {
			t[tag] = words
		}
	}
	return t
}

// flow draws a flow that flowfile would accept in form, if not in taste.
func (d *dice) flow() survey.Flow {
	f := survey.Flow{ID: "f", Version: 1, Class: survey.Class(d.one("transactional", "pulse", "recovery")), Title: d.spoken()}
	f.Languages = [][]string{{"en"}, {"en", "zh-Hans"}, {"ar", "en"}, {"fr", "en"}}[d.n(4)]
	if d.n(3) > 0 {
		shipped, _, _ := flowfile.Template("ladder7_expect")
		f.Bands = shipped.Bands
	}
	if d.n(3) == 0 {
		f.Texts = map[string]survey.Text{d.one("invitation", "intro", "thanks_satisfied", "thanks_unsatisfied"): d.spoken()}
	}
	scales := flowfile.Scales()
	n := 1 + d.n(8)
	for i := range n {
		q := survey.Question{Key: fmt.Sprint("q", i), Ask: d.spoken(), Optional: d.n(2) == 0, Primary: i == 0}
		if i > 0 && d.n(4) == 0 {
			q.Key = render.ContactKey
		}
		kinds := append(survey.Kinds(), survey.ScaleQ.Info(), survey.ChoiceQ.Info())
		switch q.Kind = kinds[d.n(len(kinds))].Kind; {
		case q.Kind == survey.ScaleQ || q.Primary:
			q.Kind, q.Weight = survey.ScaleQ, 1
			q.Scale, _ = flowfile.Scale(scales[d.n(len(scales))])
			if d.n(4) == 0 {
				q.Scale = d.scale()
			}
		case q.Kind == survey.ChoiceQ:
			q.Max = d.n(4)
			for c := range 1 + d.n(9) {
				q.Choices = append(q.Choices, survey.Choice{Key: d.one("here", "phone", "no") + fmt.Sprint(c), Label: d.spoken()})
			}
		case q.Kind == survey.TextQ:
			q.Long, q.Max = d.n(2) == 0, d.n(2)*20
		case q.Kind == survey.NumberQ:
			q.MaxValue = float64(d.n(2) * 100)
		case q.Kind == survey.ContactQ:
			q.Contact = d.one("phone", "email", "way", "time")
		}
		if i > 0 && d.n(3) == 0 {
			q.When = &survey.Cond{Subject: "judgement", Flags: []survey.Flag{survey.Flag(d.one("unsatisfied", "satisfied"))}}
		}
		f.Questions = append(f.Questions, q)
	}
	return f
}

// scale is one of an organisation's own, with values of any kind.
func (d *dice) scale() survey.Scale {
	s := survey.Scale{Key: "own"}
	from, step := float64(d.n(9)-4), []float64{1, 0.25, 1e6, 1e-3}[d.n(4)]
	for i := range 1 + d.n(12) {
		score := float64(i * 8)
		o := survey.Option{Value: from + step*float64(i), Label: d.spoken(), Score: &score, Flag: survey.Unsatisfied, Symbol: d.one("", "🙂")}
		if i > 3 {
			o.Flag = survey.Satisfied
		}
		s.Options = append(s.Options, o)
	}
	return s
}

// stage is one conversation without a database: what one turn leaves is loaded by the
// next.
type stage struct {
	bot      *Bot
	snap     *snapshot.Snapshot
	now      time.Time
	identity *storage.Identity
	session  *storage.Session
	kase     *storage.Case
	inv      storage.Invitation
	shown    map[string]chat.Message
	turns    int
}

func newPlay(d *dice, said *voice.Texts, lang string) *stage {
	f := d.flow()
	platform := chat.Platform(d.one(string(chat.Telegram), string(chat.Web)))
	p := storage.Person{Platform: platform, Account: "42", User: "7"}
	s := &stage{now: monday, shown: make(map[string]chat.Message)}
	s.bot = &Bot{texts: said, key: []byte("k"), now: func() time.Time { return s.now }}
	flows := render.FeedbackFlows(said)
	flows[snapshot.FlowKey{ID: f.ID, Version: f.Version}] = snapshot.NewFlow(f)
	s.snap = &snapshot.Snapshot{Flows: flows, Sites: map[string]snapshot.Site{}, Chats: inSettings(room, staffTG), Traits: platforms()}
	s.snap.Sites["s"] = snapshot.Site{Site: storage.Site{ID: "s", Name: d.text(), Language: d.one("en", "ar", "zh-Hans", "xx")}, Zone: time.UTC}
	s.bot.snap = snapshot.Fixed(s.snap)
	at := chat.Address{Platform: platform, Account: "42", Chat: "7"}
	s.identity = &storage.Identity{ID: p.ID(), Person: p, Address: at, Name: d.text(), Username: d.one("", "ann"), Spoken: lang}
	s.inv = storage.Invitation{
		ID: "i", Session: uuid.NewString(), Flow: f.ID, Version: f.Version, Site: d.one("s", ""), Language: d.one("", "ar", "es", lang),
		Facts: recovery.Facts{Class: f.Class, Tier: recovery.Tier(d.one("", "MVC", "BZ")), Late: d.n(2) == 0},
	}
	s.inv.Attributes = map[string]string{
		voice.AttrService: d.text(), voice.AttrDate: d.one("2026-03-02", "2026-03-02T10:00:00Z", "soon", d.words), voice.AttrAgent: d.text(), "x": d.text(), voice.AttrPromise: d.text(),
	}
	return s
}

// next makes one thing happen and returns what is to be shown because of it.
func (s *stage) next(d *dice) (string, storage.Change) {
	s.turns++
	t := s.bot.begin(storage.Loaded{
		Now: s.now, Identity: s.identity, Session: s.session, Case: s.kase, NextCase: 1,
	}, fmt.Sprint("u", s.turns), new(reply))
	u := &chat.Update{Kind: chat.Text, From: s.identity.Address, Private: true, User: chat.User{ID: "7", Name: s.identity.Name}, At: s.now}
	what, act := "opening", func() error { return t.open(s.inv, history{earlier: d.n(3), previous: d.n(9)}) }
	if s.session != nil {
		switch d.n(8) {
		case 0, 1, 2, 3:
			data := s.button(d)
			what, act = "tapping "+data, func() error {
				t.tapped = true
				if b, ok := render.Decode(data); ok && b.Session != "" {
					return t.press(b)
				} else if ok {
					return commands{t}.languageTapped(u, b.Language)
				}
				return nil
			}
		case 4:
			u.Text = d.one(d.text(), "1", "5", "1,2", "2026-03-02", "+44 20 7946 0000", "ann@example.com", "Later", "稍后")
			what, act = "writing "+u.Text, func() error { return t.words(u) }
		case 5:
			u.Text, u.Files = d.text(), []chat.File{{Kind: d.one("photo", "voice", "document", "x"), ID: "f", Name: d.text(), Size: int64(d.n(3)) << 24}}
			what, act = "sending a file", func() error { return t.words(u) }
		case 6:
			u.Command, u.Text = d.one(append(slices.Clone(voice.Commands[:]), "dance")...), d.one("", "ar", "zh", "xx")
			what, act = "/"+u.Command, func() error { return commands{t}.command(u) }
		case 7:
			s.now = s.now.Add(time.Duration(1+d.n(200)) * 30 * time.Minute)
			t.now = s.now
			what, act = "waiting", func() error { return t.step(survey.Expire{}) }
		}
	}
	if err := act(); err != nil {
		panic(err) // FuzzRender reports it with the input
	}
	out := t.end()
	if out.Session != nil {
		s.session = out.Session
	}
	if out.Case != nil {
		s.kase = out.Case
	}
	s.now = s.now.Add(time.Second)
	return what, out
}

// button is one that hangs in the chat, new or old.
func (s *stage) button(d *dice) string {
	slots := make([]string, 0, len(s.shown))
	for slot := range s.shown {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	var all []string
	for _, slot := range slots {
		for _, row := range s.shown[slot].Rows {
			for _, b := range row {
				all = append(all, b.Data)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[d.n(len(all))]
}

// look returns what is wrong with what is to be shown.
func (s *stage) look(c storage.Change) []string {
	var wrong []string
	for _, op := range c.Slots {
		w := op.Want
		if w == nil {
			continue
		}
		if w.Bare { // what is shown loses its buttons
			continue
		}
		s.shown[w.Slot] = w.Render
		renders := []chat.Message{w.Render}
		if w.Leave != nil {
			renders = append(renders, *w.Leave)
		}
		for _, m := range renders {
			for _, problem := range wrongWith(m, w.Kind == storage.RelayD) {
				wrong = append(wrong, w.Slot+": "+problem)
			}
		}
		if w.Address.IsZero() || w.Kind == "" || w.Hash != sumOf(w.Render) {
			wrong = append(wrong, fmt.Sprintf("%s: the want is %+v", w.Slot, w))
		}
	}
	return wrong
}

func wrongWith(m chat.Message, conversation bool) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	source, err := json.Marshal(m)
	if err != nil || !utf8.Valid(source) {
		say("it cannot be written down: %v", err)
	}
	if strings.TrimSpace(m.Text+m.Title) == "" {
		say("nothing is to be seen")
	}
	n := 0
	for _, row := range m.Rows {
		n += len(row)
		longest := render.LongestRow
		if m.Layout != nil {
			longest = 11 // a page breaks the row of a scale by itself
		}
		if len(row) == 0 || len(row) > longest {
			say("a row has %d buttons", len(row))
		}
		for _, b := range row {
			if len(b.Data) > 64 || b.Data == "" && b.URL == "" {
				say("a button has the data %q", b.Data)
			}
			d, ok := render.Decode(b.Data)
			card, onCard := render.DecodePressed(b.Data)
			_, wish := render.DecodeWish(b.Data)
			readers := 0
			for _, reads := range []bool{ok, onCard, wish, render.SessionOfSite(b.Data) != "", render.SessionOfMeant(b.Data) != ""} {
				if reads {
					readers++
				}
			}
			if readers != 1 || ok && d.Encode() != b.Data || onCard && card.Encode() != b.Data {
				say("the data %q cannot be read back", b.Data)
			}
			if strings.TrimSpace(b.Text) == "" {
				say("a button has no words")
			}
		}
	}
	if n > 100 {
		say("there are %d buttons", n)
	}
	for _, f := range m.Facts {
		if f.Label == "" || f.Value == "" || utf8.RuneCountInString(f.Label) > render.LongestLabel {
			say("a fact is %q: %q", f.Label, f.Value)
		}
	}
	for _, q := range m.Quotes {
		most := render.LongestQuote
		if conversation {
			most = voice.LongestPart
		}
		if utf8.RuneCountInString(q.Text) > most {
			say("a quotation has %d characters", utf8.RuneCountInString(q.Text))
		}
	}
	return wrong
}
