package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// meRoutes are the pages about oneself.
var meRoutes = []route{
	{pattern: "GET /me", page: in(doorPages.me)},
	{pattern: "POST /me", page: in(doorPages.saveMe)},
	{pattern: "POST /me/password", page: in(doorPages.savePassword)},
	{pattern: "POST /me/sessions", page: in(doorPages.endSession)},
}

// mePage is what somebody sets about themselves.
type mePage struct {
	form     // name, language, look
	SignIn   string
	Password form
	Sessions []sessionRow
	Codes    string // key of how codes at sign-in stand; "" = there are none here
	With     string // the identity provider; "" = there is none
	Linked   bool   // with which one may sign in
}

// sessionRow is a browser in which one is signed in.
type sessionRow struct {
	ID, Device, About string
	Here              bool // it is this one
}

func (s doorPages) meForm(words *words, v Viewer) form {
	langs := []option{{"", words.t("as_browser")}}
	for _, tag := range pageLanguageTags() {
		langs = append(langs, option{tag, languageName(tag, tag)})
	}
	looks := []option{{"", words.t("as_system")}, {"light", words.t("look_light")}, {"dark", words.t("look_dark")}}
	f := form{Fields: []field{
		{Name: "shown", Label: words.t("your_name"), Hint: words.t("your_name_hint"), Value: v.Name, Fill: "name"},
		{Name: "language", Label: words.t("page_language"), Kind: "select", Options: langs, Value: v.Language},
		{Name: "look", Label: words.t("page_look"), Kind: "select", Options: looks, Value: v.Look},
	}}
	for i := range f.Fields {
		f.Fields[i].Was = f.Fields[i].Value
	}
	return f
}

// pageLanguageTags are the languages that have every word of these pages.
func pageLanguageTags() (tags []string) {
	for tag, w := range tongues() {
		if len(w.by) >= len(tongues()[fallback].by) {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

func passwordForm(words *words) form {
	return form{Fields: []field{{Name: "password", Label: words.t("password_new"), Hint: words.t("password_new_hint"), Kind: "password", Fill: "new-password"}}}
}

func (s doorPages) me(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	return s.showMe(w, r, v, http.StatusOK, s.meForm(words, v), passwordForm(words))
}

func (s doorPages) showMe(w http.ResponseWriter, r *http.Request, v Viewer, status int, about, password form) error {
	now := s.Clock()
	list, err := s.Store.WebSessions(r.Context(), v.Login, now)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	p := mePage{form: about, SignIn: v.SignIn, Password: password}
	if s.Sealer != nil {
		l, err := s.mine(r, v)
		if err != nil {
			return err
		}
		if p.Codes = "second_off"; l.Second != "" {
			p.Codes = "second_on"
		}
		if outsidePages(s).outside() && !l.Owner {
			p.With, p.Linked = s.Provider.Name, outsidePages(s).subjectOf(l) != ""
		}
	}
	for _, x := range list {
		row := sessionRow{ID: x.ID, Device: x.Device, Here: x.ID == v.Session}
		row.About = words.t("session_about", x.Address, x.Created.Format("2006-01-02"), x.Seen.Format("2006-01-02 15:04"))
		p.Sessions = append(p.Sessions, row)
	}
	return s.show(w, r, v, status, "me.html", frame{Title: words.t("me"), Here: "/me"}, p)
}

func (s doorPages) saveMe(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	f := s.meForm(words, v)
	if err := f.read(w, r); err != nil {
		return err
	}
	for _, x := range []*field{f.field("language"), f.field("look")} {
		if !slices.ContainsFunc(x.Options, func(o option) bool { return o.Value == x.Value }) {
			return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
		}
	}
	shown := f.field("shown").Value
	if shown == "" {
		f.field("shown").Fault = words.t("name_missing")
		return s.showMe(w, r, v, http.StatusUnprocessableEntity, f, passwordForm(words))
	}
	a := s.audit(v, "login.name", v.SignIn)
	if a.Before, a.After = v.Name, shown; v.Name == shown {
		a = storage.Audit{} // how the pages look to oneself is nobody else's matter
	}
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: v.Login, Audit: a, Now: s.Clock(), Change: func(l *storage.Login) error {
		l.Shown, l.Language, l.Look = shown, f.field("language").Value, f.field("look").Value
		return nil
	}})
	if err != nil {
		return err
	}
	if err := s.renameStaff(r, v, shown); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me?done=saved_me", http.StatusSeeOther)
	return nil
}

// renameStaff calls a member of staff otherwise.
func (s doorPages) renameStaff(r *http.Request, v Viewer, name string) error {
	if v.Staff == "" || name == v.Name {
		return nil
	}
	return storage.Repeated(func() error {
		team, err := s.Store.StaffList(r.Context())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(team, func(x storage.Staff) bool { return x.ID == v.Staff && x.Gone.IsZero() })
		if i < 0 {
			return fmt.Errorf("no member of staff %s: %w", v.Staff, storage.ErrNotFound)
		}
		named := team[i]
		named.Name = name
		return s.Store.ReplaceStaff(r.Context(), team[i], named)
	})
}

func (s doorPages) savePassword(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	f := passwordForm(words)
	if err := f.read(w, r); err != nil {
		return err
	}
	joined := false
	if outsidePages(s).outside() {
		l, err := s.mine(r, v)
		if err != nil {
			return err
		}
		joined = joinedNow(l, s.Clock())
	}
	if !joined && !s.proved(w, r, v, "/me") {
		return nil
	}
	password := r.PostForm.Get("password")
	f.field("password").Value = ""
	if fault := passwordFault(words, password, v.SignIn, v.Name); fault != "" {
		f.field("password").Fault = fault
		return s.showMe(w, r, v, http.StatusUnprocessableEntity, s.meForm(words, v), f)
	}
	hash, err := s.Hasher.Hash(r.Context(), password)
	if err != nil {
		return err
	}
	_, err = s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: v.Login, Ends: true, Keep: v.Session, Audit: s.audit(v, "login.password", v.SignIn), Now: s.Clock(),
		Change: func(l *storage.Login) error { l.Password = hash; return nil },
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me?done=saved_password", http.StatusSeeOther)
	return nil
}

// joinedNow reports whether a login was made a moment ago by an identity provider, and has no password. Not every
// provider says when somebody signed in there: joining is the proof for the first password then.
func joinedNow(l storage.Login, now time.Time) bool {
	return l.Password == "" && now.Sub(l.Created) < freshFor
}

// endSession ends one session of the viewer, or all others where the form names none.
func (s doorPages) endSession(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	var err error
	if id := r.PostForm.Get("session"); id != "" {
		err = s.Store.EndWebSession(r.Context(), v.Login, id)
		if errors.Is(err, storage.ErrNotFound) {
			err = nil // it ended meanwhile
		}
	} else {
		_, err = s.Store.ChangeLogin(r.Context(), storage.LoginChange{ID: v.Login, Ends: true, Keep: v.Session, Now: s.Clock(), Change: func(*storage.Login) error { return nil }})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/me?done=session_ended", http.StatusSeeOther)
	return nil
}
