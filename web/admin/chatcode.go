package admin

import (
	"net/http"

	"github.com/aftercare/aftercare/bot"
)

// chatCodeRoutes link one's own chat; the page of a person does so for somebody else.
var chatCodeRoutes = []route{
	{pattern: "GET /me/chat", page: in(peoplePages.myChat)},
	{pattern: "POST /me/chat", page: in(peoplePages.linkMyChat)},
}

// newChatCode makes a code for a member of staff.
func (s peoplePages) newChatCode(r *http.Request, v Viewer, id, name string) (c secretLink, err error) {
	code, until, err := s.Bot.StaffCode(r.Context(), id)
	if err != nil {
		return c, err
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "staff.code", id)); err != nil {
		return c, err
	}
	return shownOnce(name, code, bot.LinksOf(s.Bot).StaffCodeLink(code), until)
}

// myChatPage is where one links a chat of one's own.
type myChatPage struct {
	Staff bool // the viewer is in the team: a login alone has no cases
	Chats string
	Chat  secretLink
}

func (s peoplePages) myChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showMyChat(w, r, v, secretLink{})
}

func (s peoplePages) linkMyChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if v.Staff == "" {
		return notAllowed(nil)
	}
	if !s.proved(w, r, v, "/me/chat") {
		return nil
	}
	c, err := s.newChatCode(r, v, v.Staff, v.Name)
	if err != nil {
		return err
	}
	return s.showMyChat(w, r, v, c)
}

func (s peoplePages) showMyChat(w http.ResponseWriter, r *http.Request, v Viewer, c secretLink) error {
	words := s.words(r, v)
	p := myChatPage{Staff: v.Staff != "", Chat: c}
	if p.Staff {
		links, err := s.Store.StaffLinks(r.Context())
		if err != nil {
			return err
		}
		p.Chats = chatsWords(words, chatsOf(v.Staff, links))
	}
	return s.show(w, r, v, http.StatusOK, "mychat.html", frame{
		Title: words.t("my_chats"), Here: "/me", Back: &link{"/me", words.t("me")}, Modules: []string{"copy.js"},
	}, p)
}
