package admin

import (
	"net/http"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// invitePage asks whom to invite, and shows the link once.
type invitePage struct {
	rolesForm
	Link secretLink
	Name string
}

// secretLink is a link, a code or both that are shown once.
type secretLink struct {
	Who   string // or what it is for
	URL   string // "" where there is a code alone
	Code  string
	Until string
	QR    qrPicture // of the address
}

func shownOnce(who, code, url string, until time.Time) (l secretLink, err error) {
	l = secretLink{Who: who, URL: url, Code: code, Until: until.Format("2006-01-02 15:04") + " UTC"}
	if url != "" {
		l.QR, err = newQR(url)
	}
	return l, err
}

func (s peoplePages) inviteFields(r *http.Request, v Viewer) (rolesForm, error) {
	f, err := s.rolesFor(r, v, nil)
	words := s.words(r, v)
	f.Fields = append([]field{{Name: "name", Label: words.t("person_name"), Hint: words.t("person_name_hint"), Fill: "off"}}, f.Fields...)
	return f, err
}

func (s peoplePages) inviteForm(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.proved(w, r, v, "/people/new") {
		return nil
	}
	f, err := s.inviteFields(r, v)
	if err != nil {
		return err
	}
	return s.showInvite(w, r, v, http.StatusOK, invitePage{rolesForm: f})
}

func (s peoplePages) showInvite(w http.ResponseWriter, r *http.Request, v Viewer, status int, p invitePage) error {
	words := s.words(r, v)
	f := frame{Title: words.t("invite"), Here: "/people", Back: &link{"/people", words.t("people")}, Modules: []string{"copy.js"}}
	if p.Name != "" {
		f.Title = words.t("invited", p.Name)
	}
	return s.show(w, r, v, status, "invite.html", f, p)
}

func (s peoplePages) invite(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.inviteFields(r, v)
	if err != nil {
		return err
	}
	if err := f.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/people/new") {
		return nil
	}
	words := s.words(r, v)
	name := f.field("name").Value
	if name == "" || len([]rune(name)) > 100 || strings.ContainsFunc(name, isControl) {
		f.field("name").Fault = words.t("name_missing")
	}
	roles := f.grants(words, r, v)
	if len(f.Faults()) > 0 || f.Fault != "" {
		return s.showInvite(w, r, v, http.StatusUnprocessableEntity, invitePage{rolesForm: f})
	}
	x := storage.Staff{Name: name, Roles: roles, Created: s.Clock()}
	err = storage.Repeated(func() error { // whoever invites another of that name at once has the id
		staff, err := s.Store.StaffList(r.Context())
		if err != nil {
			return err
		}
		x.ID = storage.StaffID(name, staff)
		return s.Store.ReplaceStaff(r.Context(), storage.Staff{}, x)
	})
	if err != nil {
		return err
	}
	a := s.audit(v, "staff.add", x.ID)
	a.After = x.Name + ": " + rolesText(roles)
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	shown, err := s.makeLink(r, v, storage.JoinLink, x.ID, joinLife)
	if err != nil {
		return err
	}
	return s.showInvite(w, r, v, http.StatusOK, invitePage{Link: shown, Name: x.Name})
}

// makeLink makes a one-time link and shows it once.
func (s peoplePages) makeLink(r *http.Request, v Viewer, kind storage.LinkKind, who string, life time.Duration) (secretLink, error) {
	token, now := signin.NewToken(), s.Clock()
	l := storage.OneTimeLink{Hash: signin.HashToken(token), Kind: kind, Who: who, Made: now, Expires: now.Add(life)}
	if err := s.Store.PutOneTimeLink(r.Context(), l, s.audit(v, "link."+string(kind), who)); err != nil {
		return secretLink{}, err
	}
	return shownOnce(who, "", s.base(r)+"/"+string(kind)+"/"+token, l.Expires)
}

// base is the address of these pages, as others open them.
func (s peoplePages) base(r *http.Request) string {
	if at := s.public(); at != "" {
		return at
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + s.Prefix
}
