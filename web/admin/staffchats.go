package admin

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	bare "github.com/aftercare/aftercare/survey/words"
)

// staffChatRoutes are the chats in which staff hear of cases.
var staffChatRoutes = []route{
	{pattern: "GET /settings/chats", deed: access.ConnectChats, page: in(chatPages.staffChats)},
	{pattern: "POST /settings/chats", deed: access.ConnectChats, page: in(chatPages.addStaffChat)},
	{pattern: "POST /settings/chats/{chat}/code", deed: access.ConnectChats, page: in(chatPages.codeOfStaffChat)},
	{pattern: "POST /settings/chats/{chat}/test", deed: access.ConnectChats, page: in(chatPages.testStaffChat)},
	{pattern: "POST /settings/chats/{chat}/drop", deed: access.ConnectChats, page: in(chatPages.dropStaffChat)},
}

// staffChatsPage lists the chats of staff.
type staffChatsPage struct {
	form
	Chats []staffChatRow
	Link  *chatLink
	Test  *chatTest
}

// staffChatRow is one of them.
type staffChatRow struct {
	Name, Platform, Hears, State string
	Linked, Gone, Set            bool
}

// chatLink is how a group or a channel becomes a chat of staff: it is shown once.
type chatLink struct {
	secretLink
	Known, Linked bool
}

// chatTest is what became of a test message.
type chatTest struct {
	Name, Took, Why string
	Topic           string // of the stream
	State           storage.DeliveryState
}

func mayConnectChats(v Viewer) error {
	if !v.Can(access.ConnectChats, access.EverySite) {
		return notAllowed(nil)
	}
	return nil
}

func (s chatPages) staffChatForm(words *words) form {
	sites := []option{{"", words.t("every_site")}}
	for id, x := range s.Bot.Configuration().Now().Sites {
		sites = append(sites, option{id, cmp.Or(x.Name, id)})
	}
	slices.SortFunc(sites[1:], func(a, b option) int { return strings.Compare(a.Text, b.Text) })
	return form{Fields: []field{
		{Name: "name", Label: words.t("schat_name"), Hint: words.t("schat_name_hint"), Fill: "off"},
		{Name: "site", Label: words.t("schat_site"), Kind: "select", Options: sites},
	}}
}

func (s chatPages) staffChats(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayConnectChats(v); err != nil {
		return err
	}
	p := staffChatsPage{form: s.staffChatForm(s.words(r, v))}
	q := r.URL.Query()
	if name := q.Get("link"); name != "" {
		p.Link = &chatLink{secretLink: secretLink{Who: name}}
	}
	if key := q.Get("test"); key != "" {
		d, err := bot.ChatTests{Bot: s.Bot}.Look(r.Context(), key)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err == nil {
			p.Test = &chatTest{State: d.State, Why: d.Error, Topic: testTopic + key}
			for _, c := range s.Bot.Configuration().Now().Chats {
				if c.Address == d.Address {
					p.Test.Name = c.Name
				}
			}
			if d.State == storage.Sent {
				p.Test.Took = s.words(r, v).t("seconds", report.Printed(max(0.1, d.Tried.Sub(d.Created).Seconds()), 1))
			}
		}
	}
	return s.showStaffChats(w, r, v, http.StatusOK, p)
}

func (s chatPages) showStaffChats(w http.ResponseWriter, r *http.Request, v Viewer, status int, p staffChatsPage) error {
	words := s.words(r, v)
	chats, err := s.Store.StaffChatList(r.Context())
	if err != nil {
		return err
	}
	for _, c := range chats {
		row := staffChatRow{Name: c.Name, Linked: !c.Address.IsZero(), Gone: !c.Gone.IsZero(), Set: c.Setting != "", Hears: words.t("every_site")}
		if len(c.Sites) > 0 {
			names := make([]string, len(c.Sites))
			for i, id := range c.Sites {
				names[i] = cmp.Or(s.at(id).Name, id)
			}
			row.Hears = strings.Join(names, ", ")
		}
		if row.Linked {
			row.Platform = words.platform(string(c.Address.Platform))
		}
		switch {
		case row.Gone:
			row.State = words.t("schat_gone", words.moment(s.Clock(), c.Gone, s.zoneOf(c.Sites)))
		case row.Linked && !c.Linked.IsZero():
			row.State = words.t("schat_linked", words.moment(s.Clock(), c.Linked, s.zoneOf(c.Sites)))
		case row.Linked:
			row.State = words.t("schat_hears")
		default:
			row.State = words.t("schat_unlinked")
		}
		if row.Set {
			row.State += " · " + words.t("tg_by_setting", c.Setting)
		}
		if p.Link != nil && p.Link.Who == c.Name {
			p.Link.Known = true
			p.Link.Linked = !c.Linked.IsZero() && c.Gone.IsZero()
		}
		p.Chats = append(p.Chats, row)
	}
	if p.Link != nil && !p.Link.Known {
		p.Link = nil
	}
	return s.show(w, r, v, status, "staffchats.html", frame{
		Title: words.t("schats"), Here: "/settings", Back: &link{"/settings", words.t("settings")}, Modules: []string{"copy.js", "stream.js", "live.js"},
	}, p)
}

// addStaffChat names a chat and makes the code that links it.
func (s chatPages) addStaffChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return storage.Repeated(func() error { return s.newStaffChat(w, r, v) })
}

// newStaffChat is addStaffChat, unless somebody else adds one of that name meanwhile: storage.ErrChanged.
func (s chatPages) newStaffChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayConnectChats(v); err != nil {
		return err
	}
	words := s.words(r, v)
	p := staffChatsPage{form: s.staffChatForm(words)}
	if err := p.read(w, r); err != nil {
		return err
	}
	chats, err := s.Store.StaffChatList(r.Context())
	if err != nil {
		return err
	}
	name, at := bare.Key(p.field("name").Value, '-', longestChatName), p.field("site")
	switch {
	case name == "" || strings.HasPrefix(name, "env-"):
		p.field("name").Fault = words.t("schat_name_fault")
	case slices.ContainsFunc(chats, func(c storage.StaffChat) bool { return c.Name == name }):
		p.field("name").Fault = words.t("schat_taken", name)
	}
	if !slices.ContainsFunc(at.Options, func(o option) bool { return o.Value == at.Value }) {
		at.Fault = words.t("no_site")
	}
	if len(p.Faults()) > 0 {
		return s.showStaffChats(w, r, v, http.StatusUnprocessableEntity, p)
	}
	c := storage.StaffChat{Name: name, Created: s.Clock()}
	if at.Value != "" {
		c.Sites = []string{at.Value}
	}
	if err := s.Store.ReplaceStaffChat(r.Context(), storage.StaffChat{}, c); err != nil {
		return err
	}
	if err := s.Bot.StaffChatsChanged(r.Context()); err != nil {
		return err
	}
	a := s.audit(v, "chat.add", name)
	a.After = strings.Join(c.Sites, ", ")
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	return s.linkStaffChat(w, r, v, name)
}

func (s chatPages) codeOfStaffChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayConnectChats(v); err != nil {
		return err
	}
	return s.linkStaffChat(w, r, v, r.PathValue("chat"))
}

// linkStaffChat shows the code by which a group or a channel becomes the chat of a name.
func (s chatPages) linkStaffChat(w http.ResponseWriter, r *http.Request, v Viewer, name string) error {
	made, err := s.newChatLink(r.Context(), v, name)
	if err != nil {
		return err
	}
	return s.showStaffChats(w, r, v, http.StatusOK, staffChatsPage{form: s.staffChatForm(s.words(r, v)), Link: &chatLink{secretLink: made}})
}

func (s chatPages) newChatLink(ctx context.Context, v Viewer, name string) (l secretLink, err error) {
	made, err := s.Bot.StaffChatLink(ctx, name)
	if err != nil {
		return l, asChatError(err)
	}
	if err := s.Store.PutAudit(ctx, s.audit(v, "chat.code", name)); err != nil {
		return l, err
	}
	return shownOnce(name, made.Code, made.Telegram, made.Expires)
}

// asChatError is an error about a chat in words.
func asChatError(err error) error {
	if _, set := errors.AsType[*bot.SetChatError](err); set {
		return &page.Error{Code: page.Invalid, Title: "tg_set", Text: "tg_set_text", Err: err}
	}
	if errors.Is(err, bot.ErrNoStaffChat) {
		return &page.Error{Code: page.NotFound, Title: "no_schat", Text: "no_schat_text", Err: err}
	}
	return err
}

// testStaffChat sends a message that says that it is a test.
func (s chatPages) testStaffChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayConnectChats(v); err != nil {
		return err
	}
	name := r.PathValue("chat")
	key, err := bot.ChatTests{Bot: s.Bot}.Send(r.Context(), name, cmp.Or(v.Name, v.SignIn))
	if err != nil {
		return asChatError(err)
	}
	return s.done(w, r, s.audit(v, "chat.test", name), "/settings/chats?test="+url.QueryEscape(key))
}

// dropStaffChat forgets a chat; cards that hang there stay.
func (s chatPages) dropStaffChat(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayConnectChats(v); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/chats") {
		return nil
	}
	name := r.PathValue("chat")
	if err := s.Bot.RemoveStaffChat(r.Context(), name); err != nil {
		return asChatError(err)
	}
	return s.done(w, r, s.audit(v, "chat.drop", name), "/settings/chats?done=schat_dropped")
}

// zoneOf is the time zone of the first of sites.
func (s *site) zoneOf(sites []string) *time.Location {
	if len(sites) > 0 && s.at(sites[0]).Zone != nil {
		return s.at(sites[0]).Zone
	}
	return time.UTC
}

// longestChatName is how long the name of a chat may be that is made of words, in bytes.
const longestChatName = 40
