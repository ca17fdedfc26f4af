package webchat

import (
	"slices"
	"strconv"
	"strings"

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

// unsent is what was sent and could not be taken: it stays where it was written.
type unsent struct {
	Text   string
	Picks  []string
	Wrong  string // why
	InBox  bool   // in the box; else in what the question has
	Answer bool   // in the form of the question
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
				p.Asked.Hello = s.greeting(f, m, v.Pulse)
			} else { // words came first: the greeting stands above them
				greeting := s.line(f, p.Nonce, items[hello])
				greeting.Faint = m.Layout.Hint
				p.Lines = slices.Insert(p.Lines, 0, greeting)
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
