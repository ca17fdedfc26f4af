package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// saveOutside links somebody with an account of the provider by its subject, as whoever manages people has it
// from the person or from the provider, or takes it away ("").
func (s peoplePages) saveOutside(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	out := outsidePages(s)
	if !out.outside() || m.login.ID == "" || m.login.Owner {
		return s.nothingHere(w, r, v)
	}
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	words, subject := s.words(r, v), strings.TrimSpace(r.PostForm.Get("subject"))
	if subject == out.subjectOf(m.login) { // which is what stands there
		return s.backTo(w, r, m, "person_saved")
	}
	a := s.audit(v, "login.outside_set", m.login.Name)
	a.Before, a.After = m.login.SubjectAt(s.Provider.Issuer), subject
	change := out.withoutOutside
	if subject != "" {
		change = func(l *storage.Login) error {
			if l.Owner { // since a moment ago
				return notAllowed(nil)
			}
			l.Outside = storage.OutsideKey(s.Provider.Issuer, subject)
			return nil
		}
	}
	refuse := func(fault string) error {
		p.Outside.Value, p.Outside.Fault = subject, fault
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p)
	}
	if subject != "" && !plainSubject(subject) {
		return refuse(words.t("oidc_subject_bad"))
	}
	_, err = s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: m.login.ID, Ends: m.login.ID != v.Login, Audit: a, Now: s.Clock(), Change: change})
	switch {
	case errors.Is(err, errLastWay):
		return refuse(words.t("oidc_last_theirs"))
	case errors.Is(err, storage.ErrOutsideTaken):
		return refuse(words.t("oidc_taken", s.Provider.Name))
	case err != nil:
		return err
	}
	return s.backTo(w, r, m, "person_saved")
}

// plainSubject reports whether a subject can be one: an e-mail is none, for it may be another's next year.
func plainSubject(subject string) bool {
	return len(subject) <= 255 && !strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r > '~' || r == '@' })
}

// outsideField is where the subject of somebody stands; the zero value offers nothing.
func (s peoplePages) outsideField(words *words, m member) field {
	out := outsidePages(s)
	if !out.outside() || m.login.ID == "" || m.login.Owner {
		return field{}
	}
	return field{
		Name: "subject", Label: words.t("oidc_subject", s.Provider.Name), Hint: words.t("oidc_subject_hint", s.Provider.Name), Fill: "off", Value: out.subjectOf(m.login),
	}
}
