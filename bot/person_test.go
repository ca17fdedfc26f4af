package bot

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

func TestAnErasedPersonIsNowhere(t *testing.T) {
	for _, at := range shelves(t) {
		t.Run(at.name, func(t *testing.T) {
			w := newWorldOn(t, at.open)
			zoe := w.history()
			ann := telegramUser("555000111", "Annabel", "en")
			w.customers = append(w.customers, ann.address)
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "key-ann"})
			w.press(ann, "1")
			w.writes(ann, "Nobody listened", "")
			w.settleAll()
			w.beginsToSend(zoe)
			if _, err := w.bot.Handle(t.Context(), []chat.Update{w.update(zoe, chat.Update{Kind: chat.Command, Command: "help"})}); err != nil {
				t.Fatal(err) // the answer is still on its way
			}
			if err := SumUp(t.Context(), w.store); err != nil { // whose cases are stands beside them as well
				t.Fatal(err)
			}
			other := w.instance() // another process that remembers
			running := w.botOn(other)
			forget := &forgetter{store: other, log: w.bot.log}
			forget.look(t.Context())
			before, figures := at.dump(t), figuresOf(t, w.store)
			for _, c := range canaries() {
				if !strings.Contains(before, c) {
					t.Errorf("%s was never stored: the history does not show it", c)
				}
			}
			d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"Canary04x"}})
			if err != nil {
				t.Fatal(err)
			}
			exported, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range canaries() {
				if !strings.Contains(string(exported), c) {
					t.Errorf("%s is not in the export", c)
				}
			}
			for _, c := range []string{"Annabel", "555000111", "key-ann", "Nobody listened"} {
				if strings.Contains(string(exported), c) {
					t.Errorf("%s, of another, is in the export", c)
				}
			}
			ids := canaries()
			for _, i := range d.Identities {
				ids = append(ids, i.ID)
			}
			for _, c := range d.Conversations {
				ids = append(ids, c.Session.ID)
			}
			for _, c := range d.Cases {
				ids = append(ids, c.Case.ID)
			}
			for _, i := range d.Invitations {
				ids = append(ids, i.ID)
			}
			if at.tables != nil {
				if none := untouched(at.tables(t), ids); len(none) > 0 {
					t.Errorf("the history leaves nothing in %v: it does not show that an erasure reaches these", none)
				}
			}
			keeper := Privacy(w.bot)
			r, err := keeper.Erase(t.Context(), d, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest, Files: 30 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if r.Files.Done != (at.name == "sqlite") {
				t.Errorf("the files: %+v", r.Files)
			}
			after := strings.ToLower(at.dump(t))
			for _, c := range ids {
				if i := strings.Index(after, strings.ToLower(c)); i >= 0 {
					t.Errorf("%s is left: %q", c, after[max(0, i-150):min(len(after), i+60)])
				}
			}
			if diff := cmp.Diff(figures, figuresOf(t, w.store)); diff != "" {
				t.Errorf("figures are others (-before +after):\n%s", diff)
			}
			if said, err := json.Marshal(r); err != nil || strings.Contains(strings.ToLower(string(said)), "canary") || len(r.NotReached) < 4 {
				t.Errorf("the receipt says %s, %v", said, err)
			}
			// A program that runs knows them no more, and whoever was erased is not invited.
			forget.look(t.Context())
			for _, b := range []*Bot{w.bot, running} {
				refused := &NotInvitedError{}
				if _, err := b.Invite(t.Context(), InviteRequest{Flow: "one_tap_csat", Customer: "Canary04x"}); !errors.As(err, &refused) || refused.Why != storage.ErasedOnRequest {
					t.Errorf("invited again by the key: %v (%+v)", err, refused)
				}
				if _, err := b.Invite(t.Context(), w.request(slackUser("UCanary18x", "x", "en"))); !errors.As(err, &refused) {
					t.Errorf("invited again in Slack: %v", err)
				}
			}
			if _, err := w.store.Identity(t.Context(), w.bot.bucketOf(ann.person()), ann.person().ID()); err != nil {
				t.Errorf("another is gone: %v", err)
			}
			w.settleAll()
			overwritten := 0
			for _, m := range w.transcript(staffTG) {
				if strings.Contains(m.Render.Text, "data was erased") {
					overwritten++
				}
			}
			if overwritten == 0 || overwritten > r.Erased.Edits {
				t.Errorf("%d messages of staff were overwritten, of %d", overwritten, r.Erased.Edits)
			}
			// They come back by themselves, and are somebody new.
			w.command(zoe, "start", "")
			if s, err := w.store.SessionsOf(t.Context(), w.bot.bucketOf(zoe.person()), zoe.person().ID(), 10); err != nil || len(s) != 0 {
				t.Errorf("%v, %v", s, err)
			}
		})
	}
}

func TestAnErasureThatCrashesAnywhereGoesOn(t *testing.T) {
	calls := 0
	for at := 0; at <= calls; at++ {
		w := newWorldOf(t, 2)
		w.history()
		d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"Canary04x"}})
		if err != nil {
			t.Fatal(err)
		}
		figures := figuresOf(t, w.store)
		dying := storagetest.Crashing(w.instance(), at, storagetest.AfterCall)
		keeper := personal.New(dying, []byte("a secret key for tests only"), func() time.Time { return w.now }, w.bot.texts, w.traits)
		_, err = keeper.Erase(t.Context(), d, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest})
		if at == 0 {
			calls = dying.Calls()
		}
		if (err != nil) != (at > 0) {
			t.Errorf("dying at call %d of %d: %v", at, calls, err)
		}
		w.now = w.now.Add(resumeAfter)
		if _, err := Privacy(w.bot).Resume(t.Context(), resumeAfter); err != nil {
			t.Fatal(err)
		}
		left, err := w.store.Dossier(t.Context(), d.Anchor())
		if err != nil {
			t.Fatal(err)
		}
		if !left.Empty() {
			body, _ := json.Marshal(left)
			t.Errorf("dying at call %d of %d left %s", at, calls, body)
		}
		if diff := cmp.Diff(figures, figuresOf(t, w.store)); diff != "" {
			t.Errorf("dying at call %d: %s", at, diff)
		}
	}
	if calls < 5 {
		t.Errorf("only %d calls", calls)
	}
}

func TestWhatIsOlderThanItIsKeptGoes(t *testing.T) {
	for _, at := range shelves(t) {
		t.Run(at.name, func(t *testing.T) {
			w := newWorldOn(t, at.open)
			w.history()
			closeAll := func() {
				for _, k := range w.cases() {
					if !k.State.Active() {
						continue
					}
					for _, act := range []recovery.Act{recovery.Take{}, recovery.NoAction{Reason: "Canary05x"}} {
						_, _ = w.bot.Act(t.Context(), Doing{Bucket: k.Bucket, Case: k.ID, Act: act, By: "lee"}) // the second says it
					}
				}
				w.settleAll()
			}
			closeAll()
			for range 4 { // what ends is followed up, and that ends as well
				w.now = w.now.Add(100 * 24 * time.Hour)
				sweep := newSweeper(w.bot)
				for b := range storage.Bucket(w.store.Buckets()) {
					if err := sweep.expire(t.Context(), b); err != nil {
						t.Fatal(err)
					}
				}
				w.sweep()
				closeAll()
			}
			w.now = w.now.Add(100 * 24 * time.Hour)
			ann := telegramUser("555000111", "Annabel", "en")
			w.customers = append(w.customers, ann.address)
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Customer: "key-ann"})
			w.press(ann, "1")
			w.writes(ann, "Nobody listened", "")
			w.settleAll()
			keeper := Privacy(w.bot)
			if gone, err := keeper.Retain(t.Context()); err != nil || len(gone) != 0 {
				t.Fatalf("nothing was set, and %v went, %v", gone, err)
			}
			d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"key-ann"}})
			if err != nil {
				t.Fatal(err)
			}
			figures := figuresOf(t, w.store)
			for _, c := range privacy.Classes() {
				if err := w.store.SetRetentionDays(t.Context(), c, 30); err != nil {
					t.Fatal(err)
				}
			}
			days, err := w.store.RetentionDays(t.Context())
			if err != nil || len(days) != len(privacy.Classes()) {
				t.Fatalf("%v, %v", days, err)
			}
			w.now = w.now.Add(20 * 24 * time.Hour)
			for _, o := range must1(keeper.Old(t.Context(), days))(t) {
				if o.Count == 0 && (o.Class == privacy.Words || o.Class == privacy.Conversations) {
					t.Errorf("of %s nothing is old", o.Class)
				}
			}
			for range 2 {
				if _, err := keeper.Retain(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			sweep := newSweeper(w.bot)
			for b := range storage.Bucket(w.store.Buckets()) {
				if err := sweep.prune(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			if r, err := keeper.Scrub(t.Context(), false, 30*time.Second); err != nil || r.Done != (at.name == "sqlite") {
				t.Fatalf("%+v, %v", r, err)
			}
			after := strings.ToLower(at.dump(t))
			for _, c := range canaries() {
				if i := strings.Index(after, strings.ToLower(c)); i >= 0 {
					t.Errorf("%s is left: %q", c, after[max(0, i-200):min(len(after), i+60)])
				}
			}
			if diff := cmp.Diff(figures, figuresOf(t, w.store)); diff != "" {
				t.Errorf("figures are others (-before +after):\n%s", diff)
			}
			again, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"key-ann"}})
			if err != nil {
				t.Fatal(err)
			}
			again.Handled, d.Handled = nil, nil
			if diff := cmp.Diff(d, again, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("what is young is not as it was (-before +after):\n%s", diff)
			}
		})
	}
}

func must1[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCustomersAskForTheirDataInTheChat(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	ann := telegramUser("7001", "Ann", "en")
	w.customers = []chat.Address{ann.address}
	w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street"})
	w.press(ann, "5")
	w.command(ann, "privacy", "")
	if text := w.newestText(ann.address); !strings.Contains(text, "kept until you ask") || !strings.Contains(text, "/privacy erase") {
		t.Errorf("it says %q", text)
	}
	if err := w.store.SetRetentionDays(t.Context(), privacy.Conversations, 90); err != nil {
		t.Fatal(err)
	}
	w.bot.snap.Renew(t.Context())
	w.command(ann, "privacy", "")
	if text := w.newestText(ann.address); !strings.Contains(text, "90 days after") {
		t.Errorf("it says %q", text)
	}
	w.command(ann, "privacy", "Erase please")
	w.settleAll()
	k := w.onlyCase()
	if !k.Watched() {
		t.Errorf("the case is %+v", k)
	}
	said, err := json.Marshal(w.transcript(staffTG))
	if err != nil || !strings.Contains(string(said), "erase all data that you keep of me") {
		t.Errorf("staff see %s, %v", said, err)
	}
}
