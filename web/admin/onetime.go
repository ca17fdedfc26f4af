package admin

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// linkDoors are the one-time links. A robot that opens one before its person spends nothing: GET shows a form, and its
// POST makes what the link is for, once; or whoever presses the button there comes back from the identity provider.
var linkDoors = []route{
	{pattern: "GET /setup/{token}", page: showLink(storage.SetupLink)},
	{pattern: "POST /setup/{token}", page: useLink(storage.SetupLink)},
	{pattern: "GET /join/{token}", page: showLink(storage.JoinLink)},
	{pattern: "POST /join/{token}", page: useLink(storage.JoinLink)},
	{pattern: "GET /reset/{token}", page: showLink(storage.ResetLink)},
	{pattern: "POST /reset/{token}", page: useLink(storage.ResetLink)},
}

// linkPage is the form of a one-time link.
type linkPage struct {
	form
	Kind  storage.LinkKind
	Token string // of the link
	At    string // where it is posted
	Who   string // whose login it will be, or is
	Made  string // a password that is offered
	Plain bool   // others on the way can read it
	With  string // the identity provider with which one may join; "" = there is none
	Note  outsideNote
}

// opened is what a one-time link of a request leads to.
type opened struct {
	storage.OneTimeLink
	login storage.Login   // of a ResetLink
	staff storage.Staff   // of a JoinLink
	team  []storage.Staff // who is there already
	ever  []storage.Staff // and who was: their keys are taken
}

func (s doorPages) open(r *http.Request, kind storage.LinkKind) (opened, error) {
	return s.openLink(r, kind, r.PathValue("token"))
}

// openLink is what a token leads to. Its error says that the link is over.
func (s doorPages) openLink(r *http.Request, kind storage.LinkKind, token string) (o opened, err error) {
	spent := &page.Error{Code: page.Gone, Title: "link_gone", Text: "link_gone_" + string(kind)}
	o.OneTimeLink, err = s.Store.OneTimeLink(r.Context(), signin.HashToken(token), s.Clock())
	if errors.Is(err, storage.ErrNotFound) || err == nil && o.Kind != kind {
		return o, spent
	}
	if err != nil {
		return o, err
	}
	all, err := s.Store.Logins(r.Context())
	if err != nil {
		return o, err
	}
	if kind == storage.SetupLink && len(all) > 0 {
		return o, spent
	}
	if kind == storage.ResetLink {
		i := slices.IndexFunc(all, func(l storage.Login) bool { return l.ID == o.Who })
		if i < 0 {
			return o, spent
		}
		o.login = all[i]
		return o, nil
	}
	team, err := s.Store.StaffList(r.Context())
	if err != nil {
		return o, err
	}
	o.ever = team
	o.team = slices.DeleteFunc(slices.Clone(team), func(x storage.Staff) bool { return !x.Gone.IsZero() })
	i := slices.IndexFunc(o.team, func(x storage.Staff) bool { return x.ID == o.Who })
	if kind == storage.JoinLink && i < 0 {
		return o, spent
	}
	if i >= 0 {
		o.staff = o.team[i]
	}
	return o, nil
}

// newcomer is the value of the field "staff" for somebody who is not in the team yet.
const newcomer = ""

func (s doorPages) linkForm(words *words, o opened, made string) form {
	var f form
	if o.Kind == storage.SetupLink {
		if len(o.team) > 0 {
			who := field{Name: "staff", Label: words.t("you_are"), Kind: "select", Options: []option{{newcomer, words.t("you_are_new")}}}
			for _, x := range o.team {
				who.Options = append(who.Options, option{x.ID, x.Name})
			}
			f.Fields = append(f.Fields, who)
		}
		f.Fields = append(f.Fields, field{Name: "shown", Label: words.t("your_name"), Hint: words.t("your_name_hint"), Fill: "name"})
	}
	if o.Kind != storage.ResetLink {
		name := field{Name: "name", Label: words.t("login_name"), Fill: "username"}
		if name.Value = o.staff.ID; name.Value == "" {
			name.Hint = words.t("login_name_hint")
		}
		f.Fields = append(f.Fields, name)
	}
	f.Fields = append(f.Fields, field{
		Name: "password", Label: words.t("login_password"), Hint: words.t("new_password_hint"), Kind: "password", Fill: "new-password", Value: made,
	})
	return f
}

func showLink(kind storage.LinkKind) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		o, err := doorPages{s}.open(r, kind)
		if err != nil {
			return err
		}
		made := signin.NewPassword()
		return doorPages{s}.showLinkForm(w, r, http.StatusOK, o, doorPages{s}.linkForm(s.words(r, v), o, made), linkPage{Made: made, Token: r.PathValue("token")})
	}
}

func (s doorPages) showLinkForm(w http.ResponseWriter, r *http.Request, status int, o opened, f form, p linkPage) error {
	who := o.staff.Name
	if o.Kind == storage.ResetLink {
		who = o.login.Name
	}
	words := s.words(r, Viewer{})
	p.form, p.Kind, p.At, p.Who, p.Plain = f, o.Kind, "/"+string(o.Kind)+"/"+p.Token, who, unencrypted(r)
	if o.Kind == storage.JoinLink && outsidePages(s).outside() {
		p.With = s.Provider.Name
	}
	return s.show(w, r, Viewer{}, status, "onetime.html", frame{Title: words.t(string(o.Kind)+"_title", who), Bare: true}, p)
}

func useLink(kind storage.LinkKind) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		o, err := doorPages{s}.open(r, kind)
		if err != nil {
			return err
		}
		words := s.words(r, v)
		f := doorPages{s}.linkForm(words, o, "")
		if err := f.read(w, r); err != nil {
			return err
		}
		password := r.PostForm.Get("password")
		made := r.PostForm.Get("made")
		if password == made { // what is offered is offered again, or else the page would show another
			f.field("password").Value = made
		}
		again := func() error {
			if f.field("password").Value != made || made == "" {
				made, f.field("password").Value = "", ""
			}
			return doorPages{s}.showLinkForm(w, r, http.StatusUnprocessableEntity, o, f, linkPage{Made: made, Token: r.PathValue("token")})
		}
		l, staff := doorPages{s}.newLogin(r, &f, o)
		doorPages{s}.faultsOfLogin(words, &f, o, l, password)
		if len(f.Faults()) > 0 {
			return again()
		}
		if l.Password, err = s.Hasher.Hash(r.Context(), password); err != nil {
			return err
		}
		begins, cookie := s.newSession(r, l.ID)
		err = doorPages{s}.spend(r, o, l, staff, begins)
		switch {
		case errors.Is(err, storage.ErrTaken):
			f.field("name").Fault = words.t("name_taken")
			return again()
		case errors.Is(err, storage.ErrNotFound):
			return &page.Error{Code: page.Gone, Title: "link_gone", Text: "link_gone_" + string(kind)}
		case err != nil:
			return err
		}
		doorPages{s}.lets(w, r, l.ID, cookie)
		next := "/"
		if kind == storage.SetupLink {
			next = "/setup/place"
		}
		http.Redirect(w, r, s.Prefix+next, http.StatusSeeOther)
		return nil
	}
}

// newLogin is the login that a form describes, and the member of staff that it makes.
func (s doorPages) newLogin(r *http.Request, f *form, o opened) (l storage.Login, staff *storage.Staff) {
	if o.Kind == storage.ResetLink {
		return o.login, nil
	}
	l = s.loginOf(o)
	l.Name = f.field("name").Value
	if o.Kind != storage.SetupLink {
		return l, nil
	}
	l.Owner, l.Shown = true, f.field("shown").Value
	if who := f.field("staff"); who != nil && who.Value != newcomer {
		if i := slices.IndexFunc(o.team, func(x storage.Staff) bool { return x.ID == who.Value }); i >= 0 {
			l.Staff, l.Shown = o.team[i].ID, o.team[i].Name
		}
	}
	if l.Name == "" {
		l.Name = signInName(l.Shown)
		f.field("name").Value = l.Name
	}
	if l.Staff == "" {
		l.Staff = storage.StaffID(l.Name, o.ever)
		staff = &storage.Staff{ID: l.Staff, Name: l.Shown, Roles: access.Grants{access.EverySite: access.Admin}, Created: s.Clock()}
	}
	return l, staff
}

// loginOf is a new login of who joins by a link, without a way in yet.
func (s doorPages) loginOf(o opened) storage.Login {
	now := s.Clock()
	return storage.Login{ID: uuid.Must(uuid.NewV7()).String(), Staff: o.staff.ID, Shown: o.staff.Name, Created: now, Seen: now}
}

// signInName is a name to sign in with made from the name of a person: "robin.park".
func signInName(shown string) string {
	return strings.ToLower(strings.Join(strings.Fields(shown), "."))
}

func (s doorPages) faultsOfLogin(words *words, f *form, o opened, l storage.Login, password string) {
	if x := f.field("shown"); x != nil && l.Shown == "" {
		x.Fault = words.t("name_missing")
	}
	if x := f.field("name"); x != nil && storage.FoldName(l.Name) == "" && (f.field("shown") == nil || f.field("shown").Fault == "") {
		x.Fault = words.t("name_bad")
	}
	f.field("password").Fault = passwordFault(words, password, l.Name, l.Shown)
}

// passwordFault says in words why a password is none to keep, "" if it is one.
func passwordFault(words *words, password string, about ...string) string {
	switch err := signin.CheckPassword(password, about...); {
	case errors.Is(err, signin.ErrShort):
		return words.t("password_short", signin.MinPassword)
	case errors.Is(err, signin.ErrLong):
		return words.t("password_long")
	case err != nil:
		return words.t("password_common")
	}
	return ""
}

// spend makes what a link is for.
func (s doorPages) spend(r *http.Request, o opened, l storage.Login, staff *storage.Staff, begins storage.WebSession) error {
	now := s.Clock()
	by := Viewer{SignIn: l.Name, Owner: l.Owner, Grants: o.staff.Roles}
	if o.Kind == storage.ResetLink {
		a := s.audit(by, "login.reset", l.Name)
		a.Before = outsideText(o.login)
		_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
			ID: l.ID, Link: o.Hash, Ends: true, Session: &begins, Audit: a, Now: now,
			Change: func(was *storage.Login) error {
				was.Password, was.Seen = l.Password, now
				was.Second, was.Step, was.Recovery = "", 0, nil // whoever lost the phone has no other way
				was.Passkeys, was.Outside = nil, ""             // and somebody else may hold them
				return nil
			},
		})
		return err
	}
	a := s.audit(by, "login.make", l.Name)
	a.After = strings.Join(slices.DeleteFunc([]string{map[bool]string{true: "owner", false: rolesText(o.staff.Roles)}[l.Owner], outsideText(l)}, func(x string) bool {
		return x == ""
	}), ", ")
	return s.Store.Enrol(r.Context(), storage.Enrolment{
		Link: o.Hash, Kind: o.Kind, First: o.Kind == storage.SetupLink, Login: l, Staff: staff, Session: &begins, Audit: a, Now: now,
	})
}

// outsideText is by which account of an identity provider a login is entered, in the words of the list of changes; "" =
// by none.
func outsideText(l storage.Login) string {
	if l.Outside == "" {
		return ""
	}
	_, subject, _ := strings.Cut(l.Outside, " ")
	return "by the identity provider as " + subject
}

// rolesText is who somebody is where, in the words of the product: "agent at main, viewer
// everywhere".
func rolesText(g access.Grants) string {
	var all []string
	for _, site := range slices.Sorted(maps.Keys(g)) {
		where := "at " + site
		if site == access.EverySite {
			where = "everywhere"
		}
		all = append(all, string(g[site])+" "+where)
	}
	return strings.Join(all, ", ")
}
