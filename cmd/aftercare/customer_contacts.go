package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

type customerContactsCmd struct {
	outputFlags
	whom
}

// contactView is one decision about asking somebody, or one link that was made for them, as
// programs see it.
type contactView struct {
	At      time.Time         `json:"at"`
	Survey  string            `json:"survey"`
	Site    string            `json:"site,omitempty"`
	State   string            `json:"state"` // as in the API: scheduled, sent, suppressed, …; invited = by hand or by a standing link
	Reason  string            `json:"reason,omitempty"`
	Rule    string            `json:"rule,omitempty"`
	Trigger string            `json:"trigger,omitempty"`
	Service string            `json:"service,omitempty"`
	Facts   map[string]string `json:"evidence,omitempty"`
}

// contactsOf are all decisions about asking somebody and the invitations that no ask made, oldest first.
func contactsOf(d storage.Dossier) []contactView {
	all := []contactView{}
	offered := map[string]bool{}
	for _, f := range d.Asks {
		x := f.Ask
		offered[x.Offer] = true
		last := ""
		for _, n := range f.Decisions {
			all = append(all, contactView{n.At, x.Flow, x.Site, n.State, n.Reason, n.Rule, x.Trigger, x.Service, n.Evidence})
			last = n.State
		}
		if last != f.State { // nothing is decided yet, or the customer went on
			at := f.Made
			for _, later := range []time.Time{x.Sent, x.Ended} {
				if later.After(at) {
					at = later
				}
			}
			all = append(all, contactView{At: at, Survey: x.Flow, Site: x.Site, State: f.State, Trigger: x.Trigger, Service: x.Service})
		}
	}
	for _, i := range d.Invitations {
		if !offered[i.ID] {
			all = append(all, contactView{At: i.Created, Survey: i.Flow, Site: i.Site, State: "invited"})
		}
	}
	slices.SortStableFunc(all, func(a, b contactView) int { return a.At.Compare(b.At) })
	return all
}

// Run shows them.
func (c *customerContactsCmd) Run(a *terminal) error {
	store, d, err := a.person(c.ID)
	if err != nil {
		return err
	}
	defer store.Close()
	all := contactsOf(d)
	if c.JSON {
		return a.printJSON(all)
	}
	if len(all) == 0 {
		return a.printf("Nobody has asked them, and nothing was decided about it.\n")
	}
	rows := [][]string{{"WHEN", "SURVEY", "SITE", "WHAT", "WHY"}}
	for _, v := range all {
		why := strings.ReplaceAll(v.Reason, "_", " ")
		if v.Rule != "" {
			why = strings.TrimPrefix(why+" (rule "+v.Rule+")", " ")
		}
		rows = append(rows, []string{v.At.Format("2006-01-02 15:04"), v.Survey, cmp.Or(v.Site, "–"), strings.ReplaceAll(v.State, "_", " "), why})
	}
	return a.printTable(rows)
}
