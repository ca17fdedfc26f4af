package personal

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// mostMatches is how many chat accounts, and how many customers, one word may fit.
const mostMatches = 20

// Finder finds people by what somebody types.
type Finder struct {
	Store storage.Store
	// Invitation is the invitation that a link's token names; ok is false of any other.
	Invitation func(token string) (at storage.Bucket, id string, ok bool, err error)
	// Platform reports whether there is such a platform.
	Platform func(chat.Platform) bool
	// Brief leaves out of what is found what storage.Anchor.Brief does.
	Brief bool
}

// Find returns everything of each person whom typed words may mean: the admin's own key,
// telegram:123, slack:T1:U1, T1:U1, @name, the id alone, or a link.
func (f Finder) Find(ctx context.Context, typed string) (people []storage.Dossier, err error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return nil, nil
	}
	anchors, err := f.followed(ctx, typed)
	if err != nil {
		return nil, err
	}
	for _, q := range f.queries(typed) {
		found, err := f.Store.IdentitiesOf(ctx, q, mostMatches)
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			anchors = append(anchors, storage.Anchor{Identities: []storage.Person{i.Person}})
		}
	}
	// Whoever has the key comes first, and is looked for last: an account that has no key stands under its own id.
	key := storage.Anchor{Customers: []string{typed}}
	if people, err = f.everything(ctx, append(anchors, key)); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(people, func(d storage.Dossier) bool { return covers(d.Anchor(), key) }); i > 0 {
		first := people[i]
		people = slices.Insert(slices.Delete(people, i, i+1), 0, first)
	}
	return people, nil
}

// Named returns the people whose names have words that begin as what was typed, and whether there
// are more: it proposes people to somebody who looks for one, and settles nothing.
func (f Finder) Named(ctx context.Context, typed string) (people []storage.Dossier, more bool, err error) {
	// One letter is a whole name in a script without spaces, and half a country in another.
	if typed = strings.TrimSpace(typed); len(typed) < 2 {
		return nil, false, nil
	}
	customers, err := f.Store.CustomersNamed(ctx, typed, mostMatches+1)
	if err != nil {
		return nil, false, err
	}
	found, err := f.Store.IdentitiesOf(ctx, storage.IdentityQuery{Name: typed}, mostMatches+1)
	if err != nil {
		return nil, false, err
	}
	more = len(customers) > mostMatches || len(found) > mostMatches
	var anchors []storage.Anchor
	for _, c := range customers[:min(len(customers), mostMatches)] {
		anchors = append(anchors, storage.Anchor{Customers: []string{c.ID}})
	}
	for _, i := range found[:min(len(found), mostMatches)] {
		anchors = append(anchors, storage.Anchor{Identities: []storage.Person{i.Person}})
	}
	f.Brief = true
	people, err = f.everything(ctx, anchors)
	return people, more, err
}

// everything is everything of the people at the anchors, each once.
func (f Finder) everything(ctx context.Context, anchors []storage.Anchor) (people []storage.Dossier, err error) {
	for _, at := range anchors {
		if slices.ContainsFunc(people, func(d storage.Dossier) bool { return covers(d.Anchor(), at) }) {
			continue
		}
		at.Brief = f.Brief
		d, err := f.Store.Dossier(ctx, at)
		if err != nil {
			return nil, err
		}
		if !d.Empty() {
			people = append(people, d)
		}
	}
	return people, nil
}

// covers reports whether everything that b names is in a.
func covers(a, b storage.Anchor) bool {
	for _, k := range b.Customers {
		if !slices.Contains(a.Customers, k) {
			return false
		}
	}
	for _, p := range b.Identities {
		if !slices.Contains(a.Identities, p) {
			return false
		}
	}
	return true
}

// Called is every name by which a person can be typed.
func Called(d storage.Dossier) []string {
	names := slices.Clone(d.Keys)
	for _, i := range d.Identities {
		names = append(names, AccountName(i.Person))
	}
	return names
}

// AccountName is how a chat account is typed.
func AccountName(p storage.Person) string {
	if p.Account == "" {
		return string(p.Platform) + ":" + p.User
	}
	return string(p.Platform) + ":" + p.Account + ":" + p.User
}

// followed are the people whom a link leads to.
func (f Finder) followed(ctx context.Context, typed string) ([]storage.Anchor, error) {
	token := ""
	for _, before := range []string{"/chat/", "?start=", "/start "} {
		if _, after, ok := strings.Cut(typed, before); ok {
			token, _, _ = strings.Cut(strings.TrimSpace(after), "/")
			token, _, _ = strings.Cut(token, "?")
		}
	}
	if token == "" {
		return nil, nil
	}
	bucket, id, ok, err := f.Invitation(token)
	if err != nil || !ok {
		return nil, err
	}
	i, err := f.Store.Invitation(ctx, bucket, id)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []storage.Anchor
	if i.Customer != "" {
		all = append(all, storage.Anchor{Customers: []string{i.Customer}})
	}
	if i.RedeemedBy != "" {
		found, err := f.Store.IdentitiesOf(ctx, storage.IdentityQuery{ID: i.RedeemedBy}, 1)
		if err != nil {
			return nil, err
		}
		for _, who := range found {
			all = append(all, storage.Anchor{Identities: []storage.Person{who.Person}})
		}
	}
	return all, nil
}

// queries are the ways in which typed words may name a chat account.
func (f Finder) queries(typed string) []storage.IdentityQuery {
	if name, ok := strings.CutPrefix(typed, "@"); ok && name != "" {
		return []storage.IdentityQuery{{Username: name}}
	}
	words := strings.FieldsFunc(typed, func(r rune) bool { return r == ':' || r == '/' || r == ' ' })
	if len(words) == 0 {
		return nil
	}
	switch p := chat.Platform(strings.ToLower(words[0])); {
	case len(words) == 1:
		return []storage.IdentityQuery{{User: typed}, {ID: typed}, {Username: typed}}
	case len(words) == 2 && f.Platform(p) && strings.HasPrefix(words[1], "@"):
		return []storage.IdentityQuery{{Platform: p, Username: words[1][1:]}}
	case len(words) == 2 && f.Platform(p):
		return []storage.IdentityQuery{{Platform: p, User: words[1]}}
	case len(words) == 2:
		return []storage.IdentityQuery{{Account: words[0], User: words[1]}}
	case len(words) == 3 && f.Platform(p):
		return []storage.IdentityQuery{{Platform: p, Account: words[1], User: words[2]}}
	}
	return nil
}
