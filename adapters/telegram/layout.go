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
}

func (s segment) units() int { return units(s.before) + units(s.text) + units(s.after) }

// layout is the text of a message, ready to be written with or without markup.
type layout []segment

var errNothingToShow = errors.New("the message has nothing to show")

// arrange lays a message out: the title, the words, the facts, the quotations, the
// footer. It is never longer than limit: the longest pieces are cut first.
func arrange(m chat.Message, limit int) (layout, error) {
	var l layout
	add := func(sep string, s segment) {
		if !chat.Visible(s.text) {
			return
		}
		if len(l) > 0 {
			s.before = sep + s.before
		}
		l = append(l, s)
	}
	add("", segment{text: withState(m.State, chat.CleanLine(m.Title)), tag: "b"})
	add("\n", segment{text: strings.TrimSpace(chat.Clean(m.Text))})
	mixed := chat.MixesDirections(m)
	sep := "\n\n"
	for _, f := range m.Facts {
		s := segment{before: chat.CleanLine(f.Label) + ": ", text: strings.TrimSpace(chat.Clean(f.Value))}
		if mixed {
			s.before, s.after = s.before+chat.Isolate, chat.EndIsolate
		}
		before := len(l)
		add(sep, s)
		if len(l) > before {
			sep = "\n"
		}
	}
	for _, q := range m.Quotes {
		s := segment{text: strings.TrimSpace(chat.Clean(q.Text)), tag: "blockquote"}
		if label := chat.CleanLine(q.Label); label != "" {
			s.before = label + ":\n"
		}
		add("\n\n", s)
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
		mark = "⚪"
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

// plain is the text without markup.
func (l layout) plain() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.before + s.text + s.after)
	}
	return b.String()
}

// html is the text in Telegram's HTML.
func (l layout) html() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(escape(s.before))
		switch {
		case s.tag == "blockquote" && units(s.text) >= longQuote:
			b.WriteString("<blockquote expandable>" + escape(s.text) + "</blockquote>")
		case s.tag != "":
			b.WriteString("<" + s.tag + ">" + escape(s.text) + "</" + s.tag + ">")
		default:
			b.WriteString(escape(s.text))
		}
		b.WriteString(escape(s.after))
	}
	return b.String()
}
