package api

import (
	"context"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// erasedHere is said of an event whose customer was erased here.
var erasedHere = asking.Answer{NotAsked: &asking.NotAsked{
	Reason: "erased", Rule: "erased", Words: "This customer's data was erased here at their wish: the event counts, without them.",
}}

// erased are which of these customers, by the admin's own keys, were erased at their wish.
func (s *api) erased(ctx context.Context, ids ...string) (map[string]bool, error) {
	of := map[string]string{} // a hash's customer
	var hashes []string
	for _, id := range ids {
		for _, h := range bot.Privacy(s.Bot).Hashes(storage.Anchor{Customers: []string{id}}) {
			if of[h] == "" {
				of[h], hashes = id, append(hashes, h)
			}
		}
	}
	found, err := s.Store.Forgotten(ctx, hashes)
	gone := map[string]bool{}
	for _, f := range found {
		if f.Why == storage.ErasedOnRequest {
			gone[of[f.Hash]] = true
		}
	}
	return gone, err
}

// nameless takes out of an event what tells of a customer who was erased: what another system
// goes on to tell of them counts, and brings nobody back.
func nameless(e *storage.Event, erased map[string]bool) bool {
	if e.Customer == nil || !erased[e.Customer.ID] {
		return false
	}
	e.Customer, e.Attributes, e.Reason = nil, nil, ""
	if e.Promised != nil {
		e.Promised = &storage.EventPromise{By: e.Promised.By}
	}
	return true
}

// customersOf are the customers of events.
func customersOf(all []storage.Event) (ids []string) {
	for i := range all {
		if c := all[i].Customer; c != nil {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
