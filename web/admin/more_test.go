package admin

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
)

// TestEveryPlaceIsReachedOnAPhone: what its bar has no room for stands behind “More”, for
// everybody who may open it.
func TestEveryPlaceIsReachedOnAPhone(t *testing.T) {
	for _, v := range []Viewer{
		{Login: "l", Owner: true, Grants: access.Grants{access.EverySite: access.Admin}},
		{Login: "l", Grants: access.Grants{access.EverySite: access.Viewer}},
	} {
		h := newHouse(t, v)
		more := h.get("/more", 200)
		for _, p := range places {
			if want := v.Anywhere(p.deed) && !p.Bar; strings.Contains(more, `class="cover" href="`+p.At+`"`) != want {
				t.Errorf("%v: %s stands there: %t, want %t", v.Grants, p.At, !want, want)
			}
		}
		if !strings.Contains(more, `class="cover" href="/me"`) {
			t.Error("nothing leads to what is one’s own")
		}
	}
}
