package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// The ids of a button that opens a form, of the modal, and of its inputs.
const (
	formAction = "form:"  // begins the button's action_id
	formModal  = "form"   // the modal's callback_id
	fieldBlock = "field:" // begins the block_id of an input; the field's name follows
	fieldInput = "value"  // the input's action_id
)

// The limits of a modal, in characters; titleLimit and the like are in modal.go.
const (
	fieldLabelLimit = 2000
	optionLimit     = 75 // an option's text, and its value
	optionsLimit    = 100
	fieldsLimit     = 90 // inputs of one modal, which has at most 100 blocks
	fieldNameLimit  = 100
	metadataLimit   = 3000
)

// asking is a button's form as it travels in the button's value: with the message on
// Slack, so that nothing has to be remembered and an old button still asks for what it
// asked for then. Names are short, because the value has valueLimit characters.
type asking struct {
	Data   string        `json:"d"`
	Lang   string        `json:"l,omitempty"`
	Title  string        `json:"t"`
	Submit string        `json:"s,omitempty"`
	Note   string        `json:"n,omitempty"`
	Fields []askingField `json:"f"`
}

type askingField struct {
	Name     string       `json:"n"`
	Label    string       `json:"l,omitempty"`
	Hint     string       `json:"h,omitempty"`
	Expects  chat.Expects `json:"x,omitempty"`
	Options  [][2]string  `json:"o,omitempty"` // value and text
	Value    string       `json:"v,omitempty"`
	Optional bool         `json:"q,omitempty"`
	Max      int          `json:"m,omitempty"`
}

// firstVisible is the first of the lines that a reader would see anything of.
func firstVisible(all ...string) string {
	for _, s := range all {
		if s = chat.CleanLine(s); chat.Visible(s) {
			return s
		}
	}
	return ""
}

// check says what a modal cannot show, however its words are cut.
func (a asking) check() error {
	if len(a.Fields) == 0 || len(a.Fields) > fieldsLimit {
		return fmt.Errorf("a form has %d fields; 1 to %d are allowed", len(a.Fields), fieldsLimit)
	}
	return a.checkFields()
}

// checkFields says what is wrong with the fields, of which there may be none.
func (a asking) checkFields() error {
	names := map[string]bool{}
	for _, f := range a.Fields {
		if f.Name == "" || units(f.Name) > fieldNameLimit || names[f.Name] {
			return errors.New("a form's field has no name, a long one, or the name of another")
		}
		names[f.Name] = true
		if len(f.Options) > optionsLimit {
			return fmt.Errorf("a form's choice has %d options; at most %d are allowed", len(f.Options), optionsLimit)
		}
		for _, o := range f.Options {
			if o[0] == "" || units(o[0]) > optionLimit {
				return fmt.Errorf("an option's value has %d characters; 1 to %d are allowed", units(o[0]), optionLimit)
			}
			if !chat.Visible(o[1]) {
				return errors.New("an option has no text")
			}
		}
	}
	return nil
}

// askingOf is the value of a button that opens a form. Where the form does not fit, its
// note is cut; ok is false if that is not enough: then the button is a plain one, whose
// tap is reported, as on platforms without forms.
func askingOf(b chat.Button, lang string) (value string, ok bool, err error) {
	a := asked(b.Form, lang)
	a.Data, a.Title = b.Data, cut(firstVisible(b.Form.Title, b.Text), titleLimit)
	if err := a.check(); err != nil {
		return "", false, err
	}
	if _, err := (place{Channel: strings.Repeat("C", 32), TS: strings.Repeat("1", 32), Thread: strings.Repeat("1", 32), Data: b.Data}).metadata(); err != nil {
		return "", false, nil
	}
	for {
		raw, err := json.Marshal(a)
		if err != nil {
			return "", false, err
		}
		over := units(string(raw)) - valueLimit
		switch {
		case over <= 0:
			return string(raw), true, nil
		case a.Note == "":
			return "", false, nil
		}
		// What is written as an escape of six characters makes the rest of the way short.
		a.Note = cut(a.Note, max(units(a.Note)-max(over/6, 1), 0))
		if !chat.Visible(strings.TrimSuffix(a.Note, "…")) {
			a.Note = ""
		}
	}
}

// asked is a form within Slack's limits, still without the data that it goes with.
func asked(form *chat.Form, lang string) asking {
	a := asking{
		Lang: cut(chat.CleanLine(lang), 35), Title: cut(chat.CleanLine(form.Title), titleLimit),
		Submit: cut(chat.CleanLine(form.Submit), titleLimit), Note: cut(strings.TrimSpace(chat.Clean(form.Note)), wordsLimit),
	}
	for _, f := range form.Fields {
		n := askingField{
			Name: f.Name, Label: cut(firstVisible(f.Label, f.Name), fieldLabelLimit), Hint: cut(chat.CleanLine(f.Hint), hintLimit),
			Expects: f.Expects, Value: f.Value, Optional: f.Optional, Max: max(f.Max, 0),
		}
		for _, o := range f.Options {
			n.Options = append(n.Options, [2]string{o.Value, cut(chat.CleanLine(o.Text), optionLimit)})
		}
		a.Fields = append(a.Fields, n)
	}
	return a
}

// formFor is the modal of a button's form. The value came back from Slack with the tap:
// whatever it says is kept within the limits.
func formFor(value string, p place) (slack.ModalViewRequest, error) {
	var a asking
	if err := json.Unmarshal([]byte(value), &a); err != nil {
		return slack.ModalViewRequest{}, errNotSlack
	}
	if err := a.check(); err != nil {
		return slack.ModalViewRequest{}, err
	}
	p.Data = a.Data
	return a.view(p)
}

// view is the modal: one that only tells something has nothing to send.
func (a asking) view(p place) (slack.ModalViewRequest, error) {
	metadata, err := p.metadata()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	words := modalWordsIn(a.Lang)
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: formModal, PrivateMetadata: metadata,
		Title: plain(cut(firstVisible(a.Title, words.title), titleLimit)), Close: plain(words.cancel),
	}
	if len(a.Fields) > 0 {
		view.Submit = plain(cut(firstVisible(a.Submit, words.send), titleLimit))
	} else {
		view.Close = plain(cut(firstVisible(a.Submit, words.cancel), titleLimit))
	}
	if note := strings.TrimSpace(chat.Clean(a.Note)); chat.Visible(note) {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewSectionBlock(plain(cut(note, wordsLimit)), nil, nil))
	}
	for i, f := range a.Fields {
		block := slack.NewInputBlock(fieldBlock+f.Name, plain(cut(firstVisible(f.Label, f.Name), fieldLabelLimit)), nil, f.element(i == 0))
		block.Optional = f.Optional
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, block)
	}
	return view, nil
}

// element is the input: a menu, or what fits the expected answer.
func (f askingField) element(first bool) slack.BlockElement {
	if len(f.Options) == 0 {
		return field{Expects: f.Expects, Hint: f.Hint, Value: f.Value, Max: f.Max, Focus: first}.element(fieldInput)
	}
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, placeholder(f.Hint), fieldInput)
	for _, o := range f.Options {
		option := slack.NewOptionBlockObject(o[0], plain(cut(chat.CleanLine(o[1]), optionLimit)), nil)
		if menu.Options = append(menu.Options, option); o[0] == f.Value {
			menu.InitialOption = option
		}
	}
	return menu
}

// answerForm opens the form that answers a tap.
func (c *Client) answerForm(ctx context.Context, way reply, at chat.Address, a chat.Answer) {
	form := asked(a.Form, a.Lang)
	err := form.checkFields()
	if err == nil {
		var view slack.ModalViewRequest
		if view, err = form.view(way.on); err == nil {
			c.openModal(ctx, opening{team: way.team, trigger: way.trigger, view: view, by: reply{team: way.team, user: way.user}, at: at, lang: form.Lang})
		}
	}
	if err != nil {
		c.log.Warn("a form cannot be shown", "err", err)
	}
}

// filled reads the submission of a button's form. Neither its metadata nor its values
// are trusted: whoever handles the update decides what the person may do.
func (c *Client) filled(out *incoming, in rawInteraction) {
	var p place
	if json.Unmarshal([]byte(in.View.Metadata), &p) != nil || p.Data == "" || p.Channel != "" && !isTS(p.TS) {
		return
	}
	u := chat.Update{
		Kind: chat.Filled, Data: p.Data, Fields: map[string]string{}, User: in.person(out.team),
		From: address(out.team, p.Channel, p.Thread), Private: isDirect(p.Channel), On: chat.Ref(p.TS),
	}
	if p.Channel == "" { // from the App Home
		u.From, u.Private, u.On = address(out.team, in.User.ID, ""), true, ""
	}
	asked := map[string]bool{}
	for block, inputs := range in.View.State.Values {
		name, ok := strings.CutPrefix(block, fieldBlock)
		if !ok || len(asked) == fieldsLimit {
			continue
		}
		asked[name] = true
		if said := inputs[fieldInput].said(); said != "" {
			u.Fields[name] = said
		}
	}
	u.Reply = reply{team: out.team, user: in.User.ID, view: in.View.ID, fields: asked}
	key := "view:" + in.View.ID + ":" + digest(in.View.Hash+"\x00"+fingerprint(u.Fields)) + c.sentBack(out.team, in.View.ID)
	if len(key) > keyLimit {
		key = "view:" + digest(key)
	}
	out.updates = append(out.updates, c.stamp(u, key))
}

// fingerprint is what was filled in, in one order: a form that is sent twice is one
// update, and one that was corrected is another.
func fingerprint(fields map[string]string) string {
	raw, _ := json.Marshal(fields) // a map's keys are sorted
	return string(raw)
}

// sentBack tells how often a form was shown again because of an error: what is sent
// afterwards is another update even where nothing was changed.
func (c *Client) sentBack(team, view string) string {
	n, ok := c.returned.get(team+"/"+view, c.clock())
	if !ok {
		return ""
	}
	return fmt.Sprintf(":%d", n)
}

// formErrors is the response that keeps a form open and says what is wrong with it.
type formErrors struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

// errorsOf are the answers that are about fields of a form which is still open.
func (c *Client) errorsOf(way reply, update int, answers []chat.Answer) (formErrors, bool) {
	out := formErrors{Action: "errors", Errors: map[string]string{}}
	for _, a := range answers {
		if text := chat.Clean(a.Text); a.Update == update && way.fields[a.Field] && chat.Visible(text) {
			out.Errors[fieldBlock+a.Field] = cut(text, toastLimit)
		}
	}
	if len(out.Errors) == 0 {
		return out, false
	}
	key := way.team + "/" + way.view
	n, _ := c.returned.get(key, c.clock())
	c.returned.put(key, n+1, c.clock())
	return out, true
}
