package webchat

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// done is the end.
type done struct {
	ID, Mark  string
	Lang, Dir string
	Text      []string
	Count     string
	Within    string // how long answers can be changed; "" = none can
	Answers   []given
	Words     words
}

type given struct {
	Question, Answer, Lang, Dir string
	Edit                        *chat.Button
	Slot                        string
}

// ended is the place of the thanks if they are the last that was said, or -1.
func ended(items []Item) int {
	for i := len(items) - 1; i >= 0; i-- {
		l := items[i].Message.Layout
		switch {
		case l != nil && l.Part == chat.PartThanks:
			return i
		case l != nil && l.Part == chat.PartQuestion && !waits(&items[i].Message):
		default:
			return -1
		}
	}
	return -1
}

// done lays out the end of a survey: the thanks, and what was answered.
func (s *site) done(f frame, items []Item, over int) *done {
	it := items[over]
	d := &done{
		ID: elementID(it.Slot), Mark: fmt.Sprintf("%d.%d", it.Ord, it.Version), Lang: it.Message.Lang, Dir: direction(it.Message.Lang),
		Text: headed(it.Message.Text), Words: f.Words,
	}
	if d.Lang == "" {
		d.Lang, d.Dir = f.Lang, "auto"
	}
	for i := range items {
		m := items[i].Message
		if l := m.Layout; l != nil && l.Part == chat.PartQuestion && l.Of == it.Message.Layout.Of && l.Answer != "" {
			d.Mark += fmt.Sprintf(".%d", items[i].Version)
			if changing(m) != nil && s.ChangeWithin > 0 {
				d.Within = s.words.say(f.Words.ChangeWithin, "n", strconv.Itoa(int(s.ChangeWithin/time.Minute)))
			}
			d.Answers = append(d.Answers, given{Question: m.Text, Answer: l.Answer, Lang: m.Lang, Dir: direction(m.Lang), Edit: changing(m), Slot: items[i].Slot})
		}
	}
	d.Count = s.words.say(f.Words.Answers, "n", strconv.Itoa(len(d.Answers)))
	return d
}

// headed are paragraphs of which the first is one sentence, fit to stand large.
func headed(text string) []string {
	all := paragraphs(text)
	if len(all) == 0 {
		return all
	}
	first := all[0]
	for i, r := range first {
		after := first[i+utf8.RuneLen(r):]
		if after == "" {
			break
		}
		if strings.ContainsRune("。！？", r) || strings.ContainsRune(".!?؟", r) && strings.HasPrefix(after, " ") {
			return append([]string{first[:len(first)-len(after)], strings.TrimSpace(after)}, all[1:]...)
		}
	}
	return all
}
