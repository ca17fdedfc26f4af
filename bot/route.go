package bot

import (
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// hears returns the chats that hear of a matter: those of the receivers of its route.
// Where no route matches, or none of its receivers can be told anything, it is the usual
// ones of the site: nothing is ever told nobody.
func (s *snapshot) hears(m recovery.Matter) []chat.Address {
	var all []chat.Address
	for _, r := range s.policy.Routing.To(m) {
		all = append(all, s.receiver(r, m)...)
	}
	if len(all) == 0 {
		all = s.usual(m.Site)
	}
	return s.distinct(all)
}

// receiver returns the chats that a receiver stands for, for a matter.
func (s *snapshot) receiver(r recovery.Receiver, m recovery.Matter) []chat.Address {
	if a, ok := s.policy.Routing.Receivers[r]; ok {
		var all []chat.Address
		for _, c := range s.chats {
			if slices.Contains(a.Chats, c.Name) && c.Hears() {
				all = append(all, c.Address)
			}
		}
		for _, id := range a.Staff {
			all = append(all, s.team.homes[id]...)
		}
		return all
	}
	switch r {
	case recovery.ToDefault:
		return s.usual(m.Site)
	case recovery.ToOwner:
		return s.team.homes[m.Owner]
	case recovery.ToLead:
		return s.homesOf(recovery.Lead, m.Site)
	case recovery.ToManager:
		return s.homesOf(recovery.Admin, m.Site)
	}
	return nil
}

// usual returns the chats that hear of a site without a route: those that were linked
// for it or for every site; where there are none, those of the settings.
func (s *snapshot) usual(site string) []chat.Address {
	var all []chat.Address
	for _, c := range s.chats {
		if c.Hears() && (len(c.Sites) == 0 || slices.Contains(c.Sites, site)) {
			all = append(all, c.Address)
		}
	}
	if len(all) == 0 {
		return s.staff
	}
	return all
}

// homesOf returns the private chats of the staff who have a role at a site.
func (s *snapshot) homesOf(role recovery.Role, site string) []chat.Address {
	var all []chat.Address
	for _, id := range s.team.order {
		if s.team.members[id].RoleAt(site) == role {
			all = append(all, s.team.homes[id]...)
		}
	}
	return all
}

// distinct leaves out chats that are named twice, also by an address that they moved
// away from.
func (s *snapshot) distinct(all []chat.Address) []chat.Address {
	var out []chat.Address
	seen := make(map[chat.Address]bool, len(all))
	for _, a := range all {
		if now := s.at(a); !seen[now] {
			seen[now] = true
			out = append(out, a)
		}
	}
	return out
}

// lost reports whether a chat of staff is known to take no messages: nothing is sent to
// it until it is back.
func (s *snapshot) lost(a chat.Address) bool {
	now := s.at(a)
	return slices.ContainsFunc(s.chats, func(c storage.StaffChat) bool { return !c.Gone.IsZero() && s.at(c.Address) == now })
}

// linked reports whether an address is a chat under a name, and under which.
func (s *snapshot) linked(a chat.Address) (storage.StaffChat, bool) {
	now := s.at(a)
	for _, c := range s.chats {
		if !c.Address.IsZero() && s.at(c.Address) == now {
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
		homes[id] = append(homes[id], homeOf(p))
	}
	for _, all := range homes {
		slices.SortFunc(all, func(a, b chat.Address) int { return strings.Compare(a.String(), b.String()) })
	}
	return homes
}

func homeOf(p storage.Person) chat.Address {
	return chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}
}

// matter is what the routes look at in a case: the session that opened it, and what was
// bad in it.
func (t *turn) matter() recovery.Matter {
	about := t.ofCase()
	s := about.session
	return recovery.Matter{
		Site: t.kase.Site, Service: s.Service, Dimensions: about.bad(), Language: s.Lang, Tier: s.Facts.Tier,
		Owner: t.snap.team.named(s.Attributes[attrAgent]), Priority: t.kase.Decision.Priority,
	}
}

// bad are the quality dimensions of what the customer was unsatisfied with: of low
// answers and of the reasons that they chose.
func (t *turn) bad() []string {
	var all []string
	add := func(d string) {
		if d != "" && !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	j := &t.session.Judgement
	for i := range t.session.Answers {
		a := &t.session.Answers[i]
		at, ok := t.flow.Index[a.Question]
		if !ok || a.Dropped || a.Skipped {
			continue
		}
		q := &t.flow.Questions[at]
		if slices.Contains(j.Bottom, q.Key) || slices.Contains(j.Critical, q.Key) || lowAnswer(q, a) {
			add(q.Dimension)
		}
		for _, c := range q.Choices {
			if slices.Contains(a.Choices, c.Key) {
				add(c.Dimension)
			}
		}
	}
	return all
}

func lowAnswer(q *survey.Question, a *survey.Answer) bool {
	return a.Value != nil && slices.ContainsFunc(q.Scale.Options, func(o survey.Option) bool {
		return o.Value == *a.Value && o.Flag == survey.Unsatisfied
	})
}

// named is the member of staff that an event names: by the id or by the name.
func (t team) named(agent string) string {
	agent = strings.TrimSpace(agent)
	if agent == "" {
		return ""
	}
	for _, id := range t.order {
		if s := t.members[id]; s.Gone.IsZero() && (id == agent || strings.EqualFold(s.Name, agent)) {
			return id
		}
	}
	return ""
}

// places are the chats where the case's cards hang from now on: those where they hang
// already, those of its route, and those of whom a clock of the case calls now: they can
// act in their own chats, and see what becomes of it. A chat that takes no messages is left out.
func (t *turn) places() []chat.Address {
	m := t.matter()
	all := slices.Concat(t.kase.Cards, t.snap.hears(m))
	for _, e := range t.news {
		if e.Kind == recovery.EventStruck && e.To != recovery.ToThread {
			all = append(all, t.escalated(e.To, m)...)
		}
	}
	all = t.snap.distinct(all)
	if len(all) > len(t.kase.Cards) {
		t.kase.Cards, t.out.Case = all, t.kase
	}
	return slices.DeleteFunc(slices.Clone(all), func(a chat.Address) bool { return t.snap.lost(a) || t.snap.former(a) })
}

// former reports whether an address is the private chat of somebody who is no staff any
// more: nothing about customers is shown there.
func (s *snapshot) former(a chat.Address) bool {
	if !isPrivate(a) || slices.Contains(s.staff, a) {
		return false
	}
	for _, id := range s.team.order {
		if slices.Contains(s.team.homes[id], a) {
			return false
		}
	}
	_, linked := s.linked(a)
	return !linked
}

// isPrivate reports whether an address is a chat with one person: Telegram's groups have
// negative numbers, and Slack's people letters of their own.
func isPrivate(a chat.Address) bool {
	switch a.Platform {
	case chat.Telegram:
		return !strings.HasPrefix(a.Chat, "-")
	case chat.Slack:
		return strings.HasPrefix(a.Chat, "U") || strings.HasPrefix(a.Chat, "W")
	}
	return false
}
