package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// tierForm is the class by value that a customer has, and those that they had.
type tierForm struct {
	At      string // where it is changed; "" = the viewer may not
	Choices []choice
	Now     string
	Past    []string // the newest first
}

// tierOf is the class of a person, nil where they have no key of the organisation's own: a class is known by it.
func (s customerPages) tierOf(w *words, v Viewer, d storage.Dossier, seen storage.Dossier, at string) *tierForm {
	if len(d.Customers) == 0 {
		return nil
	}
	c := d.Customers[0]
	f := &tierForm{Now: w.t("worth_" + string(c.Tier))}
	if s.mayClass(v, seen) {
		f.At = at + "/tier"
		for _, t := range recovery.Tiers() {
			f.Choices = append(f.Choices, choice{string(t), w.t("worth_" + string(t)), t == c.Tier})
		}
		if c.Tier == "" {
			f.Choices = slices.Insert(f.Choices, 0, choice{"", w.t("worth_"), true})
		}
	}
	now := s.Clock()
	for _, x := range slices.Backward(d.Tiers) {
		if x.Customer == c.ID {
			f.Past = append(f.Past, w.t("worth_since", w.day(now, x.At, s.houseZone()), w.t("worth_"+string(x.Tier)), s.tierTold(w, x.Told)))
		}
	}
	return f
}

// mayClass reports whether a viewer may change what is known of somebody: at a site where that person was.
func (s customerPages) mayClass(v Viewer, seen storage.Dossier) bool {
	for _, c := range seen.Conversations {
		if v.Can(access.EditCustomer, c.Session.Site) {
			return true
		}
	}
	for _, e := range seen.Events {
		if v.Can(access.EditCustomer, e.Site) {
			return true
		}
	}
	for _, i := range seen.Invitations {
		if v.Can(access.EditCustomer, i.Site) {
			return true
		}
	}
	return false
}

// tierTold is who said which class somebody has.
func (s customerPages) tierTold(w *words, told string) string {
	if id, ok := strings.CutPrefix(told, storage.TierByStaff); ok {
		if m, known := s.Bot.Configuration().Now().Team.Members[id]; known {
			return m.Name
		}
		return cmp.Or(id, w.t("worth_told_unknown"))
	}
	switch told {
	case "":
		return w.t("worth_told_unknown")
	case storage.TierByInvitation:
		return w.t("worth_told_invitation")
	case storage.TierByCommand:
		return w.t("worth_told_command")
	}
	return told
}

// setTier changes the class of a customer.
func (s customerPages) setTier(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	d, seen, _, err := s.whom(r, v, true)
	if err != nil {
		return err
	}
	if !s.mayClass(v, seen) {
		return notAllowed(nil)
	}
	tier, back := recovery.Tier(r.PostForm.Get("tier")), s.Prefix+"/customers/"+url.PathEscape(r.PathValue("who"))
	if tier == "" && r.PostForm.Has("tier") { // nobody has said one, and it stays so
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	if len(d.Customers) == 0 || !slices.Contains(recovery.Tiers(), tier) {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
	}
	told := storage.TierChange{Customer: d.Customers[0].ID, At: s.Clock().UTC(), Tier: tier, Told: storage.TierByStaff + cmp.Or(v.Staff, v.SignIn)}
	if _, err := s.Store.SetTier(r.Context(), told); err != nil {
		return fmt.Errorf("change the class of a customer: %w", err)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}
