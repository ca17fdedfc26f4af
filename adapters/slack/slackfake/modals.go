package slackfake

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Modal is a modal that is open before a person. What it says of its input is that of
// the first.
type Modal struct {
	ID, Title, Text, Placeholder string
	SubmitText                   string
	Multiline, Date              bool
	MaxLength                    int
	Inputs                       []Input

	user     *User
	hash     string
	metadata string
	callback string
}

// Input is one input of a modal.
type Input struct {
	Label, Placeholder, Value string
	Options                   []string // the texts of a menu
	Multiline, Date, Optional bool
	MaxLength                 int
	Kind                      string // of the element, as Slack names it

	block, action string
	values        []string // of the options
}

func (s *Server) openView(c call) (object, *refused) {
	trigger := c.str("trigger_id")
	var owner *User
	for _, u := range s.users {
		if s.triggers[trigger] == u.ID {
			owner = u
		}
	}
	if owner == nil {
		return nil, refuse("expired_trigger_id", "")
	}
	delete(s.triggers, trigger)
	v, _ := c.body["view"].(object)
	if why := checkView(v, inModal); why != "" {
		return nil, refuse("invalid_arguments", why)
	}
	m := &Modal{ID: s.id("V"), user: owner, hash: s.ts() + ".h"}
	m.metadata, _ = v["private_metadata"].(string)
	m.callback, _ = v["callback_id"].(string)
	m.Title, m.SubmitText = words(v["title"]), words(v["submit"])
	shown := &view{}
	blocks, _ := v["blocks"].([]any)
	for _, b := range blocks {
		o := b.(object)
		if o["type"] == "input" {
			m.Inputs = append(m.Inputs, readInput(o))
			continue
		}
		shown.blocks([]object{o})
	}
	if len(m.Inputs) > 0 {
		first := m.Inputs[0]
		m.Placeholder, m.Multiline, m.Date, m.MaxLength = first.Placeholder, first.Multiline, first.Date, first.MaxLength
	}
	m.Text = strings.Join(shown.lines, "\n")
	owner.modal = m
	return object{"view": object{"id": m.ID, "hash": m.hash}}, nil
}

// words are those of a text object, "" for anything else.
func words(v any) string {
	o, _ := v.(object)
	text, _ := o["text"].(string)
	return text
}

func readInput(o object) Input {
	e, _ := o["element"].(object)
	in := Input{Label: words(o["label"]), Placeholder: words(e["placeholder"])}
	in.Optional, _ = o["optional"].(bool)
	in.block, _ = o["block_id"].(string)
	in.action, _ = e["action_id"].(string)
	in.Kind, _ = e["type"].(string)
	in.Multiline, _ = e["multiline"].(bool)
	in.Date = in.Kind == "datepicker"
	in.Value, _ = e["initial_value"].(string)
	if picked := in.picks(); picked != "" {
		in.Value, _ = e["initial_"+picked].(string)
	}
	n, _ := e["max_length"].(float64)
	in.MaxLength = int(n)
	options, _ := e["options"].([]any)
	for _, each := range options {
		option, _ := each.(object)
		value, _ := option["value"].(string)
		in.Options, in.values = append(in.Options, words(option["text"])), append(in.values, value)
	}
	if first, ok := e["initial_option"].(object); ok {
		in.Value = words(first["text"])
	}
	return in
}

// picks is what is picked in an input, as Slack names it: "date" in a datepicker; "" where
// words are written.
func (in Input) picks() string {
	picked, ok := strings.CutSuffix(in.Kind, "picker")
	if !ok {
		return ""
	}
	return picked
}

// WaitModal waits for a modal.
func (u *User) WaitModal() *Modal {
	u.server.tb.Helper()
	var m *Modal
	u.server.Wait("a modal", func() bool {
		u.server.mu.Lock()
		defer u.server.mu.Unlock()
		m = u.modal
		return m != nil
	})
	return m
}

// Close closes a modal without sending it.
func (m *Modal) Close() {
	m.user.server.mu.Lock()
	defer m.user.server.mu.Unlock()
	m.user.modal = nil
}

// Submit sends a modal with one input. A second press sends it a second time.
func (m *Modal) Submit(text string) *Press {
	m.user.server.tb.Helper()
	if len(m.Inputs) != 1 {
		m.user.server.tb.Fatalf("slackfake: the modal has %d inputs", len(m.Inputs))
	}
	return m.Fill(map[string]string{m.Inputs[0].Label: text})
}

// Fill sends a modal with these words by the labels of its inputs; what is not given
// keeps what it held. A program of Slack's sends nothing that an input does not take.
func (m *Modal) Fill(values map[string]string) *Press {
	s := m.user.server
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	m.user.modal = nil
	state := object{}
	for label := range values {
		if !slices.ContainsFunc(m.Inputs, func(in Input) bool { return in.Label == label }) {
			s.tb.Fatalf("slackfake: the modal has no input %q", label)
		}
	}
	for _, in := range m.Inputs {
		said, given := values[in.Label]
		if !given {
			said = in.Value
		}
		state[in.block] = object{in.action: m.element(in, said)}
	}
	p := m.user.interaction("view_submission")
	p["trigger_id"] = m.user.trigger()
	p["response_urls"] = []any{}
	p["view"] = object{
		"id": m.ID, "type": "modal", "callback_id": m.callback, "private_metadata": m.metadata, "hash": m.hash, "app_installed_team_id": s.Team,
		"state": object{"values": state},
	}
	return &Press{Delivery: s.emit(m.user.ID, "interactive", p), user: m.user, before: len(m.user.whispers)}
}

// element is an input as a submission tells of it. The lock must be held.
func (m *Modal) element(in Input, said string) object {
	out := object{"type": in.Kind}
	if said == "" && !in.Optional {
		m.user.server.tb.Fatalf("slackfake: %q must be filled in", in.Label)
	}
	switch {
	case in.Kind == "static_select":
		out["selected_option"] = nil
		i := slices.Index(in.Options, said)
		if i < 0 && said != "" {
			m.user.server.tb.Fatalf("slackfake: %q offers no %q but %q", in.Label, said, in.Options)
		}
		if i >= 0 {
			out["selected_option"] = object{"text": object{"type": "plain_text", "text": said}, "value": in.values[i]}
		}
	case in.picks() != "":
		selected := "selected_" + in.picks()
		out[selected] = nil
		if said != "" {
			out[selected] = said
		}
	default:
		if n := utf8.RuneCountInString(said); in.MaxLength > 0 && n > in.MaxLength {
			m.user.server.tb.Fatalf("slackfake: %q takes %d characters, not %d", in.Label, in.MaxLength, n)
		}
		out["value"] = nil
		if said != "" {
			out["value"] = said
		}
	}
	return out
}

// Errors waits for the acknowledgement of a submission and returns what is said below
// the inputs, by their labels: the modal is still open then.
func (m *Modal) Errors(p *Press) map[string]string {
	s := m.user.server
	s.tb.Helper()
	p.WaitAcked()
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	if len(p.response) > 0 && json.Unmarshal(p.response, &shown) != nil || len(shown.Errors) > 0 && shown.Action != "errors" {
		s.tb.Fatalf("slackfake: a submission is answered with %s", p.response)
	}
	out := map[string]string{}
	for block, text := range shown.Errors {
		i := slices.IndexFunc(m.Inputs, func(in Input) bool { return in.block == block })
		if i < 0 {
			s.tb.Fatalf("slackfake: an error is about the block %q, which the modal lacks", block)
		}
		out[m.Inputs[i].Label] = text
	}
	if len(out) > 0 {
		m.user.modal = m
	}
	return out
}
