package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Doing is something that a member of staff does to a case, wherever they do it.
type Doing struct {
	Bucket storage.Bucket // of the case
	Case   string         // its id
	Act    recovery.Act   // one of those that staff do by themselves
	By     string         // id of a member of staff; what they may do is read in the transaction
	// Language is that of the one who acts: words for them are in it. "" = the site's.
	Language string
	// Key names the doing, so that the same one put twice is done once. "" = each is another.
	Key string
}

// Refused is why nothing was done, for programs and, in Text, for the one who acted.
type Refused struct {
	*recovery.Refusal
	Text string // in the language of the Doing
}

// Unwrap makes the recovery.Refusal known to errors.As.
func (r *Refused) Unwrap() error { return r.Refusal }

// Act does something to a case and returns the case as it is afterwards; its cards in all
// chats, and the customer, see what follows, as if a button of a card had been pressed.
// Contact in the chat brings the words to the customer. The error is a *Refused, with the
// case as it stands; storage.ErrNotFound if there is no such case; or
// storage.ErrUnavailable. What somebody tried who may not act is written down in the
// case's history.
func (b *Bot) Act(ctx context.Context, what Doing) (storage.Case, error) {
	if what.Act == nil {
		return storage.Case{}, errors.New("act on a case: there is no act")
	}
	key := "act:" + what.Key
	if what.Key == "" {
		key = "act:" + uuid.Must(uuid.NewV7()).String()
	}
	var after *storage.Case
	var refused *Refused
	work := func(name string, f func(*desk) error) storage.Turn {
		return b.turnOf(name, key, storage.Load{Case: what.Case, Member: what.By}, nil, func(t *turn) error {
			after, refused = nil, nil
			if t.desk == nil || !t.desk.known() {
				return storage.ErrNotFound
			}
			if err := t.configure(); err != nil {
				return err
			}
			after = t.desk.kase
			return f(t.desk)
		})
	}
	err := b.perform(ctx, what.Bucket, work(key, func(d *desk) (err error) {
		refused, err = d.do(what, key)
		return err
	}))
	if errors.Is(err, storage.ErrSeen) {
		err = b.perform(ctx, what.Bucket, work("", func(*desk) error { return nil })) // how it stands now
	}
	if err != nil {
		return storage.Case{}, fmt.Errorf("act on a case: %w", err)
	}
	if refused != nil {
		return *after, refused
	}
	return *after, nil
}

// do puts the act to the case. The cards are drawn anew even where nothing happened.
func (d *desk) do(what Doing, key string) (*Refused, error) {
	c, by := d.view(), d.actor(d.kase.Site)
	refuse := func(r *recovery.Refusal) *Refused {
		return &Refused{Refusal: r, Text: c.Refusal(c.StaffVoiceIn(what.Language), r)}
	}
	if !by.Can(access.TakeCase) {
		d.jot(eventAttempted, what.By, string(what.Act.Kind()), "")
		code := recovery.NotStaff
		if by.Role == access.Viewer {
			code = recovery.MayNotAct
		}
		return refuse(&recovery.Refusal{Code: code, Act: what.Act.Kind(), State: d.kase.State}), nil
	}
	d.redraw = true
	s := said{key: key}
	if contact, ok := what.Act.(recovery.Contact); ok {
		s.text = contact.Text
	}
	refusal, err := d.act(what.Act, by, s)
	if refusal == nil {
		return nil, err
	}
	return refuse(refusal), err
}
