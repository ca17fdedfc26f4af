package webchat

import "github.com/aftercare/aftercare/adapters/chat"

// box is the place to write in, always there: a person can always write.
type box struct {
	Hint, Mode, Complete string
	Rows                 int
}

// field is the browser's own input for an answer that is better picked than typed. It
// stands below the question, and the box stays: words are taken as well. A browser that
// has no such input shows a line for words.
type field struct {
	Type, Max string // of the element
	Hint      string // for browsers that show a line
	Send      string // the words of its button
}

// inputs is how the page asks for what is expected; what is not here is written into a
// box of one line.
var inputs = map[chat.Expects]struct {
	box   box
	field field
}{
	chat.ExpectsLong:  {box: box{Rows: 3}},
	chat.ExpectsPhone: {box: box{Mode: "tel", Complete: "tel"}},
	chat.ExpectsDate:  {field: field{Type: "date", Max: "9999-12-31"}}, // without Max, years of six digits fit in
}

// waiting is the place of the newest message that waits for an answer beside its
// buttons, or -1.
func waiting(items []Item) int {
	for i := len(items) - 1; i >= 0; i-- {
		if items[i].Message.Expects != chat.ExpectsNothing {
			return i
		}
	}
	return -1
}

// boxFor fits the box to the message that waits for words.
func boxFor(items []Item) box {
	b := box{Rows: 1}
	if i := waiting(items); i >= 0 {
		m := items[i].Message
		b = inputs[m.Expects].box
		b.Rows, b.Hint = max(b.Rows, 1), chat.CleanLine(m.Hint)
		if inputs[m.Expects].field.Type != "" {
			b.Hint = "" // the hint belongs to the field
		}
	}
	return b
}

// fieldFor is the input below a message; nil where the box is the place for its answer.
func fieldFor(m chat.Message, w words) *field {
	f := inputs[m.Expects].field
	if f.Type == "" {
		return nil
	}
	f.Hint, f.Send = chat.CleanLine(m.Hint), w.SendField
	return &f
}

// formInput is an input of a card's form.
type formInput struct {
	chat.Field
	ID   string // of the element
	Type string
	Most string // its max attribute: of dates
}

func inputFor(f chat.Field, id string) formInput {
	in := formInput{Field: f, ID: id, Type: "text"}
	if own := inputs[f.Expects].field; own.Type != "" {
		in.Type, in.Most = own.Type, own.Max
	}
	return in
}
