package admin

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/survey"
)

// contactSentences say whom a policy leaves in peace, a sentence each.
func (s askingPages) contactSentences(w *words, p invitation.Policy) (all []string) {
	c := p.Contact
	for _, class := range []survey.Class{survey.Transactional, survey.Relationship, survey.Pulse} {
		clock, ok := c.Classes[class]
		if !ok || clock.Exempt {
			continue
		}
		what := w.t("contact_class_" + string(class))
		if clock.Every > 0 {
			all = append(all, w.t("contact_every", what, spanText(w, clock.Every)))
		}
		if clock.Flow > 0 {
			all = append(all, w.t("contact_same", what, spanText(w, clock.Flow)))
		}
	}
	if c.Declined > 0 {
		all = append(all, w.t("contact_declined", spanText(w, c.Declined)))
	}
	if c.CapOffers > 0 {
		all = append(all, w.t("contact_cap", c.CapOffers, spanText(w, c.CapWithin)))
	}
	if c.Quiet.From != c.Quiet.To {
		whose := "contact_quiet"
		if c.QuietSite {
			whose = "contact_quiet_site"
		}
		all = append(all, w.t(whose, c.Quiet.From, c.Quiet.To))
	}
	if c.Remind > 0 {
		all = append(all, w.t("contact_remind", spanText(w, c.Remind)))
	}
	if c.OpenCase == invitation.HoldCase {
		all = append(all, w.t("contact_case"))
	}
	if len(c.Consent) > 0 {
		all = append(all, w.t("contact_consent"))
	}
	all = append(all, w.t("contact_stop"))
	for _, id := range slices.Sorted(maps.Keys(p.Sites)) {
		all = append(all, w.t("contact_site", cmp.Or(s.at(id).Name, id)))
	}
	return all
}
