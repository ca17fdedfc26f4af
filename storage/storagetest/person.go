package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// someone is a person with something of every kind, each word of it marked.
type someone struct {
	mark     string
	key      string
	person   storage.Person
	identity storage.Identity
	bucket   storage.Bucket
	session  storage.Session
	kase     storage.Case
	answers  []survey.Answer
	invited  storage.Invitation
	foreign  storage.Bucket // where the invitation is
	words    []storage.Words
	feedback []storage.Feedback
	events   []storage.CaseEvent
	slots    []string
	parked   storage.Parked
	keys     []string
	told     []storage.StoredEvent // by other systems
}

// newSomeone makes a person whose every text begins with mark, and stores everything.
func newSomeone(t *testing.T, b *bench, mark string, number int) *someone {
	t.Helper()
	ctx, now := t.Context(), b.clock.Now()
	p := &someone{mark: mark, key: mark + "-key", person: storage.Person{Platform: chat.Slack, Account: "T1", User: mark + "user"}}
	p.bucket = storage.BucketOf(p.person.Hash16(), b.store.Buckets())
	p.foreign = storage.Bucket((int(p.bucket) + 1) % b.store.Buckets())
	check(t, b.store.PutCustomer(ctx, storage.Customer{ID: p.key, Name: mark + "name", Tier: recovery.MVC, Created: now}))
	at := chat.Address{Platform: chat.Slack, Account: "T1", Chat: mark + "chat"}
	staff := chat.Address{Platform: chat.Telegram, Account: "1", Chat: "-100"}
	p.identity = storage.Identity{
		ID: p.person.ID(), Bucket: p.bucket, Person: p.person, Address: at, Name: mark + "name", Username: mark + "username", Language: "en",
		Customer: p.key, Session: mark + "session", Case: mark + "case", Created: now, Seen: now,
	}
	p.invited = storage.Invitation{
		ID: mark + "invitation", Bucket: p.foreign, Flow: "f", Version: 1, Site: "s", Customer: p.key, Attributes: map[string]string{"ticket": mark + "ticket"},
		RedeemedBy: p.identity.ID, RedeemedAt: now, Session: mark + "session", Created: now, Expires: now.Add(time.Hour),
	}
	value := 2.0
	p.answers = []survey.Answer{
		{Question: "overall", Value: &value, Revision: 1, At: now},
		{Question: "why", Text: mark + "answer", Files: []survey.File{{Kind: "photo", ID: mark + "file", Name: mark + "filename"}}, Revision: 1, At: now},
		{Question: "reason", Choices: []string{"price"}, Revision: 1, At: now},
	}
	composite := 25.0
	p.session = storage.Session{
		Session: survey.Session{
			ID: mark + "session", Flow: "f", Version: 1, Status: survey.Completed, Lang: "en", Open: survey.NoQuestion, Answers: p.answers,
			Said: []string{mark + "said"}, Attributes: map[string]string{"ticket": mark + "ticket"}, Started: now, Last: now, Ended: now,
		},
		Bucket: p.bucket, Identity: p.identity.ID, Address: at, Invitation: p.invited.ID, Site: "s", Service: "haircut", Customer: p.key,
		Case: mark + "case", Facts: recovery.Facts{Class: survey.Transactional, Tier: recovery.MVC, Earlier: 2},
		Judgement: survey.Judgement{Composite: &composite, Level: 2, Unsatisfied: true},
	}
	p.kase = storage.Case{
		Case: recovery.Case{
			ID: mark + "case", Number: number, Bucket: int(p.bucket), Session: p.session.ID, State: recovery.Taken,
			Decision: recovery.Decision{Opens: true, Priority: recovery.P1, Reasons: []recovery.Reason{recovery.PrimaryLowest}},
			OpenedAt: now, Holder: recovery.Staffer{ID: "bob", Name: "Bob"}, Plan: &recovery.Plan{Text: mark + "plan", By: recovery.Staffer{ID: "bob"}, At: now},
			Reason: mark + "reason", Seen: []string{mark + "seen"}, Followed: []string{mark + "followed"},
		},
		Bucket: p.bucket, Identity: p.identity.ID, Site: "s", Customer: p.key, Next: now.Add(time.Hour), Cards: []chat.Address{staff},
	}
	p.words = []storage.Words{
		{ID: mark + "w1", Session: p.session.ID, Inbound: true, Text: mark + "word", At: now},
		{ID: mark + "w2", Case: p.kase.ID, Text: mark + "reply", Files: []survey.File{{Kind: "photo", ID: mark + "f"}}, At: now.Add(time.Second)},
	}
	p.feedback = []storage.Feedback{{
		ID: mark + "feedback", Kind: storage.Praise, Session: p.session.ID, Identity: p.identity.ID, Customer: p.key, Site: "s", Owner: "bob",
		Case: p.kase.ID, Text: mark + "praise", At: now,
	}}
	p.events = []storage.CaseEvent{
		{ID: mark + "e1", Case: p.kase.ID, At: now, Kind: "opened", Detail: "P1"},
		{ID: mark + "e2", Case: p.kase.ID, At: now.Add(time.Second), Kind: "revealed", By: "bob", Detail: p.identity.ID, Note: mark + "note"},
	}
	card := storage.Slot{Kind: storage.CardSlot, Owner: p.kase.ID, At: staff}.String()
	want := func(slot string, kind storage.DeliveryKind, to chat.Address) storage.SlotOp {
		p.slots = append(p.slots, slot)
		return storage.SlotOp{Want: &storage.Want{
			Slot: slot, Identity: p.identity.ID, Address: to, Kind: kind, Render: chat.Message{Text: mark + "render " + slot}, Hash: mark + slot,
		}}
	}
	change := storage.Change{
		Identity: &p.identity, Session: &p.session, Answers: p.answers, Case: &p.kase, Events: p.events, Words: p.words, Feedback: p.feedback,
		Slots: []storage.SlotOp{
			want("q:"+p.session.ID+":0", storage.QuestionD, at), want(card, storage.CardD, staff), want("n:"+p.identity.ID+":help", storage.NoticeD, at),
			{Claim: &storage.Claim{Slot: card, Epoch: 1}},
			{Settle: &storage.Settle{Slot: card, Epoch: 1, Version: 1, Hash: mark + card, Ref: "77", Outcome: storage.Delivered}},
		},
	}
	p.keys = []string{"sl:T1:tap:" + mark + "chat:1.2:" + p.person.User + ":a"}
	wantErrors(t, b.store.Advance(ctx, p.bucket, []storage.Turn{{Key: p.keys[0], Apply: func(storage.Loaded) (storage.Change, error) { return change, nil }}}), nil)
	wantErrors(t, b.store.Advance(ctx, p.foreign, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Invitation: &p.invited}, nil
	}}}), nil)
	p.parked = storage.Parked{Key: "sl:T1:" + mark + "parkedkey", Person: p.person, Payload: `{"Text":"` + mark + `payload"}`, Error: "x", At: now}
	check(t, b.store.Park(ctx, p.parked))
	check(t, b.store.PutDraft(ctx, p.bucket, storage.Draft{Case: p.kase.ID, Person: "bob", Box: "note", Text: mark + "draft", At: now}))
	told := storage.Event{
		Source: "till", ID: mark + "event", State: storage.EventDone, Ended: now, Staff: "bob",
		Customer: &storage.EventCustomer{ID: p.key, Name: mark + "name", Reach: []storage.EventReach{{Kind: "slack_email", To: mark + "email"}}}, Attributes: map[string]any{"note": mark + "note"},
	}
	must(b.store.PutEvents(ctx, []storage.Event{told}, now, false))(t)
	p.told = []storage.StoredEvent{{Event: told, Received: now, Changed: now}}
	must(b.store.PutPending(ctx, storage.PendingReply{Bucket: p.bucket, ID: mark + "pending", Case: p.kase.ID, Person: "bob", Text: mark + "reply", Due: now.Add(time.Hour)}))(t)
	return p
}

// wantDossier compares what is gathered with what was stored.
func (p *someone) wantDossier(t *testing.T, b *bench, d storage.Dossier) {
	t.Helper()
	ctx := t.Context()
	same(t, "keys", d.Keys, []string{p.key})
	same(t, "customers", d.Customers, []storage.Customer{must(b.store.Customer(ctx, p.key))(t)})
	same(t, "identities", d.Identities, []storage.Identity{must(b.store.Identity(ctx, p.bucket, p.identity.ID))(t)})
	same(t, "invitations", d.Invitations, []storage.Invitation{must(b.store.Invitation(ctx, p.foreign, p.invited.ID))(t)})
	same(t, "conversations", d.Conversations, []storage.Conversation{{
		Session: must(b.store.Session(ctx, p.bucket, p.session.ID))(t), Answers: must(b.store.Answers(ctx, p.bucket, p.session.ID))(t),
	}})
	same(t, "events", d.Cases[0].Events, must(b.store.CaseEvents(ctx, p.bucket, p.kase.ID))(t))
	same(t, "cases", d.Cases[0].Case, must(b.store.Cases(ctx, storage.CaseFilter{Limit: 100}))(t)[slices.IndexFunc(
		must(b.store.Cases(ctx, storage.CaseFilter{Limit: 100}))(t), func(k storage.Case) bool { return k.ID == p.kase.ID })])
	same(t, "words", d.Words, p.words)
	same(t, "feedback", d.Feedback, p.feedback)
	var slots []string
	for _, m := range d.Messages {
		same(t, "message", m, must(b.store.Delivery(ctx, p.bucket, m.Slot))(t))
		slots = append(slots, m.Slot)
	}
	slices.Sort(slots)
	sorted := slices.Sorted(slices.Values(p.slots))
	same(t, "messages", slots, sorted)
	same(t, "parked", d.Parked, []storage.Parked{p.parked})
	same(t, "handled", d.Handled, p.keys)
	same(t, "told", d.Events, p.told)
}

var personTests = group{
	"everything of a person is found from each of their names, and nothing of another's": func(t *testing.T, b *bench) {
		zoe, ann := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberAfter(b, "ANN", "ZOE"))
		for name, at := range map[string]storage.Anchor{
			"key": {Customers: []string{zoe.key}}, "account": {Identities: []storage.Person{zoe.person}},
			"both": {Customers: []string{zoe.key}, Identities: []storage.Person{zoe.person}},
		} {
			d := must(b.store.Dossier(t.Context(), at))(t)
			zoe.wantDossier(t, b, d)
			body := must(json.Marshal(d))(t)
			if strings.Contains(string(body), ann.mark) {
				t.Errorf("by %s something of another is found: %s", name, body)
			}
			var again storage.Dossier
			check(t, json.Unmarshal(body, &again))
			same(t, "read back", again, d)
		}
		if d := must(b.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"nobody"}}))(t); !d.Empty() {
			t.Errorf("nobody has %+v", d)
		}
	},
	"a dossier asks as often, however many chats somebody has and in whatever buckets": func(t *testing.T, b *bench) {
		ctx, count := t.Context(), &sqlcount.Counter{}
		store := b.open(t, Options{Clock: b.clock.Now, Wrap: count.Wrap})
		zoe := newSomeone(t, b, "ZOE", 1)
		asks := func(what string, read func() int) (n int64) {
			for range 2 { // the second time everything is prepared
				count.Reset()
				if found := read(); found == 0 {
					t.Errorf("%s: nobody is found", what)
				}
			}
			return count.Queries.Load()
		}
		dossier := func() int {
			d := must(store.Dossier(ctx, storage.Anchor{Customers: []string{zoe.key}, Brief: true}))(t)
			return min(len(d.Identities), len(d.Conversations))
		}
		few := asks("one chat", dossier)
		for i := range 6 {
			v, x := zoe.identity, zoe.session
			v.Person.User = fmt.Sprint("ZOEmore", i)
			v.ID, v.Bucket, v.Session, v.Case = v.Person.ID(), storage.BucketOf(v.Person.Hash16(), store.Buckets()), fmt.Sprint("ZOEx", i), ""
			x.ID, x.Bucket, x.Identity, x.Case, x.Invitation, x.Answers = v.Session, v.Bucket, v.ID, "", "", nil
			wantErrors(t, b.store.Advance(ctx, v.Bucket, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
				return storage.Change{Identity: &v, Session: &x}, nil
			}}}), nil)
		}
		if many := asks("seven chats", dossier); many > few || dossier() != 7 {
			t.Errorf("the dossier of %d chats asks %d times, that of one %d times", dossier(), many, few)
		}
		if few > 11 {
			t.Errorf("a dossier asks %d times", few)
		}
		for what, q := range map[string]storage.IdentityQuery{
			"an id": {ID: zoe.identity.ID}, "a user": {User: zoe.person.User}, "a user name": {Username: zoe.identity.Username}, "a key": {Customer: zoe.key},
		} {
			if n := asks(what, func() int { return len(must(store.IdentitiesOf(ctx, q, 100))(t)) }); n != 1 {
				t.Errorf("by %s a chat is looked for %d times", what, n)
			}
		}
	},
	"an erased person leaves marks and choices, and nothing that tells of them": func(t *testing.T, b *bench) {
		ctx := t.Context()
		zoe, ann := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberAfter(b, "ANN", "ZOE"))
		before, of := figures(t, b.store), storage.Anchor{Customers: []string{ann.key}}
		kept := must(b.store.Dossier(ctx, of))(t)
		n := erase(t, b.store, storage.Anchor{Customers: []string{zoe.key}})
		want := storage.Erased{
			Conversations: 1, Answers: 3, Cases: 1, Words: 2, Feedback: 1, Invitations: 1, Accounts: 1, Messages: 3, Parked: 1, Handled: 2, Events: 1, Edits: 1,
		}
		same(t, "counts", n, want)
		same(t, "figures", figures(t, b.store), before)
		for who, left := range map[*someone]int{zoe: 0, ann: 1} {
			equal(t, "drafts about "+who.mark, len(must(b.store.Drafts(ctx, who.bucket, who.kase.ID))(t)), left)
			equal(t, "words that wait for "+who.mark, len(must(b.store.PendingOf(ctx, who.bucket, who.kase.ID))(t)), left)
		}
		for _, at := range []storage.Anchor{{Customers: []string{zoe.key}}, {Identities: []storage.Person{zoe.person}}} {
			if d := must(b.store.Dossier(ctx, at))(t); !d.Empty() {
				t.Errorf("something is left: %+v", d)
			}
		}
		same(t, "another", must(b.store.Dossier(ctx, of))(t), kept)
		cases := must(b.store.Cases(ctx, storage.CaseFilter{Limit: 10}))(t)
		equal(t, "cases", len(cases), 2)
		for _, k := range cases {
			if k.ID == ann.kase.ID {
				continue
			}
			equal(t, "its state", k.State, recovery.Dismissed)
			equal(t, "its number", k.Number, 1)
			equal(t, "its events", len(must(b.store.CaseEvents(ctx, k.Bucket, k.ID))(t)), 2)
			s := must(b.store.Session(ctx, k.Bucket, k.Session))(t)
			equal(t, "the case of its session", s.Case, k.ID)
			left := slices.DeleteFunc(must(b.store.FeedbackList(ctx, 10))(t), func(f storage.Feedback) bool { return f.ID == ann.feedback[0].ID })
			equal(t, "feedback", len(left), 1)
			all := must(json.Marshal([]any{k, s, must(b.store.CaseEvents(ctx, k.Bucket, k.ID))(t), left}))(t)
			for _, word := range []string{zoe.mark, zoe.identity.ID, "05:06:07"} {
				if strings.Contains(string(all), word) {
					t.Errorf("%s is left: %s", word, all)
				}
			}
		}
		equal(t, "erasures under way", len(must(b.store.Erasures(ctx))(t)), 0)
		same(t, "marks", must(b.store.Forgotten(ctx, []string{"h0", "h1"}))(t), []storage.Forgotten{
			{Hash: "h1", Why: storage.ErasedOnRequest, Day: storage.DayIn(time.UTC, time.Now())},
		})
		today := storage.DayIn(time.UTC, time.Now())
		same(t, "who was erased today", must(b.store.ErasedSince(ctx, today))(t), []string{"h1"})
		equal(t, "who will be tomorrow", len(must(b.store.ErasedSince(ctx, today.AddDate(0, 0, 1)))(t)), 0)
		equal(t, "taken back", must(b.store.Recall(ctx, []string{"h0", "h1"}))(t), 1)
		equal(t, "marks left", len(must(b.store.Forgotten(ctx, []string{"h1"}))(t)), 0)
		same(t, "a second time", erase(t, b.store, storage.Anchor{Customers: []string{zoe.key}}), storage.Erased{})
	},
	"what a staff chat shows of an erased person is edited a last time": func(t *testing.T, b *bench) {
		zoe := newSomeone(t, b, "ZOE", 1)
		erase(t, b.store, storage.Anchor{Identities: []storage.Person{zoe.person}})
		served := []storage.Served{{Platform: chat.Telegram, Account: "1", Epoch: 2}}
		heads := must(b.store.Heads(t.Context(), zoe.bucket, served, b.clock.Now(), 10))(t)
		equal(t, "edits", len(heads), 1)
		d := must(b.store.Delivery(t.Context(), zoe.bucket, heads[0].Slot))(t)
		equal(t, "its text", d.Render.Text, "erased")
		equal(t, "the message", d.ShownRef, "77")
	},
	"another process forgets what it remembers of an erased person": func(t *testing.T, b *bench) {
		other := b.open(t, Options{Clock: b.clock.Now})
		zoe := newSomeone(t, b, "ZOE", 1)
		_ = must(other.Forget(t.Context()))(t)
		// The other one has the session in its memory.
		load := storage.Load{Person: zoe.person}
		look := func(want bool) {
			t.Helper()
			wantErrors(t, other.Advance(t.Context(), zoe.bucket, []storage.Turn{{Load: load, Apply: func(l storage.Loaded) (storage.Change, error) {
				if known := l.Identity != nil || l.Session != nil; known != want {
					t.Errorf("known is %v", known)
				}
				return storage.Change{}, nil
			}}}), nil)
		}
		look(true)
		erase(t, b.store, storage.Anchor{Customers: []string{zoe.key}})
		equal(t, "there is something to forget", must(other.Forget(t.Context()))(t), true)
		equal(t, "and then there is not", must(other.Forget(t.Context()))(t), false)
		look(false)
	},
	"an erasure that was cut off goes on": func(t *testing.T, b *bench) {
		zoe := newSomeone(t, b, "ZOE", 1)
		e := storage.Erasure{ID: "e1", Begun: b.clock.Now(), Of: storage.Anchor{Customers: []string{zoe.key}, Identities: []storage.Person{zoe.person}}}
		check(t, b.store.BeginErasure(t.Context(), e, nil))
		same(t, "under way", must(b.store.Erasures(t.Context()))(t), []storage.Erasure{e})
		_ = must(b.store.EraseIn(t.Context(), zoe.bucket, e, anonymous()))(t)
		// Whoever goes on finds it, and does again what was done.
		for b2 := range storage.Bucket(b.store.Buckets()) {
			_ = must(b.store.EraseIn(t.Context(), b2, must(b.store.Erasures(t.Context()))(t)[0], anonymous()))(t)
		}
		check(t, b.store.EndErasure(t.Context(), e))
		if d := must(b.store.Dossier(t.Context(), e.Of))(t); !d.Empty() {
			t.Errorf("something is left: %+v", d)
		}
	},
	"chat accounts are found by what people type": func(t *testing.T, b *bench) {
		zoe, _ := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberAfter(b, "ANN", "ZOE"))
		for _, q := range []storage.IdentityQuery{
			{ID: zoe.identity.ID},
			{Customer: zoe.key},
			{User: "ZOEuser"},
			{Platform: chat.Slack, User: "ZOEuser"},
			{Account: "T1", User: "ZOEuser"},
			{Username: "zoeUSERNAME"},
			{Name: "zoen"},
		} {
			same(t, fmt.Sprintf("%+v", q), must(b.store.IdentitiesOf(t.Context(), q, 5))(t), []storage.Identity{must(b.store.Identity(t.Context(), zoe.bucket, zoe.identity.ID))(t)})
		}
		equal(t, "accounts of the workspace", len(must(b.store.IdentitiesOf(t.Context(), storage.IdentityQuery{Account: "T1"}, 5))(t)), 2)
		for _, q := range []storage.IdentityQuery{{}, {User: "ZOE"}, {Username: "zoe"}, {Username: "%"}, {Name: "oename"}, {Name: "%"}, {Name: "ZOE x"}, {Platform: chat.Web, User: "ZOEuser"}} {
			same(t, fmt.Sprintf("%+v", q), must(b.store.IdentitiesOf(t.Context(), q, 5))(t), []storage.Identity{})
		}
		li := storage.Customer{ID: "LI", Name: "李安娜", Tier: recovery.Normal, Created: time.Unix(1, 0).UTC()}
		check(t, b.store.PutCustomer(t.Context(), li))
		for typed, want := range map[string]string{"ZOENA": zoe.key, "annn": "ANN-key", "安娜": "LI", "name": "", "李 x": "", "": "", "%": ""} {
			got := ""
			for _, c := range must(b.store.CustomersNamed(t.Context(), typed, 5))(t) {
				got += c.ID
			}
			equal(t, "customers named "+typed, got, want)
		}
	},
}

// erase forgets somebody as programs do: bucket by bucket, the names last.
func erase(t *testing.T, store storage.Store, at storage.Anchor) storage.Erased {
	t.Helper()
	return eraseFound(t, store, must(store.Dossier(t.Context(), at))(t))
}

// eraseFound forgets who was found, with what they did since then.
func eraseFound(t *testing.T, store storage.Store, d storage.Dossier) storage.Erased {
	t.Helper()
	ctx := t.Context()
	e := storage.Erasure{ID: "e1", Begun: time.Now().UTC(), Of: d.Anchor(), Invitations: d.Links()}
	for _, i := range d.Identities {
		e.Named = append(e.Named, i.Person.User, i.Name)
	}
	check(t, store.BeginErasure(ctx, e, []storage.Forgotten{{Hash: "h1", Why: storage.ErasedOnRequest, Day: storage.DayIn(time.UTC, e.Begun)}}))
	var n storage.Erased
	for _, e.Parting = range []bool{true, false} {
		for b := range storage.Bucket(store.Buckets()) {
			n.Add(must(store.EraseIn(ctx, b, e, anonymous()))(t))
		}
	}
	check(t, store.EndErasure(ctx, e))
	return n
}

func anonymous() storage.Anonymous {
	return storage.Anonymous{
		Day: func(_ string, at time.Time) time.Time { return storage.DayIn(time.UTC, at) },
		Edit: func(d storage.Delivery, _ storage.Case) (chat.Message, bool) {
			return chat.Message{Text: "erased"}, d.Kind == storage.CardD
		},
	}
}

// figures counts answers by everything that figures are made by.
func figures(t *testing.T, store storage.Store) map[string]int {
	t.Helper()
	n := map[string]int{}
	for b := range storage.Bucket(store.Buckets()) {
		for _, s := range must(store.Past(t.Context(), b, time.Time{}.AddDate(1, 0, 0), "", 1000))(t) {
			for _, a := range must(store.Answers(t.Context(), b, s.ID))(t) {
				value := "-"
				if a.Value != nil {
					value = fmt.Sprint(*a.Value)
				}
				n[fmt.Sprintln(s.Site, s.Service, s.Flow, s.Version, s.Started.Format(time.DateOnly), a.Question, a.Revision, value, a.Choices, a.Skipped, a.Dropped)]++
			}
			opened := s.Case != nil
			n[fmt.Sprintln(s.Site, s.Service, s.Flow, s.Version, s.Started.Format(time.DateOnly), s.Status, *s.Judgement.Composite, s.Judgement.Unsatisfied, opened)]++
		}
	}
	return n
}

// ErasedOne stores two people of whom every text is marked, changes much of the first, and
// erases that one. It returns the mark of the first, and that of the second.
func ErasedOne(t *testing.T, store storage.Store) (gone, left string) {
	t.Helper()
	b := &bench{store: store, clock: NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))}
	zoe, _ := newSomeone(t, b, "ZOECANARY", 1), newSomeone(t, b, "ANNCANARY", numberAfter(b, "ANNCANARY", "ZOECANARY"))
	for i := range 200 { // pages split and are merged, and are written again and again
		long := strings.Repeat(zoe.mark+" ", 1+i%40)
		wantErrors(t, store.Advance(t.Context(), zoe.bucket, []storage.Turn{{Load: storage.Load{Session: zoe.session.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
			l.Session.Said = append(l.Session.Said[:0:0], long)
			slot := storage.Slot{Kind: storage.NoticeSlot, Owner: zoe.identity.ID, Part: fmt.Sprint(i)}.String()
			return storage.Change{
				Session: l.Session, Words: []storage.Words{{ID: fmt.Sprintf("%s-%d", zoe.mark, i), Session: zoe.session.ID, Text: long, At: l.Now}},
				Slots: []storage.SlotOp{{Want: &storage.Want{Slot: slot, Identity: zoe.identity.ID, Address: zoe.identity.Address, Render: chat.Message{Text: long}, Hash: long}}},
			}, nil
		}}}), nil)
	}
	n := erase(t, store, storage.Anchor{Customers: []string{zoe.key}})
	if n.Words < 200 || n.Messages < 200 {
		t.Errorf("only %+v went", n)
	}
	return zoe.mark, "ANNCANARY"
}

// numberAfter is the number of the first case of a person who comes after another.
func numberAfter(b *bench, mark, after string) int {
	of := func(mark string) storage.Bucket {
		return storage.BucketOf(storage.Person{Platform: chat.Slack, Account: "T1", User: mark + "user"}.Hash16(), b.store.Buckets())
	}
	if of(mark) == of(after) {
		return 2
	}
	return 1
}
