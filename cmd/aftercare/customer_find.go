package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

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

// findPerson finds everything of the one person whom typed words mean.
func findPerson(ctx context.Context, store storage.Store, key func() ([]byte, error), typed string) (storage.Dossier, error) {
	if strings.TrimSpace(typed) == "" {
		return storage.Dossier{}, usagef("say whom: your own key of the customer, or a chat account such as telegram:123456")
	}
	people, err := personal.Finder{
		Store: store,
		Invitation: func(token string) (storage.Bucket, string, bool, error) {
			secret, err := key()
			if err != nil {
				return 0, "", false, err
			}
			bucket, id, ok := bot.InvitationOf(secret, token, store.Buckets())
			return bucket, id, ok, nil
		},
		Platform: func(p chat.Platform) bool { _, ok := app.Traits()[p]; return ok },
	}.Find(ctx, typed)
	if err != nil {
		return storage.Dossier{}, err
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
		names = append(names, strings.Join(personal.Called(d), " = "))
	}
	return storage.Dossier{}, fmt.Errorf("%q may be each of %d people. Say which:\n  %s", typed, len(people), strings.Join(names, "\n  "))
}
