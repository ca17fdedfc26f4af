package bot

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Errors of Visitor and ClaimLink, for which the web chat has a page each.
var (
	ErrUnknownLink   = errors.New("the link is not known")
	ErrLinkUsed      = errors.New("the link was used by somebody else")
	ErrLinkElsewhere = errors.New("the link was opened in another browser")
	ErrLinkExpired   = errors.New("the link has expired")
	ErrLinkOff       = errors.New("the service that the link asks about was cancelled")
	ErrLinkOver      = errors.New("the conversation behind the link ended long ago")
)

// LinkShows is how long a link of the web chat shows its conversation after that ended.
const LinkShows = 30 * 24 * time.Hour

// Visitor is who a web chat's link is for.
type Visitor struct {
	Address  chat.Address
	User     chat.User
	Language string // BCP 47, of the conversation
	Title    string // of the page
	About    string // what the conversation is about; "" = not known
	Zone     *time.Location
	// Closed is until when nobody answers what was said about a case, in words; "" = somebody may
	// now, or no case is open.
	Closed string
	// Pulse says that answers call nobody and are shown with those of others alone.
	Pulse bool
	// Fresh says that the link was opened in no browser yet: ClaimLink has to come before
	// anything that is said.
	Fresh bool
	// Unopened says that the conversation has not begun: Preview has what it begins with, and
	// what is said by the link comes after its start.
	Unopened bool
	// Asking says that this is the conversation of somebody who asks for a link of their own.
	Asking bool
}

// Visitor returns who the link with this token is for, to the browser that holds this secret
// ("" = none): ErrUnknownLink, ErrLinkUsed (on another platform), ErrLinkElsewhere (in another
// browser), ErrLinkExpired, ErrLinkOff, or ErrLinkOver if it leads nowhere.
func (b *Bot) Visitor(ctx context.Context, token, browser string) (Visitor, error) {
	bucket, id, ok := InvitationOf(b.key, token, b.store.Buckets())
	if !ok {
		return Visitor{}, ErrUnknownLink
	}
	inv, err := b.store.Invitation(ctx, bucket, id)
	if errors.Is(err, storage.ErrNotFound) {
		return Visitor{}, ErrUnknownLink
	}
	if err != nil {
		return Visitor{}, fmt.Errorf("read the invitation: %w", err)
	}
	l := &openedLink{b, inv}
	p := storage.Person{Platform: chat.Web, User: id}
	closed, mark := error(nil), b.key.browser(browser)
	switch {
	case inv.RedeemedBy != "" && inv.RedeemedBy != p.ID():
		closed = ErrLinkUsed
	case inv.Browser != "" && inv.Browser != mark:
		closed = ErrLinkElsewhere
	case inv.RedeemedBy == "" && !inv.CalledOff.IsZero():
		closed = ErrLinkOff
	case inv.RedeemedBy == "" && !inv.Expires.IsZero() && !b.now().Before(inv.Expires):
		closed = ErrLinkExpired
	}
	asks := closed != nil && inv.Asker == mark && browser != ""
	if asks {
		p = askerOf(&inv)
	}
	if closed == nil && inv.RedeemedBy != "" || asks {
		over, err := l.over(ctx, p)
		if err != nil {
			return Visitor{}, err
		}
		if over {
			closed, asks = ErrLinkOver, false
		}
	}
	switch {
	case asks:
		return l.asking(ctx, Visitor{})
	case closed != nil: // who asked is no secret to whoever has the link
		v, err := l.described(ctx, Visitor{Address: chat.Address{Platform: chat.Web, Chat: id}, User: chat.User{ID: id}})
		if err != nil {
			return Visitor{}, err
		}
		return Visitor{Language: v.Language, Title: v.Title}, closed
	}
	v := Visitor{
		Fresh:   inv.Browser == "" && inv.RedeemedBy == "",
		Address: chat.Address{Platform: chat.Web, Chat: id},
		User:    chat.User{ID: id, Name: inv.Attributes[voice.AttrFirstName], Language: inv.Language},
	}
	if v.User.Name == "" && inv.Customer != "" {
		c, err := b.store.Customer(ctx, inv.Customer)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return Visitor{}, fmt.Errorf("read the customer: %w", err)
		}
		v.User.Name = c.Name
	}
	return l.described(ctx, v)
}

// openedLink is a link of the web chat, by its invitation.
type openedLink struct {
	b   *Bot
	inv storage.Invitation
}

// described adds the language and the title of the page.
func (l *openedLink) described(ctx context.Context, v Visitor) (Visitor, error) {
	b, inv := l.b, l.inv
	k := snapshot.FlowKey{ID: inv.Flow, Version: inv.Version}
	f, err := b.snap.Now().Flow(k.ID, k.Version)
	if err != nil {
		if err := b.snap.LoadFlow(ctx, k); err != nil {
			return Visitor{}, err
		}
		if f, err = b.snap.Now().Flow(k.ID, k.Version); err != nil {
			return Visitor{}, err
		}
	}
	v.Language = voice.ChooseLanguage(f.Languages, voice.Languages, inv.Language)
	p := storage.Person{Platform: chat.Web, User: v.User.ID}
	v.Unopened = true
	if inv.RedeemedBy != "" {
		id, err := b.store.Identity(ctx, b.bucketOf(p), p.ID())
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return Visitor{}, fmt.Errorf("read the visitor: %w", err)
		}
		v.Unopened = id.Session == ""
		v.Language = voice.ChooseLanguage(f.Languages, voice.Languages, id.Language, inv.Language, id.Spoken)
		if id.Case != "" {
			v.Closed = l.closed(v.Language)
		}
	}
	v.Title = inv.Attributes[voice.AttrBusiness]
	if v.Title == "" {
		v.Title = b.snap.Now().Site(inv.Site).Name
	}
	v.Pulse = f.Class == survey.Pulse || f.Class == survey.Mystery // which call nobody
	v.About, v.Zone = l.about(v.Language), b.snap.Now().Site(inv.Site).Zone
	return v, nil
}

// unwritten is somebody who is known by their key alone: a visitor whose page nobody has.
func unwritten(id string) storage.Person { return storage.Person{Platform: chat.Web, User: id} }

// onPage is who speaks on the page of an invitation, and where.
func onPage(invitation string) (storage.Person, chat.Address) {
	return storage.Person{Platform: chat.Web, User: invitation}, chat.Address{Platform: chat.Web, Chat: invitation}
}

// ClaimLink makes a link that of the browser that holds this secret, unless it is another's
// (ErrLinkElsewhere). It comes before the first thing that is said by a link: reading it, as
// programs do that draw a preview, claims nothing. It may be repeated.
func (b *Bot) ClaimLink(ctx context.Context, token, browser string) error {
	bucket, id, ok := InvitationOf(b.key, token, b.store.Buckets())
	if !ok {
		return ErrUnknownLink
	}
	mark := b.key.browser(browser)
	err := b.perform(ctx, bucket, storage.Turn{
		Load: storage.Load{Invitation: id},
		Apply: func(l storage.Loaded) (storage.Change, error) {
			switch inv := l.Invitation; {
			case inv == nil:
				return storage.Change{}, ErrUnknownLink
			case inv.Browser == "" && inv.RedeemedBy == "":
				inv.Browser = mark
				return storage.Change{Invitation: inv}, nil
			case inv.Browser != "" && inv.Browser != mark:
				return storage.Change{}, ErrLinkElsewhere
			}
			return storage.Change{}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("claim a link: %w", err)
	}
	return nil
}

// browser is how the database knows a browser: by a keyed hash of its secret.
func (k secret) browser(held string) string {
	return hex.EncodeToString(k.sum("browser\x00" + held))[:32]
}

// recentSessions is how many surveys of a link's person are looked at for the end of their
// conversation.
const recentSessions = 5

// over reports whether the link's conversation, with this person, ended longer ago than the
// link shows it. What was out before links ended at all is counted from then.
func (l *openedLink) over(ctx context.Context, p storage.Person) (bool, error) {
	store, bucket, now := l.b.store, l.b.bucketOf(p), l.b.now()
	id, err := store.Identity(ctx, bucket, p.ID())
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the visitor: %w", err)
	}
	if id.Session == "" || now.Sub(id.Seen) <= LinkShows {
		return false, nil // the usual one costs no more than this
	}
	sessions, err := store.SessionsOf(ctx, bucket, id.ID, recentSessions)
	if err != nil {
		return false, fmt.Errorf("read the surveys of a link: %w", err)
	}
	end := id.Seen
	later := func(t time.Time) {
		if t.After(end) {
			end = t
		}
	}
	for i := range sessions {
		s := &sessions[i]
		if render.Live(s) {
			return false, nil
		}
		later(s.Ended)
		if s.Case == "" {
			continue
		}
		active := false
		read := storage.Turn{Load: storage.Load{Case: s.Case}, Apply: func(l storage.Loaded) (storage.Change, error) {
			if active = l.Case != nil && l.Case.State.Active(); l.Case != nil {
				later(l.Case.Updated)
			}
			return storage.Change{}, nil
		}}
		if err := store.Advance(ctx, bucket, []storage.Turn{read})[0]; err != nil {
			return false, fmt.Errorf("read the case of a link: %w", err)
		}
		if active {
			return false, nil
		}
	}
	if now.Sub(end) <= LinkShows {
		return false, nil
	}
	began, err := store.Moment(ctx, storage.LinksEnd)
	if err != nil {
		return false, fmt.Errorf("read since when links end: %w", err)
	}
	return now.Sub(began) > LinkShows, nil
}
