package admin

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// channelPage is how far a platform is connected: its accounts, the form that adds one, and the
// first chat of staff there.
type channelPage struct {
	form
	Accounts []Account
	Group    groupState
	Link     secretLink // by which a chat becomes that of staff, shown once
	Waits    bool       // for the chat
	Setup    bool       // one came from the first evening

	Elsewhere bool   // another server is called for this bot: taking it over is offered
	NoGroups  bool   // the bot may not be added to groups
	Make      string // address at which the platform makes the app
}

// groupState is the chat in which staff hear of cases.
type groupState struct {
	Name   string
	Linked bool
	Gone   bool
}

// firstGroup is the name of the chat that is linked from here.
const firstGroup = "front-desk"

// channelKind is a platform with its page.
type channelKind struct {
	on                  chat.Platform
	at, template, title string // its address, its file, the key of its title
	dropped             string // key of what is said once an account was forgotten
	form                func(words *words) form
}

// mayConnect refuses whoever may not connect accounts everywhere: a bot is of no one site.
func (s *site) mayConnect(v Viewer) error {
	if s.Accounts == nil {
		return &page.Error{Code: page.NotFound, Title: "not_found", Text: "not_found_text"}
	}
	return mayConnectChats(v)
}

func (k channelKind) look(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	return k.show(s, w, r, v, http.StatusOK, channelPage{form: k.form(s.words(r, v))})
}

func (k channelKind) show(s *site, w http.ResponseWriter, r *http.Request, v Viewer, status int, p channelPage) error {
	for _, a := range s.Accounts.Accounts() {
		if a.Platform == k.on {
			p.Accounts = append(p.Accounts, a)
		}
	}
	chats, err := s.Store.StaffChatList(r.Context())
	if err != nil {
		return err
	}
	for _, c := range chats {
		if here := c.Address.Platform == k.on; here || c.Name == firstGroup {
			p.Group = groupState{Name: c.Name, Linked: here && !c.Linked.IsZero(), Gone: !c.Gone.IsZero()}
			if p.Group.Linked {
				break
			}
		}
	}
	q, words := r.URL.Query(), s.words(r, v)
	p.Make, p.NoGroups = slackApps+template.URLQueryEscaper(s.SlackManifest), q.Get("groups") == "no"
	p.Setup, p.Waits = r.FormValue("from") == "setup", q.Get("wait") != "" || p.Link.Code != ""
	f := frame{Title: words.t(k.title), Here: "/settings", Back: &link{"/settings", words.t("settings")}, Modules: []string{"copy.js", "stream.js", "live.js"}}
	if p.Setup {
		f.Back = &link{"/setup/chats", words.t("chats_title")}
	}
	return s.show(w, r, v, status, k.template, f, p)
}

// link makes a code with which a chat there becomes the first chat of staff.
func (k channelKind) link(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	l, err := chatPages{s}.firstChatLink(r.Context(), v)
	if err != nil {
		return err
	}
	return k.show(s, w, r, v, http.StatusOK, channelPage{form: k.form(s.words(r, v)), Link: l})
}

// firstChatLink makes a link for the first chat of staff, which is made where there is none.
func (s chatPages) firstChatLink(ctx context.Context, v Viewer) (l secretLink, err error) {
	chats, err := s.Store.StaffChatList(ctx)
	if err != nil {
		return l, err
	}
	if !slices.ContainsFunc(chats, func(c storage.StaffChat) bool { return c.Name == firstGroup }) {
		err := s.Store.ReplaceStaffChat(ctx, storage.StaffChat{}, storage.StaffChat{Name: firstGroup, Created: s.Clock()})
		if err != nil && !errors.Is(err, storage.ErrChanged) { // somebody else has just made it
			return l, err
		}
		if err := s.Bot.StaffChatsChanged(ctx); err != nil {
			return l, err
		}
	}
	return s.newChatLink(ctx, v, firstGroup)
}

// connected tells of an account that was just connected.
func (k channelKind) connected(s *site, w http.ResponseWriter, r *http.Request, v Viewer, name, done string) error {
	if r.FormValue("from") == "setup" {
		done += "&from=setup"
	}
	return s.done(w, r, s.audit(v, "account.connect", name), k.at+"?done="+done)
}

// drop disconnects an account that was connected on these pages.
func (k channelKind) drop(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if !s.proved(w, r, v, k.at) {
		return nil
	}
	id := r.PostForm.Get("id")
	if !slices.ContainsFunc(s.Accounts.Accounts(), func(a Account) bool { return a.Platform == k.on && a.ID == id && a.Setting == "" }) {
		return &page.Error{Code: page.NotFound, Title: "tg_set", Text: "tg_set_text"}
	}
	if err := s.Accounts.Drop(r.Context(), k.on, id); err != nil {
		return err
	}
	return s.done(w, r, s.audit(v, "account.drop", string(k.on)+" "+id), k.at+"?done="+k.dropped)
}

// done writes a change into the list of changes and leads on.
func (s *site) done(w http.ResponseWriter, r *http.Request, a storage.Audit, to string) error {
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+to, http.StatusSeeOther)
	return nil
}
