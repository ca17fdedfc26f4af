package slack

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

type pieceKind int

const (
	aTitle pieceKind = iota
	aText
	aFact
	aQuote
	aFooter
)

// piece is one part of a message's words.
type piece struct {
	kind    pieceKind
	label   string // of a fact or a quotation; never cut
	text    string
	isolate bool      // the text may run the other way than its label
	at      time.Time // of a fact: what the text tells, for each reader's own zone
	strong  string    // the part of a text that is bold, where it is whole
}

// words are what a fact shows in one line.
func (p piece) words() string {
	text := p.text
	if p.isolate {
		text = chat.Isolate + text + chat.EndIsolate
	}
	if p.label == "" {
		return text
	}
	return p.label + ": " + text
}

// around is how many characters stand beside the text, the line break before it
// included.
func (p piece) around() int { return units(p.words()) - units(p.text) + 1 }

// layout is the words of a message in order: the title, the text, the facts, the
// quotations, the footer.
type layout []piece

var errNothingToShow = errors.New("the message has nothing to show")

// arrange lays a message out. Its words are never more than wordsLimit characters:
// the longest pieces are cut first.
func arrange(m chat.Message) (layout, error) {
	var l layout
	mixed := chat.MixesDirections(m)
	add := func(p piece, limit int) {
		p.text = strings.TrimSpace(p.text)
		if p.label != "" {
			p.label = cut(p.label, labelledLimit)
		}
		if chat.Visible(p.text) {
			p.text = cut(p.text, limit)
			l = append(l, p)
		}
	}
	add(piece{kind: aTitle, text: withState(m.State, chat.CleanLine(m.Title))}, wordsLimit)
	text := piece{kind: aText, text: chat.Clean(m.Text), strong: strings.TrimSpace(chat.Clean(m.Strong))}
	quotes := func() {
		for _, q := range m.Quotes {
			add(piece{kind: aQuote, label: chat.CleanLine(q.Label), text: chat.Clean(q.Text)}, wordsLimit)
		}
	}
	if m.Folded {
		quotes()
	}
	add(text, wordsLimit)
	for _, f := range m.Facts {
		p := piece{kind: aFact, label: chat.CleanLine(f.Label), text: chat.CleanLine(f.Value), isolate: mixed, at: f.At}
		add(p, fieldLimit-labelledLimit-len(chat.Isolate+chat.EndIsolate)-2)
	}
	if !m.Folded {
		quotes()
	}
	for _, f := range m.Files {
		add(piece{kind: aText, text: chat.CleanLine(f.Sign())}, wordsLimit)
	}
	add(piece{kind: aFooter, text: chat.Clean(m.Footer)}, footerLimit)
	if len(l) == 0 {
		return nil, errNothingToShow
	}
	return l.fit(wordsLimit), nil
}

// labelledLimit is the most characters of a fact's or a quotation's label.
const labelledLimit = 200

// withState puts a card's sign before its title, which says the state in words,
// unless the title begins with a sign of its own.
func withState(state, title string) string {
	mark := stateMarks[state]
	first, _ := utf8.DecodeRuneInString(title)
	if mark == "" || title == "" || unicode.Is(unicode.So, first) {
		return title
	}
	return mark + " " + title
}

var stateMarks = map[string]string{"open": "🔴", "taken": "🟠", "resolved": "🟢", "snoozed": "💤", "watch": "👁"}

func (l layout) units() int {
	n := -1 // the first piece has no line break before it
	for _, p := range l {
		n += p.around() + units(p.text)
	}
	return n
}

// fit cuts the texts to the largest common length at which all of it fits: short
// pieces stay whole. Where even that is not enough, the last pieces are left out.
func (l layout) fit(limit int) layout {
	if l.units() <= limit {
		return l
	}
	fixed, sizes := -1, make([]int, 0, len(l))
	for i, p := range l {
		if fixed+p.around()+i+1 > limit { // one character is left for each text
			break
		}
		fixed += p.around()
		sizes = append(sizes, units(p.text))
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

// notice is everything in one paragraph, as it is read out: a screen reader reads
// this and none of the blocks. A lone text keeps its line breaks.
func (l layout) notice(inert bool) string {
	if inert {
		return chat.Defuse(l.notice(false))
	}
	if len(l) == 1 && l[0].kind == aText {
		return l[0].text
	}
	var b strings.Builder
	for _, p := range l {
		words := strings.Join(strings.Fields(p.words()), " ")
		if p.kind == aQuote {
			said := strings.NewReplacer("“", "'", "”", "'").Replace(strings.Join(strings.Fields(p.text), " "))
			words = strings.TrimPrefix(p.label+": “"+said+"”", ": ")
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words)
		if last, _ := utf8.DecodeLastRuneInString(words); !strings.ContainsRune(".!?…:;。！？؟", last) {
			b.WriteByte('.')
		}
	}
	return b.String()
}
