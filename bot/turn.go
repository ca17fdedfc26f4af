package bot

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// turn is the work of one Apply: what was loaded, and the change so far. Everything
// that happens to a session goes through step, whoever causes it.
type turn struct {
	b         *Bot
	snap      *Snapshot
	now       time.Time
	key       string // of the update, or a name for work of our own: makes slots of notices unique
	identity  *storage.Identity
	session   *storage.Session
	flow      *Flow // of session; set by configure
	kase      *storage.Case
	origin    *origin // of kase, where session is another or none
	nextCase  int
	slots     map[string]storage.Delivery // those that were asked for
	message   chat.Ref                    // that the update reports
	stand     chat.Address                // the chat in which staff can read the words of this turn
	belongs   string                      // the case that words belong to, where it was not loaded
	answers   bool                        // the words may be an answer: files with them go where they go
	out       storage.Change
	said      *reply
	platform  chat.Platform // of a stranger
	tapped    bool          // notices are answers to the update instead of messages
	refused   bool          // the session did nothing with an input
	aside     bool          // words came that answer nothing
	notices   int
	told      int              // events of out that the timelines have
	passed    int              // words of out that staff were shown
	news      []recovery.Event // of the case, that nobody was told of yet
	telling   bool             // the case gets its own card now, whatever it waits for
	complaint bool             // the words are a complaint, whatever they begin with
	back      []string         // cases of somebody who could not be written to until now
}

// origin is the session that opened a case.
type origin struct {
	session  *storage.Session
	identity *storage.Identity // whose it is
	flow     *Flow             // set by configure
}

// reply is what the one who caused an update sees at once.
type reply struct {
	text  string
	alert bool
	rows  [][]chat.Button
	field string // of a form that stays open (chat.Answer)
}

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
		t := &turn{
			b: b, snap: b.snap.Load(), now: l.Now, key: name,
			identity: l.Identity, session: l.Session, kase: l.Case, nextCase: l.NextCase, slots: l.Slots, said: said,
		}
		if l.Origin != nil {
			t.origin = &origin{session: l.Origin, identity: l.Owner}
		}
		if err := f(t); err != nil {
			return storage.Change{}, err
		}
		if len(t.back) > 0 {
			return storage.Change{}, &cameBack{t.back}
		}
		t.schedule()
		return t.out, nil
	}
	return storage.Turn{Key: key, Load: load, Apply: apply, Done: func(r storage.Result) { b.noticed(r.Change) }}
}

// stepTurn is the turn that puts an input of our own (a time that has come) to a
// session. It is idempotent. It reads whose session it is, so it may fail as reads do.
func (b *Bot) stepTurn(ctx context.Context, s storage.Session, in survey.Input) (storage.Turn, error) {
	id, err := b.store.Identity(ctx, s.Bucket, s.Identity)
	if err != nil {
		return storage.Turn{}, fmt.Errorf("read the identity of session %s: %w", s.ID, err)
	}
	name := fmt.Sprintf("%T", in)
	load := storage.Load{Person: id.Person, Session: s.ID}
	return b.turnOf("", name, load, nil, func(t *turn) error {
		if t.session == nil {
			return nil
		}
		return t.step(in)
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
			lack, ok := errors.AsType[Missing](err)
			if !ok {
				break
			}
			if err = lack.Load(ctx, b); err == nil {
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
	if t.origin != nil {
		if t.origin.flow, err = t.configured(t.origin.session); err != nil {
			return err
		}
	}
	if t.session != nil {
		t.flow, err = t.configured(t.session)
	}
	return err
}

func (t *turn) configured(s *storage.Session) (*Flow, error) {
	f, err := t.snap.Flow(s.Flow, s.Version)
	if err != nil {
		return nil, err
	}
	if _, ok := t.snap.Sites[s.Site]; !ok && s.Site != "" {
		return nil, &MissingSite{s.Site}
	}
	return f, nil
}

// ofCase is the turn as the case sees it: about the session that opened it. It is for
// reading only.
func (t *turn) ofCase() *turn {
	if t.origin == nil {
		return t
	}
	c := *t
	c.session, c.identity, c.flow = t.origin.session, t.origin.identity, t.origin.flow
	return &c
}

// step puts an input to the session and turns what it does into changes.
func (t *turn) step(in survey.Input) error {
	if err := t.configure(); err != nil {
		return err
	}
	tr := survey.Step(t.flow.Flow, t.session.Session, in, t.now)
	was := t.session.Session
	t.session.Session = tr.Session
	if tr.Answer != nil {
		t.out.Answers = append(t.out.Answers, *tr.Answer)
	}
	now := &tr.Session
	changed := tr.Answer != nil ||
		now.Status != was.Status || now.Open != was.Open || now.Paused != was.Paused || now.Lang != was.Lang
	judged := false
	for _, e := range tr.Effects {
		if n, ok := e.(survey.Notice); ok && uneventful(n.Code) {
			t.refused = true
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
		return nil
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
	if changed {
		t.out.Session = t.session
		t.showCard()
	}
	return nil
}

// uneventful reports whether a notice says that nothing happened to the session.
func uneventful(c survey.NoticeCode) bool {
	switch c {
	case survey.NoticeUnchanged, survey.NoticeNotOpen, survey.NoticeEnded, survey.NoticeTooLate, survey.NoticeFirst:
		return true
	}
	return false
}

// live reports whether there is a session that still takes answers: one that has not
// ended, or that opened another question because an answer was changed afterwards.
func (t *turn) live() bool {
	s := t.session
	return s != nil && s.Status != survey.New && (!s.Status.Final() || s.Open != survey.NoQuestion)
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
		t.back = t.lostCases()
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

// answer is what the one who caused the update sees at once.
func (t *turn) answer(text string, alert bool) { *t.said = reply{text: text, alert: alert} }

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
	slot := "n:" + owner + ":" + t.key
	if t.notices > 0 {
		slot += ":" + strconv.Itoa(t.notices)
	}
	t.notices++
	v := t.person()
	t.want(storage.Want{Slot: slot, Kind: storage.NoticeD, Render: chat.Message{Text: text, Lang: v.Lang}})
}

// derive makes an id that follows from what it belongs to, so that work which is
// repeated finds what it did before.
func (b *Bot) derive(what, of string) string { return b.derived(what, of).String() }

// sessionOf derives the id of the session that an invitation opens. It begins with the
// time of the invitation, laid out as in a UUID of version 7 (RFC 9562): sessions of one
// day, with their answers and messages, lie side by side in tables and indexes, so that
// what a batch writes lies on few pages, however much is stored.
func (b *Bot) sessionOf(invitation string, created time.Time) string {
	id := b.derived("session", invitation)
	ms := uint64(created.UnixMilli())
	binary.BigEndian.PutUint32(id[:4], uint32(ms>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(ms))
	return id.String()
}

func (b *Bot) derived(what, of string) uuid.UUID {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte(what + "\x00" + of))
	id := uuid.UUID(mac.Sum(nil)[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// rules are those that the turn's case lives by, or would live by.
func (t *turn) rules() recovery.Rules {
	switch {
	case t.kase != nil:
		return t.snap.Rules(t.kase.Site)
	case t.session != nil:
		return t.snap.Rules(t.session.Site)
	}
	return t.snap.Rules("")
}

// schedule notes when the changed case is to be looked at again, by the rules as they are
// now.
func (t *turn) schedule() {
	k := t.out.Case
	if k == nil {
		return
	}
	k.Rules, k.Next = t.snap.Policy.Version, time.Time{}
	if timer, ok := recovery.NextClock(t.snap.Rules(k.Site), k.Case); ok {
		k.Next = t.strikes(timer)
	}
}
