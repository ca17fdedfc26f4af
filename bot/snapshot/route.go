package snapshot

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Hears returns the chats that hear of a matter: those of the receivers of its route.
// Where no route matches, or none of its receivers can be told anything, it is the usual
// ones of the site: nothing is ever told nobody.
func (s *Snapshot) Hears(m recovery.Matter) []chat.Address {
	var all []chat.Address
	for _, r := range s.Policy.Routing.To(m) {
		all = append(all, s.Receiver(r, m)...)
	}
	if len(all) == 0 {
		all = s.Usual(m.Site)
	}
	return s.Distinct(all)
}

// Receiver returns the chats that a receiver stands for, for a matter.
func (s *Snapshot) Receiver(r recovery.Receiver, m recovery.Matter) []chat.Address {
	if a, ok := s.Policy.Routing.Receivers[r]; ok {
		var all []chat.Address
		for _, c := range s.Chats {
			if slices.Contains(a.Chats, c.Name) && c.Hears() {
				all = append(all, c.Address)
			}
		}
		for _, id := range a.Staff {
			all = append(all, s.Team.Homes[id]...)
		}
		return all
	}
	switch r {
	case recovery.ToDefault:
		return s.Usual(m.Site)
	case recovery.ToOwner:
		return s.Team.Homes[m.Owner]
	case recovery.ToLead:
		return s.homesOf(access.Lead, m.Site)
	case recovery.ToManager:
		return s.homesOf(access.Admin, m.Site)
	}
	return nil
}

// Usual returns the chats that hear of a site without a route: those that were linked
// for it or for every site; where there are none, those of the settings.
func (s *Snapshot) Usual(site string) []chat.Address {
	var all []chat.Address
	for _, c := range s.Chats {
		if c.Setting == "" && c.Hears() && (len(c.Sites) == 0 || slices.Contains(c.Sites, site)) {
			all = append(all, c.Address)
		}
	}
	if len(all) == 0 {
		return s.OfSettings()
	}
	return all
}

// OfSettings returns the chats whose addresses settings hold, as far as they take messages.
func (s *Snapshot) OfSettings() []chat.Address {
	var all []chat.Address
	for _, c := range s.Chats {
		if c.Setting != "" && c.Hears() {
			all = append(all, c.Address)
		}
	}
	return all
}

// homesOf returns the private chats of the staff who have a role at a site.
func (s *Snapshot) homesOf(role access.Role, site string) []chat.Address {
	var all []chat.Address
	for _, id := range s.Team.Order {
		if s.Team.Members[id].RoleAt(site) == role {
			all = append(all, s.Team.Homes[id]...)
		}
	}
	return all
}

// Distinct leaves out chats that are named twice, also by an address that they moved
// away from.
func (s *Snapshot) Distinct(all []chat.Address) []chat.Address {
	var out []chat.Address
	seen := make(map[chat.Address]bool, len(all))
	for _, a := range all {
		if now := s.At(a); !seen[now] {
			seen[now] = true
			out = append(out, a)
		}
	}
	return out
}

// Lost reports whether a chat of staff is known to take no messages: nothing is sent to
// it until it is back.
func (s *Snapshot) Lost(a chat.Address) bool {
	now := s.At(a)
	return slices.ContainsFunc(s.Chats, func(c storage.StaffChat) bool { return !c.Gone.IsZero() && s.At(c.Address) == now })
}

// Linked reports whether an address is a chat under a name, and under which.
func (s *Snapshot) Linked(a chat.Address) (storage.StaffChat, bool) {
	now := s.At(a)
	for _, c := range s.Chats {
		if !c.Address.IsZero() && s.At(c.Address) == now {
			return c, true
		}
	}
	return storage.StaffChat{}, false
}

// homesFrom finds the private chat of each linked identity: Telegram names it by the
// person, Slack opens it for one.
func homesFrom(links map[storage.Person]string) map[string][]chat.Address {
	homes := make(map[string][]chat.Address)
	for p, id := range links {
		homes[id] = append(homes[id], HomeOf(p))
	}
	for _, all := range homes {
		slices.SortFunc(all, func(a, b chat.Address) int { return strings.Compare(a.String(), b.String()) })
	}
	return homes
}

// HomeOf is the private chat of a person.
func HomeOf(p storage.Person) chat.Address {
	return chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}
}

// Former reports whether an address is the private chat of somebody who is no staff any
// more: nothing about customers is shown there.
func (s *Snapshot) Former(a chat.Address) bool {
	if personal := s.Traits[a.Platform].Personal; personal == nil || !personal(a) {
		return false
	}
	for _, id := range s.Team.Order {
		if slices.Contains(s.Team.Homes[id], a) {
			return false
		}
	}
	_, linked := s.Linked(a)
	return !linked
}

// SameFiles reports whether a file of one chat can be shown in the other.
func (s *Snapshot) SameFiles(a, b chat.Address) bool {
	return s.Traits[a.Platform].Shares && b.Platform == a.Platform && a.Account == b.Account
}

// SameChat compares chats whatever their threads: who is removed from a group is removed
// from its topics.
func SameChat(a, b chat.Address) bool {
	a.Thread, b.Thread = "", ""
	return a == b
}

// StaffHears reports whether a chat is one of those that hear of cases.
func (s *Snapshot) StaffHears(at chat.Address) bool {
	if _, ok := s.Linked(at); ok {
		return true
	}
	return slices.ContainsFunc(s.Chats, func(c storage.StaffChat) bool { return c.Setting != "" && SameChat(s.At(c.Address), at) })
}

// Reachable leaves out chats that are known to take no messages.
func (s *Snapshot) Reachable(all []chat.Address) []chat.Address {
	return slices.DeleteFunc(slices.Clone(all), s.Lost)
}

// NamedSites are the sites that have a name and were not removed, sorted by name.
func (s *Snapshot) NamedSites() []string {
	var ids []string
	for id, at := range s.Sites {
		if at.Name != "" && at.Gone.IsZero() {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return strings.Compare(s.Sites[a].Name+"\x00"+a, s.Sites[b].Name+"\x00"+b)
	})
	return ids
}
