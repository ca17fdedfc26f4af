package bot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/fold"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// turn is the work of one Apply, about somebody's conversation: what was loaded, and the
// change so far. It decides; what staff see of it follows where it ends. Everything that
// happens to a session goes through step, whoever causes it.
type turn struct {
	*frame
	identity *storage.Identity
	session  *storage.Session
	flow     *snapshot.Flow // of session; set by configure
	desk     *desk          // of the case that the conversation belongs to; nil = none
	returned *desk          // of the case of an earlier survey, whose customer came again
	numbers  numbers
	message  chat.Ref // that the update reports
	belongs  string   // the case that words belong to, where it was not loaded
	tapped   bool     // notices are answers to the update instead of messages
	back     []string // cases of somebody who could not be written to until now
}

// numbers are those that the next of its kind gets in the bucket.
type numbers struct{ kase, mark int }

// turnOf makes the turn that does f. said may be nil; it holds what the last run of
// Apply answered.
func (b *Bot) turnOf(key, name string, load storage.Load, said *reply, f func(*turn) error) storage.Turn {
	if said == nil {
		said = new(reply)
	}
	apply := func(l storage.Loaded) (c storage.Change, err error) {
		// One update that trips over a fault of ours must not stop everybody else's.
		defer func() {
			if r := recover(); r != nil {
				b.log.Error("a turn panicked", "turn", name, "stack", string(debug.Stack()))
				c, err = storage.Change{}, fmt.Errorf("a panic of type %T", r)
			}
		}()
		*said = reply{}
		t := b.begin(l, name, said)
		if err := f(t); err != nil {
			return storage.Change{}, err
		}
		if len(t.back) > 0 {
			return storage.Change{}, &cameBack{t.back}
		}
		return t.end(), nil
	}
	return storage.Turn{Key: key, Load: load, Apply: apply, Done: func(r storage.Result) { b.noticed(r.Change) }}
}

// begin makes a turn of what was loaded.
func (b *Bot) begin(l storage.Loaded, key string, said *reply) *turn {
	f := &frame{b: b, snap: b.snap.Now(), now: l.Now, key: key, with: brought{slots: l.Slots, member: l.Staff}, said: said}
	t := &turn{frame: f, identity: l.Identity, session: l.Session, numbers: numbers{l.NextCase, l.NextMark}}
	switch {
	case l.Case == nil:
	case l.Origin != nil:
		t.desk = &desk{frame: f, kase: l.Case, session: l.Origin, owner: l.Owner}
	default:
		t.desk = &desk{frame: f, kase: l.Case, session: l.Session, owner: l.Identity}
	}
	return t
}

// end is the change once everything is decided: what staff see follows from it, and when
// the case is to be looked at again.
func (t *turn) end() storage.Change {
	t.draw()
	newsOf{t}.tell()
	if k := t.out.Case; k != nil {
		nextLook(t.snap, k)
	}
	if s := t.out.Session; s != nil {
		fold.Settle(s, t.snap.Site(s.Site).Zone)
	}
	return t.out
}

// sessionTurn is a turn of our own about a session that exists. It reads whose session it is,
// so it may fail as reads do.
func (b *Bot) sessionTurn(ctx context.Context, s storage.Session, name string, f func(*turn) error) (storage.Turn, error) {
	id, err := b.store.Identity(ctx, s.Bucket, s.Identity)
	if err != nil {
		return storage.Turn{}, fmt.Errorf("read the identity of session %s: %w", s.ID, err)
	}
	load := storage.Load{Person: id.Person, Session: s.ID}
	return b.turnOf("", name, load, nil, func(t *turn) error {
		if t.session == nil {
			return nil
		}
		return f(t)
	}), nil
}

// perform commits one turn; performAll commits many. What the snapshot lacks is
// loaded and the turns run again.
func (b *Bot) perform(ctx context.Context, bucket storage.Bucket, t storage.Turn) error {
	return b.performAll(ctx, []outbox.Work{{Bucket: bucket, Turn: t}})[0]
}

func (b *Bot) performAll(ctx context.Context, ws []outbox.Work) []error {
	errs := b.out.Commit(ctx, ws...)
	for i, w := range ws {
		err := errs[i]
		for range maxLoads {
			lack, ok := errors.AsType[snapshot.Missing](err)
			if !ok {
				break
			}
			if err = lack.Load(ctx, b.snap); err == nil {
				err = b.out.Commit(ctx, w)[0]
			}
			errs[i] = err
		}
	}
	return errs
}

// maxLoads bounds how often one turn may ask for more configuration.
const maxLoads = 3

// configure finds the flow and the site of the session, and of the one that opened the
// case.
func (t *turn) configure() (err error) {
	if t.desk != nil {
		if err := t.desk.configure(); err != nil {
			return err
		}
	}
	if t.session != nil {
		t.flow, err = configured(t.snap, t.session)
	}
	return err
}

// kase is the case that the conversation belongs to; nil = none.
func (t *turn) kase() *storage.Case {
	if t.desk == nil {
		return nil
	}
	return t.desk.kase
}

// talk is the conversation as messages to the customer are made from it.
func (t *turn) talk() *render.Talk {
	var on chat.Platform
	switch {
	case t.session != nil:
		on = t.session.Address.Platform
	case t.identity != nil:
		on = t.identity.Person.Platform
	}
	return t.frame.talk(t.session, t.identity, t.flow, on)
}

// person is the voice of the program's own sentences to the customer.
func (t *turn) person() *voice.Voice { return t.talk().Person() }

// view is the session, with its case, as messages to staff are made from it.
func (t *turn) view() *render.CaseView {
	c := t.frame.view(t.session, t.identity, t.flow)
	c.Case = t.kase()
	return c
}

// rules are those that the case lives by, or would live by.
func (t *turn) rules() recovery.Rules {
	if t.desk != nil {
		return t.desk.rules()
	}
	return t.snap.Rules(t.session.Site)
}

// step puts an input to the session and turns what it does into changes.
func (t *turn) step(in survey.Input) error {
	_, err := t.put(in)
	return err
}

// put is step that also says whether the session did nothing with the input.
func (t *turn) put(in survey.Input) (refused bool, _ error) {
	if err := t.configure(); err != nil {
		return false, err
	}
	tr := survey.Step(t.flow.Flow, t.session.Session, in, t.now)
	was := t.session.Session
	t.session.Session = tr.Session
	if tr.Answer != nil {
		t.out.Answers = append(t.out.Answers, *tr.Answer)
		if old, ok := was.Answer(tr.Answer.Question); ok && old.Revision < tr.Answer.Revision {
			t.session.Earlier = append(slices.Clip(t.session.Earlier), old)
		}
	}
	now := &tr.Session
	changed := tr.Answer != nil ||
		now.Status != was.Status || now.Open != was.Open || now.Paused != was.Paused || now.Lang != was.Lang
	judged := false
	for _, e := range tr.Effects {
		if n, ok := e.(survey.Notice); ok && uneventful(n.Code) {
			refused = true
		} else if _, shown := e.(survey.Condense); !shown {
			changed = true
		}
		switch e := e.(type) {
		case survey.Judged:
			t.session.Judgement, judged = e.Judgement, true
		case survey.Close:
			t.session.Judgement, judged = e.Judgement, true
		}
	}
	if !changed && len(tr.Effects) == 0 {
		return refused, nil
	}
	if judged || tr.Answer != nil {
		t.decide(tr.Answer, judged)
	}
	for _, e := range tr.Effects {
		t.show(e, in)
	}
	if was.Paused && !now.Paused {
		t.putOff(false)
	}
	if now.Status == survey.Waiting && was.Status != survey.Waiting {
		service{t}.waits()
	}
	if changed {
		t.out.Session = t.session
		masking{in: t.frame, session: t.session, of: t.identity}.goesOn()
	}
	return refused, nil
}

// uneventful reports whether a notice says that nothing happened to the session.
func uneventful(c survey.NoticeCode) bool {
	switch c {
	case survey.NoticeUnchanged, survey.NoticeNotOpen, survey.NoticeEnded, survey.NoticeTooLate, survey.NoticeFirst:
		return true
	}
	return false
}

// meet makes sure that there is an identity for the person behind u and that it holds
// what the platform says of them now.
func (t *turn) meet(u *chat.Update, p storage.Person) {
	const stale = time.Hour
	id := t.identity
	if id == nil {
		id = &storage.Identity{ID: p.ID(), Bucket: t.b.bucketOf(p), Person: p, Address: u.From, Created: t.now}
	}
	was := *id
	if !was.Blocked.IsZero() {
		t.back = lostCases(id, t.kase())
	}
	id.Address = u.From
	if u.User.Name != "" {
		id.Name = u.User.Name
	}
	id.Username = u.User.Username
	if u.User.Language != "" {
		id.Spoken = u.User.Language
	}
	id.Blocked = time.Time{}
	if *id != was || t.now.Sub(id.Seen) > stale {
		id.Seen = t.now
		t.out.Identity = id
	}
	t.identity = id
}

// notice says a sentence: as the answer to a tap, else as a message of its own.
func (t *turn) notice(text string, alert bool) {
	if t.tapped {
		t.answer(text, alert)
		return
	}
	owner := ""
	switch {
	case t.session != nil:
		owner = t.session.ID
	case t.identity != nil:
		owner = t.identity.ID
	}
	v := t.person()
	t.want(storage.Want{Slot: t.noticeSlot(owner), Kind: storage.NoticeD, Render: chat.Message{Text: text, Lang: v.Lang}})
}
