package admin

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
)

// Viewer is the person who looks at a page. The zero value is nobody.
type Viewer struct {
	Login    string // id of the login
	Staff    string // id of the member of staff, "" if the login belongs to none
	Name     string // as other staff read it
	Owner    bool   // may do everything at every site
	Grants   access.Grants
	Language string // BCP 47 as chosen; "" = what the browser wishes
	Look     string // "light" or "dark" as chosen; "" = what the system has

	SignIn  string    // what they type to sign in: the name by which changes are theirs
	Session string    // id of this browser's session
	Proved  time.Time // when they proved last who they are
}

// Gate says who has signed in.
type Gate interface {
	// Viewer is the person whose browser asks. ok is false where nobody has signed in; an
	// error means that it cannot be known now.
	Viewer(r *http.Request) (v Viewer, ok bool, err error)
}

// Can reports whether the viewer may do this at the site.
func (v Viewer) Can(d access.Deed, site string) bool { return v.Owner || access.Can(v.Grants, d, site) }

// Anywhere reports whether there is a site at which the viewer may do this.
func (v Viewer) Anywhere(d access.Deed) bool {
	return v.Owner || slices.ContainsFunc(slices.Collect(maps.Values(v.Grants)), func(r access.Role) bool { return r.Can(d) })
}
