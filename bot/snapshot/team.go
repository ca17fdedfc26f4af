package snapshot

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Named is the member of staff that an event names: by the id or by the name.
func (t Team) Named(agent string) string {
	agent = strings.TrimSpace(agent)
	if agent == "" {
		return ""
	}
	for _, id := range t.Order {
		if s := t.Members[id]; s.Gone.IsZero() && (id == agent || strings.EqualFold(s.Name, agent)) {
			return id
		}
	}
	return ""
}

// Team is who may act on cases, and as whom they appear in chats.
type Team struct {
	Members map[string]storage.Staff
	Order   []string // their ids, sorted
	Links   map[storage.Person]string
	Homes   map[string][]chat.Address // their private chats, by id
	SignIn  map[string]bool           // who may sign in to the pages, by id; "" = an owner may
}

// Sees reports whether somebody can see the cases of a site on the pages.
func (t Team) Sees(site string) bool {
	for id := range t.SignIn {
		if s := t.Members[id]; id == "" || s.Gone.IsZero() && s.RoleAt(site).Can(access.SeeCases) {
			return true
		}
	}
	return false
}

// Actor is who a person in a chat is to the cases of a site.
func (t Team) Actor(p storage.Person, site string) recovery.Actor {
	s, ok := t.Member(p)
	if !ok {
		return recovery.Actor{}
	}
	return recovery.Actor{Staffer: recovery.Staffer{ID: s.ID, Name: s.Name}, Role: s.RoleAt(site)}
}

// Member is the member of staff to whom a person in a chat is linked.
func (t Team) Member(p storage.Person) (storage.Staff, bool) {
	s, ok := t.Members[t.Links[p]]
	return s, ok && s.Gone.IsZero()
}

// readTeam reads the Team as it is now.
func (k *Keeper) readTeam(ctx context.Context) (Team, error) {
	list, err := k.store.StaffList(ctx)
	if err != nil {
		return Team{}, fmt.Errorf("read staff: %w", err)
	}
	t := Team{Members: make(map[string]storage.Staff, len(list))}
	for _, s := range list {
		s.Name = chat.CleanLine(s.Name)
		t.Members[s.ID] = s
		t.Order = append(t.Order, s.ID)
	}
	if t.Links, err = k.store.StaffLinks(ctx); err != nil {
		return Team{}, fmt.Errorf("read the chat identities of staff: %w", err)
	}
	maps.DeleteFunc(t.Links, func(p storage.Person, _ string) bool { return p.ByLink() })
	t.Homes = homesFrom(t.Links)
	logins, err := k.store.Logins(ctx)
	if err != nil {
		return Team{}, fmt.Errorf("read who may sign in: %w", err)
	}
	t.SignIn = make(map[string]bool, len(logins))
	for _, l := range logins {
		if l.Owner {
			t.SignIn[""] = true
		}
		if l.Staff != "" {
			t.SignIn[l.Staff] = true
		}
	}
	return t, nil
}
