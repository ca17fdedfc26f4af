package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// peopleRoutes are the pages about who works here.
var peopleRoutes = []route{
	{pattern: "GET /people", deed: access.ManageAgents, page: in(peoplePages.people)},
	{pattern: "GET /people/new", deed: access.ManageAgents, page: in(peoplePages.inviteForm)},
	{pattern: "POST /people/new", deed: access.ManageAgents, page: in(peoplePages.invite)},
	{pattern: "GET /people/{id}", deed: access.ManageAgents, page: in(peoplePages.person)},
	{pattern: "POST /people/{id}/roles", deed: access.ManageAgents, page: onPerson(peoplePages.saveRoles)},
	{pattern: "POST /people/{id}/link", deed: access.ManageAgents, page: onPerson(peoplePages.linkFor)},
	{pattern: "POST /people/{id}/withdraw", deed: access.ManageAgents, page: onPerson(peoplePages.withdraw)},
	{pattern: "POST /people/{id}/chat", deed: access.ManageAgents, page: onPerson(peoplePages.linkTheirChat)},
	{pattern: "POST /people/{id}/oidc", deed: access.ManageAgents, page: onPerson(peoplePages.saveOutside)},
	{pattern: "POST /people/{id}/owner", deed: access.NameOwners, page: onPerson(peoplePages.nameOwner)},
	{pattern: "POST /people/{id}/remove", deed: access.ManageAgents, page: onPerson(peoplePages.remove)},
}

// How long the links work that people send to each other.
const (
	joinLife  = 72 * time.Hour
	resetLife = time.Hour
	heldUpTo  = 200 // cases of one person that are counted
)

// member is somebody of the team with all that is known of them.
type member struct {
	storage.Staff
	login  storage.Login // zero = no way in
	chats  []chat.Platform
	joins  storage.OneTimeLink // an invitation that waits; zero = none
	inTeam bool                // a viewer may change them
}

// mayManage reports whether a viewer may change somebody: owners are changed by owners alone,
// and whoever manages agents only changes who is no more than that, at sites of their own.
func mayManage(v Viewer, roles access.Grants, owner bool) bool {
	switch {
	case v.Owner:
		return true
	case owner:
		return false
	case v.Can(access.ManageStaff, access.EverySite):
		return true
	}
	for site, role := range roles {
		if !v.Can(access.ManageAgents, site) || role != access.Agent && role != access.Viewer {
			return false
		}
	}
	return len(roles) > 0
}

// team is everybody who is there, with what is known of them.
func (s peoplePages) team(r *http.Request, v Viewer) ([]member, error) {
	ctx := r.Context()
	staff, err := s.Store.StaffList(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := s.Store.Logins(ctx)
	if err != nil {
		return nil, err
	}
	links, err := s.Store.StaffLinks(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := s.Store.OneTimeLinks(ctx, s.Clock())
	if err != nil {
		return nil, err
	}
	var all []member
	for _, x := range staff {
		if !x.Gone.IsZero() {
			continue
		}
		m := member{Staff: x}
		for _, l := range logins {
			if l.Staff == x.ID {
				m.login = l
			}
		}
		m.chats = chatsOf(x.ID, links)
		for _, l := range waiting {
			if l.Kind == storage.JoinLink && l.Who == x.ID {
				m.joins = l
			}
		}
		m.inTeam = mayManage(v, x.Roles, m.login.Owner)
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b member) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

// peoplePage lists who works here.
type peoplePage struct {
	Rows    []personRow
	Invited []personRow
}

type personRow struct {
	ID, Name, Roles, Chats, In, Held string
	Change                           bool
	Second                           string // what is asked beside the password; "" where there is no way in
	Weak                             bool   // nothing is
	Self                             bool
}

func (s peoplePages) people(w http.ResponseWriter, r *http.Request, v Viewer) error {
	all, err := s.team(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	held, err := s.Store.CountHeld(r.Context())
	if err != nil {
		return err
	}
	var p peoplePage
	in := 0
	for _, m := range all {
		row := personRow{ID: m.ID, Name: m.Name, Roles: s.rolesWords(words, m), Chats: chatsWords(words, m.chats), Change: m.inTeam, Self: m.ID == v.Staff}
		switch {
		case m.login.ID != "":
			in++
			row.Second, row.Weak = secondWords(words, m.login)
			row.In = words.t("person_never")
			if !m.login.Seen.IsZero() {
				row.In = words.t("person_seen", m.login.Seen.Format("2006-01-02 15:04"))
			}
		case !m.joins.Expires.IsZero():
			row.In = words.t("person_invited", m.joins.Expires.Format("2006-01-02 15:04"))
			p.Invited = append(p.Invited, row)
			continue
		default:
			row.In = words.t("person_chat_only")
		}
		row.Held = words.t("person_holds", held[m.ID])
		p.Rows = append(p.Rows, row)
	}
	f := frame{Title: words.t("people"), Meta: words.t("people_count", len(all), in), Here: "/people", Do: &link{"/people/new", words.t("invite")}}
	return s.show(w, r, v, http.StatusOK, "people.html", f, p)
}

// secondWords is what proves somebody beside their password, and whether nothing does.
func secondWords(words *words, l storage.Login) (text string, weak bool) {
	switch {
	case l.Password == "" && l.Outside != "":
		return words.t("second_outside"), false
	case len(l.Passkeys) > 0 && l.Second != "":
		return words.t("second_both"), false
	case len(l.Passkeys) > 0:
		return words.t("second_passkey"), false
	case l.Second != "":
		return words.t("second_codes"), false
	}
	return words.t("second_none"), true
}

// held are the cases that somebody has.
func (s peoplePages) held(r *http.Request, id string) ([]storage.Case, error) {
	return s.Store.Cases(r.Context(), storage.CaseFilter{Holder: id, Limit: heldUpTo})
}

// chatsOf are the platforms on which a member of staff has linked a chat.
func chatsOf(staff string, links map[storage.Person]string) (all []chat.Platform) {
	for p, id := range links {
		if id == staff && !slices.Contains(all, p.Platform) {
			all = append(all, p.Platform)
		}
	}
	slices.Sort(all)
	return all
}

func chatsWords(words *words, all []chat.Platform) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = strings.ToUpper(string(p[:1])) + string(p[1:])
	}
	if len(names) == 0 {
		return words.t("no_chat")
	}
	return strings.Join(names, ", ")
}
