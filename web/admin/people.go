package admin

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// peopleRoutes are the pages about who works here.
var peopleRoutes = []route{
	{pattern: "GET /people", deed: access.ManageAgents, page: (*site).people},
	{pattern: "GET /people/new", deed: access.ManageAgents, page: (*site).inviteForm},
	{pattern: "POST /people/new", deed: access.ManageAgents, page: (*site).invite},
	{pattern: "GET /people/{id}", deed: access.ManageAgents, page: (*site).person},
	{pattern: "POST /people/{id}/roles", deed: access.ManageAgents, page: onPerson((*site).saveRoles)},
	{pattern: "POST /people/{id}/link", deed: access.ManageAgents, page: onPerson((*site).linkFor)},
	{pattern: "POST /people/{id}/withdraw", deed: access.ManageAgents, page: onPerson((*site).withdraw)},
	{pattern: "POST /people/{id}/chat", deed: access.ManageAgents, page: onPerson((*site).chatCode)},
	{pattern: "POST /people/{id}/owner", deed: access.NameOwners, page: onPerson((*site).nameOwner)},
	{pattern: "POST /people/{id}/remove", deed: access.ManageAgents, page: onPerson((*site).remove)},
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
func (s *site) team(r *http.Request, v Viewer) ([]member, error) {
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
		for p, id := range links {
			if id == x.ID && !slices.Contains(m.chats, p.Platform) {
				m.chats = append(m.chats, p.Platform)
			}
		}
		slices.Sort(m.chats)
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
}

func (s *site) people(w http.ResponseWriter, r *http.Request, v Viewer) error {
	all, err := s.team(r, v)
	if err != nil {
		return err
	}
	words := s.words(r, v)
	var p peoplePage
	in := 0
	for _, m := range all {
		row := personRow{ID: m.ID, Name: m.Name, Roles: s.rolesWords(words, m), Chats: chatsWords(words, m.chats), Change: m.inTeam}
		switch {
		case m.login.ID != "":
			in++
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
		held, err := s.held(r, m.ID)
		if err != nil {
			return err
		}
		row.Held = words.t("person_holds", len(held))
		p.Rows = append(p.Rows, row)
	}
	f := frame{Title: words.t("people"), Meta: words.t("people_count", len(all), in), Here: "/people"}
	return s.show(w, r, v, http.StatusOK, "people.html", f, p)
}

// held are the cases that somebody has.
func (s *site) held(r *http.Request, id string) ([]storage.Case, error) {
	return s.Store.Cases(r.Context(), storage.CaseFilter{Holder: id, Limit: heldUpTo})
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

// rolesWords is who somebody is where, in the reader's words.
func (s *site) rolesWords(words *words, m member) string {
	snap := s.Bot.Configuration().Now()
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(m.Roles)) {
		where := words.t("everywhere")
		if id != access.EverySite {
			where = snap.Site(id).Name
			if where == "" {
				where = id
			}
		}
		parts = append(parts, words.t("role_at", words.t("role_"+string(m.Roles[id])), where))
	}
	text := strings.Join(parts, " · ")
	if m.login.Owner {
		text = words.t("role_owner") + " · " + text
	}
	return text
}

// rolesForm is who somebody is where: one role, everywhere or at some sites.
type rolesForm struct {
	form
	Places []placeBox // the sites to choose from
	All    bool       // everywhere is chosen
	May    bool       // everywhere may be chosen
	Fault  string     // of the places
}

// PlacesForm is what the part "places" draws.
func (f rolesForm) PlacesForm() rolesForm { return f }

type placeBox struct {
	ID, Name string
	On       bool
}

// rolesFor is the form for somebody with these roles, with what the viewer may give.
func (s *site) rolesFor(r *http.Request, v Viewer, roles access.Grants) (rolesForm, error) {
	words := s.words(r, v)
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return rolesForm{}, err
	}
	role := access.Agent
	for _, x := range roles {
		role = x
	}
	f := rolesForm{May: v.Owner || v.Can(access.ManageAgents, access.EverySite)}
	_, f.All = roles[access.EverySite]
	if len(roles) == 0 {
		f.All = f.May && len(sites) < 2
	}
	options := []option{}
	for _, x := range access.Roles()[1:] {
		if x == access.Agent || x == access.Viewer || v.Can(access.ManageStaff, access.EverySite) {
			options = append(options, option{string(x), words.t("role_"+string(x)) + " – " + words.t("role_"+string(x)+"_may")})
		}
	}
	f.Fields = []field{{Name: "role", Label: words.t("role"), Kind: "select", Options: options, Value: string(role), Was: string(role)}}
	for _, x := range sites {
		if v.Can(access.ManageAgents, x.ID) {
			_, on := roles[x.ID]
			f.Places = append(f.Places, placeBox{x.ID, x.Name, on})
		}
	}
	return f, nil
}

// grants are the roles that a form gives. What the viewer may not give is at fault.
func (f *rolesForm) grants(words *words, r *http.Request, v Viewer) access.Grants {
	role, to := access.Role(f.field("role").Value), access.Grants{}
	f.All = r.PostForm.Get("everywhere") != ""
	chosen := r.PostForm["site"]
	for i := range f.Places {
		f.Places[i].On = slices.Contains(chosen, f.Places[i].ID)
		if f.Places[i].On && !f.All && role != access.Admin {
			to[f.Places[i].ID] = role
		}
	}
	if f.All || role == access.Admin { // an admin is one everywhere
		to = access.Grants{access.EverySite: role}
	}
	if !slices.ContainsFunc(f.field("role").Options, func(o option) bool { return o.Value == string(role) }) {
		f.field("role").Fault = words.t("role_bad")
	} else if len(to) == 0 {
		f.Fault = words.t("role_where")
	} else if !mayManage(v, to, false) {
		f.Fault = words.t("role_not_yours")
	}
	return to
}

// invitePage asks whom to invite, and shows the link once.
type invitePage struct {
	rolesForm
	Link secretLink
	Name string
}

// secretLink is a link that is shown once.
type secretLink struct {
	URL, Until string
	QR         qrPicture
}

func (s *site) inviteFields(r *http.Request, v Viewer) (rolesForm, error) {
	f, err := s.rolesFor(r, v, nil)
	words := s.words(r, v)
	f.Fields = append([]field{{Name: "name", Label: words.t("person_name"), Hint: words.t("person_name_hint"), Fill: "off"}}, f.Fields...)
	return f, err
}

func (s *site) inviteForm(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !s.proved(w, r, v, "/people/new") {
		return nil
	}
	f, err := s.inviteFields(r, v)
	if err != nil {
		return err
	}
	return s.showInvite(w, r, v, http.StatusOK, invitePage{rolesForm: f})
}

func (s *site) showInvite(w http.ResponseWriter, r *http.Request, v Viewer, status int, p invitePage) error {
	words := s.words(r, v)
	f := frame{Title: words.t("invite"), Here: "/people", Back: &link{"/people", words.t("people")}, Modules: []string{"copy.js"}}
	if p.Name != "" {
		f.Title = words.t("invited", p.Name)
	}
	return s.show(w, r, v, status, "invite.html", f, p)
}

func (s *site) invite(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	staff, err := s.Store.StaffList(r.Context())
	if err != nil {
		return err
	}
	x := storage.Staff{ID: storage.StaffID(name, staff), Name: name, Roles: roles, Created: s.Clock()}
	if err := s.Store.PutStaff(r.Context(), x); err != nil {
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
func (s *site) makeLink(r *http.Request, v Viewer, kind storage.LinkKind, who string, life time.Duration) (secretLink, error) {
	token, now := signin.NewToken(), s.Clock()
	l := storage.OneTimeLink{Hash: signin.HashToken(token), Kind: kind, Who: who, Made: now, Expires: now.Add(life)}
	if err := s.Store.PutOneTimeLink(r.Context(), l, s.audit(v, "link."+string(kind), who)); err != nil {
		return secretLink{}, err
	}
	at := s.base(r) + "/" + string(kind) + "/" + token
	qr, err := newQR(at)
	return secretLink{URL: at, Until: l.Expires.Format("2006-01-02 15:04") + " UTC", QR: qr}, err
}

// base is the address of these pages, as others open them.
func (s *site) base(r *http.Request) string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + s.Prefix
}

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
	Code      string
	CodeUntil string
	Bots      []link // where the code is sent by one tap
	Problem   string
}

func (s *site) findMember(r *http.Request, v Viewer) (member, error) {
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

func (s *site) person(w http.ResponseWriter, r *http.Request, v Viewer) error {
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

func (s *site) personPage(r *http.Request, v Viewer, m member) (p personPage, err error) {
	words := s.words(r, v)
	p = personPage{
		ID: m.ID, Name: m.Name, Change: m.inTeam, Self: m.ID == v.Staff, In: m.login.ID != "", Waits: !m.joins.Expires.IsZero(), Owner: m.login.Owner,
		MayOwner: v.Owner && m.login.ID != "",
		About:    personRow{Roles: s.rolesWords(words, m), Chats: chatsWords(words, m.chats)},
	}
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

func (s *site) showPerson(w http.ResponseWriter, r *http.Request, v Viewer, status int, p personPage) error {
	words := s.words(r, v)
	return s.show(w, r, v, status, "person.html", frame{
		Title: p.Name, Here: "/people", Back: &link{"/people", words.t("people")}, Modules: []string{"copy.js"},
	}, p)
}

// onPerson runs what is posted about somebody whom the viewer may change, once the viewer has
// proved lately who they are.
func onPerson(do func(s *site, w http.ResponseWriter, r *http.Request, v Viewer, m member) error) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	}
}

// backTo is the way back to a person's page once something was done.
func (s *site) backTo(w http.ResponseWriter, r *http.Request, m member, done string) error {
	http.Redirect(w, r, s.Prefix+"/people/"+url.PathEscape(m.ID)+"?done="+done, http.StatusSeeOther)
	return nil
}

func (s *site) saveRoles(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
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
	m.Staff.Roles = roles
	if err := s.Store.PutStaff(r.Context(), m.Staff); err != nil {
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
func (s *site) linkFor(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
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
func (s *site) withdraw(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	now := s.Clock()
	err := s.Store.PutOneTimeLink(r.Context(), storage.OneTimeLink{ // in place of the other, and over at once
		Hash: signin.HashToken(signin.NewToken()), Kind: storage.JoinLink, Who: m.ID, Made: now, Expires: now,
	}, s.audit(v, "link.withdraw", m.ID))
	if err != nil {
		return err
	}
	return s.backTo(w, r, m, "withdrawn")
}

// chatCode makes a code with which somebody links their own chat.
func (s *site) chatCode(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	code, until, err := s.Bot.StaffCode(r.Context(), m.ID)
	if err != nil {
		return err
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "staff.code", m.ID)); err != nil {
		return err
	}
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	p.Code, p.CodeUntil = code, until.Format("2006-01-02 15:04")+" UTC"
	return s.showPerson(w, r, v, http.StatusOK, p)
}

func (s *site) nameOwner(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	if m.login.ID == "" {
		return &page.Error{Code: page.NotFound, Title: "no_person", Text: "no_person_text"}
	}
	owner := r.PostForm.Get("owner") == "yes"
	a := s.audit(v, "login.owner", m.login.Name)
	a.Before, a.After = fmt.Sprint(m.login.Owner), fmt.Sprint(owner)
	_, err := s.Store.ChangeLogin(r.Context(), storage.LoginChange{
		ID: m.login.ID, Ends: m.login.ID != v.Login, Audit: a, Now: s.Clock(), Change: func(l *storage.Login) error { l.Owner = owner; return nil },
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
func (s *site) lastOwner(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	p, err := s.personPage(r, v, m)
	if err != nil {
		return err
	}
	p.Problem = s.words(r, v).t("last_owner")
	return s.showPerson(w, r, v, http.StatusUnprocessableEntity, p)
}

func (s *site) remove(w http.ResponseWriter, r *http.Request, v Viewer, m member) error {
	released, err := s.Bot.RemoveStaff(r.Context(), m.ID)
	if errors.Is(err, storage.ErrLastOwner) {
		return s.lastOwner(w, r, v, m)
	}
	if err != nil {
		return err
	}
	a := s.audit(v, "staff.remove", m.ID)
	a.Before, a.After = m.Name+": "+rolesText(m.Roles), fmt.Sprint("returned to the queue: ", released)
	if err := s.Store.PutAudit(r.Context(), a); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/people?done=removed", http.StatusSeeOther)
	return nil
}
