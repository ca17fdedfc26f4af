package webchat

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// greeting stands above the first question, in its own language: a survey may not be written in that of its customer.
type greeting struct {
	Lang, Dir string
	Text      []string
	Length    string
	How       string // the words of the link to what becomes of the answers, "" = none

	HowLang, HowDir string // of these words, "" = as the text
}

func (s *site) greeting(f frame, m chat.Message, pulse bool) *greeting {
	g := &greeting{Lang: m.Lang, Dir: direction(m.Lang), Text: paragraphs(m.Text), Length: m.Layout.Hint}
	if m.Lang == "" {
		g.Lang, g.Dir = f.Lang, "auto"
	}
	if !pulse {
		words, has := s.words[s.words.tag(m.Lang)]
		if !has { // the words of the page
			words = f.Words
			if m.Lang != "" {
				g.HowLang, g.HowDir = f.Lang, direction(f.Lang)
			}
		}
		g.How = words.HowShort
	}
	return g
}

// asked is what is open: the question, in large, and what answers it.
type asked struct {
	ID, Mark, Slot string
	Lang, Dir      string
	Hello          *greeting // on the first screen
	Changing       bool
	Title          string
	Text           []string
	Hint           string
	Scale          string        // five, seven, eleven
	Points         []chat.Button // of the scale
	Low, High      string
	Picks          []chat.Button // several of several
	Most           int
	List           []chat.Button
	Field          *field
	Go             []chat.Button // filled, below
	Aside          []chat.Button
	Keep           *keep
	Wrong          string
	Nonce, Here    string
	Words          words
	Message        chat.Message
}

// keep sends the answer that stands once more, which changes nothing.
type keep struct{ Label, Data, Text string }

// openItem is the place of the question that waits for an answer, or -1; with no question open,
// of the newest message if it has buttons.
func openItem(items []Item) int {
	for i := len(items) - 1; i >= 0; i-- {
		m := &items[i].Message
		if l := m.Layout; l != nil && l.Part == chat.PartQuestion && waits(m) || l == nil && m.Expects != chat.ExpectsNothing {
			return i
		}
	}
	if n := len(items) - 1; n >= 0 && items[n].Message.Layout == nil && !items[n].Message.Mine && len(buttons(items[n].Message.Rows)) > 0 {
		if _, old := splitAnswer(items[n].Message.Text); old == "" {
			return n
		}
	}
	return -1
}

// waits reports whether a question has something that answers it.
func waits(m *chat.Message) bool {
	if m.Expects != chat.ExpectsNothing {
		return true
	}
	for _, row := range m.Rows {
		for _, b := range row {
			if b.Aside != chat.AsideChange {
				return true
			}
		}
	}
	return false
}

// asked lays out what is open.
func (s *site) asked(f frame, nonce string, it Item, left unsent) *asked {
	m := it.Message
	l := m.Layout
	if l == nil {
		l = &chat.Layout{}
	}
	a := &asked{
		ID: elementID(it.Slot), Mark: fmt.Sprintf("%d.%d", it.Ord, it.Version), Slot: it.Slot, Lang: m.Lang, Dir: direction(m.Lang),
		Title: m.Title, Text: paragraphs(m.Text), Hint: l.Hint, Most: l.Most, Changing: l.Changing, Low: l.Low, High: l.High,
		Nonce: nonce, Here: f.Here, Words: s.words[s.words.choose(m.Lang)], Message: m, Wrong: left.wrong(false),
	}
	if a.Lang == "" {
		a.Lang, a.Dir = f.Lang, "auto"
	}
	if len(a.Text) == 0 {
		a.Title, a.Text = "", []string{m.Title}
	}
	var options []chat.Button
	for _, row := range buttons(m.Rows) {
		for _, b := range row {
			switch {
			case b.Aside == chat.AsideChange:
			case b.Aside != "":
				a.Aside = append(a.Aside, b)
			case b.Style == "primary" || len(a.Go) > 0 && l.Most == 0:
				a.Go = append(a.Go, b)
			default:
				options = append(options, b)
			}
		}
	}
	rated := len(options) > 0 && len(m.Rows) > 0 && len(m.Rows[0]) == len(options) && l.Part == chat.PartQuestion && l.Most == 0
	switch n := len(options); {
	case l.Most > 0:
		a.Picks = options
		if left.Answer {
			for i := range a.Picks {
				a.Picks[i].Selected = slices.Contains(left.Picks, a.Picks[i].Data)
			}
		}
	case rated && n > 1:
		a.Points = options
		switch {
		case n <= 5:
			a.Scale = "five"
		case n <= 7:
			a.Scale = "seven"
		default:
			a.Scale = "eleven"
		}
		for i := range a.Points {
			a.Points[i].Words = softened(a.Points[i].Words, a.Lang)
			if a.Points[i].Words == "" && n <= 5 {
				a.Points[i].Text = softened(a.Points[i].Text, a.Lang)
			}
		}
	case l.Part == chat.PartQuestion || n > 2:
		a.List = options
	default:
		a.Go = append(a.Go, options...)
	}
	if m.Expects != chat.ExpectsNothing {
		a.Field = fieldFor(m, a.Words, s.maxText())
		switch {
		case left.Answer:
			a.Field.Text = left.Text
		case l.Changing:
			a.Field.Text = l.Answer
		}
	}
	if l.Changing {
		a.Keep = a.kept(s, l)
	}
	return a
}

// kept is the button that leaves an answer as it is.
func (a *asked) kept(s *site, l *chat.Layout) *keep {
	k := &keep{Label: s.words.say(a.Words.Keep, "answer", shortened(l.Answer, 60))}
	switch {
	case l.Skipped || l.Answer == "":
		return nil
	case a.Field != nil:
		k.Text = l.Answer
		return k
	case len(a.Picks) > 0 && len(a.Go) > 0:
		k.Data = a.Go[0].Data
		return k
	}
	for _, b := range append(slices.Clone(a.Points), a.List...) {
		if b.Selected {
			k.Data = b.Data
			return k
		}
	}
	return nil
}

func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// softHyphens are where the words that ratings use break, where a browser has no dictionary.
var softHyphens = strings.NewReplacer(
	"dissatisfied", "dis\u00ADsatisfied", "Dissatisfied", "Dis\u00ADsatisfied", "satisfecha", "satis\u00ADfecha", "satisfecho", "satis\u00ADfecho",
	"insatisfecho", "insatis\u00ADfecho", "Insatisfecho", "Insatis\u00ADfecho", "insatisfecha", "insatis\u00ADfecha", "Insatisfecha", "Insatis\u00ADfecha",
	"Satisfecho", "Satis\u00ADfecho", "Satisfecha", "Satis\u00ADfecha", "unlikely", "un\u00ADlikely", "Unlikely", "Un\u00ADlikely",
	"recommend", "recom\u00ADmend", "unacceptable", "unaccept\u00ADable", "Unacceptable", "Unaccept\u00ADable", "disappointed", "dis\u00ADappointed",
	"Indiferente", "Indi\u00ADferente", "decepcionado", "decep\u00ADcionado", "excellent", "excel\u00ADlent", "Excellent", "Excel\u00ADlent",
)

// softened is a label with the places where its words break.
func softened(label, lang string) string {
	if base, _, _ := strings.Cut(lang, "-"); base != "en" && base != "es" {
		return label
	}
	return softHyphens.Replace(label)
}
