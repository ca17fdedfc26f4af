package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// personQueries find everything of one person. Most of it hangs together by ids; a bucket's
// messages and keys are looked through, because nothing else asks for them in that way.
type personQueries struct {
	identitiesOf, identitiesByKey, customersOf               string
	identityByID, identitiesByUser                           string
	invitationsOf, sessionsFor                               string
	casesFor, wordsOfSession, wordsOfCase                    string
	feedbackFor, deliveriesFor, ownedBy, parkedFor, keysLike string
}

func newPersonQueries(t *texts) personQueries {
	return personQueries{
		identitiesOf: t.one("SELECT body, bucket FROM identities WHERE bucket = ? AND id > ? AND (platform = ? OR '' = ?) AND (account = ? OR '' = ?) ORDER BY id LIMIT ?"),
		identityByID: t.one("SELECT body, bucket FROM identities WHERE bucket = ? AND id = ?"),
		identitiesByUser: t.one("SELECT body, bucket FROM identities WHERE bucket = ? AND id = ?" +
			" UNION ALL SELECT body, bucket FROM identities WHERE bucket = ? AND person = ? AND platform <> 'web'"),
		identitiesByKey: t.one("SELECT body, bucket FROM identities WHERE bucket = ? AND customer = ? AND customer > '' ORDER BY id LIMIT ?"),
		customersOf:     t.one("SELECT " + customerColumns + " FROM customers WHERE id = ?"),
		invitationsOf:   t.one("SELECT body, bucket FROM invitations WHERE bucket = ? AND customer = ? AND customer > '' ORDER BY id"),
		sessionsFor:     t.one("SELECT body, bucket FROM sessions WHERE bucket = ? AND customer = ? AND unsatisfied ORDER BY id"),
		casesFor:        t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND identity = ? AND identity > '' ORDER BY id"),
		wordsOfSession:  t.one("SELECT " + wordsColumns + " FROM words WHERE bucket = ? AND session = ? ORDER BY at, id"),
		wordsOfCase:     t.one("SELECT " + wordsColumns + " FROM words WHERE bucket = ? AND case_id = ? AND case_id > '' ORDER BY at, id"),
		feedbackFor:     t.one("SELECT " + feedbackRead + " FROM feedback WHERE bucket = ? AND identity = ? AND identity > '' ORDER BY id"),
		deliveriesFor:   t.one("SELECT " + deliveryColumns + " FROM deliveries WHERE bucket = ? AND " + t.dialect.Among("identity") + " ORDER BY ord, slot"),
		ownedBy:         t.one("SELECT " + deliveryColumns + " FROM deliveries WHERE bucket = ? AND " + t.dialect.Among("owner") + " ORDER BY ord, slot"),
		parkedFor:       t.one("SELECT " + parkedColumns + " FROM parked WHERE bucket = ? ORDER BY key"),
		keysLike:        t.one("SELECT key FROM seen WHERE bucket = ? AND (key LIKE ? OR key LIKE ?) ORDER BY key"),
	}
}

// likely is a text as a part of a pattern of LIKE that fits it, and perhaps more.
func likely(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '%' || r == '\\' || r == '"' || r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, text)
}

// querier reads rows: outside a transaction, or in one.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// rowsOf scans what one query finds: every row, or none beside an error.
func rowsOf[T any](ctx context.Context, db querier, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	var list []T
	err = each(rows, func(rows *sql.Rows) error {
		v, err := scan(rows)
		if err != nil {
			return err
		}
		list = append(list, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Dossier implements storage.Persons.
func (s *Store) Dossier(ctx context.Context, of storage.Anchor) (storage.Dossier, error) {
	var d storage.Dossier
	err := s.reading(ctx, func(db *sql.DB) (err error) {
		d, err = s.dossier(ctx, db, of)
		return err
	})
	if err != nil {
		return storage.Dossier{}, fmt.Errorf("gather what is kept of a person: %w", err)
	}
	return d, nil
}

// search is a dossier in the making.
type search struct {
	s   *Store
	ctx context.Context
	db  querier
	d   storage.Dossier
	// alone keeps the search to what it is told to look at: other names, and other buckets,
	// are left alone.
	alone bool

	keys        map[string]bool         // of customers
	people      map[storage.Person]bool // chat accounts, also those that are not stored
	identities  map[string]bool         // their ids
	sessions    map[string]bool
	cases       map[string]bool
	invitations map[string]bool
	words       map[string]bool
	newKeys     []string
	newPeople   []storage.Person
}

func (s *Store) newSearch(ctx context.Context, db querier) *search {
	return &search{
		s: s, ctx: ctx, db: db, keys: map[string]bool{}, people: map[storage.Person]bool{}, identities: map[string]bool{}, sessions: map[string]bool{},
		cases: map[string]bool{}, invitations: map[string]bool{}, words: map[string]bool{},
	}
}

func (s *Store) dossier(ctx context.Context, db querier, of storage.Anchor) (storage.Dossier, error) {
	f := s.newSearch(ctx, db)
	for _, k := range of.Customers {
		f.key(k)
	}
	for _, p := range of.Identities {
		f.person(p)
	}
	for len(f.newKeys)+len(f.newPeople) > 0 {
		keys, people := f.newKeys, f.newPeople
		f.newKeys, f.newPeople = nil, nil
		for _, k := range keys {
			if err := f.ofKey(k); err != nil {
				return f.d, err
			}
		}
		for _, p := range people {
			if err := f.ofPerson(p); err != nil {
				return f.d, err
			}
		}
	}
	if !of.Brief {
		if err := f.rest(); err != nil {
			return f.d, err
		}
	}
	f.sort()
	return f.d, nil
}

func (f *search) key(k string) {
	if k = storage.Clean(k); k != "" && !f.keys[k] {
		f.keys[k] = true
		f.d.Keys, f.newKeys = append(f.d.Keys, k), append(f.newKeys, k)
	}
}

func (f *search) person(p storage.Person) {
	if !p.IsZero() && !f.people[p] {
		f.people[p], f.identities[p.ID()] = true, true
		f.newPeople = append(f.newPeople, p)
	}
}

// ofKey finds what is known by the admin's own key.
func (f *search) ofKey(key string) error {
	q := f.s.q
	customers, err := rowsOf(f.ctx, f.db, scanCustomer, q.customersOf, key)
	if err != nil {
		return err
	}
	f.d.Customers = append(f.d.Customers, customers...)
	tiers, err := rowsOf(f.ctx, f.db, scanTier, q.tiersOf, key)
	if err != nil {
		return err
	}
	f.d.Tiers = append(f.d.Tiers, tiers...)
	if err := f.asks(key); err != nil {
		return err
	}
	for b := range int64(f.s.buckets) {
		ids, err := rowsOf(f.ctx, f.db, scanBody(decodeIdentity), q.identitiesByKey, b, key, int64(10000))
		if err != nil {
			return err
		}
		for _, i := range ids {
			f.person(i.Person)
		}
		told, err := rowsOf(f.ctx, f.db, scanTold, q.toldOf, b, key)
		if err != nil {
			return err
		}
		for _, e := range told {
			f.d.Events = append(f.d.Events, e.StoredEvent)
		}
		invitations, err := rowsOf(f.ctx, f.db, scanBody(decodeInvitation), q.invitationsOf, b, key)
		if err != nil {
			return err
		}
		for _, i := range invitations {
			if err := f.invitation(i); err != nil {
				return err
			}
		}
		sessions, err := rowsOf(f.ctx, f.db, scanBody(decodeSession), q.sessionsFor, b, key)
		if err != nil {
			return err
		}
		for _, v := range sessions {
			if err := f.redeemer(v.Identity); err != nil {
				return err
			}
		}
	}
	return nil
}

// asks finds whether a customer was asked, and why.
func (f *search) asks(key string) error {
	b := storage.AskBucket(key, f.s.buckets)
	asks, err := rowsOf(f.ctx, f.db, scanAsk, f.s.q.asksOf, int64(b), key, int64(1<<30))
	if err != nil {
		return err
	}
	ids := make([]string, len(asks))
	for i := range asks {
		ids[i] = asks[i].ID
	}
	decided, err := f.s.decisions(f.ctx, f.db, b, ids)
	if err != nil {
		return err
	}
	of := map[string][]storage.AskDecision{}
	for _, d := range decided {
		of[d.Ask] = append(of[d.Ask], d)
	}
	for _, a := range asks {
		f.d.Asks = append(f.d.Asks, storage.FileOf(a, of[a.ID]))
	}
	return nil
}

// redeemer finds the chat account with this id, in whatever bucket it is.
func (f *search) redeemer(id string) error {
	if id == "" || f.alone || f.identities[id] {
		return nil
	}
	for b := range storage.Bucket(f.s.buckets) {
		found, err := f.identity(b, id)
		if err != nil {
			return err
		}
		if found != nil {
			f.person(found.Person)
			return nil
		}
	}
	return nil
}

func (f *search) identity(b storage.Bucket, id string) (*storage.Identity, error) {
	body, err := f.body(f.s.q.identities, b, id)
	if err != nil || body == nil {
		return nil, err
	}
	return decodeIdentity(b, body)
}

func (f *search) body(l *keyed, b storage.Bucket, id string) (body []byte, err error) {
	rows, err := f.db.QueryContext(f.ctx, l.one, int64(b), storage.Clean(id))
	if err != nil {
		return nil, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		var id, link string
		return rows.Scan(&id, &link, &body)
	})
	return body, err
}

func (f *search) invitation(i storage.Invitation) error {
	if f.invitations[i.ID] {
		return nil
	}
	f.invitations[i.ID] = true
	f.d.Invitations = append(f.d.Invitations, i)
	f.key(i.Customer)
	return f.redeemer(i.RedeemedBy)
}

// ofPerson finds what hangs together with one chat account.
func (f *search) ofPerson(p storage.Person) error {
	q, id := f.s.q, p.ID()
	b := storage.BucketOf(p.Hash16(), f.s.buckets)
	known, err := f.identity(b, id)
	if err != nil {
		return err
	}
	if known != nil {
		f.d.Identities = append(f.d.Identities, *known)
		f.key(known.Customer)
	}
	sessions, err := rowsOf(f.ctx, f.db, scanBody(decodeSession), q.sessionsOf, int64(b), id, int64(1<<30))
	if err != nil {
		return err
	}
	for _, v := range sessions {
		if err := f.session(b, v); err != nil {
			return err
		}
	}
	cases, err := rowsOf(f.ctx, f.db, scanBody(decodeCase), q.casesFor, int64(b), id)
	if err != nil {
		return err
	}
	for _, k := range cases {
		if err := f.kase(b, k); err != nil {
			return err
		}
	}
	said, err := rowsOf(f.ctx, f.db, scanFeedback, q.feedbackFor, int64(b), id)
	f.d.Feedback = append(f.d.Feedback, said...)
	return err
}

func (f *search) session(b storage.Bucket, v storage.Session) error {
	if f.sessions[v.ID] {
		return nil
	}
	f.sessions[v.ID] = true
	f.key(v.Customer)
	f.d.Conversations = append(f.d.Conversations, storage.Conversation{Session: v, Answers: v.Revisions()})
	if err := f.said(f.s.q.wordsOfSession, b, v.ID); err != nil {
		return err
	}
	if v.Invitation == "" || f.alone || f.invitations[v.Invitation] {
		return nil
	}
	for b := range storage.Bucket(f.s.buckets) {
		body, err := f.body(f.s.q.invitations, b, v.Invitation)
		if err != nil {
			return err
		}
		if body == nil {
			continue
		}
		i, err := decodeInvitation(b, body)
		if err != nil {
			return err
		}
		if i.RedeemedBy == v.Identity {
			return f.invitation(*i)
		}
	}
	return nil
}

func (f *search) said(text string, b storage.Bucket, of string) error {
	list, err := rowsOf(f.ctx, f.db, scanWords, text, int64(b), of)
	for _, w := range list {
		if !f.words[w.ID] {
			f.words[w.ID] = true
			f.d.Words = append(f.d.Words, w)
		}
	}
	return err
}

func (f *search) kase(b storage.Bucket, k storage.Case) error {
	if f.cases[k.ID] {
		return nil
	}
	f.cases[k.ID] = true
	f.key(k.Customer)
	events, err := rowsOf(f.ctx, f.db, scanEvent, f.s.q.caseEvents, int64(b), k.ID)
	if err != nil {
		return err
	}
	f.d.Cases = append(f.d.Cases, storage.CaseFile{Case: k, Events: events})
	return f.said(f.s.q.wordsOfCase, b, k.ID)
}

// owners are the ids that the names of slots of this person's messages begin with.
func (f *search) owners() []string {
	var all []string
	for _, set := range []map[string]bool{f.identities, f.sessions, f.cases} {
		for id := range set {
			all = append(all, id)
		}
	}
	for _, v := range f.d.Feedback {
		all = append(all, v.ID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// rest finds messages, parked updates and keys, in the buckets of the chat accounts.
func (f *search) rest() error {
	q := f.s.q
	for key := range f.keys {
		if f.alone { // whoever looks at one bucket says at which offers
			break
		}
		if err := f.ofAsks(storage.AskBucket(key, f.s.buckets), key); err != nil {
			return err
		}
	}
	buckets := map[storage.Bucket]bool{}
	var identities []string
	for p := range f.people {
		buckets[storage.BucketOf(p.Hash16(), f.s.buckets)] = true
		identities = append(identities, p.ID())
	}
	slices.Sort(identities)
	slots := map[string]bool{}
	for b := range buckets {
		for _, ask := range []struct {
			text string
			keys []string
		}{{q.deliveriesFor, identities}, {q.ownedBy, f.owners()}} {
			rows, err := rowsOf(f.ctx, f.db, scanPlain, ask.text, int64(b), f.s.dialect.Keys(ask.keys))
			if err != nil {
				return err
			}
			for _, m := range rows {
				if !slots[m.Slot] {
					slots[m.Slot] = true
					f.d.Messages = append(f.d.Messages, m)
				}
			}
		}
		if err := f.shownIn(b, slots, identities, f.owners()); err != nil {
			return err
		}
		parked, err := rowsOf(f.ctx, f.db, scanParked, q.parkedFor, int64(b))
		if err != nil {
			return err
		}
		for _, v := range parked {
			if f.people[v.Person] {
				f.d.Parked = append(f.d.Parked, v)
			}
		}
	}
	return f.handled()
}

// ofAsks finds what other systems were told of the offers of a customer, in one bucket.
func (f *search) ofAsks(b storage.Bucket, key string) error {
	asks, err := rowsOf(f.ctx, f.db, scanAsk, f.s.q.asksOf, int64(b), key, int64(1<<30))
	if err != nil || len(asks) == 0 {
		return err
	}
	ids := make([]string, len(asks))
	for i := range asks {
		ids[i] = asks[i].ID
	}
	slots := map[string]bool{}
	rows, err := rowsOf(f.ctx, f.db, scanPlain, f.s.q.ownedBy, int64(b), f.s.dialect.Keys(ids))
	if err != nil {
		return err
	}
	for _, m := range rows {
		slots[m.Slot] = true
	}
	f.d.Messages = append(f.d.Messages, rows...)
	return f.shownIn(b, slots, nil, ids)
}

// shownIn finds the messages of talks that are of these identities, or named by these ids, and not
// among the slots.
func (f *search) shownIn(b storage.Bucket, slots map[string]bool, identities, ids []string) error {
	keys := f.s.dialect.Keys
	talks, err := rowsOf(f.ctx, f.db, scanTalk, f.s.q.talksOf, int64(b), keys(identities), keys(ids))
	if err != nil {
		return err
	}
	for _, t := range talks {
		list, err := t.deliveries()
		if err != nil {
			return err
		}
		for _, d := range list {
			if !slots[d.Slot] {
				slots[d.Slot] = true
				f.d.Messages = append(f.d.Messages, d)
			}
		}
	}
	return nil
}

// shortestName is how long a user's id must be to be looked for within keys: a shorter one
// would be found in what has nothing to do with it.
const shortestName = 4

// handled finds the keys of updates that name a chat account.
func (f *search) handled() error {
	found := map[string]bool{}
	for _, n := range f.names() {
		keys, err := rowsOf(f.ctx, f.db, scanText, f.s.q.keysLike, int64(n.bucket), "%:"+likely(n.name)+":%", "%:"+likely(n.name))
		if err != nil {
			return err
		}
		for _, k := range keys {
			if !found[k] && strings.Contains(k, n.name) {
				found[k] = true
				f.d.Handled = append(f.d.Handled, k)
			}
		}
	}
	return nil
}

// naming is a word by which a platform knows somebody, or their chat.
type naming struct {
	bucket storage.Bucket
	name   string
}

// names are the words that keys of this person's updates may hold.
func (f *search) names() []naming {
	var all []naming
	for p := range f.people {
		all = append(all, naming{storage.BucketOf(p.Hash16(), f.s.buckets), p.User})
	}
	for _, i := range f.d.Identities {
		all = append(all, naming{i.Bucket, i.Address.Chat})
	}
	return slices.DeleteFunc(all, func(n naming) bool { return len(n.name) < shortestName })
}

// sort puts everything into the order that Dossier promises.
func (f *search) sort() {
	d := &f.d
	slices.Sort(d.Keys)
	slices.Sort(d.Handled)
	slices.SortFunc(d.Customers, func(a, b storage.Customer) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(d.Tiers, func(a, b storage.TierChange) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Customer, b.Customer))
	})
	slices.SortFunc(d.Identities, func(a, b storage.Identity) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(d.Events, func(a, b storage.StoredEvent) int {
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Name(), b.Name()))
	})
	slices.SortFunc(d.Invitations, func(a, b storage.Invitation) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(d.Conversations, func(a, b storage.Conversation) int {
		return cmp.Or(a.Session.Started.Compare(b.Session.Started), cmp.Compare(a.Session.ID, b.Session.ID))
	})
	slices.SortFunc(d.Cases, func(a, b storage.CaseFile) int {
		return cmp.Or(a.Case.OpenedAt.Compare(b.Case.OpenedAt), cmp.Compare(a.Case.ID, b.Case.ID))
	})
	slices.SortFunc(d.Words, func(a, b storage.Words) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(d.Feedback, func(a, b storage.Feedback) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(d.Messages, func(a, b storage.Delivery) int { return cmp.Or(cmp.Compare(a.Ord, b.Ord), cmp.Compare(a.Slot, b.Slot)) })
	slices.SortFunc(d.Parked, func(a, b storage.Parked) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
}
