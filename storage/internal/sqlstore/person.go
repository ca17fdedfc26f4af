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
	identitiesOf                                string
	identityByID, identitiesByUser              *across
	identitiesByUsername, identitiesByKey       *across
	customersOf, invitationsOf, feedbackFor     string
	ofKeys, ofPeople, toldFor, asksFor          *across
	saidFor, eventsFor, feedbackOf, invited     *across
	deliveriesFor, ownedBy, parkedFor, keysLike string
}

// The tables whose rows are bodies, as a statement that asks several says which one a row is of.
const (
	anIdentity = iota
	anInvitation
	aSession
	aCase
)

func newPersonQueries(t *texts) personQueries {
	body := func(kind int, table, key, where string) Source {
		return Source{Columns: fmt.Sprint(kind, " AS kind, body, bucket"), Table: table, Bucket: "bucket", Key: key, Where: where}
	}
	identity := func(key, where string) Source {
		return Source{Columns: "body, bucket", Table: "identities", Bucket: "bucket", Key: key, Where: where}
	}
	return personQueries{
		identitiesOf: t.one("SELECT body, bucket FROM identities WHERE bucket = ? AND id > ? AND (platform = ? OR '' = ?) AND (account = ? OR '' = ?) ORDER BY id LIMIT ?"),
		identityByID: t.across(identity("id", "")),
		// Who came by a link of the web chat has no other name than the id.
		identitiesByUser: t.across(identity("id", ""), identity("person", " AND platform <> 'web'")),
		identitiesByUsername: t.across(Source{
			Columns: "i.body, i.bucket", Table: "names n JOIN identities i ON i.bucket = n.bucket AND i.id = n.id", Bucket: "n.bucket", Key: "n.word",
		}),
		identitiesByKey: t.across(identity("customer", " AND customer > ''")),
		customersOf:     t.one("SELECT " + customerColumns + " FROM customers WHERE " + t.dialect.Among("id")),
		invitationsOf:   t.one("SELECT body, bucket FROM invitations" + t.by("invitations_customer") + " WHERE bucket = ? AND customer = ? AND customer > '' ORDER BY id"),
		feedbackFor:     t.one("SELECT " + feedbackRead + " FROM feedback" + t.by("feedback_identity") + " WHERE bucket = ? AND identity = ? AND identity > '' ORDER BY id"),
		ofKeys: t.across(
			body(anIdentity, "identities", "customer", " AND customer > ''"),
			body(anInvitation, "invitations", "customer", " AND customer > ''"),
			body(aSession, "sessions", "customer", " AND unsatisfied"),
		),
		ofPeople: t.across(
			body(anIdentity, "identities", "id", ""),
			body(aSession, "sessions", "identity", " AND identity > ''"),
			body(aCase, "cases", "identity", " AND identity > ''"),
		),
		toldFor: t.across(Source{Columns: eventRead, Table: "events e", Bucket: "e.bucket", Key: "e.customer", Where: " AND e.customer > ''"}),
		asksFor: t.across(Source{Columns: askRead, Table: "asks a", Bucket: "a.bucket", Key: "a.customer", Where: " AND a.customer > ''"}),
		saidFor: t.across(
			Source{Columns: wordsColumns, Table: "words", Bucket: "bucket", Key: "session"},
			Source{Columns: wordsColumns, Table: "words", Bucket: "bucket", Key: "case_id", Where: " AND case_id > ''"},
		),
		eventsFor:     t.across(Source{Columns: caseEventRead, Table: "case_events", Bucket: "bucket", Key: "case_id"}),
		feedbackOf:    t.across(Source{Columns: feedbackRead, Table: "feedback", Bucket: "bucket", Key: "identity", Where: " AND identity > ''"}),
		invited:       t.across(Source{Columns: "body, bucket", Table: "invitations", Bucket: "bucket", Key: "id"}),
		deliveriesFor: t.one("SELECT " + deliveryColumns + " FROM deliveries WHERE bucket = ? AND " + t.dialect.Among("identity") + " ORDER BY ord, slot"),
		ownedBy:       t.one("SELECT " + deliveryColumns + " FROM deliveries WHERE bucket = ? AND " + t.dialect.Among("owner") + " ORDER BY ord, slot"),
		parkedFor:     t.one("SELECT " + parkedColumns + " FROM parked WHERE bucket = ? ORDER BY key"),
		keysLike:      t.one("SELECT key FROM seen WHERE bucket = ? AND (key LIKE ? OR key LIKE ?) ORDER BY key"),
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
	redeemers   []string        // ids of chat accounts that are to be looked for
	levels      map[opening]int // of what was answered to invitations whose conversation may be nobody's already
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
		if err := f.ofKeys(keys); err != nil {
			return f.d, err
		}
		if err := f.ofPeople(people); err != nil {
			return f.d, err
		}
		if err := f.redeemed(); err != nil {
			return f.d, err
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

// everywhere are these keys in every bucket.
func (s *Store) everywhere(keys []string) []Place {
	all := make([]Place, 0, len(keys)*s.buckets)
	for b := range storage.Bucket(s.buckets) {
		for _, k := range keys {
			all = append(all, Place{b, k})
		}
	}
	return all
}

// read has scan see what is at these places: all of it by one statement or, within a transaction, which
// keeps to one bucket, what each has by itself.
func (f *search) read(q *across, at []Place, scan func(scanner) error) error {
	if !f.alone {
		return readAcross(f.ctx, f.db, f.s.dialect, q, at, scan)
	}
	for _, p := range at {
		for _, text := range q.ones {
			rows, err := f.db.QueryContext(f.ctx, text, int64(p.Bucket), storage.Clean(p.Key))
			if err == nil {
				err = each(rows, func(rows *sql.Rows) error { return scan(rows) })
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// bodies are records of several tables.
type bodies struct {
	identities  []storage.Identity
	invitations []storage.Invitation
	sessions    []storage.Session
	cases       []storage.Case
}

func (all *bodies) scan(row scanner) error {
	var kind int
	var body []byte
	var b storage.Bucket
	if err := row.Scan(&kind, &body, &b); err != nil {
		return err
	}
	switch kind {
	case anIdentity:
		return add(&all.identities, b, body, decodeIdentity)
	case anInvitation:
		return add(&all.invitations, b, body, decodeInvitation)
	case aSession:
		return add(&all.sessions, b, body, decodeSession)
	}
	return add(&all.cases, b, body, decodeCase)
}

func add[T any](list *[]T, b storage.Bucket, body []byte, decode func(storage.Bucket, []byte) (*T, error)) error {
	v, err := decode(b, body)
	if err == nil {
		*list = append(*list, *v)
	}
	return err
}

// ofKeys finds what is known by the admin's own keys.
func (f *search) ofKeys(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	q, those := f.s.q, f.s.dialect.Keys(keys)
	customers, err := rowsOf(f.ctx, f.db, scanCustomer, q.customersOf, those)
	if err != nil {
		return err
	}
	f.d.Customers = append(f.d.Customers, customers...)
	tiers, err := rowsOf(f.ctx, f.db, scanTier, q.tiersAmong, those)
	if err != nil {
		return err
	}
	f.d.Tiers = append(f.d.Tiers, tiers...)
	if err := f.asks(keys); err != nil {
		return err
	}
	at := f.s.everywhere(keys)
	if err := f.read(q.toldFor, at, func(row scanner) error {
		e, err := scanTold(row)
		f.d.Events = append(f.d.Events, e.StoredEvent)
		return err
	}); err != nil {
		return err
	}
	var all bodies
	if err := f.read(q.ofKeys, at, all.scan); err != nil {
		return err
	}
	for _, i := range all.identities {
		f.person(i.Person)
	}
	for _, i := range all.invitations {
		f.invitation(i)
	}
	for _, v := range all.sessions {
		f.redeemers = append(f.redeemers, v.Identity)
	}
	return nil
}

// asks finds whether customers were asked, and why.
func (f *search) asks(keys []string) error {
	at := make([]Place, len(keys))
	for i, key := range keys {
		at[i] = Place{storage.AskBucket(key, f.s.buckets), key}
	}
	var asks []storage.Ask
	ids := map[storage.Bucket][]string{}
	if err := f.read(f.s.q.asksFor, at, func(row scanner) error {
		a, err := scanAsk(row)
		asks = append(asks, a)
		return err
	}); err != nil {
		return err
	}
	slices.SortFunc(asks, func(a, b storage.Ask) int { return cmp.Or(b.Made.Compare(a.Made), cmp.Compare(a.ID, b.ID)) })
	for _, a := range asks {
		b := storage.AskBucket(a.Customer, f.s.buckets)
		ids[b] = append(ids[b], a.ID)
	}
	of := map[string][]storage.AskDecision{}
	for b, some := range ids {
		decided, err := f.s.decisions(f.ctx, f.db, b, some)
		if err != nil {
			return err
		}
		for _, d := range decided {
			of[d.Ask] = append(of[d.Ask], d)
		}
	}
	for _, a := range asks {
		f.d.Asks = append(f.d.Asks, storage.FileOf(a, of[a.ID]))
	}
	return nil
}

// redeemed finds the chat accounts that opened links of the person, in whatever buckets they are.
func (f *search) redeemed() error {
	ids := slices.DeleteFunc(f.redeemers, func(id string) bool { return id == "" || f.identities[id] })
	f.redeemers = nil
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 || f.alone {
		return nil
	}
	return f.read(f.s.q.identityByID, f.s.everywhere(ids), func(row scanner) error {
		i, err := scanBody(decodeIdentity)(row)
		if err == nil {
			f.person(i.Person)
		}
		return err
	})
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

func (f *search) invitation(i storage.Invitation) {
	if f.invitations[i.ID] {
		return
	}
	f.invitations[i.ID] = true
	f.d.Invitations = append(f.d.Invitations, i)
	f.key(i.Customer)
	f.redeemers = append(f.redeemers, i.RedeemedBy)
}

// ofPeople finds what hangs together with chat accounts.
func (f *search) ofPeople(people []storage.Person) error {
	at := make([]Place, len(people))
	for i, p := range people {
		at[i] = Place{storage.BucketOf(p.Hash16(), f.s.buckets), p.ID()}
	}
	var all bodies
	if err := f.read(f.s.q.ofPeople, at, all.scan); err != nil {
		return err
	}
	for _, i := range all.identities {
		f.d.Identities = append(f.d.Identities, i)
		f.key(i.Customer)
	}
	if err := f.files(all.sessions, all.cases); err != nil {
		return err
	}
	return f.read(f.s.q.feedbackOf, at, func(row scanner) error {
		v, err := scanFeedback(row)
		f.d.Feedback = append(f.d.Feedback, v)
		return err
	})
}

// files adds conversations and cases, with what was said in them and what happened.
func (f *search) files(sessions []storage.Session, cases []storage.Case) error {
	sessions = slices.DeleteFunc(sessions, func(v storage.Session) bool { return f.sessions[v.ID] })
	cases = slices.DeleteFunc(cases, func(k storage.Case) bool { return f.cases[k.ID] })
	var said, happened []Place
	for _, v := range sessions {
		f.sessions[v.ID] = true
		f.key(v.Customer)
		f.d.Conversations = append(f.d.Conversations, storage.Conversation{Session: v, Answers: v.Revisions()})
		said = append(said, Place{v.Bucket, v.ID})
	}
	for _, k := range cases {
		f.cases[k.ID] = true
		f.key(k.Customer)
		happened = append(happened, Place{k.Bucket, k.ID})
	}
	if err := f.read(f.s.q.saidFor, append(said, happened...), func(row scanner) error {
		w, err := scanWords(row)
		if !f.words[w.ID] {
			f.words[w.ID] = true
			f.d.Words = append(f.d.Words, w)
		}
		return err
	}); err != nil {
		return err
	}
	events := map[string][]storage.CaseEvent{}
	if err := f.read(f.s.q.eventsFor, happened, func(row scanner) error {
		e, err := scanEvent(row)
		events[e.Case] = append(events[e.Case], e)
		return err
	}); err != nil {
		return err
	}
	for _, k := range cases {
		of := events[storage.Clean(k.ID)]
		slices.SortFunc(of, func(a, b storage.CaseEvent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
		f.d.Cases = append(f.d.Cases, storage.CaseFile{Case: k, Events: of})
	}
	return f.offered(sessions)
}

// offered finds the invitations with which conversations began, in whatever buckets they are.
func (f *search) offered(sessions []storage.Session) error {
	opened := map[string]string{} // by whom
	var ids []string
	for _, v := range sessions {
		if v.Invitation != "" && !f.alone && !f.invitations[v.Invitation] {
			opened[v.Invitation] = v.Identity
			ids = append(ids, v.Invitation)
		}
	}
	return f.read(f.s.q.invited, f.s.everywhere(ids), func(row scanner) error {
		i, err := scanBody(decodeInvitation)(row)
		if err == nil && i.RedeemedBy == opened[i.ID] {
			f.invitation(i)
		}
		return err
	})
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
