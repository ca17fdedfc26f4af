package webchat

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
)

// chatPage is a customer's conversation: what was said, what is asked now, and where words are
// written.
type chatPage struct {
	frame
	Nonce     string
	About     string
	First     bool   // nothing was said yet, or all is said: the middle of the screen
	Step      string // how far they are
	Bar       []string
	Menu      menu
	Lines     []line
	Asked     *asked
	Done      *done
	Box       box
	Boxed     bool // the box is there: no field of a question is
	TooLong   string
	MaxText   int
	ShowStart bool // there is nothing to see and nothing to answer
}

// menu is what can be done beside answering.
type menu struct {
	Nonce, Here string
	Words       words
	Skip        *chat.Button
	Later       bool
	Elsewhere   bool
	How         bool
	Asking      bool
}

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

// asked is what is open: the question, in large, and what answers it.
type asked struct {
	ID, Mark, Slot string
	Lang, Dir      string
	Hello, Length  []string // the greeting, on the first screen
	How            bool
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

// done is the end.
type done struct {
	ID, Mark  string
	Lang, Dir string
	Text      []string
	Count     string
	Answers   []given
	Words     words
}

type given struct {
	Question, Answer, Lang, Dir string
	Edit                        *chat.Button
	Slot                        string
}

// unsent is what was sent and could not be taken: it stays where it was written.
type unsent struct {
	Text   string
	Picks  []string
	Wrong  string // why
	InBox  bool   // in the box; else in what the question has
	Answer bool   // in the form of the question
}

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

// chatPage lays a conversation out.
func (s *site) chatPage(f frame, v Visitor, items []Item, left unsent) chatPage {
	items = slices.Clone(items) // the caller's stay as they are
	at := make(map[chat.Ref]chat.Message, len(items))
	for i := range items {
		items[i].Message = cleanMessage(items[i].Message)
		at[chat.Ref(items[i].Slot)] = items[i].Message
	}
	p := chatPage{frame: f, Nonce: newNonce(), About: chat.CleanLine(v.About), MaxText: s.maxText()}
	open, over := openItem(items), ended(items)
	if f.Past {
		open, over = -1, -1
	}
	lines, hello, who := s.lines(f, v, p.Nonce, items, at, open, over)
	if n := len(lines); n > 0 && v.Closed != "" && open < 0 && lines[n-1].Kind == "own" && !f.Past {
		until := s.words.say(f.Words.ClosedUntil, "when", v.Closed)
		lines = append(lines, line{ID: "closed", Mark: until, Kind: "info", Lang: f.Lang, Dir: f.Dir, Who: until, Text: []string{f.Words.ClosedHint}})
	}
	p.Lines = lines
	if who != "" {
		about, _, _ := strings.Cut(p.About, " · ") // the day gives way
		p.About = strings.TrimPrefix(about+" · "+s.words.say(f.Words.With, "who", who), " · ")
	}
	switch {
	case open >= 0:
		p.Asked = s.asked(f, p.Nonce, items[open], left)
		if l := items[open].Message.Layout; l != nil && l.Steps > 0 {
			p.Step, p.Bar = s.words.say(f.Words.Step, "n", strconv.Itoa(l.Step), "all", strconv.Itoa(l.Steps)), bar(l.Step, l.Steps)
		}
		if hello >= 0 {
			m := items[hello].Message
			if p.First = len(p.Lines) == 0; p.First {
				p.Asked.Hello = paragraphs(m.Text)
				p.Asked.Length, p.Asked.How = []string{m.Layout.Hint}, !v.Pulse
			}
		}
	case over >= 0:
		p.Done = s.done(f, items, over)
		p.Step, p.First = f.Words.Finished, len(p.Lines) == 0
		if n := len(p.Done.Answers); n > 0 {
			p.Bar = bar(n+1, n)
		}
	}
	p.ShowStart = len(items) == 0
	p.Box = box{Hint: f.Words.Write, Text: left.text(true), Wrong: left.wrong(true)}
	switch {
	case who != "":
		p.Box.Hint = s.words.say(f.Words.WriteTo, "who", who)
	case over >= 0:
		p.Box.Hint = f.Words.WriteMore
	}
	p.Boxed = p.Asked == nil || p.Asked.Field == nil || p.Asked.Field.Picked // words are taken, too
	p.Menu = menu{Nonce: p.Nonce, Here: f.Here, Words: f.Words, Elsewhere: !v.Fresh && !v.Asking && s.Code != nil, Asking: v.Asking, How: !v.Pulse}
	if p.Asked != nil {
		for i := range p.Asked.Aside {
			switch b := p.Asked.Aside[i]; b.Aside {
			case chat.AsideSkip:
				p.Menu.Skip = &b
			case chat.AsideLater, chat.AsideNotNow, chat.AsideBack, chat.AsideChange, chat.AsideDontKnow, chat.AsidePreferNot:
			}
		}
		p.Menu.Later = items[open].Message.Layout != nil
	}
	return p
}

func (u unsent) text(box bool) string {
	if u.InBox == box {
		return u.Text
	}
	return ""
}

func (u unsent) wrong(box bool) string {
	if u.InBox == box {
		return u.Wrong
	}
	return ""
}

// bar are the pieces of the line that says how far they are.
func bar(step, steps int) []string {
	pieces := make([]string, min(steps, 60))
	for i := range pieces {
		switch {
		case i+1 < step:
			pieces[i] = "is"
		case i+1 == step:
			pieces[i] = "now"
		}
	}
	return pieces
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
			base.Who, base.Face, base.Message.Title = cmp.Or(m.Title, l.Who), initials(l.Who), ""
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

// zone is where the visitor was served.
func (v Visitor) zone() *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

// day is the day of a time: its name within the last days, else its date.
func (s *site) day(t time.Time, v Visitor, w words) string {
	t, now := t.In(v.zone()), s.Clock().In(v.zone())
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return w.Today
	case now.Sub(t) < 6*24*time.Hour && len(w.Days) == 7:
		return w.Days[t.Weekday()]
	}
	return t.Format(time.DateOnly)
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
