package admin

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
)

// rolesForm is who somebody is where: one role, everywhere or at some sites.
type rolesForm struct {
	form
	Places []placeBox // the sites to choose from
	All    bool       // everywhere is chosen
	May    bool       // everywhere may be chosen
	Fault  string     // of the places
	Was    string     // what the form was made of, as rolesText; it comes back in roles.was
}

// PlacesForm is what the part "places" draws.
func (f rolesForm) PlacesForm() rolesForm { return f }

type placeBox struct {
	ID, Name string
	On       bool
}

// rolesFor is the form for somebody with these roles, with what the viewer may give.
func (s peoplePages) rolesFor(r *http.Request, v Viewer, roles access.Grants) (rolesForm, error) {
	words := s.words(r, v)
	sites, err := s.Store.Sites(r.Context())
	if err != nil {
		return rolesForm{}, err
	}
	role := access.Agent
	for _, x := range roles {
		role = x
	}
	f := rolesForm{May: v.Owner || v.Can(access.ManageAgents, access.EverySite), Was: rolesText(roles)}
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
