// Package access says who may do what where: the roles of staff, the deeds, and one table
// that joins them. Pages, the API, chats and cases ask the same table.
package access

import "slices"

// Role is what a member of staff is at a site. The texts are fixed: stored staff and
// programs have them.
type Role string

// The roles. Each may do all that the one before it may.
const (
	Outsider Role = ""       // not staff of that site: nothing
	Viewer   Role = "viewer" // may look
	Agent    Role = "agent"  // may act on cases
	Lead     Role = "lead"   // may also act on what another holds
	Admin    Role = "admin"  // as Lead, and may change how everything works
)

// Roles lists every role, from the least to the most.
func Roles() []Role { return []Role{Outsider, Viewer, Agent, Lead, Admin} }

// EverySite is the site in Grants that stands for all that are not named, and in Can for
// what belongs to no site.
const EverySite = ""

// Grants are the roles of a person by site.
type Grants map[string]Role

// At is the role at a site: the one named for it, else that for every site.
func (g Grants) At(site string) Role {
	if r, ok := g[site]; ok {
		return r
	}
	return g[EverySite]
}

// Can reports whether somebody with these grants may do this at the site.
func Can(g Grants, d Deed, site string) bool { return g.At(site).Can(d) }

// Can reports whether this role may do this at its site.
func (r Role) Can(d Deed) bool {
	i := slices.IndexFunc(table, func(row right) bool { return row.deed == d })
	if i < 0 {
		return false
	}
	has, needs := slices.Index(Roles(), r), slices.Index(Roles(), table[i].least)
	return needs >= 0 && has >= needs
}
