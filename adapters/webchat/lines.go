package webchat

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// line is something that was said, or that happened.
type line struct {
	ID, Mark  string // of the element; Mark changes when it does
	Kind      string // them, own, event, info
	Lang, Dir string
	Who, Face string // of a person
	At        string
	Text      []string // paragraphs
	Faint     string
	Message   chat.Message
	Reply     *reply
	MarkLine  string
	Edit      *chat.Button
	Slot      string
	Rows      [][]chat.Button
	Nonce     string
	Here      string
	Words     words
}

type reply struct{ ID, Excerpt string }

// lines are the conversation but for what is open, and the place of the greeting that belongs
// to that. Who is the last person who answered.
func (s *site) lines(f frame, v Visitor, nonce string, items []Item, at map[chat.Ref]chat.Message, open, over int) (lines []line, hello int, who string) {
	hello = -1
	of := "" // the survey that is on the screen
	switch {
	case open >= 0 && items[open].Message.Layout != nil:
		of = items[open].Message.Layout.Of
	case over >= 0:
		of = items[over].Message.Layout.Of
	}
	repliedAfter := make([]string, len(items)+1) // by whom, after each
	for i := len(items) - 1; i >= 0; i-- {
		repliedAfter[i] = repliedAfter[i+1]
		if l := items[i].Message.Layout; l != nil && l.Part == chat.PartReply {
			repliedAfter[i] = l.Who
		}
	}
	day, followed := "", map[string]bool{}
	for i, it := range items {
		m := it.Message
		l := m.Layout
		if l == nil {
			l = &chat.Layout{}
		}
		base := s.line(f, nonce, it)
		if l.FollowsUp && !followed[l.Of] && !(over >= 0 && l.Of == of) {
			followed[l.Of] = true
			event := base
			event.ID, event.Kind, event.Lang, event.Dir, event.Text = base.ID+"e", "event", f.Lang, f.Dir, []string{f.Words.FollowUp}
			event.Message, event.Rows = chat.Message{}, nil
			lines = append(lines, event)
		}
		if i == open || i == over {
			continue
		}
		if !l.At.IsZero() {
			if now := s.day(l.At, v, f.Words); now != day {
				lines = append(lines, line{ID: base.ID + "d", Mark: now, Kind: "event", Lang: f.Lang, Dir: f.Dir, Text: []string{now}, Words: f.Words})
				day = now
			}
			base.At = l.At.In(v.zone()).Format("15:04")
		}
		switch l.Part {
		case chat.PartIntro:
			if l.Of == of && open >= 0 && len(lines) == 0 && untouched(items, of) {
				hello = i
				continue
			}
			if l.Of == of && over >= 0 {
				continue
			}
			base.Faint = l.Hint
			lines = append(lines, base)
		case chat.PartQuestion:
			if l.Answer == "" || waits(&m) || over >= 0 && l.Of == of {
				continue // it was taken back, or stands at the end with its answer
			}
			own := base
			base.Rows, base.Edit, base.Message.Rows = nil, nil, nil
			own.ID, own.Kind, own.Text, own.Rows = base.ID+"a", "own", []string{l.Answer}, nil
			own.Edit = changing(m)
			lines = append(lines, base, own)
		case chat.PartReply:
			who = l.Who
			named := strings.TrimSuffix(m.Title, " ("+f.Title+")") // the head of the page says of which business
			base.Who, base.Face, base.Message.Title = cmp.Or(named, l.Who), initials(l.Who), ""
			lines = append(lines, base)
		case chat.PartOwn:
			base.Kind = "own"
			kept := f.Words.Saved
			if l.Told {
				kept = f.Words.Delivered
			}
			base.MarkLine = s.words.say(kept, "time", base.At)
			if by := repliedAfter[i]; by != "" {
				base.MarkLine += " · " + s.words.say(f.Words.ReadBy, "who", by)
			}
			lines = append(lines, base)
		case chat.PartEvent:
			base.Kind = "event"
			lines = append(lines, base)
		case chat.PartThanks:
			lines = append(lines, base)
		default:
			if m.Mine {
				base.Kind = "own"
				lines = append(lines, base)
				continue
			}
			lines = append(lines, s.plain(base, m, at)...)
		}
	}
	return lines, hello, who
}

// untouched reports whether nothing of a survey was answered.
func untouched(items []Item, of string) bool {
	return !slices.ContainsFunc(items, func(it Item) bool {
		l := it.Message.Layout
		return l != nil && l.Of == of && l.Answer != "" && !l.Changing
	})
}

// line is a message as a bubble.
func (s *site) line(f frame, nonce string, it Item) line {
	m := it.Message
	l := line{
		ID: elementID(it.Slot), Mark: fmt.Sprintf("%d.%d", it.Ord, it.Version), Kind: "them", Lang: m.Lang, Dir: direction(m.Lang),
		Text: paragraphs(m.Text), Message: m, Slot: it.Slot, Rows: buttons(m.Rows), Nonce: nonce, Here: f.Here, Words: f.Words,
	}
	if l.Lang == "" {
		l.Lang, l.Dir = f.Lang, "auto"
	}
	return l
}

// plain is a message without a layout. What an earlier release stored has the answer below the
// question.
func (s *site) plain(base line, m chat.Message, at map[chat.Ref]chat.Message) []line {
	below := cmp.Or(m.Replies, chat.Ref(m.Under)) // here a slot is a reference
	if to, ok := at[below]; ok && below != "" {
		base.Reply = &reply{elementID(string(below)), excerpt(to)}
	}
	question, answer := splitAnswer(m.Text)
	if answer == "" {
		return []line{base}
	}
	own := base
	base.Text, base.Rows = paragraphs(question), nil
	_, answer, _ = strings.Cut(answer, " ")
	own.ID, own.Kind, own.Text, own.Message, own.Reply = base.ID+"a", "own", []string{answer}, chat.Message{}, nil
	if len(own.Rows) > 0 && len(own.Rows[0]) > 0 {
		own.Edit, own.Rows = &own.Rows[0][0], nil
	}
	return []line{base, own}
}

// changing is the button that changes an answer.
func changing(m chat.Message) *chat.Button {
	for _, row := range m.Rows {
		for i := range row {
			if row[i].Aside == chat.AsideChange {
				return &row[i]
			}
		}
	}
	return nil
}

// zone is where the visitor was served.
func (v Visitor) zone() *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

// day is the day of a time: its name within the last days, else its date in words.
func (s *site) day(t time.Time, v Visitor, w words) string {
	t, now := t.In(v.zone()), s.Clock().In(v.zone())
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return w.Today
	case now.Sub(t) < 6*24*time.Hour:
		return w.Days[t.Weekday()]
	}
	words := w.Date
	if t.Year() != now.Year() {
		words = w.DateOfYear
	}
	return s.words.say(words, "weekday", w.Days[t.Weekday()], "day", strconv.Itoa(t.Day()), "month", w.Months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// initials are the signs of a person's name.
func initials(name string) string {
	out := ""
	for _, part := range strings.Fields(name) {
		if out += initial(part); len([]rune(out)) == 2 {
			break
		}
	}
	return out
}
