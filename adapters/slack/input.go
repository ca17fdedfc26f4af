package slack

import (
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// field is what an input of a modal takes.
type field struct {
	Expects chat.Expects
	Hint    string // shown while it is empty
	Typing  string // how it is written, shown instead where words are written
	Value   string // what it holds at first
	Max     int    // most characters of words, 0 = as many as Slack takes
	Focus   bool   // the keyboard is there at once
}

// element is the input that Slack has for what is expected: a calendar, or a line or more
// for words.
func (f field) element(action string) slack.BlockElement {
	if f.Expects == chat.ExpectsDate {
		date := slack.NewDatePickerBlockElement(action)
		date.Placeholder = placeholder(f.Hint)
		if _, err := time.Parse(time.DateOnly, f.Value); err == nil {
			date.InitialDate = f.Value
		}
		return date
	}
	input := slack.NewPlainTextInputBlockElement(placeholder(firstOf(f.Hint, f.Typing)), action)
	input.Multiline = f.Expects == chat.ExpectsLong
	input.FocusOnLoad = f.Focus
	input.MaxLength = inputLimit
	if f.Max > 0 {
		input.MaxLength = min(f.Max, inputLimit)
	}
	input.InitialValue = cut(chat.Clean(f.Value), input.MaxLength)
	return input
}

// placeholder is a hint as Slack shows it in an input that is empty; nil if there is none.
func placeholder(hint string) *slack.TextBlockObject {
	words := cut(chat.CleanLine(hint), hintLimit)
	if !chat.Visible(words) {
		return nil
	}
	return plain(words)
}

// rawInput is an input of a modal that was sent.
type rawInput struct {
	Value  string `json:"value"`
	Date   string `json:"selected_date"`
	Option struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// said is what was written, picked or chosen; "" if nothing was.
func (in rawInput) said() string { return firstOf(in.Value, in.Date, in.Option.Value) }
