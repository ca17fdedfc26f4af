package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// personPage is one person with what can be done about them.
type personPage struct {
	rolesForm
	ID, Name  string
	About     personRow
	Change    bool // the viewer may change them
	Self      bool
	In        bool // they can sign in
	Waits     bool // an invitation waits
	Owner     bool
	MayOwner  bool
	Held      []string // names of cases
	HeldCount int
	Link      secretLink
	LinkKind  string
	Chat      secretLink
	Problem   string
	Outside   field // their account of the identity provider; the zero value offers none
}

func (s peoplePages) findMember(r *http.Request, v Viewer) (member, error) {
	all, err := s.team(r, v)
	if err != nil {
		return member{}, err
	}
	i := slices.IndexFunc(all, func(m member) bool { return m.ID == r.PathValue("id") })
	if i < 0 {
		return member{}, &page.Error{Code: page.NotFound, Title: "no_person", Text: "no_person_text"}
	}
	return all[i], nil
}

func (s peoplePages) person(w http.ResponseWriter, r *http.Request, v Viewer) error {
	m, err := s.findMember(r, v)
	if err != nil {
		return err
	}
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	return s.showPerson(w, r, v, http.StatusOK, p)
}

func (s peoplePages) personPage(r *http.Request, v Viewer, m member) (p personPage, err error) {
	words := s.words(r, v)
	p = personPage{
		ID: m.ID, Name: m.Name, Change: m.inTeam, Self: m.ID == v.Staff, In: m.login.ID != "", Waits: !m.joins.Expires.IsZero(), Owner: m.login.Owner,
		MayOwner: v.Owner && m.login.ID != "",
		About:    personRow{Roles: s.rolesWords(words, m), Chats: chatsWords(words, m.chats)},
	}
	p.Outside = s.outsideField(words, m)
	if p.rolesForm, err = s.rolesFor(r, v, m.Roles); err != nil {
		return p, err
	}
	held, err := s.held(r, m.ID)
	if err != nil {
		return p, err
	}
	p.HeldCount = len(held)
	for _, c := range held[:min(len(held), 12)] {
		p.Held = append(p.Held, c.Name())
	}
	return p, nil
}

func (s peoplePages) showPerson(w http.ResponseWriter, r *http.Request, v Viewer, status int, p personPage) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "person.html", frame{
		Title: p.Name, Here: "/people", Back: &link{"/people", words.t("people")}, Modules: []string{"copy.js"},
	}, p)
}

// onPerson runs what is posted about somebody whom the viewer may change, once the viewer has
// proved lately who they are; again as they are now, if somebody else changed them meanwhile.
func onPerson(do func(s peoplePages, w http.ResponseWriter, r *http.Request, v Viewer, m member) error) handler {
	return in(func(s peoplePages, w http.ResponseWriter, r *http.Request, v Viewer) error {
		return storage.Repeated(func() error {
			m, err := s.findMember(r, v)
			if err != nil {
				return err
			}
			if !m.inTeam {
				return notAllowed(nil)
			}
			if err := page.ReadForm(w, r, maxForm); err != nil {
				return err
			}
			if !s.proved(w, r, v, "/people/"+url.PathEscape(m.ID)) {
				return nil
			}
			return do(s, w, r, v, m)
		})
	})
}

// backTo is the way back to a person's page once something was done.
func (s peoplePages) backTo(w http.ResponseWriter, r *http.Request, m member, done string) error {
	http.Redirect(w, r, s.Prefix+"/people/"+url.PathEscape(m.ID)+"?done="+done, http.StatusSeeOther)
	return nil
}

func (s peoplePages) saveRoles(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p.field("role").Value = r.PostForm.Get("role")
	roles := p.grants(words, r, v)
	if len(p.Faults()) > 0 || p.Fault != "" {
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p)
	}
	for site, role := range m.Roles { // what the viewer does not see of them stays
		if _, shown := roles[access.EverySite]; !shown && site != access.EverySite && !v.Can(access.ManageAgents, site) {
			roles[site] = role
		}
	}
	before := rolesText(m.Roles)
	if !r.PostForm.Has("roles.was") { // a form that does not say of what it was made is of what is there when it comes
		r.PostForm.Set("roles.was", before)
	}
	switch was, want := r.PostForm.Get("roles.was"), rolesText(roles); {
	case want == was:
		roles = m.Roles
	case was != before && want != before: // nobody gives back unseen what another has taken
		p.Fault = words.sentences(words.t("changed_meanwhile"), s.rolesWords(words, m))
		return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p)
	}
	now := m.Staff
	now.Roles = roles
	if err := s.Store.ReplaceStaff(r.Context(), m.Staff, now); err != nil {
		return err
	}
	a := s.audit(v, "staff.roles", m.ID)
	a.Before, a.After = before, rolesText(roles)
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	if err := s.Bot.Configuration().RefreshTeam(r.Context()); err != nil {
		return err
	}
	return s.backTo(w, r, m, "person_saved")
}

// linkFor makes a link with which somebody joins or, if they can sign in already, chooses
// another password.
func (s peoplePages) linkFor(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	kind, who, life := storage.JoinLink, m.ID, joinLife
	if m.login.ID != "" {
		kind, who, life = storage.ResetLink, m.login.ID, resetLife
	}
	shown, err := s.makeLink(r, v, kind, who, life)
	if err != nil {
		return err
	}
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	p.Link, p.LinkKind = shown, string(kind)
	return s.showPerson(w, r, v, http.StatusOK, p)
}

// withdraw makes an invitation useless that was not used yet.
func (s peoplePages) withdraw(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	now := s.Clock()
	err := s.Store.PutOneTimeLink(r.Context(), storage.OneTimeLink{ // in place of the other, and over at once
		Hash: signin.HashToken(signin.NewToken()), Kind: storage.JoinLink, Who: m.ID, Made: now, Expires: now,
	}, s.audit(v, "link.withdraw", m.ID))
	if err != nil {
		return err
	}
	return s.backTo(w, r, m, "withdrawn")
}

func (s peoplePages) linkTheirChat(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	if p.Chat, err = s.newChatCode(r, v, m.ID, m.Name); err != nil {
		return err
	}
	return s.showPerson(w, r, v, http.StatusOK, p)
}

func (s peoplePages) nameOwner(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	if m.login.ID == "" {
		return &page.Error{Code: page.NotFound, Title: "no_person", Text: "no_person_text"}
	}
	owner := r.PostForm.Get("owner") == "yes"
	if owner && m.login.Password == "" {
		return s.problem(w, r, v, m, "owner_needs_password")
	}
	a := s.audit(v, "login.owner", m.login.Name)
	if a.Before, a.After = fmt.Sprint(m.login.Owner), fmt.Sprint(owner); owner && m.login.Outside != "" {
		a.Before += ", " + outsideText(m.login)
	}
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: m.login.ID, Ends: m.login.ID != v.Login, Audit: a, Now: s.Clock(),
		Change: func(l *storage.Login) error {
			if l.Owner = owner; owner {
				l.Outside = "" // an owner signs in by nothing that somebody else runs
			}
			return nil
		},
	})
	if errors.Is(err, storage.ErrLastOwner) {
		return s.lastOwner(w, r, v, m)
	}
	if err != nil {
		return err
	}
	return s.backTo(w, r, m, "person_saved")
}

// lastOwner says that somebody stays who must.
func (s peoplePages) lastOwner(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	return s.problem(w, r, v, m, "last_owner")
}

// problem says on somebody's page why something cannot be.
func (s peoplePages) problem(w http.ResponseWriter, r *http.Request, v Viewer, m member, key string) error {
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	p.Problem = s.words(r, v).t(key)
	return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p)
}

func (s peoplePages) remove(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	released, err := s.Bot.RemoveStaff(r.Context(), m.ID)
	if errors.Is(err, storage.ErrLastOwner) {
		return s.lastOwner(w, r, v, m)
	}
	if err != nil {
		return err
	}
	a := s.audit(v, "staff.remove", m.ID)
	a.Before, a.After = m.Name+": "+rolesText(m.Roles), fmt.Sprint("returned to the queue: ", released)
	return s.done(w, r, a, "/people?done=removed")
}
