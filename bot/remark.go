package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// What somebody writes while nothing waits for it is brought to staff as an entry of the watch
// list: a case whose clocks do not run, one for each person and day. Further words join it by
// an edit of its card, and one tap of the customer makes a complaint of it.

// remarks is what a turn makes of words that nothing waits for.
type remarks struct{ turn *turn }

// remarked is the reason of such an entry.
const remarked = recovery.Reason(storage.Remark)

// entry reports whether a case is such an entry that nobody of staff has touched.
func entry(k *storage.Case) bool {
	return k != nil && k.Watched() && slices.Contains(k.Decision.Reasons, remarked)
}

// lapsed reports whether a case is the entry of an earlier day: words of today are news.
func (d *desk) lapsed() bool {
	if d == nil || !entry(d.kase) {
		return false
	}
	zone := d.snap.Site(d.kase.Site).Zone
	day := func(t time.Time) string { return t.In(zone).Format(time.DateOnly) }
	return day(d.kase.OpenedAt) != day(d.now)
}

// hears reports whether the case of the conversation takes up what its customer writes now.
func (r remarks) hears() bool { return listens(r.turn.kase()) && !r.turn.desk.lapsed() }

// remark begins an entry with these words.
func (r remarks) remark(text string, fs []survey.File) error {
	t := r.turn
	if strings.TrimSpace(text) == "" && len(fs) == 0 {
		commands{t}.helped()
		return nil
	}
	before := t.session
	s := t.besides(storage.Remark, "remark")
	s.Status, s.Started, s.Last, s.Ended = survey.Completed, t.now, t.now, t.now
	t.session, t.desk = s, nil
	if err := t.configure(); err != nil {
		return err
	}
	s.Lang = voice.ChooseLanguage(t.flow.Languages, voice.Languages, t.identity.Language, t.identity.Spoken)
	if before != nil && t.identity.Language == "" {
		s.Lang = before.Lang
	}
	if err := (masking{t.frame, s, t.identity, t.numbers.mark}).begins(t.flow, before); err != nil {
		return err
	}
	t.out.Session = s
	r.enterWatch()
	t.keepWords(text, fs, false)
	r.heard("heard")
	return nil
}

// enterWatch opens the entry of the session. It does not take words away from a question that is
// open later, as a case does: who writes while nothing is open finds it by Spent.Wish.
func (r remarks) enterWatch() {
	t := r.turn
	was := t.identity.Case
	t.openCase(recovery.Decision{Watch: true, Reasons: []recovery.Reason{remarked}}, nil)
	t.identity.Case, t.identity.Spent.Wish = was, t.desk.kase.ID
	t.out.Identity = t.identity
}

// entered finds the entry, or the wish, that words belong to while nothing is open.
func (r remarks) entered() bool {
	t := r.turn
	if t.identity == nil || t.identity.Spent.Wish == "" || t.desk != nil && t.desk.kase.ID == t.identity.Spent.Wish {
		return false
	}
	t.belongs = t.identity.Spent.Wish
	return true
}

// added takes words that go on with the last answer of a survey that has ended. Staff see
// them, and the customer is told so.
func (r remarks) added(u survey.Input, text string) error {
	t := r.turn
	if err := t.step(u); err != nil {
		return err
	}
	if t.desk == nil && !r.quiet() {
		r.enterWatch()
	}
	if t.desk != nil {
		t.identity.Spent = t.identity.Spent.Bring(t.now, 1)
		t.out.Identity = t.identity
		t.desk.happens(recovery.CustomerWrote{Text: text, Ref: t.key})
	}
	r.heard("heard_added")
	return nil
}

// quiet reports whether the survey promised that nobody is called because of it.
func (r remarks) quiet() bool {
	t := r.turn
	return t.flow.Class == survey.Pulse || t.flow.Class == survey.Mystery
}

// reaches reports whether somebody of staff is shown what is said now: in a chat, or on the pages.
func (r remarks) reaches() bool {
	t := r.turn
	switch {
	case t.desk != nil:
		return len(t.desk.reachable()) > 0 || t.snap.Team.Sees(t.desk.kase.Site)
	case t.session == nil, r.quiet():
		return false
	}
	return len(asidePlaces(t.snap, t.session)) > 0 || t.snap.Team.Sees(t.session.Site)
}

// hearing is who of staff hears what the customer says now, as the customer may be told: a
// person by name only who holds the case, and never the one whom it may be about.
func (r remarks) hearing() render.Hearing {
	t := r.turn
	h := render.Hearing{Staff: r.reaches()}
	if k := t.kase(); k != nil && k.State.Active() && k.Holder.ID != "" && t.desk.session != nil &&
		k.Holder.ID != t.snap.Team.Named(t.desk.session.Attributes[voice.AttrAgent]) {
		h.Who = t.desk.view().Signature(t.desk.customer(), k.Holder.Name)
	}
	return h
}

// heard says what becomes of words that nothing waited for, as it is, and offers to make a
// complaint of them. It stands once in the chat: what is said again, ten minutes later at the
// earliest, takes its place below.
func (r remarks) heard(id string) {
	t := r.turn
	k, s := t.kase(), t.session
	if t.desk != nil && t.desk.session != nil {
		s = t.desk.session
	}
	switch {
	case t.session != nil && r.quiet() && render.Live(t.session) && k == nil:
		id = "heard_quiet"
	case id == "heard_added" && r.reaches():
		id = "heard_added_team"
	case id == "heard_added":
	case !r.reaches():
		id = "heard_kept"
	}
	offer, told := "", id
	switch {
	case k == nil, k.Watched():
		offer = "mean_complaint"
	case !k.State.Active(): // whoever was told to write now is offered the way back, after each end of the case
		offer = "mean_unsettled"
		told = fmt.Sprint(id, " after the end of ", k.ID, " ", k.Reopens)
	}
	if !newly(told, t) {
		return
	}
	v := t.person()
	closed := chat.Message{Text: v.Say(id), Lang: v.Lang}
	m := closed
	if offer != "" {
		m.Rows = [][]chat.Button{{{Text: v.Say(offer), Data: render.MeantData(s.ID)}}}
	}
	t.want(storage.Want{Slot: named(s.ID, "heard"), Kind: storage.NoticeD, Render: m, Repost: true, Leave: &closed})
}

// meantWork makes a complaint of what was written in a session: its case becomes one that
// clocks run for; a case that is closed is open again; where neither is left, the words are a
// complaint of their own.
func (j *job) meantWork(w wish) outbox.Work {
	b, u := j.b, j.update
	load := storage.Load{Person: j.person, Session: w.of}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		t.tapped = true
		if t.identity == nil || t.session == nil || t.session.Identity != t.identity.ID {
			t.session = nil
			t.answer(t.reader(u).Say("not_yours"), true)
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		s, d := t.session, t.desk
		if !listens(t.kase()) || d.kase.Identity != t.identity.ID {
			w.words, w.of = voice.Cut(strings.Join(s.Said, "\n"), survey.MaxText), ""
			t.desk = nil
			return j.begin(t, w)
		}
		was := d.kase.Case
		s.Facts.Complaint, s.Facts.Earlier = true, w.earlier
		d.happens(recovery.Joined{Decision: recovery.Decide(d.rules(), s.Facts, survey.Judgement{})})
		if !d.kase.State.Active() {
			if err := d.apply(recovery.Reopen{}, recovery.Actor{Party: recovery.Program}); err != nil {
				return err
			}
		}
		if was.Decision.Opens != d.kase.Decision.Opens || was.State != d.kase.State || !slices.Equal(was.Decision.Reasons, d.kase.Decision.Reasons) {
			s.Judgement.Unsatisfied = true
			t.out.Session = s
			t.identity.Case, t.out.Identity = d.kase.ID, t.identity
			t.out.Feedback = append(t.out.Feedback, t.feedbackOf(s, d.kase.ID, newID(), storage.Complaint, strings.Join(s.Said, "\n")))
		}
		v := t.person()
		thanks := t.talk().WishThanks(v, storage.Complaint, d.kase, remarks{t}.hearing())
		t.want(storage.Want{
			Slot: named(s.ID, "heard"), Kind: storage.NoticeD, OnlyIfKnown: true, Render: chat.Message{Text: thanks, Lang: v.Lang},
		})
		if s.Site == "" {
			t.askSite()
		}
		t.answer(thanks, false)
		return nil
	})}
}

// How many words beside the answers a card or a note holds whole, and how many runes; and how
// many of the newest ones it quotes beside them.
const (
	wholeWords = 7
	wholeRunes = 800
	newestSaid = 5
)

// whole is how many of the words kept with a session are on its card or note whole: the first
// ones, as far as there is room. What is beyond has a message of its own.
func whole(said []string) int {
	n := 0
	for i, w := range said {
		size := utf8.RuneCountInString(w)
		if n += size; i >= wholeWords || n > wholeRunes || size >= saidSize {
			return i
		}
	}
	return len(said)
}
