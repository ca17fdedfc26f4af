package chattest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

// errStoreAway quotes nothing, as errors of the store do.
var errStoreAway = errors.New("the store is away")

// words is what a customer said; it may stand in no error and no log.
const words = "Confidential-Customer-Words"

func question() chat.Message {
	return chat.Message{
		Text: "How was " + words + "?",
		Rows: [][]chat.Button{{{Text: "1", Data: "1p.1"}, {Text: "2", Data: "1p.2"}}, {{Text: "Skip", Data: "1s"}}},
	}
}

func posts(t *testing.T, s *stage) {
	ref := s.mustSend(question(), "")
	if m := s.shown(ref); !strings.Contains(m.Text, "How was") || !slices.Equal(m.Buttons, []string{"1", "2", "Skip"}) {
		t.Errorf("shown: %+v", m)
	}
	if again := s.mustSend(question(), ref); again != ref {
		t.Errorf("an unchanged message moved from %q to %q", ref, again)
	}
	if again := s.mustSend(chat.Message{Text: "You answered 2."}, ref); again != ref {
		t.Errorf("an edited message moved from %q to %q", ref, again)
	}
	if m := s.shown(ref); m.Text != "You answered 2." || len(m.Buttons) != 0 {
		t.Errorf("after the edit: %+v", m)
	}
	second := s.mustSend(chat.Message{Text: "Next.", Replies: ref}, "")
	if all := s.Shown(); len(all) != 2 || all[0].Ref != ref || all[1].Ref != second {
		t.Errorf("the chat: %+v", all)
	}
}

func parts(t *testing.T, s *stage) {
	m := chat.Message{
		Title: "The title", Text: "The text", State: "open", Footer: "The footer",
		Facts:  []chat.Fact{{Label: "Site", Value: "Main Street"}, {Label: "Phone", Value: "+1 555"}},
		Quotes: []chat.Quote{{Label: "Why", Text: "It was cold"}},
		Rows:   [][]chat.Button{{{Text: "Take", Data: "1", Style: "primary"}, {Text: "Site", URL: "https://example.com/x"}}},
	}
	shown := s.shown(s.mustSend(m, ""))
	rest := shown.Text
	for _, part := range []string{"The title", "The text", "Site", "Main Street", "Phone", "+1 555", "Why", "It was cold", "The footer"} {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Errorf("%q is missing, or not in its place, in %q", part, shown.Text)
			continue
		}
		rest = after
	}
	if !slices.Equal(shown.Buttons, []string{"Take", "Site"}) {
		t.Errorf("buttons: %q", shown.Buttons)
	}
	for _, only := range []chat.Message{{Title: "t"}, {Text: "t"}, {Footer: "t"}, {Quotes: []chat.Quote{{Text: "t"}}}, {Facts: []chat.Fact{{Label: "l", Value: "t"}}}} {
		if m := s.shown(s.mustSend(only, "")); !strings.Contains(m.Text, "t") {
			t.Errorf("%+v is shown as %+v", only, m)
		}
	}
}

func vanished(t *testing.T, s *stage) {
	ref := s.mustSend(question(), "")
	if !s.Vanish(ref) {
		return
	}
	again := s.mustSend(question(), ref)
	if all := s.Shown(); again == ref || len(all) != 1 || all[0].Ref != again {
		t.Errorf("posted as %q instead of %q; the chat: %+v", again, ref, all)
	}
}

// card has the words h in every place, also in what a button asks for before it acts.
func card(h string) chat.Message {
	form := &chat.Form{
		Title: h, Submit: h, Note: h,
		Fields: []chat.Field{{Name: "text", Label: h, Hint: h, Value: h, Expects: chat.ExpectsLong}, {Name: "one", Label: h, Options: []chat.Option{{Value: "1", Text: "one " + h}}}},
	}
	return chat.Message{
		Title: "title‹" + h + "›end", Text: "text‹" + h + "›end", Footer: "footer‹" + h + "›end",
		Facts:  []chat.Fact{{Label: "fact", Value: "fact‹" + h + "›end"}},
		Quotes: []chat.Quote{{Label: "quote", Text: "quote‹" + h + "›end"}},
		Rows:   [][]chat.Button{{{Text: "button‹" + h + "›end", Data: "1"}, {Text: "plain", Data: "2", Form: form}}},
	}
}

func hostile(t *testing.T, s *stage) {
	usual := s.shown(s.mustSend(card("harmless"), ""))
	for _, h := range Hostile() {
		before := len(s.Shown())
		ref, err := s.send(card(h), "")
		if err != nil {
			t.Errorf("%q: %v", h, err)
			continue
		}
		if n := len(s.Shown()); n != before+1 {
			t.Errorf("%q became %d messages", h, n-before)
		}
		m := s.shown(ref)
		for _, place := range []string{"title", "text", "fact", "quote", "footer"} {
			between(t, h, m.Text, place)
		}
		if len(m.Buttons) != 2 || m.Buttons[1] != "plain" {
			t.Errorf("%q: buttons %q", h, m.Buttons)
		} else {
			between(t, h, m.Buttons[0], "button")
		}
		if what := dangerous(m.Text); what != "" {
			t.Errorf("%q shows %s: %q", h, what, m.Text)
		}
		if diff := cmp.Diff(usual.Styles, m.Styles); diff != "" {
			t.Errorf("%q changed the styles: %s", h, diff)
		}
		// As the whole text: shown, or refused because there is nothing to see.
		if ref, err := s.send(chat.Message{Text: h}, ""); err == nil {
			if got := s.shown(ref).Text; fold(got) != fold(h) {
				t.Errorf("%q alone is shown as %q", h, got)
			}
		} else if chat.AsError(err).Kind != chat.Rejected || fold(h) != "" {
			t.Errorf("%q alone: %v", h, err)
		}
	}
}

func between(t *testing.T, h, text, place string) {
	t.Helper()
	_, rest, ok := strings.Cut(text, place+"‹")
	inner, _, end := strings.Cut(rest, "›end")
	if !ok || !end || fold(inner) != fold(h) {
		t.Errorf("%q in the %s is shown as %q (begun %t, ended %t)", h, place, text, ok, end)
	}
}

func limits(t *testing.T, s *stage) {
	traits := s.Traits()
	for _, letter := range []string{"x", "é", "中", "😀", "👨‍👩‍👧", "&", "<"} {
		if traits.TextLimit == 0 {
			break
		}
		whole := strings.Repeat(letter, traits.TextLimit/traits.Units(letter))
		whole += strings.Repeat("x", traits.TextLimit-traits.Units(whole))
		if m := s.shown(s.mustSend(chat.Message{Text: whole}, "")); m.Text != whole {
			t.Errorf("%s at the limit was changed: %d units of %d", letter, traits.Units(m.Text), traits.Units(whole))
		}
		m := s.shown(s.mustSend(chat.Message{Text: whole + "x"}, ""))
		if n := traits.Units(m.Text); n > traits.TextLimit || n < traits.TextLimit-16 || !strings.HasSuffix(m.Text, "…") {
			t.Errorf("%s beyond the limit: %d units, …%q", letter, n, m.Text[max(0, len(m.Text)-16):])
		}
	}
	long := chat.Message{
		Title: strings.Repeat("t", 20000), Text: strings.Repeat("x", 1<<20), Footer: strings.Repeat("f", 20000),
		Facts:  []chat.Fact{{Label: "l", Value: strings.Repeat("v", 20000)}},
		Quotes: []chat.Quote{{Text: strings.Repeat("q", 20000)}},
		Rows:   question().Rows,
	}
	m := s.shown(s.mustSend(long, ""))
	if traits.TextLimit != 0 && traits.Units(m.Text) > traits.TextLimit || len(m.Buttons) != 3 {
		t.Errorf("a megabyte became %d units and %d buttons", traits.Units(m.Text), len(m.Buttons))
	}
	if traits.DataLimit == 0 {
		return
	}
	data := func(n int) chat.Message {
		return chat.Message{Text: "x", Rows: [][]chat.Button{{{Text: "1", Data: strings.Repeat("d", n)}}}}
	}
	s.mustSend(data(traits.DataLimit), "")
	before := len(s.Shown())
	if _, err := s.send(data(traits.DataLimit+1), ""); chat.AsError(err).Kind != chat.Rejected || len(s.Shown()) != before {
		t.Errorf("a button with too much data: %v, and %d messages are shown instead of %d", err, len(s.Shown()), before)
	}
}

func failures(t *testing.T, s *stage) {
	for _, c := range []struct {
		failure Failure
		kind    chat.ErrorKind
		last    bool
	}{
		{BlockedByPerson, chat.Unreachable, false},
		{TooFast, chat.RateLimited, false},
		{ServerBroken, chat.InDoubt, false},
		{ConnectionReset, chat.InDoubt, false},
		{NoAnswer, chat.InDoubt, false},
		{AccessRevoked, chat.Revoked, true},
		{NobodyListens, chat.Temporary, true},
	} {
		if !s.Fail(c.failure) {
			continue
		}
		ctx, cancel := s.t.Context(), context.CancelFunc(func() {})
		if c.failure == NoAnswer {
			ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		}
		_, err := s.sendIn(ctx, question(), "")
		cancel()
		if err == nil {
			t.Errorf("%s: no error", c.failure)
			continue
		}
		e := chat.AsError(err)
		if e.Kind != c.kind {
			t.Errorf("%s: %v, want %s", c.failure, err, c.kind)
		}
		if c.failure == TooFast && e.RetryAfter < Wait {
			t.Errorf("%s: try again after %v, want %v", c.failure, e.RetryAfter, Wait)
		}
		if !c.last {
			s.mustSend(question(), "")
		}
	}
}

func contexts(t *testing.T, s *stage) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.sendIn(ctx, question(), "")
	if e := chat.AsError(err); e.Kind != chat.Temporary || !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if n := len(s.Shown()); n != 0 {
		t.Errorf("%d messages were shown", n)
	}
	s.serve()() // ends at once
}

func updates(t *testing.T, s *stage) {
	s.serve()
	keys := map[string]bool{}
	check := func(u chat.Update, kind chat.Kind) {
		t.Helper()
		if u.Kind != kind || u.From != s.Address() || !u.Private || u.User.ID == "" || u.At.IsZero() || u.At.Location() != time.UTC {
			t.Errorf("got %+v, want a private %s from %s", u, kind, s.Address())
		}
		if u.Key == "" || keys[u.Key] {
			t.Errorf("key %q was used before", u.Key)
		}
		keys[u.Key] = true
	}
	s.Say(words)
	u := s.next()
	if check(u, chat.Text); u.Text != words {
		t.Errorf("said %q, got %q", words, u.Text)
	}
	who := u.User.ID
	s.Say("/help me now")
	u = s.next()
	if check(u, chat.Command); u.Command != "help" || u.Text != "me now" || u.User.ID != who {
		t.Errorf("the command is %+v", u)
	}
	ref := s.mustSend(question(), "")
	s.Tap(ref)
	u = s.next()
	if check(u, chat.Tap); u.Data != "1p.1" || u.On != ref || u.User.ID != who {
		t.Errorf("the tap is %+v", u)
	}
	if s.Repeat() {
		if again := s.next(); again.Key != u.Key || again.Data != u.Data {
			t.Errorf("delivered twice: %q and %q", u.Key, again.Key)
		}
	}
	s.Say("after that")
	if u = s.next(); u.Text != "after that" {
		t.Errorf("got %+v", u)
	}
}

func repeats(t *testing.T, s *stage) {
	s.mu.Lock()
	s.fail = 2
	s.mu.Unlock()
	s.serve()
	s.Say("keep me")
	if u := s.next(); u.Text != "keep me" {
		t.Errorf("got %+v", u)
	}
}

func hostileWords(t *testing.T, s *stage) {
	s.serve()
	for _, h := range Hostile() {
		s.Say("‹" + h + "›")
		if u := s.next(); u.Kind != chat.Text || !utf8.ValidString(u.Text) || fold(u.Text) != fold("‹"+h+"›") {
			t.Errorf("said %q, got %+v", h, u)
		}
	}
}

func answers(t *testing.T, s *stage) {
	s.serve()
	ref := s.mustSend(question(), "")
	for _, want := range []chat.Answer{{Text: "Saved."}, {Text: "This survey has ended.", Alert: true}, {}} {
		s.mu.Lock()
		s.answer = want
		s.mu.Unlock()
		if got := s.Tap(ref)(); got.Text != want.Text || got.Alert != want.Alert {
			t.Errorf("the person sees %+v, want %+v", got, want)
		}
	}
}

// expectations asks for everything that a message may wait for, each in a field of its
// own where the platform has fields: so an adapter that never learned of a kind of answer
// is noticed, though words would do.
func expectations(t *testing.T, s *stage) {
	s.serve()
	asText := s.Traits().AsText
	by := map[string]chat.Expects{}
	text := ""
	for _, e := range chat.AllExpects() {
		ref := s.mustSend(chat.Message{Text: "Please answer.", Hint: "As you like", Expects: e}, "")
		field := s.Field(ref)
		if e == chat.ExpectsText {
			text = field
		}
		other, taken := by[field]
		switch {
		case slices.Contains(asText, e):
			if field != text {
				t.Errorf("%q is asked for in the field %q, though Traits.AsText has it: it should be the field for text, %q", e, field, text)
			}
		case taken && (field != "" || text != ""):
			t.Errorf("%q is asked for in the same field as %q, %q: give it the platform's own field, or name it in Traits.AsText if there is none", e, other, field)
		default:
			by[field] = e
		}
		if e.Example() == "" {
			continue
		}
		s.Enter(ref, e.Example())
		if u := s.next(); u.Kind != chat.Text || u.Text != e.Example() {
			t.Errorf("asked for %q and entered %q, got %+v", e, e.Example(), u)
		}
	}
}

// secrets ends every check: nothing that was said or logged holds a secret or the
// customer's words.
func (s *stage) secrets() {
	said := []string{}
	s.mu.Lock()
	for _, err := range s.errs {
		said = append(said, err.Error())
	}
	s.mu.Unlock()
	traits := s.Traits()
	if traits.Log != nil {
		said = append(said, traits.Log())
	}
	for _, text := range said {
		for _, secret := range append(traits.Secrets, words) {
			if strings.Contains(text, secret) {
				s.t.Errorf("%q stands in %q", secret, text)
			}
		}
	}
}
