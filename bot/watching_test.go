package bot

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// watchedWorld has twenty weeks with one unsatisfied answer in ten, up to the day before 2026-03-02, and tells of
// alarms.
func watchedWorld(t *testing.T) (*world, customer) {
	t.Helper()
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	lea := w.member(1, "Lea", access.Lead)
	w.withRules(func(r *recovery.Rules) { r.Report.Alarm = true })
	w.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for back := 140; back > 0; back -= 4 {
		w.answeredOn("main-street", w.back(back), levelsOf(1, 9)...)
	}
	return w, lea
}

func (w *world) back(days int) string { return w.now.AddDate(0, 0, -days).Format(time.DateOnly) }

func (w *world) alarms() []storage.Alarm {
	w.t.Helper()
	all, err := w.store.AlarmList(w.t.Context(), []string{"main-street"}, "2026-01-01", 9)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestAnAlarmIsToldOnce has half a year as usual, then a bad day, whose answers come in the course of it.
func TestAnAlarmIsToldOnce(t *testing.T) {
	w, lea := watchedWorld(t)
	begin := w.now
	w.hearing("crm")
	if got := w.reported(lea.address); len(got) != 0 || len(w.alarms()) != 0 {
		t.Fatalf("all is as usual, and told is %+v", got)
	}
	w.answeredOn("main-street", "2026-03-02", levelsOf(12, 3)...)
	for range 3 {
		w.now = w.now.Add(time.Hour)
		got := w.reported(lea.address)
		if len(got) != 1 {
			t.Fatalf("%d messages", len(got))
		}
		m := got[0].Render
		for _, want := range []string{
			"Unsatisfied since March 2, 2026: 80 % (54–93) of 15, few answers", "Usually it is about 10 %",
			"at most once in 556 answers", "A change to 20 % is noticed after about 51 answers",
		} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("it does not say %q: %s", want, m.Text)
			}
		}
		if !strings.HasPrefix(m.Title, "More unsatisfied customers than usual") {
			t.Errorf("its title is %q", m.Title)
		}
	}
	// Other systems are told once, too.
	if news := w.hears("crm"); len(news) != 1 || news[0].Wanted != 1 || !strings.Contains(news[0].Render.Text, `"data":{"site":"main-street","kind":"worse","day":"2026-03-02","since":"2026-03-02","k":12,"n":15`) {
		t.Errorf("other systems are told %+v", news)
	}
	// More of the same is no news: the alarm that is on is brought up to date.
	w.now = begin.AddDate(0, 0, 1)
	w.answeredOn("main-street", "2026-03-03", levelsOf(7, 3)...)
	if got := w.reported(lea.address); len(got) != 1 {
		t.Errorf("it was told again: %+v", got)
	}
	if all := w.alarms(); len(all) != 1 || all[0].K != 19 || all[0].N != 25 || all[0].Over != "" || all[0].Day != "2026-03-02" || all[0].Sum == nil {
		t.Errorf("kept is %+v", all)
	}
}

// hearing has a system told of alarms.
func (w *world) hearing(id string) {
	w.t.Helper()
	to := storage.Hook{ID: id, Name: id, Made: w.now, HookTerms: storage.HookTerms{News: []storage.News{storage.AlarmRaised}}}
	if err := w.store.PutInstallation(w.t.Context(), to.Installation("sealed")); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.Configuration().Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// hears is what a system is told of the site.
func (w *world) hears(id string) (news []storage.Delivery) {
	w.t.Helper()
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Hook, Account: id, Chat: "main-street"})
		if err != nil {
			w.t.Fatal(err)
		}
		news = append(news, list...)
	}
	return news
}

// TestAnAlarmRingsAnewWhenItWasOver: it ends when answers are as usual again, and what comes after that is another one,
// also where somebody said of the first that they know.
func TestAnAlarmRingsAnewWhenItWasOver(t *testing.T) {
	w, lea := watchedWorld(t)
	begin := w.now
	w.answeredOn("main-street", "2026-03-02", levelsOf(6, 0)...)
	if got := w.reported(lea.address); len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	known, err := w.store.ChangeAlarm(t.Context(), w.alarms()[0].ID, storage.Audit{}, func(a *storage.Alarm) error {
		a.Known, a.Knows = begin, "robin"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for day := range 14 {
		w.now = begin.AddDate(0, 0, 1+day)
		w.answeredOn("main-street", w.back(0), levelsOf(1, 9)...)
		w.reported(lea.address)
	}
	all := w.alarms()
	if len(all) != 1 || all[0].Over == "" || !all[0].Known.Equal(known.Known) || all[0].Open("2026-03-01") {
		t.Fatalf("after two good weeks: %+v", all)
	}
	if got := w.reported(lea.address); len(got) != 1 {
		t.Errorf("its end is told: %+v", got)
	}
	w.now = begin.AddDate(0, 0, 20)
	w.answeredOn("main-street", w.back(0), levelsOf(9, 1)...)
	if got := w.reported(lea.address); len(got) != 2 {
		t.Errorf("%d messages", len(got))
	}
	if all := w.alarms(); len(all) != 2 || !all[0].Open("2026-03-20") || all[0].Day != w.back(0) || all[1].Over == "" {
		t.Errorf("kept is %+v", all)
	}
}

// TestAnAlarmOfAnotherDayIsKeptAndNotTold: whoever switches alarms on, or comes back after days, hears of no old
// ones; pages show what is on.
func TestAnAlarmOfAnotherDayIsKeptAndNotTold(t *testing.T) {
	w, lea := watchedWorld(t)
	w.answeredOn("main-street", "2026-03-02", levelsOf(12, 3)...)
	w.now = w.now.AddDate(0, 0, 5)
	if got := w.reported(lea.address); len(got) != 0 {
		t.Errorf("an alarm of five days ago is told: %+v", got)
	}
	if all := w.alarms(); len(all) != 1 || !all[0].Open(w.back(0)) {
		t.Errorf("kept is %+v", all)
	}
	w.withRules(func(r *recovery.Rules) { r.Report.Alarm = false })
	w.answeredOn("main-street", w.back(0), levelsOf(12, 3)...)
	if got := w.reported(lea.address); len(got) != 0 || len(w.alarms()) != 1 {
		t.Errorf("alarms are off: %+v", got)
	}
}

// TestFewerUnsatisfiedIsToldAsWell, and nothing of fewer than five answers.
func TestFewerUnsatisfiedIsToldAsWell(t *testing.T) {
	w, lea := watchedWorld(t)
	w.answeredOn("main-street", "2026-03-01", levelsOf(4, 0)...)
	if got := w.reported(lea.address); len(got) != 0 {
		t.Errorf("of four answers: %+v", got)
	}
	w.answeredOn("main-street", "2026-03-02", levelsOf(0, 120)...)
	got := w.reported(lea.address)
	if len(got) != 1 || !strings.HasPrefix(got[0].Render.Title, "Fewer unsatisfied customers than usual") || !strings.Contains(got[0].Render.Text, "A change to 5 %") {
		t.Errorf("told is %+v", got)
	}
}

// TestAnAlarmWaitsWhileAMuteLasts: what goes off in a mute stands on the pages at once, and is told when the
// mute is over; two days later it is no news.
func TestAnAlarmWaitsWhileAMuteLasts(t *testing.T) {
	for _, late := range []bool{false, true} {
		w, lea := watchedWorld(t)
		begin := w.now
		w.withRules(func(r *recovery.Rules) {
			r.Report.Alarm = true
			r.Mutes = []recovery.Mute{{From: begin.Add(-time.Hour), Until: begin.AddDate(0, 0, 4)}}
		})
		w.answeredOn("main-street", "2026-03-02", levelsOf(12, 3)...)
		if got := w.reported(lea.address); len(got) != 0 || len(w.alarms()) != 1 {
			t.Fatalf("while the mute lasts %d alarms are kept, and told is %+v", len(w.alarms()), got)
		}
		w.now = begin.AddDate(0, 0, 4).Add(time.Hour)
		want := 1
		if late {
			w.now, want = w.now.AddDate(0, 0, alarmDays), 0
		}
		if got := w.reported(lea.address); len(got) != want {
			t.Errorf("after the mute, late %v: %d are told, want %d", late, len(got), want)
		}
	}
}

// TestAnAlarmOfAWeekIsToldForTwoDays: it goes off on the last day of its week, and is found on the first of the next.
func TestAnAlarmOfAWeekIsToldForTwoDays(t *testing.T) {
	w, lea := watchedWorld(t)
	a := storage.Alarm{
		ID: storage.AlarmID("main-street", storage.AlarmWorse, "2026-03-01"), Site: "main-street", Kind: storage.AlarmWorse, Day: "2026-03-01",
		Made: w.now, Over: "2026-03-02", AlarmTerms: storage.AlarmTerms{By: "week", Since: "2026-02-23", K: 20, N: 30, Manner: "rate", Low: 0.5, High: 0.8},
	}
	if err := w.store.PutAlarm(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.AddDate(0, 0, 1).Add(20 * time.Hour)
	if got := w.reported(lea.address); len(got) != 1 {
		t.Errorf("two days after its week %d are told", len(got))
	}
}

// TestAnAlarmThatIsOverIsToldAsOver: it began and ended while a mute lasted. Neither a lead nor another system takes it
// for one that is on.
func TestAnAlarmThatIsOverIsToldAsOver(t *testing.T) {
	for kind, title := range map[storage.AlarmKind]string{
		storage.AlarmWorse: "For a while more unsatisfied customers than usual", storage.AlarmBetter: "For a while fewer unsatisfied customers than usual",
	} {
		w, lea := watchedWorld(t)
		w.hearing("crm")
		a := storage.Alarm{
			ID: storage.AlarmID("main-street", kind, "2026-03-01"), Site: "main-street", Kind: kind, Day: "2026-03-01", Made: w.now, Over: "2026-03-02",
			AlarmTerms: storage.AlarmTerms{By: "week", Since: "2026-02-23", K: 20, N: 30, Manner: "rate", Low: 0.5, High: 0.8, Usual: 0.1},
		}
		if err := w.store.PutAlarm(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		got := w.reported(lea.address)
		if len(got) != 1 || !strings.HasPrefix(got[0].Render.Title, title) || !strings.Contains(got[0].Render.Text, "It is over since March 2, 2026.") ||
			!strings.Contains(got[0].Render.Text, "from February 23, 2026 until then: ") || strings.Contains(got[0].Render.Text, "Unsatisfied since") {
			t.Errorf("told is %+v", got)
		}
		if news := w.hears("crm"); len(news) != 1 || !strings.Contains(news[0].Render.Text, `"since":"2026-02-23","over":"2026-03-02"`) {
			t.Errorf("other systems are told %+v", news)
		}
	}
}
