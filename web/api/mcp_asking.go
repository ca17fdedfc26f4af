package api

import (
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation/triggerfile"
)

// askTools are about who is asked, and who is not.
var askTools = []tool{
	{
		"explain_contact", "Why was this customer asked or not", "What a customer was asked lately and what they were not, the newest first, each with the decisions: reason, rule and plain words.", access.ReadCustomers,
		`{"type":"object","properties":{"customer":{"type":"string","description":"your own key of the customer, such as C-881"}},"required":["customer"],"additionalProperties":false}`,
		(*api).explainContact,
	},
	{
		"triggers_try", "Try triggers", "Whom a file of triggers would have asked after the services of some time, and whom not, by reason and by trigger; without file, the triggers in force. Nothing is stored and nobody is asked.", access.ReadCustomers,
		`{"type":"object","properties":{"file":{"type":"string","description":"the YAML of a trigger file"},"days":{"type":"integer","minimum":1,"maximum":400,"description":"how far back, 90 unless given"}},"additionalProperties":false}`,
		(*api).tryTriggers,
	},
}

// contactView is one ask of a customer, or why there was none.
type contactView struct {
	Event     string        `json:"event,omitempty"`
	Trigger   string        `json:"trigger,omitempty"`
	Flow      string        `json:"flow,omitempty"`
	Site      string        `json:"site,omitempty"`
	State     string        `json:"state"`
	Made      time.Time     `json:"made"`
	Sent      time.Time     `json:"sent,omitzero"`
	Decisions []contactLine `json:"decisions"`
}

// contactLine is one decision about an ask.
type contactLine struct {
	At     time.Time `json:"at"`
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Rule   string    `json:"rule,omitempty"`
	Words  string    `json:"words,omitempty"`
}

// mostContacts of a customer are told.
const mostContacts = 20

func (s *api) explainContact(a *asked) (any, error) {
	var in struct {
		Customer string `json:"customer"`
	}
	if err := a.into(&in); err != nil {
		return nil, err
	}
	if in.Customer == "" || s.Asking == nil {
		return nil, problemf(invalid, "Say which customer.")
	}
	var sites []string // nil = all, and what was asked at none
	if len(a.token.Sites) > 0 {
		sites = append([]string{}, a.sites(s)...)
	}
	files, err := s.Asking.OfCustomer(a.Context(), in.Customer, sites, mostContacts)
	if err != nil {
		return nil, err
	}
	items := []contactView{}
	for i := range files {
		x := &files[i].Ask
		v := contactView{Event: x.Event, Trigger: x.Trigger, Flow: x.Flow, Site: x.Site, State: x.State, Made: x.Made, Sent: x.Sent, Decisions: []contactLine{}}
		for _, d := range files[i].Decisions {
			v.Decisions = append(v.Decisions, contactLine{d.At, d.State, d.Reason, d.Rule, asking.Decision(d).Words(s.Asking.Zone(x.Site))})
		}
		items = append(items, v)
	}
	return map[string]any{"customer": in.Customer, "items": items}, nil
}

func (s *api) tryTriggers(a *asked) (any, error) {
	var in struct {
		File string `json:"file"`
		Days int    `json:"days"`
	}
	if err := a.into(&in); err != nil {
		return nil, err
	}
	since, err := daysBack(in.Days, a.now)
	if err != nil {
		return nil, err
	}
	if s.Asking == nil {
		return nil, problemf(unavailable, "Nobody is asked by itself here.")
	}
	p, err := s.Asking.Policy(a.Context())
	if in.File != "" {
		if p, err = triggerfile.Parse([]byte(in.File)); err != nil {
			return nil, problemf(invalid, "%s", err)
		}
	}
	if err != nil {
		return nil, err
	}
	var sites []string // nil = all, also services of none
	if len(a.token.Sites) > 0 {
		sites = a.token.Sites
	}
	out, err := s.Asking.Try(a.Context(), p, since, sites)
	if err != nil {
		return nil, err
	}
	if n := len(out.Differences); n > toolItems {
		out.Differences, out.More = out.Differences[:toolItems], out.More+n-toolItems
	}
	return out, nil
}
