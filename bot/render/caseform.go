package render

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

// The fields of forms on cards.
const (
	FieldText = "text"
	FieldPlan = "plan"
	FieldDue  = "due"
	FieldCost = "cost"
)

// Form is what an act asks for in words; nil where it asks for nothing.
func Form(v *voice.Voice, c *CaseView, act recovery.ActKind) *chat.Form { return c.form(v, act) }

// form is what a button asks for where the platform has forms; nil where it asks for
// nothing. Elsewhere the same is asked for in the chat (prompts).
func (c *CaseView) form(v *voice.Voice, act recovery.ActKind) *chat.Form {
	name := c.CustomerName(v)
	text := chat.Field{Name: FieldText, Expects: chat.ExpectsLong}
	f := &chat.Form{Title: c.Case.Name() + " · " + v.Say("act_"+string(act)), Submit: v.Say("form_save")}
	switch act {
	case recovery.ActContact:
		f.Submit = v.Say("form_send")
		f.Note = v.Say("form_reply_note", "name", name)
		if words := c.Newest(); words != "" {
			f.Note = v.Say("form_reply_quote", "name", name, "words", words)
		}
		text.Label = v.Say("form_reply", "name", name)
	case recovery.ActNote:
		f.Note = v.Say("form_note_note")
		text.Label = v.Say("form_note")
	case ResolveCost:
		f.Fields = []chat.Field{
			{Name: FieldCost, Label: v.Say("form_cost", "currency", c.Currency), Hint: v.Say("form_cost_hint"), Expects: chat.ExpectsText, Optional: true, Max: 20},
			{Name: FieldText, Label: v.Say("form_cost_note"), Expects: chat.ExpectsLong, Optional: true},
		}
		return f
	default:
		return nil
	}
	f.Fields = []chat.Field{text}
	return f
}

// formDue is what Agree asks for once its date is chosen; the zero date is typed.
func (c *CaseView) formDue(v *voice.Voice, due time.Time) *chat.Form {
	f := &chat.Form{Title: c.Case.Name() + " · " + v.Say("act_agree"), Submit: v.Say("form_save")}
	f.Fields = []chat.Field{{Name: FieldPlan, Label: v.Say("form_plan"), Hint: v.Say("form_plan_hint"), Expects: chat.ExpectsLong}}
	if due.IsZero() {
		f.Fields = append(f.Fields, chat.Field{Name: FieldDue, Label: v.Say("form_due"), Hint: v.Say("form_due_hint"), Expects: chat.ExpectsText, Max: 40})
	} else {
		f.Note = v.Say("form_due_is", "due", v.Moment(due), "zone", v.Site.Zone.String())
	}
	return f
}

// Newest is what the customer wrote last: beside the questions or, before that, as
// an answer in their own words.
func (c *CaseView) Newest() string {
	if said := c.Session.Said; len(said) > 0 {
		return said[len(said)-1]
	}
	for _, a := range slices.Backward(c.Session.Answers) {
		at, ok := c.Flow.Index[a.Question]
		if !ok || a.Text == "" || a.Dropped {
			continue
		}
		// A number or a date is no word of theirs, and may say who they are.
		if kind := c.Flow.Questions[at].Kind; kind.Info().Free || kind == survey.ChoiceQ {
			return a.Text
		}
	}
	return ""
}

// ParseAmount reads a sum of money, "25", "25.50" or "25,50", in hundredths.
func ParseAmount(words string) (int64, bool) {
	s := strings.ReplaceAll(strings.TrimSpace(voice.PlainDigits(words)), ",", ".")
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(part) > 2 || strings.ContainsAny(s, "+-eExX_nN") {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x < 0 || x > 1e12 {
		return 0, false
	}
	return int64(math.Round(x * 100)), true
}

// amount is a sum in hundredths as people write it, "25.50".
func amount(hundredths int64) string {
	s := strconv.FormatInt(hundredths/100, 10)
	if rest := hundredths % 100; rest != 0 {
		s += "." + strconv.FormatInt(100+rest, 10)[1:]
	}
	return s
}
