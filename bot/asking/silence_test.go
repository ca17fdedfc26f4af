package asking_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
)

const unheard = `
triggers:
  - {name: visit, when: {site: main}, ask: one_tap_csat, after: 1h}
  - {name: unheard, on: late_or_broken, wait: 48h, open: {priority: P2}}
standards:
  - {service: cut, measure: duration_min, at_least: 45}
`

// lateBy makes an event that was promised earlier than it was done.
func lateBy(d time.Duration) func(*storage.Event) {
	return func(e *storage.Event) { e.Promised = &storage.EventPromise{By: e.Ended.Add(-d)} }
}

// short makes an event whose service took too little time.
func short(e *storage.Event) { e.Measures = map[string]float64{"duration_min": 30} }

// watch is what was decided last of a service by the trigger "unheard".
func (w *world) watch(id, customer string) (x storage.Ask, decided []storage.AskDecision) {
	w.t.Helper()
	all, err := w.store.AsksOf(w.t.Context(), customer, 50)
	check(w.t, err)
	i := slices.IndexFunc(all, func(x storage.Ask) bool { return x.Like == "till:"+id && x.Silent() })
	if i < 0 {
		return x, nil
	}
	decided, err = w.store.AskDecisions(w.t.Context(), all[i].Bucket, []string{all[i].ID})
	check(w.t, err)
	return all[i], decided
}

func (w *world) cases() []storage.Case {
	w.t.Helper()
	all, err := w.store.Cases(w.t.Context(), storage.CaseFilter{Limit: 100})
	check(w.t, err)
	return all
}

// TestNothingHeardOfALateServiceOpensACase: whoever was served late, or below the standard, and says
// nothing for two days is brought to staff, once, whether they could be asked or not; whoever
// answers, or was served as promised, is not.
func TestNothingHeardOfALateServiceOpensACase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("asked", "7")
		w.linked("answers", "8")
		w.triggers(unheard)
		w.told("1", "asked", lateBy(35*time.Minute))
		w.told("2", "answers", lateBy(35*time.Minute))
		w.told("3", "nowhere", short, func(e *storage.Event) { e.Customer.Name, e.Customer.Tier = "Zoe", "MVC" })
		w.told("4", "kept", func(e *storage.Event) {
			e.Measures, e.Promised = map[string]float64{"duration_min": 45}, &storage.EventPromise{By: e.Ended}
		})
		w.told("5", "colleague", short, func(e *storage.Event) { e.Customer.Kind = "internal" })
		w.told("6", "better", short)
		w.told("7", "called-off", short)
		w.told("8", "old", short, func(e *storage.Event) { e.Ended = w.now.AddDate(0, 0, -4) })
		w.told("9", "test", short, func(e *storage.Event) { e.Test = true })
		w.pass(2 * time.Hour)
		w.taps("8")
		w.told("6", "better", func(e *storage.Event) { e.Ended, e.Measures = noon, map[string]float64{"duration_min": 50} })
		w.told("7", "called-off", func(e *storage.Event) { e.Ended, e.State = noon, storage.EventCancelled })
		w.pass(45 * time.Hour)
		if got := w.cases(); len(got) != 1 { // of the answer
			t.Fatalf("%d cases before the time is over", len(got))
		}
		for range 3 {
			w.pass(time.Hour)
		}
		for id, want := range map[string]string{
			"asked 1": "opened unheard", "answers 2": "suppressed heard", "nowhere 3": "opened unheard", "kept 4": "", "colleague 5": "suppressed staff",
			"better 6": "suppressed kept", "called-off 7": "cancelled event_cancelled", "old 8": "suppressed stale", "test 9": "",
		} {
			customer, event, _ := strings.Cut(id, " ")
			x, decided := w.watch(event, customer)
			if got := strings.TrimSpace(x.State + " " + x.Reason); got != want || want != "" && (len(decided) != 1 || !x.Due.IsZero()) {
				t.Errorf("%s is %q after %d decisions, want %q", id, got, len(decided), want)
			}
		}
		if got := w.cases(); len(got) != 3 {
			t.Fatalf("%d cases", len(got))
		}
		asked, nowhere := w.opened("asked"), w.opened("nowhere")
		if d := asked.Decision; d.Priority != recovery.P2 || fmt.Sprint(d.Reasons) != "[silent_failure]" || asked.Site != "main" {
			t.Errorf("the case of who was asked: %+v", d)
		}
		if x := w.asked("1", "asked"); asked.Session != x.Session {
			t.Errorf("it does not belong to the conversation in which they were asked")
		}
		// Nobody is written to who is known in no chat, and a most valuable customer is more urgent.
		if d := nowhere.Decision; d.Priority != recovery.P1 || nowhere.Lost.IsZero() || nowhere.Contact != recovery.ContactPhone {
			t.Errorf("the case of who is known in no chat: %+v", nowhere.Case)
		}
		s, err := w.store.Session(t.Context(), nowhere.Bucket, nowhere.Session)
		if check(t, err); s.Attributes["standard_broken"] != "true" || s.Attributes["service_name"] != "cut" || !s.Started.IsZero() || s.Day != "2026-03-10" {
			t.Errorf("what staff are told of it: %v", s.Attributes)
		}
		if id, err := w.store.Identity(t.Context(), nowhere.Bucket, nowhere.Identity); err != nil || id.Name != "Zoe" || id.Customer != "nowhere" {
			t.Errorf("whose it is: %+v, %v", id, err)
		}
		// It says why, in words.
		_, decided := w.watch("3", "nowhere")
		if e := decided[0].Evidence; e["measure"] != "duration_min" || e["value"] != "30" || e["standard"] != "at least 45" || e["wait"] != "2d" {
			t.Errorf("the evidence is %v", e)
		}
		// A late answer joins the case: it is no second one.
		w.taps("7")
		if got := w.cases(); len(got) != 3 {
			t.Errorf("after a late answer there are %d cases", len(got))
		}
		if d := w.opened("asked").Decision; len(d.Reasons) < 2 {
			t.Errorf("the late answer is not among the reasons: %v", d.Reasons)
		}
	})
}

// opened is the case of a customer.
func (w *world) opened(customer string) storage.Case {
	w.t.Helper()
	for _, k := range w.cases() {
		if k.Customer == customer {
			return k
		}
	}
	w.t.Fatalf("%s has no case", customer)
	return storage.Case{}
}

// TestACrashOpensOneCase lets the process die at each of its calls to the database while it opens
// the case of a silence, and another go on: there is one case, and one decision.
func TestACrashOpensOneCase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		var customer string
		w.atEveryCall(2, []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall}, func(n int) {
			customer = fmt.Sprint("C-", n)
			if n%2 == 0 { // on one side of each call
				w.linked(customer, fmt.Sprint(1000+n))
				w.on(w.store) // it is known now
			}
			w.told(customer, customer, lateBy(time.Hour))
			w.pass(time.Hour)
			w.now = w.now.Add(48 * time.Hour)
		}, func(dead string) {
			opened := 0
			for _, k := range w.cases() {
				if k.Customer == customer {
					opened++
				}
			}
			x, decided := w.watch(customer, customer)
			if opened != 1 || len(decided) != 1 || x.State != "opened" || x.With["case"] == "" {
				t.Fatalf("%s: %d cases, %d decisions, and it is %s %s %v", dead, opened, len(decided), x.State, x.Reason, x.With)
			}
		})
	}, "sqlite")
}

// TestADryRunSaysWhichCasesOpen: what the dry run says of silence is what then happens, by the file
// that was in force, and what would have by another.
func TestADryRunSaysWhichCasesOpen(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-0", "7")
		w.linked("C-1", "8")
		w.triggers(unheard)
		for i := range 6 {
			w.told(fmt.Sprint(i), fmt.Sprint("C-", i), lateBy(time.Duration(10*i)*time.Minute))
		}
		w.pass(2 * time.Hour)
		w.taps("8")
		w.pass(47 * time.Hour)
		w.pass(time.Minute)
		opened := 0
		for _, k := range w.cases() {
			if slices.Contains(k.Decision.Reasons, recovery.SilentFailure) {
				opened++
			}
		}
		p, err := triggerfile.Parse([]byte(unheard))
		check(t, err)
		tried, err := w.asking.Try(t.Context(), p, noon.Add(-time.Hour), nil)
		check(t, err)
		if got := tried.Triggers[1]; opened != 4 || tried.WouldOpen != opened || got.WouldOpen != opened || got.Matched != 5 || got.NotAsked["heard"] != 1 {
			t.Errorf("%d cases opened; the dry run says %+v", opened, got)
		}
		for _, d := range tried.Differences {
			if strings.Contains(d.Was+d.Would, "opened") || strings.Contains(d.Was+d.Would, "heard") {
				t.Errorf("%s was %q, and would be %q", d.Event, d.Was, d.Would)
			}
		}
		other, err := triggerfile.Parse([]byte(strings.Replace(unheard, "name: unheard", "when: {service: colour}, name: other", 1)))
		check(t, err)
		if tried, err = w.asking.Try(t.Context(), other, noon.Add(-time.Hour), nil); err != nil || tried.WouldOpen != 0 {
			t.Errorf("of another service: %d, %v", tried.WouldOpen, err)
		}
	}, "sqlite")
}

// opensPage is an update of whoever opens the page of a link of the web chat.
func (w *world) opensPage(token, link string, u chat.Update) {
	w.t.Helper()
	w.n++
	u.Key, u.Private, u.At = fmt.Sprint("w", w.n), true, w.now
	u.From, u.User = chat.Address{Platform: chat.Web, Chat: link}, chat.User{ID: link, Language: "en"}
	if u.Kind == chat.Command {
		check(w.t, w.bot.ClaimLink(w.t.Context(), token, "a browser"))
		u.Text = token
	}
	_, err := w.bot.Handle(w.t.Context(), []chat.Update{u})
	check(w.t, err)
	parked, err := w.store.ParkedUpdates(w.t.Context(), 10)
	check(w.t, err)
	for _, p := range parked {
		w.t.Fatalf("an update was parked: %s", p.Error)
	}
}

// pageTaps taps the first option of the question that stands on a page.
func (w *world) pageTaps(link string) {
	w.t.Helper()
	at := chat.Address{Platform: chat.Web, Chat: link}
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), at)
		check(w.t, err)
		for _, d := range slices.Backward(list) {
			if d.Kind == storage.QuestionD && len(d.Render.Rows) > 0 {
				w.opensPage("", link, chat.Update{Kind: chat.Tap, Data: d.Render.Rows[0][0].Data})
				return
			}
		}
	}
	w.t.Fatal("the page asks nothing")
}

// token is what the link that is handed out about a service ends with.
func (w *world) token(x storage.Ask) string {
	w.t.Helper()
	all, err := w.asking.HandOuts(w.t.Context(), nil, noon.AddDate(0, 0, -1), 100)
	check(w.t, err)
	for _, h := range all {
		if h.Ask.ID == x.ID {
			return h.Web[strings.LastIndex(h.Web, "/")+1:]
		}
	}
	w.t.Fatal("no link is handed out")
	return ""
}

// TestALinkIsFollowedToWhereItWasOpened: what is answered behind a link that somebody handed out is seen,
// in whichever bucket whoever opened it is.
func TestALinkIsFollowedToWhereItWasOpened(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat}\n")
		apart := 0
		for i := range 8 {
			id := fmt.Sprint("C-", i)
			w.told(id, id)
			w.pass(2 * time.Hour)
			x := w.asked(id, id)
			token := w.token(x)
			if i%2 == 0 {
				w.opensPage(token, x.Offer, chat.Update{Kind: chat.Command, Command: "start"})
				w.pageTaps(x.Offer)
			} else {
				w.says(id, chat.Update{Kind: chat.Command, Command: "start", Text: token})
				w.taps(id)
			}
			w.pass(2 * time.Hour)
			now := w.asked(id, id)
			if now.State != "started" && now.State != "completed" && now.State != "partial" {
				t.Errorf("of %s it is said that it is %s", id, now.State)
			}
			if now.At != x.At {
				apart++
			}
		}
		if apart == 0 {
			t.Error("every link was opened in its own bucket: the test shows little")
		}
	}, "sqlite")
}

// TestALinkThatIsOpenedAfterSilenceJoinsItsCase: whoever is known in no chat and opens their link only
// after a case opened for want of a word answers in that case; there is no second one.
func TestALinkThatIsOpenedAfterSilenceJoinsItsCase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		for i := range 6 {
			id := fmt.Sprint("C-", i)
			w.told(id, id, lateBy(time.Hour))
		}
		w.pass(2 * time.Hour)
		w.pass(48 * time.Hour)
		if got := len(w.cases()); got != 6 {
			t.Fatalf("%d cases", got)
		}
		for i := range 6 {
			id := fmt.Sprint("C-", i)
			x, before := w.asked(id, id), w.opened(id)
			if before.Lost.IsZero() || before.Contact != recovery.ContactPhone {
				t.Fatalf("before the link is opened: %+v", before.Case)
			}
			if x.State != "handed_out" {
				t.Errorf("nobody opened the link, and it is %s", x.State)
			}
			w.opensPage(w.token(x), x.Offer, chat.Update{Kind: chat.Command, Command: "start"})
			if k := w.opened(id); !k.Lost.IsZero() || k.Contact != recovery.NotAsked {
				t.Errorf("once it is opened: %+v", k.Case)
			}
			w.pageTaps(x.Offer)
			k := w.opened(id)
			if len(k.Decision.Reasons) < 2 || k.Session != x.Session {
				t.Errorf("what they answered is not in the case: %v", k.Decision.Reasons)
			}
			s, err := w.store.Session(t.Context(), k.Bucket, k.Session)
			if check(t, err); len(s.Answers) != 1 || s.Started.IsZero() || s.Day != "2026-03-10" {
				t.Errorf("the conversation of the case: %+v", s)
			}
		}
		if got := len(w.cases()); got != 6 {
			t.Errorf("%d cases once all links were opened", got)
		}
		w.pass(2 * time.Hour)
		if x := w.asked("C-0", "C-0"); x.State != "completed" && x.State != "started" && x.State != "partial" {
			t.Errorf("the ask is %s", x.State)
		}
	})
}

// A link that is opened in Telegram instead of on its page goes on in the case as well, where both are in
// one bucket. Elsewhere it begins a conversation with a name of its own, which is followed, and so is its case.
func TestALinkThatIsOpenedInTelegramAfterSilenceJoinsItsCase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		joined, apart := 0, 0
		for i := range 12 {
			id := fmt.Sprint(100 + i)
			w.told(id, id, lateBy(time.Hour))
			w.pass(2 * time.Hour)
			w.pass(48 * time.Hour)
			x, before := w.asked(id, id), w.opened(id)
			w.says(id, chat.Update{Kind: chat.Command, Command: "start", Text: w.token(x)})
			w.taps(id)
			s := storage.Person{Platform: chat.Telegram, Account: "42", User: id}
			ids, sessions, n := map[string]bool{}, map[string]bool{}, 0
			for _, c := range w.cases() {
				if c.Customer == id {
					n++
					ids[c.ID], sessions[c.Session] = true, true
				}
			}
			if storage.BucketOf(s.Hash16(), w.store.Buckets()) != before.Bucket {
				apart++
				w.pass(2 * time.Hour)
				if now := w.asked(id, id); n != 2 || len(ids) != 2 || len(sessions) != 2 || !sessions[now.Session] || now.Session == before.Session || now.State == "handed_out" {
					t.Errorf("%d cases of the names %v in %v; the ask is %s in %s", n, ids, sessions, now.State, now.Session)
				}
				continue
			}
			joined++
			k := w.opened(id)
			if n != 1 {
				t.Errorf("%d cases of one service", n)
			}
			if k.ID != before.ID || k.Identity != s.ID() || !k.Lost.IsZero() || len(k.Decision.Reasons) < 2 {
				t.Errorf("what was answered in Telegram is not in the case: %+v", k.Case)
			}
		}
		if joined == 0 || apart == 0 {
			t.Errorf("%d are in one bucket and %d are not: the test shows little", joined, apart)
		}
	})
}

// TestAConversationBehindALinkEndsWithTheLink: nobody opens it after that, and what ended is not kept for ever.
func TestAConversationBehindALinkEndsWithTheLink(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers(unheard)
		w.told("1", "C-1", lateBy(time.Hour))
		w.pass(2 * time.Hour)
		w.pass(48 * time.Hour)
		k := w.opened("C-1")
		stands := func() storage.Session {
			s, err := w.store.Session(t.Context(), k.Bucket, k.Session)
			check(t, err)
			return s
		}
		if s := stands(); !(bot.Offers{Bot: w.bot}).Unopened(&s) || !s.Expires.After(w.now) {
			t.Fatalf("it is %s until %v", s.Status, s.Expires)
		}
		w.now = w.now.Add(bot.DefaultInviteExpires)
		w.until(func() bool { return stands().Status == survey.Expired })
		if s := stands(); s.Ended.IsZero() || !s.Started.IsZero() {
			t.Errorf("it began %v and ended %v", s.Started, s.Ended)
		}
		if now := w.opened("C-1"); !now.State.Active() {
			t.Errorf("its case is %s", now.State)
		}
	})
}
