package admin

import (
	"context"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// unnamed is what a customer is called of whom neither a name nor a key of the organisation is known, by the id of
// the chat account that accountOf says.
func (s customerPages) unnamed(w *words, identity string) string {
	return w.t("customer_unnamed", bot.Privacy(s.Bot).Unnamed(identity))
}

// accountOf is the id of the chat account by which a person is told apart, the smallest of theirs: whoever has two
// carries one mark, whichever of them is at hand. "" = they have none.
func accountOf(theirs []storage.Identity) (id string) {
	for _, i := range theirs {
		if id == "" || i.ID < id {
			id = i.ID
		}
	}
	return id
}

// accountsOf is accountOf each customer of a list who has neither a name nor a key, by what they stand under there. It
// reads what is kept of all of them at once.
func (s customerPages) accountsOf(ctx context.Context, list []figures.Leaver, known map[string]storage.Customer) (map[string]string, error) {
	at := storage.Anchor{Brief: true}
	for i := range list {
		x := &list[i]
		_, mayBe := storage.IdentityHash(x.Customer)
		if !mayBe || known[x.Customer].Name != "" || voice.Called(x.Name) != "" {
			continue
		}
		at.Customers = append(at.Customers, x.Customer)
		if !x.Person.IsZero() {
			at.Identities = append(at.Identities, x.Person)
		}
	}
	if len(at.Customers) == 0 {
		return nil, nil //nolint:nilnil // all are called by something
	}
	d, err := s.Store.Dossier(ctx, at)
	if err != nil {
		return nil, err
	}
	return accountsIn(d), nil
}

// accountsIn is accountOf each person of a dossier of several, by the ids of their accounts.
func accountsIn(d storage.Dossier) map[string]string {
	names := map[string]string{} // another name of the same person, by each but one of theirs
	of := func(name string) string {
		for names[name] != "" {
			name = names[name]
		}
		return name
	}
	join := func(account, key string) {
		if a, b := of(account), of(key); account != "" && key != "" && a != b {
			names[a] = b
		}
	}
	for _, i := range d.Identities {
		join(i.ID, i.Customer)
	}
	for _, c := range d.Conversations {
		join(c.Session.Identity, c.Session.Customer)
	}
	for _, k := range d.Cases {
		join(k.Case.Identity, k.Case.Customer)
	}
	for _, i := range d.Invitations {
		join(i.RedeemedBy, i.Customer)
	}
	theirs := map[string][]storage.Identity{}
	for _, i := range d.Identities {
		theirs[of(i.ID)] = append(theirs[of(i.ID)], i)
	}
	all := make(map[string]string, len(d.Identities))
	for _, i := range d.Identities {
		all[i.ID] = accountOf(theirs[of(i.ID)])
	}
	return all
}
