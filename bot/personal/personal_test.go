package personal

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/survey"
)

// late is a store in which a customer answers just when they are beginning to be erased.
type late struct {
	storage.Store
	answer func() error
}

func (s *late) BeginErasure(ctx context.Context, e storage.Erasure, marks []storage.Forgotten) error {
	return errors.Join(s.answer(), s.Store.BeginErasure(ctx, e, marks))
}

// TestWhoAnswersWhileTheyAreErasedAnswered: the link lies in a bucket before that of whoever opened it, or behind.
func TestWhoAnswersWhileTheyAreErasedAnswered(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, user := range []string{"1", "2", "3", "4"} {
		for link := range storage.Bucket(2) {
			store, err := sqlite.Open(t.Context(), sqlitetest.New(t, 2), sqlite.Options{Clock: func() time.Time { return now }, Unchecked: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			p := storage.Person{Platform: chat.Telegram, Account: "1", User: user}
			in := storage.BucketOf(p.Hash16(), 2)
			i := storage.Invitation{
				ID: "link", Bucket: link, Flow: "f", Site: "main", RedeemedBy: p.ID(), RedeemedAt: now, Session: "said", Created: now, Expires: now.Add(time.Hour),
				Facts: recovery.Facts{Class: survey.Transactional},
			}
			id := storage.Identity{ID: p.ID(), Bucket: in, Person: p, Seen: now}
			s := storage.Session{Session: survey.Session{ID: "said", Flow: "f", Started: now, Status: survey.Expired, Ended: now}, Bucket: in, Identity: p.ID(), Invitation: "link", Site: "main", Day: "2026-03-04"}
			put := func(in storage.Bucket, c storage.Change) error {
				return errors.Join(store.Advance(t.Context(), in, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return c, nil }}})...)
			}
			if err := errors.Join(put(link, storage.Change{Invitation: &i}), put(in, storage.Change{Identity: &id, Session: &s})); err != nil {
				t.Fatal(err)
			}
			k := New(&late{store, func() error {
				value := 2.0
				s.Status, s.Judgement.Level, s.Answers = survey.Completed, 2, []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: now}}
				return put(in, storage.Change{Session: &s, Answers: s.Answers})
			}}, []byte("key"), func() time.Time { return now }, nil, nil)
			d, err := store.Dossier(t.Context(), storage.Anchor{Identities: []storage.Person{p}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := k.Erase(t.Context(), d, Options{Quiet: true}); err != nil {
				t.Fatal(err)
			}
			asked, _, err := store.Asked(t.Context(), storage.FigureFilter{Sites: []string{"main"}, From: "2026-01-01", To: "2026-12-31", Limit: 9})
			if err != nil || len(asked) != 1 || in != link && (!asked[0].Answered || asked[0].Level != 2) {
				t.Errorf("user %s in bucket %d, link in %d: %+v, %v", user, in, link, asked, err)
			}
			if left, err := store.Dossier(t.Context(), storage.Anchor{Identities: []storage.Person{p}}); err != nil || !left.Empty() {
				t.Errorf("of user %s there is left %+v, %v", user, left, err)
			}
		}
	}
}
