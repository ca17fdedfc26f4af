package telegram

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// The most that one message, and the words below a file, hold: UTF-16 units after
// parsing.
const (
	textLimit    = 4096
	captionLimit = 1024
)

// longQuote is the length in units from which a quotation is shown folded.
const longQuote = 400

// segment is a piece of a message's text in one style.
type segment struct {
	before, after string // separators, labels and isolates; never cut
	text          string
	tag           string // "" or an HTML element
	inert         bool   // nothing in the text may become a mention, a link or a command
	folded        bool   // it stands with its neighbours in one quotation that is shown folded
	open          bool   // a quotation that is never shown folded
	strong        string // the part of the text that is bold, where it is whole
}

func (s segment) units() int { return units(s.before) + units(s.text) + units(s.after) }

// layout is the text of a message, ready to be written with or without markup.
type layout []segment

var errNothingToShow = errors.New("the message has nothing to show")

// arrange lays a message out: the title, the words, the facts, the quotations, the
// footer; where it is folded the quotations come first and the facts last. It is never
// longer than limit: the longest pieces are cut first.
func arrange(m chat.Message, limit int) (layout, error) {
	var l layout
	crowded := m.Inert && temptations(m) > mostCode
	add := func(sep string, s segment) {
		if !chat.Visible(s.text) {
			return
		}
		if len(l) > 0 {
			s.before = sep + s.before
		}
		s.inert = m.Inert && !crowded
		if m.Inert && crowded {
			s.before, s.text = chat.Defuse(s.before), chat.Defuse(s.text)
		}
		l = append(l, s)
	}
	add("", segment{text: withState(m.State, chat.CleanLine(m.Title)), tag: "b"})
	text := segment{text: strings.TrimSpace(chat.Clean(m.Text)), strong: strings.TrimSpace(chat.Clean(m.Strong))}
	mixed := chat.MixesDirections(m)
	facts := func(sep string) {
		for _, f := range m.Facts {
			s := segment{before: chat.CleanLine(f.Label) + ": ", text: chat.CleanLine(f.Value), folded: m.Folded}
			if mixed {
				s.before, s.after = s.before+chat.Isolate, chat.EndIsolate
			}
			before := len(l)
			add(sep, s)
			if len(l) > before {
				sep = "\n"
			}
		}
	}
	quotes := func(sep string) {
		for _, q := range m.Quotes {
			s := segment{text: strings.TrimSpace(chat.Clean(q.Text)), tag: "blockquote", open: m.Folded}
			if label := chat.CleanLine(q.Label); label != "" {
				s.before = label + ":\n"
			}
			add(sep, s)
		}
	}
	if m.Folded {
		quotes("\n")
		add("\n", text)
		facts("\n")
	} else {
		add("\n", text)
		facts("\n\n")
		quotes("\n\n")
	}
	for _, f := range m.Files {
		add("\n", segment{text: chat.CleanLine(f.Sign())})
	}
	add("\n\n", segment{text: strings.TrimSpace(chat.Clean(m.Footer)), tag: "i"})
	if len(l) == 0 {
		return nil, errNothingToShow
	}
	return l.fit(limit), nil
}

// mostCode is how many stretches of code a message has at most: Telegram leaves out styles
// beyond a hundred, without a word.
const mostCode = 50

// temptations is how many words of a message Telegram might make live.
func temptations(m chat.Message) int {
	n := len(chat.Tempting(m.Title)) + len(chat.Tempting(m.Text)) + len(chat.Tempting(m.Footer))
	for _, f := range m.Facts {
		n += len(chat.Tempting(f.Label)) + len(chat.Tempting(f.Value))
	}
	for _, q := range m.Quotes {
		n += len(chat.Tempting(q.Label)) + len(chat.Tempting(q.Text))
	}
	return n
}

// withState puts a card's colour before its title, which says the state in words,
// unless the title begins with a sign of its own.
func withState(state, title string) string {
	var mark string
	switch state {
	case "open":
		mark = "🔴"
	case "taken":
		mark = "🟠"
	case "resolved":
		mark = "🟢"
	case "snoozed":
		mark = "💤"
	case "watch":
		mark = "👁"
	}
	first, _ := utf8.DecodeRuneInString(title)
	if mark == "" || title == "" || unicode.Is(unicode.So, first) {
		return title
	}
	return mark + " " + title
}

func (l layout) units() int {
	n := 0
	for _, s := range l {
		n += s.units()
	}
	return n
}

// fit cuts the texts to the largest common length at which all of it fits: short
// pieces stay whole. Where even that is not enough, the last pieces are left out.
func (l layout) fit(limit int) layout {
	if l.units() <= limit {
		return l
	}
	fixed, sizes := 0, make([]int, 0, len(l))
	for i, s := range l {
		own := units(s.before) + units(s.after)
		if fixed+own+i+1 > limit { // one unit is left for each text
			break
		}
		fixed += own
		sizes = append(sizes, units(s.text))
	}
	if len(sizes) == 0 { // a label alone is too long: its words matter more
		return layout{{text: cut(l[0].text, limit), tag: l[0].tag}}
	}
	fits := func(each int) bool {
		n := fixed
		for _, size := range sizes {
			n += min(size, each)
		}
		return n <= limit
	}
	each := sort.Search(limit, func(n int) bool { return !fits(n + 1) })
	out := slices.Clone(l[:len(sizes)])
	for i := range out {
		out[i].text = cut(out[i].text, each)
	}
	return out
}

// plain is the text without markup. A quotation's lines are told apart by a sign, and what
// must not become a link holds what keeps Telegram from seeing one.
func (l layout) plain() string {
	var b strings.Builder
	for _, s := range l {
		before, text := s.before, s.text
		if s.inert {
			before, text = chat.Defuse(before), chat.Defuse(text)
		}
		if s.folded {
			before = strings.Replace(before, "\n", "\n> ", 1)
		}
		if s.tag == "blockquote" {
			text = "> " + strings.ReplaceAll(text, "\n", "\n> ")
		}
		b.WriteString(before + text + s.after)
	}
	return b.String()
}

// html is the text in Telegram's HTML.
func (l layout) html() string {
	var b strings.Builder
	for i, s := range l {
		before := s.before
		if s.folded && (i == 0 || !l[i-1].folded) {
			b.WriteString(before[:len(before)-len(strings.TrimLeft(before, "\n"))] + "<blockquote expandable>")
			before = strings.TrimLeft(before, "\n")
		}
		b.WriteString(segment{text: before, inert: s.inert}.words(""))
		switch {
		case s.tag == "blockquote" && !s.open && units(s.text) >= longQuote:
			b.WriteString("<blockquote expandable>" + s.words("") + "</blockquote>")
		case s.tag == "blockquote":
			b.WriteString("<blockquote>" + s.words("") + "</blockquote>")
		case s.strong != "" && strings.Contains(s.text, s.strong):
			at := strings.LastIndex(s.text, s.strong)
			for i, part := range []string{s.text[:at], s.strong, s.text[at+len(s.strong):]} {
				b.WriteString(segment{text: part, inert: s.inert}.words(map[bool]string{true: "b"}[i == 1]))
			}
		default:
			b.WriteString(s.words(s.tag))
		}
		b.WriteString(escape(s.after))
		if s.folded && (i == len(l)-1 || !l[i+1].folded) {
			b.WriteString("</blockquote>")
		}
	}
	return b.String()
}

// words are the text in HTML, within an element unless tag is "". What Telegram would make a
// mention, a link or a command of stands as code where it must not: that it leaves alone, and
// a copy of it is what was written. Code stands beside bold words, never within them.
func (s segment) words(tag string) string {
	var b strings.Builder
	put := func(tag, text string) {
		switch {
		case text == "":
		case tag == "":
			b.WriteString(escape(text))
		default:
			b.WriteString("<" + tag + ">" + escape(text) + "</" + tag + ">")
		}
	}
	at := 0
	if s.inert {
		for _, w := range chat.Tempting(s.text) {
			put(tag, s.text[at:w[0]])
			put("code", s.text[w[0]:w[1]])
			at = w[1]
		}
	}
	put(tag, s.text[at:])
	return b.String()
}
