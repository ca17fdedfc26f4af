package render

import (
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
)

// Prompt is a question of ours in a staff chat: replies to it are words for the case.
type Prompt struct {
	What   recovery.ActKind
	Due    time.Time // of Agree; zero = it is what is asked for
	Choice string    // of ResolveCost: the cause
	Mask   int       // … and the actions
	Who    string    // the user name of who is asked; Encode leaves it out
}

// Encode is the part of the prompt's slot that says what it asks for.
func (p Prompt) Encode() string {
	s := string(caseLetters[p.What])
	switch {
	case p.What == ResolveCost:
		s += "." + p.Choice + "." + strconv.Itoa(p.Mask)
	case !p.Due.IsZero():
		s += "." + DueMark(p.Due)
	}
	return s
}

// PromptOf reads what Encode wrote; anything else is no act.
func PromptOf(part string) Prompt {
	var p Prompt
	fields := strings.Split(part, ".")
	for act, letter := range caseLetters {
		if fields[0] == string(letter) {
			p.What = act
		}
	}
	switch {
	case p.What == ResolveCost && len(fields) == 3:
		p.Choice = fields[1]
		p.Mask, _ = index(fields[2])
	case p.What == recovery.ActAgree && len(fields) == 2:
		p.Due, _ = DueOf(fields[1])
	}
	return p
}

// Prompt is the message that asks for words, as a reply to the message below. They are
// to be sent as a reply to it: in a group a bot sees nothing else, and nothing else is
// taken for them.
func (c *CaseView) Prompt(v *voice.Voice, p Prompt, below chat.Ref) chat.Message {
	id := "prompt_" + string(p.What)
	if p.What == recovery.ActAgree && p.Due.IsZero() {
		id = "prompt_due"
	}
	who := ""
	if p.Who != "" {
		who = "@" + p.Who
	}
	due := ""
	if !p.Due.IsZero() {
		due = v.Moment(p.Due)
	}
	return chat.Message{
		Title: c.Case.Name() + " · " + v.Say("act_"+string(p.What)),
		Text:  v.Say(id, "who", who, "name", chat.Defuse(c.CustomerName(v)), "due", due, "currency", c.Currency), Lang: v.Lang,
		Expects: chat.ExpectsLong, Hint: v.Say("prompt_hint"), Replies: below,
	}
}

// PromptDone stands in the place of a prompt that has what it asked for.
func (c *CaseView) PromptDone(v *voice.Voice, p Prompt) chat.Message {
	return chat.Message{
		Title: c.Case.Name() + " · " + v.Say("act_"+string(p.What)),
		Text:  v.Say("prompt_done", "name", c.CustomerName(v)), Lang: v.Lang,
	}
}
