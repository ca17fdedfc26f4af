package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// mostMatches is how many chat accounts one word may fit before it is too vague.
const mostMatches = 20

// person opens the database and finds whom typed words mean. The caller closes the store.
func (a *terminal) person(typed string) (storage.Store, storage.Dossier, error) {
	s, err := a.settings()
	if err != nil {
		return nil, storage.Dossier{}, err
	}
	store, err := a.openStore()
	if err != nil {
		return nil, storage.Dossier{}, err
	}
	key := func() ([]byte, error) {
		keys, err := app.ReadKeys(a.ctx, s, store)
		return keys.Naming, err
	}
	d, err := findPerson(a.ctx, store, key, typed)
	if err != nil {
		return nil, d, errors.Join(err, store.Close())
	}
	return store, d, nil
}

// findPerson finds everything of the one person whom typed words mean: the admin's own key,
// telegram:123, slack:T1:U1, T1:U1, @name, the id alone, or a link.
func findPerson(ctx context.Context, store storage.Store, key func() ([]byte, error), typed string) (storage.Dossier, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return storage.Dossier{}, usagef("say whom: your own key of the customer, or a chat account such as telegram:123456")
	}
	anchors := []storage.Anchor{{Customers: []string{typed}}}
	of, err := followed(ctx, store, key, typed)
	if err != nil {
		return storage.Dossier{}, err
	}
	anchors = append(anchors, of...)
	for _, q := range queries(typed) {
		found, err := store.IdentitiesOf(ctx, q, mostMatches)
		if err != nil {
			return storage.Dossier{}, err
		}
		for _, i := range found {
			anchors = append(anchors, storage.Anchor{Identities: []storage.Person{i.Person}})
		}
	}
	var people []storage.Dossier
	for _, at := range anchors {
		if slices.ContainsFunc(people, func(d storage.Dossier) bool { return covers(d.Anchor(), at) }) {
			continue
		}
		d, err := store.Dossier(ctx, at)
		if err != nil {
			return storage.Dossier{}, err
		}
		if !d.Empty() {
			people = append(people, d)
		}
	}
	switch len(people) {
	case 0:
		return storage.Dossier{}, fmt.Errorf("nobody is known as %q. Give your own key of the customer as invitations have it, a chat account "+
			"(telegram:123456, slack:T0123:U0456, @name), or the link that the customer was sent", typed)
	case 1:
		return people[0], nil
	}
	var names []string
	for _, d := range people {
		names = append(names, strings.Join(called(d), " = "))
	}
	return storage.Dossier{}, fmt.Errorf("%q may be each of %d people. Say which:\n  %s", typed, len(people), strings.Join(names, "\n  "))
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

// called is every name by which a person can be typed.
func called(d storage.Dossier) []string {
	names := slices.Clone(d.Keys)
	for _, i := range d.Identities {
		names = append(names, accountName(i.Person))
	}
	return names
}

// accountName is how a chat account is typed.
func accountName(p storage.Person) string {
	if p.Account == "" {
		return string(p.Platform) + ":" + p.User
	}
	return string(p.Platform) + ":" + p.Account + ":" + p.User
}

// followed are the people whom a link leads to.
func followed(ctx context.Context, store storage.Store, key func() ([]byte, error), typed string) ([]storage.Anchor, error) {
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
	secret, err := key()
	if err != nil {
		return nil, err
	}
	bucket, id, ok := bot.InvitationOf(secret, token, store.Buckets())
	if !ok {
		return nil, nil
	}
	i, err := store.Invitation(ctx, bucket, id)
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
		found, err := store.IdentitiesOf(ctx, storage.IdentityQuery{ID: i.RedeemedBy}, 1)
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
func queries(typed string) []storage.IdentityQuery {
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
	case len(words) == 2 && knownPlatform(p) && strings.HasPrefix(words[1], "@"):
		return []storage.IdentityQuery{{Platform: p, Username: words[1][1:]}}
	case len(words) == 2 && knownPlatform(p):
		return []storage.IdentityQuery{{Platform: p, User: words[1]}}
	case len(words) == 2:
		return []storage.IdentityQuery{{Account: words[0], User: words[1]}}
	case len(words) == 3 && knownPlatform(p):
		return []storage.IdentityQuery{{Platform: p, Account: words[1], User: words[2]}}
	}
	return nil
}

func knownPlatform(p chat.Platform) bool {
	_, ok := app.Traits()[p]
	return ok
}
