package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// A survey may have to wait for a service: with the questions that come after it, or, where a
// person is asked by name, with all of them. It goes on by the flow's delay after the service
// is over, which the invitation says beforehand, or somebody says once it is so (Served).

// service is the service that a session of a turn may wait for.
type service struct{ turn *turn }

// asksAt is when a survey goes on after the service of a session; false where nobody knows.
func asksAt(f *snapshot.Flow, attributes map[string]string) (time.Time, bool) {
	ends, err := time.Parse(time.RFC3339, attributes[voice.AttrEnds])
	if err != nil {
		return time.Time{}, false
	}
	return ends.Add(f.Delay).UTC().Truncate(time.Microsecond), true
}

// waits notes when a session goes on that has just begun to wait for its service.
func (w service) waits() {
	t := w.turn
	if at, ok := asksAt(t.flow, t.session.Attributes); ok {
		t.session.Expires = later(at, t.now)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lapse does what a session waited for whose time has come: it goes on after the service, or
// begins, or is over.
func (w service) lapse() error {
	t := w.turn
	if err := t.configure(); err != nil {
		return err
	}
	s := t.session
	at, known := asksAt(t.flow, s.Attributes)
	due := known && !t.now.Before(at) && !t.now.Before(s.Expires)
	reached := t.identity != nil && t.identity.Stopped.IsZero() && t.identity.Blocked.IsZero()
	switch {
	case !due || !reached || unopened(t.snap, s):
	case s.Status == survey.New:
		return t.greet()
	case s.Status == survey.Waiting:
		return w.goOn()
	}
	return t.step(survey.Expire{})
}

// goOn asks what comes after the service.
func (w service) goOn() error {
	t := w.turn
	v := t.person()
	t.want(storage.Want{
		Slot: named(t.session.ID, "after"), Kind: storage.NoticeD, Render: chat.Message{Text: v.Tell("intro_after"), Lang: v.Lang},
	})
	return t.step(survey.Resume{})
}

// Served says that the service of an invitation is over.
type Served struct {
	Token string    // of the invitation: what its links end with
	At    time.Time // when it was over
}

// What became of it.
const (
	ServedAsked   = "asked"   // the customer is asked now
	ServedLater   = "later"   // they are asked when the flow's delay is over
	ServedNoted   = "noted"   // they have not begun, or not answered what comes before the service
	ServedNothing = "nothing" // the survey waits for nothing: it goes on by itself, or has ended
)

// Tell tells b, and returns what becomes of it and when the customer is asked. Telling it again
// changes nothing once they were asked.
func (s Served) Tell(ctx context.Context, b *Bot) (what string, at time.Time, _ error) {
	bucket, id, ok := InvitationOf(b.key, s.Token, b.store.Buckets())
	if !ok {
		return "", time.Time{}, ErrUnknownLink
	}
	ends := s.At.UTC().Truncate(time.Second).Format(time.RFC3339)
	var inv storage.Invitation
	note := storage.Turn{Load: storage.Load{Invitation: id}, Apply: func(l storage.Loaded) (storage.Change, error) {
		if l.Invitation == nil {
			return storage.Change{}, ErrUnknownLink
		}
		inv = *l.Invitation
		if inv.Attributes[voice.AttrEnds] == ends {
			return storage.Change{}, nil
		}
		inv.Attributes = with(inv.Attributes, voice.AttrEnds, ends)
		noted := inv
		return storage.Change{Invitation: &noted}, nil
	}}
	if err := b.perform(ctx, bucket, note); err != nil {
		return "", time.Time{}, fmt.Errorf("note that a service is over: %w", err)
	}
	if inv.RedeemedBy == "" {
		return ServedNoted, time.Time{}, nil
	}
	for of := range storage.Bucket(b.store.Buckets()) {
		session, err := b.store.Session(ctx, of, inv.Session)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", time.Time{}, fmt.Errorf("read the survey of an invitation: %w", err)
		}
		turn, err := b.sessionTurn(ctx, session, "served", func(t *turn) error {
			what, at, err = service{t}.served(ends)
			return err
		})
		if err != nil {
			return "", time.Time{}, err
		}
		return what, at, b.perform(ctx, of, turn)
	}
	return ServedNoted, time.Time{}, nil // it is about to begin
}

// served notes when the service of the session was over, and goes on if it waited for that.
func (w service) served(ends string) (what string, at time.Time, _ error) {
	t := w.turn
	if err := t.configure(); err != nil {
		return "", time.Time{}, err
	}
	s := t.session
	before := s.Status == survey.Active && s.Open != survey.NoQuestion && t.flow.Questions[s.Open].Phase == survey.Pre
	if s.Status != survey.Waiting && s.Status != survey.New && !before {
		return ServedNothing, time.Time{}, nil
	}
	s.Attributes = with(s.Attributes, voice.AttrEnds, ends)
	t.out.Session = s
	at, _ = asksAt(t.flow, s.Attributes)
	switch {
	case before:
		return ServedNoted, at, nil
	case at.After(t.now):
		s.Expires = at
		return ServedLater, at, nil
	}
	s.Expires = t.now
	return ServedAsked, at, w.lapse()
}

// with is a copy of attributes with one more.
func with(attributes map[string]string, name, value string) map[string]string {
	all := make(map[string]string, len(attributes)+1)
	for k, v := range attributes {
		all[k] = v
	}
	all[name] = value
	return all
}
