package bot

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// Links is what else can be done with a link of the web chat: it is looked at before anything
// is said, its conversation moves to another browser by a code, and whoever stands before one
// that is somebody else's asks the team for a link of their own.
type Links struct{ bot *Bot }

// LinksOf returns what can be done with the links of b.
func LinksOf(b *Bot) Links { return Links{b} }

const (
	// MoveCodeLife is how long a code moves a conversation.
	MoveCodeLife = 10 * time.Minute
	// moveTries is how many wrong codes may be sent before the right one moves nothing either.
	moveTries = 5
	// moveDigits is how long a code is.
	moveDigits = 6
)

// Errors of Move, for which the web chat has words.
var (
	ErrWrongCode = errors.New("that is not the code")
	ErrNoCode    = errors.New("no code is open for the link")
)

// Preview is what a link's conversation begins with: who asks, and the first question. It is
// not stored and nobody has the link by it. nil = the conversation has begun.
func (l Links) Preview(ctx context.Context, token string) ([]storage.Want, error) {
	b := l.bot
	inv, err := l.invitation(ctx, token)
	if err != nil {
		return nil, err
	}
	p := storage.Person{Platform: chat.Web, User: inv.ID}
	inv.RedeemedBy, inv.Session = p.ID(), b.key.sessionOf(inv.ID, inv.Created)
	now := b.now().UTC().Truncate(time.Microsecond)
	u := &chat.Update{
		Key: "preview", Kind: chat.Command, Command: "start", Private: true, At: now,
		From: chat.Address{Platform: chat.Web, Chat: inv.ID}, User: chat.User{ID: inv.ID, Language: inv.Language},
	}
	j := &job{b: b, update: u, person: p, bucket: b.bucketOf(p)}
	w, err := j.openWork(ctx, inv)
	if err != nil {
		return nil, err
	}
	var c storage.Change
	for range maxLoads + 1 {
		c, err = w.Turn.Apply(storage.Loaded{Now: now, NextCase: 1, NextMark: 1})
		lack, ok := errors.AsType[snapshot.Missing](err)
		if !ok {
			break
		}
		if err := lack.Load(ctx, b.snap); err != nil {
			return nil, fmt.Errorf("look at a link: %w", err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look at a link: %w", err)
	}
	var shown []storage.Want
	for _, op := range c.Slots {
		if op.Want != nil && op.Want.Address == u.From {
			shown = append(shown, *op.Want)
		}
	}
	return shown, nil
}

// invitation is the one that a token opens, or ErrUnknownLink.
func (l Links) invitation(ctx context.Context, token string) (storage.Invitation, error) {
	bucket, id, ok := InvitationOf(l.bot.key, token, l.bot.store.Buckets())
	if !ok {
		return storage.Invitation{}, ErrUnknownLink
	}
	inv, err := l.bot.store.Invitation(ctx, bucket, id)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.Invitation{}, ErrUnknownLink
	}
	if err != nil {
		return storage.Invitation{}, fmt.Errorf("read the invitation: %w", err)
	}
	return inv, nil
}

// change changes a link's invitation, of which f sees what is stored; f returns whether it
// changed anything.
func (l Links) change(ctx context.Context, token string, f func(*storage.Invitation, time.Time) (bool, error)) error {
	bucket, id, ok := InvitationOf(l.bot.key, token, l.bot.store.Buckets())
	if !ok {
		return ErrUnknownLink
	}
	return l.bot.perform(ctx, bucket, storage.Turn{
		Load: storage.Load{Invitation: id},
		Apply: func(loaded storage.Loaded) (storage.Change, error) {
			if loaded.Invitation == nil {
				return storage.Change{}, ErrUnknownLink
			}
			changed, err := f(loaded.Invitation, loaded.Now)
			if err != nil || !changed {
				return storage.Change{}, err
			}
			return storage.Change{Invitation: loaded.Invitation}, nil
		},
	})
}

// Code makes the code by which another browser takes over the conversation that this one
// holds, instead of any made before. It is shown once and not stored.
func (l Links) Code(ctx context.Context, token, browser string) (code string, life time.Duration, err error) {
	b := l.bot
	code = digits(moveDigits, b.random)
	err = l.change(ctx, token, func(inv *storage.Invitation, now time.Time) (bool, error) {
		if inv.Browser == "" || inv.Browser != b.key.browser(browser) {
			return false, ErrLinkElsewhere
		}
		inv.Move = &storage.Move{Code: b.key.code("move "+inv.ID, code), Until: now.Add(MoveCodeLife)}
		return true, nil
	})
	if err != nil {
		return "", 0, fmt.Errorf("make a code for another browser: %w", err)
	}
	return code, MoveCodeLife, nil
}

// digits is a random number of n digits.
func digits(n int, random func([]byte)) string {
	most := uint64(1)
	for range n {
		most *= 10
	}
	for {
		var raw [8]byte
		random(raw[:])
		// What is left over above the last whole multiple would make some codes likelier.
		if v := binary.BigEndian.Uint64(raw[:]); v < ^uint64(0)-^uint64(0)%most {
			return fmt.Sprintf("%0*d", n, v%most)
		}
	}
}

// Move gives a conversation to the browser that names its code: ErrNoCode when none is open,
// or too many were wrong, ErrWrongCode. From then on it is shown there and nowhere else.
func (l Links) Move(ctx context.Context, token, browser, code string) error {
	b := l.bot
	var refused error
	err := l.change(ctx, token, func(inv *storage.Invitation, now time.Time) (bool, error) {
		refused = nil
		mark, m := b.key.browser(browser), inv.Move
		switch {
		case browser == "":
			refused = ErrLinkElsewhere
			return false, nil
		case inv.Browser == mark: // the answer to the first was lost
			return false, nil
		case m == nil || m.Wrong >= moveTries || !now.Before(m.Until):
			refused = ErrNoCode
			return false, nil
		case !hmac.Equal([]byte(m.Code), []byte(b.key.code("move "+inv.ID, code))):
			m.Wrong++
			if refused = ErrWrongCode; m.Wrong >= moveTries {
				refused = ErrNoCode
			}
			return true, nil
		}
		inv.Browser, inv.Move = mark, nil
		if inv.Asker == mark {
			inv.Asker = ""
		}
		return true, nil
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("move a conversation: %w", err)
	}
	return nil
}

// askerSuffix makes the chat of somebody who stands before a link that is another's.
const askerSuffix = "-ask"

// askerOf is who asks for a link of their own at one: somebody of whom nothing is known.
func askerOf(inv *storage.Invitation) storage.Person {
	return storage.Person{Platform: chat.Web, User: inv.ID + askerSuffix}
}

// asksForLink reports whether somebody is one who asked for a link of their own.
func asksForLink(p storage.Person) bool {
	return p.Platform == chat.Web && strings.HasSuffix(p.User, askerSuffix)
}

// Ask brings to staff, as an entry of their watch list, that somebody before a link that is
// another browser's asks for one of their own, with their words. The browser has a
// conversation with the team at the same address from then on: where it is shown nothing of
// the first. ErrLinkUsed = somebody asked there already.
func (l Links) Ask(ctx context.Context, token, browser, words, nonce string) error {
	b := l.bot
	inv, err := l.invitation(ctx, token)
	if err != nil {
		return err
	}
	mark := b.key.browser(browser)
	err = l.change(ctx, token, func(inv *storage.Invitation, _ time.Time) (bool, error) {
		switch {
		case browser == "" || inv.Browser == mark:
			return false, ErrLinkElsewhere
		case inv.Asker == mark:
			return false, nil
		case inv.Asker != "":
			return false, ErrLinkUsed
		}
		inv.Asker = mark
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("ask for a link: %w", err)
	}
	p := askerOf(&inv)
	u := &chat.Update{
		Key: "web:" + p.User + ":" + nonce, Kind: chat.Text, Text: strings.TrimSpace(words), Private: true, At: b.now().UTC(),
		From: chat.Address{Platform: chat.Web, Chat: p.User}, User: chat.User{ID: p.User, Language: inv.Language},
	}
	clean(u)
	j := &job{b: b, update: u, person: p, bucket: b.bucketOf(p), door: "a link is asked for"}
	if err := j.wishWork(ctx, wish{kind: storage.Enquiry, words: u.Text, link: &inv}, false); err != nil {
		return err
	}
	for open := []*job{j}; len(open) > 0; {
		if open, err = b.round(ctx, open); err != nil {
			return fmt.Errorf("ask for a link: %w", err)
		}
	}
	return nil
}

// asking is the conversation with the team of the browser that asked for a link.
func (l *openedLink) asking(ctx context.Context, v Visitor) (Visitor, error) {
	p := askerOf(&l.inv)
	v.Address = chat.Address{Platform: chat.Web, Chat: p.User}
	v.User = chat.User{ID: p.User, Language: l.inv.Language}
	v, err := l.described(ctx, v)
	v.About, v.Asking, v.Unopened = "", true, false
	return v, err
}

// about is what the conversation is about, as the head of the page says it: the service, and
// the day.
func (l *openedLink) about(lang string) string {
	v := (&voice.Voice{
		Words: l.b.texts.Of(lang), Lang: lang, Site: l.b.snap.Now().Site(l.inv.Site),
		Session: &storage.Session{Service: l.inv.Attributes[voice.AttrService]},
	})
	v.Session.Attributes = l.inv.Attributes
	service, _ := v.Known(voice.AttrService)
	day, _ := v.Known(voice.AttrDate)
	if t, err := time.Parse(time.DateOnly, l.inv.Attributes[voice.AttrDate]); err == nil && t.Year() == l.b.now().Year() {
		day = v.WeekdayOfYear(t)
	}
	if first, size := utf8.DecodeRuneInString(service); size > 0 {
		service = string(unicode.ToTitle(first)) + service[size:]
	}
	return voice.Join(" · ", service, day)
}

// closed is until when the site is, in words; "" = it is open.
func (l *openedLink) closed(lang string) string {
	now, snap := l.b.now(), l.b.snap.Now()
	hours := snap.Rules(l.inv.Site).Hours
	if hours.Open(now) {
		return ""
	}
	v := &voice.Voice{Words: l.b.texts.Of(lang), Lang: lang, Site: snap.Site(l.inv.Site), Now: now}
	return v.Soon(hours.Next(now))
}

// StaffCodeLink is where a code of StaffCode is sent by one tap, in Telegram; "" without a bot
// there.
func (l Links) StaffCodeLink(code string) string {
	if a, ok := l.bot.snap.Now().Account(chat.Telegram); ok && a.Name != "" {
		return "https://t.me/" + a.Name + "?start=" + codeStart + code
	}
	return ""
}
