package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
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
			{Settle: &storage.Settle{Slot: card, Epoch: 1, Version: 1, Hash: mark + card, Ref: "m" + chat.Ref(mark), Outcome: storage.Delivered}},
		},
	}
	p.keys = []string{"sl:T1:tap:" + mark + "chat:1.2:" + p.person.User + ":a"}
	wantErrors(t, b.store.Advance(ctx, p.bucket, []storage.Turn{{Key: p.keys[0], Apply: func(storage.Loaded) (storage.Change, error) { return change, nil }}}), nil)
	wantErrors(t, b.store.Advance(ctx, p.foreign, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Invitation: &p.invited}, nil
	}}}), nil)
	p.parked = storage.Parked{Key: "sl:T1:" + mark + "parkedkey", Person: p.person, Payload: `{"Text":"` + mark + `payload"}`, Error: "x", At: now}
	check(t, b.store.Park(ctx, p.parked))
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
}

var personTests = group{
	"everything of a person is found from each of their names, and nothing of another's": func(t *testing.T, b *bench) {
		zoe, ann := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberFor(t, b, "ANN", 2))
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
	"chat accounts are found by what people type": func(t *testing.T, b *bench) {
		zoe, _ := newSomeone(t, b, "ZOE", 1), newSomeone(t, b, "ANN", numberFor(t, b, "ANN", 2))
		for _, q := range []storage.IdentityQuery{
			{ID: zoe.identity.ID}, {Customer: zoe.key}, {User: "ZOEuser"}, {Platform: chat.Slack, User: "ZOEuser"}, {Account: "T1", User: "ZOEuser"},
			{Username: "zoeUSERNAME"},
		} {
			same(t, fmt.Sprintf("%+v", q), must(b.store.IdentitiesOf(t.Context(), q, 5))(t), []storage.Identity{must(b.store.Identity(t.Context(), zoe.bucket, zoe.identity.ID))(t)})
		}
		equal(t, "accounts of the workspace", len(must(b.store.IdentitiesOf(t.Context(), storage.IdentityQuery{Account: "T1"}, 5))(t)), 2)
		for _, q := range []storage.IdentityQuery{{}, {User: "ZOE"}, {Username: "zoe"}, {Username: "%"}, {Platform: chat.Web, User: "ZOEuser"}} {
			same(t, fmt.Sprintf("%+v", q), must(b.store.IdentitiesOf(t.Context(), q, 5))(t), []storage.Identity{})
		}
	},
}

// numberFor is the next number of a case in the bucket of this person, if it is the one of
// the first person, and 1 if not.
func numberFor(t *testing.T, b *bench, mark string, next int) int {
	t.Helper()
	of := func(mark string) storage.Bucket {
		return storage.BucketOf(storage.Person{Platform: chat.Slack, Account: "T1", User: mark + "user"}.Hash16(), b.store.Buckets())
	}
	if of(mark) == of("ZOE") {
		return next
	}
	return 1
}
