package recovery

import (
	"slices"

	"github.com/aftercare/aftercare/access"
)

// Offers returns the acts whose buttons the actor gets, the most important first. Each
// would change something and be accepted; who may do nothing gets none.
func Offers(c Case, by Actor) []ActKind {
	if !by.Can(access.TakeCase) {
		return nil
	}
	switch {
	case !c.State.Active():
		return []ActKind{ActReopen, ActNote}
	case c.State != Open && c.Holder.ID != by.ID && !by.Can(access.ActForOthers):
		return []ActKind{ActNote}
	}
	offers := []ActKind{ActTake, ActContact, ActResolve, ActRelease, ActAgree, ActSnooze, ActAssign, ActNoAction, ActUnreachable, ActNote}
	silent := len(c.AllowedMeans()) == 0
	return slices.DeleteFunc(offers, func(k ActKind) bool {
		switch k {
		case ActTake:
			return c.State != Open
		case ActRelease:
			return c.State == Open
		case ActContact, ActAgree:
			return silent
		}
		return false
	})
}

// CardOffers returns the acts whose buttons the card shows in a chat of several people:
// those of the holder, or of anybody while nobody has the case.
func CardOffers(c Case) []ActKind {
	holder := Actor{Staffer: c.Holder, Role: access.Agent}
	if c.State == Open || holder.ID == "" {
		holder = Actor{Staffer: Staffer{ID: "anybody"}, Role: access.Agent}
	}
	return Offers(c, holder)
}

// AllowedMeans returns how the customer may and can be contacted now. Nobody who said
// "no" is; who was not asked, or asked for it, is answered in the same chat only; a chat
// that takes no messages is not offered.
func (c Case) AllowedMeans() []Means {
	return slices.DeleteFunc(AllMeans(), func(m Means) bool { return c.allows(m) != nil })
}

// allows refuses a means of contact that the customer does not allow or that is cut off.
func (c Case) allows(m Means) *Refusal {
	switch {
	case !slices.Contains(AllMeans(), m):
		return &Refusal{Code: MeansUnknown}
	case c.Contact == NoContact:
		return &Refusal{Code: ContactDenied}
	case m != InChat && c.Contact != ContactPhone:
		return &Refusal{Code: ContactOnlyHere}
	case m == InChat && !c.Lost.IsZero():
		return &Refusal{Code: CustomerUnreachable, Since: c.Lost}
	}
	return nil
}
