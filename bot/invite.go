package bot

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// DefaultInviteExpires is how long a link can be redeemed if nobody says otherwise.
const DefaultInviteExpires = 14 * 24 * time.Hour

// InviteRequest says whom to ask about what.
type InviteRequest struct {
	Flow     string            // id of a published flow or of a shipped template
	Site     string            // id of a site; "" = none
	Customer string            // the admin's own key of the customer; "" = unknown
	Channel  string            // telegram, web, slack; "" = any
	Language string            // BCP 47; "" = the platform's
	Event    map[string]string // attributes of the service that took place
	Expires  time.Duration     // until when the link can be redeemed; 0 = DefaultInviteExpires
	Test     bool              // answers are never counted
	Ends     time.Time         // when the service is over; zero = it is, or somebody will say (Served)
	Case     string            // id of the case that a follow-up is about; "" = none
	Lost     bool              // they are asked because they stay away

	// To is the person who is asked at once, without a link; zero = whoever opens the link.
	// Address is where they are written to: a chat, never a person's id. Name and Spoken
	// are what the platform says of somebody who never wrote.
	To           storage.Person
	Address      chat.Address
	Name, Spoken string

	token     string    // of the link; "" = a new one
	made      time.Time // zero = now
	languages []string  // BCP 47, the best first: where Language is not given, that of these which there is; nil = the platform's
}

// Invite is a made invitation. The token is shown once and not stored.
type Invite struct {
	Token        string
	ID           string
	Flow         string
	Version      int
	TelegramLink string // "" = no Telegram account is known, or another channel was asked for
	WebLink      string // "" = the public address is not known, or another channel was asked for
	Expires      time.Time
	Session      string // of the person who was invited by name; "" = a link
	// Asked is when the person is asked who was invited by name, if that is after the service;
	// zero = at once.
	Asked time.Time

	fresh bool // nobody had this token before
}

// Invite stores an offer of a survey and returns the links that lead to it. It works
// offline: the names of the accounts are kept in the database. A person who is named is
// asked at once instead, or not at all: ErrStopped, ErrBlocked. Who was forgotten is not
// invited either: a *NotInvitedError.
func (b *Bot) Invite(ctx context.Context, r InviteRequest) (Invite, error) {
	if r.Flow == "" {
		return Invite{}, errors.New("say which flow to invite to")
	}
	f, err := b.newestFlow(ctx, r.Flow)
	if errors.Is(err, storage.ErrNotFound) {
		return Invite{}, fmt.Errorf("there is no flow or template %q: %w", r.Flow, err)
	}
	if err != nil {
		return Invite{}, err
	}
	if !r.Test {
		if err := asked(ctx, b.store, f.ID); err != nil {
			return Invite{}, err
		}
	}
	if r.Site != "" {
		if err := b.knownSite(ctx, r.Site); err != nil {
			return Invite{}, err
		}
	}
	if err := mayInvite(ctx, b, r); err != nil {
		return Invite{}, err
	}
	event := make(map[string]string, len(r.Event))
	for k, v := range r.Event {
		event[storage.Clean(k)] = storage.Clean(v)
	}
	if !r.Ends.IsZero() {
		event[voice.AttrEnds] = r.Ends.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	if ends := event[voice.AttrEnds]; ends != "" {
		if _, err := time.Parse(time.RFC3339, ends); err != nil {
			return Invite{}, fmt.Errorf("%s is a time such as 2026-05-31T18:00:00+02:00, not %q", voice.AttrEnds, ends)
		}
	}
	facts := recovery.Facts{
		Class: f.Class, Tier: tier(event[voice.AttrTier]),
		Late: isTrue(event[voice.AttrLate]), StandardBroken: isTrue(event[voice.AttrStandard]), Lost: r.Lost,
	}
	if r.Customer != "" {
		c, err := b.customer(ctx, r.Customer, event)
		if err != nil {
			return Invite{}, err
		}
		byHand := r.made.IsZero() // an offer has its class from the service, and that one may be older than what is known
		if facts.Tier == "" || !byHand && c.Tier != "" {
			facts.Tier = c.Tier
		}
		if byHand && facts.Tier != c.Tier {
			told := storage.TierChange{Customer: c.ID, At: b.now().UTC(), Tier: facts.Tier, Told: storage.TierByInvitation}
			if _, err := b.store.SetTier(ctx, told); err != nil {
				return Invite{}, fmt.Errorf("remember the class of the customer: %w", err)
			}
		}
	}
	if r.Expires <= 0 {
		r.Expires = DefaultInviteExpires
	}
	token := r.token
	if token == "" {
		token = tokenFor(r.To, b.random)
	}
	bucket, id, _ := InvitationOf(b.key, token, b.store.Buckets())
	if r.Language == "" && len(r.languages) > 0 {
		r.Language = voice.ChooseLanguage(f.Languages, voice.Languages, r.languages...)
	}
	now := r.made
	if now.IsZero() {
		now = b.now().UTC().Truncate(time.Microsecond)
	}
	inv := storage.Invitation{
		ID: id, Bucket: bucket, Flow: f.ID, Version: f.Version, Site: r.Site, Customer: r.Customer, Case: r.Case,
		Channel: r.Channel, Language: r.Language, Attributes: event, Facts: facts,
		Created: now, Expires: now.Add(r.Expires), Test: r.Test,
	}
	made := Invite{Token: token, ID: id, Flow: f.ID, Version: f.Version, Expires: inv.Expires}
	if !r.To.IsZero() {
		if err := b.reach(ctx, r, inv); err != nil {
			return Invite{}, fmt.Errorf("invite a person: %w", err)
		}
		made.Session = b.key.sessionOf(id, inv.Created)
		if at, ok := asksAt(f, inv.Attributes); ok && at.After(now) && !f.Before() {
			made.Asked = at
		}
		return made, nil
	}
	err = b.perform(ctx, bucket, storage.Turn{
		Load: storage.Load{Invitation: id},
		Apply: func(l storage.Loaded) (storage.Change, error) {
			if made.fresh = l.Invitation == nil; !made.fresh {
				return storage.Change{}, nil
			}
			n := inv
			n.Attributes = maps.Clone(inv.Attributes)
			return storage.Change{Invitation: &n}, nil
		},
	})
	if err != nil {
		return Invite{}, fmt.Errorf("store the invitation: %w", err)
	}
	asked := func(p chat.Platform) bool { return r.Channel == "" || r.Channel == string(p) }
	web, telegram := linksTo(b.snap.Now(), LinksOf(b).PublicURL(), token)
	if asked(chat.Telegram) {
		made.TelegramLink = telegram
	}
	if asked(chat.Web) {
		made.WebLink = web
	}
	return made, nil
}

// linksTo are the addresses that lead to a token, where there are any.
func linksTo(snap *snapshot.Snapshot, public, token string) (web, telegram string) {
	if a, ok := snap.Account(chat.Telegram); ok && a.Name != "" {
		telegram = "https://t.me/" + a.Name + "?start=" + token
	}
	if public != "" {
		web = public + "/chat/" + token
	}
	return web, telegram
}

// PublicAddress is what is kept of the address under which others reach the web chat: it is that
// platform's account, as a bot's name is Telegram's.
func PublicAddress(at string, now time.Time) storage.Account {
	return storage.Account{Platform: chat.Web, ID: "public", Name: at, Seen: now}
}

// PublicURL is the address under which customers reach the web chat, without a slash at its end: the
// setting or, where there is none, what was found on the pages; "" = unknown.
func (l Links) PublicURL() string {
	found, _ := l.bot.snap.Now().Account(chat.Web)
	return cmp.Or(l.bot.publicURL, found.Name)
}

// knownSite makes sure that a site exists, also one that was added just now, and that it was
// not removed.
func (b *Bot) knownSite(ctx context.Context, id string) error {
	there := func() bool {
		at, ok := b.snap.Now().Sites[id]
		return ok && at.Gone.IsZero()
	}
	if there() {
		return nil
	}
	if err := b.snap.Refresh(ctx); err != nil {
		return fmt.Errorf("look for the site: %w", err)
	}
	if !there() {
		return fmt.Errorf("there is no site %q: %w", id, storage.ErrNotFound)
	}
	return nil
}

// customer returns the customer with this key and remembers a new one.
func (b *Bot) customer(ctx context.Context, id string, event map[string]string) (storage.Customer, error) {
	c, err := b.store.Customer(ctx, id)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return c, fmt.Errorf("read the customer: %w", err)
	}
	c = storage.Customer{
		ID: id, Name: event[voice.AttrFirstName], Tier: tier(event[voice.AttrTier]),
		Created: b.now().UTC().Truncate(time.Microsecond),
	}
	if err := b.store.PutCustomer(ctx, c); err != nil {
		return c, fmt.Errorf("remember the customer: %w", err)
	}
	return c, nil
}

// tier reads an attribute; unknown words mean a normal customer.
func tier(s string) recovery.Tier {
	for _, t := range recovery.Tiers() {
		if strings.EqualFold(s, string(t)) {
			return t
		}
	}
	return ""
}

func isTrue(s string) bool {
	switch strings.ToLower(s) {
	case "true", "yes", "1":
		return true
	}
	return false
}

// tokenBytes is two bytes that lead to the bucket and 16 random ones.
const tokenBytes = 18

// tokenFor makes the secret of a link, 24 characters of base64url. It leads to the bucket
// of the person, if there is one.
func tokenFor(to storage.Person, random func([]byte)) string {
	var raw [tokenBytes]byte
	random(raw[:])
	if !to.IsZero() {
		binary.BigEndian.PutUint16(raw[:], to.Hash16())
	}
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// InvitationOf returns where the invitation behind a token lives, in a database of so many
// buckets, and its id, which is a keyed hash: the database does not hold live links.
func InvitationOf(key []byte, token string, buckets int) (storage.Bucket, string, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return 0, "", false
	}
	id := hex.EncodeToString(secret(key).sum(token))[:32]
	return storage.BucketOf(binary.BigEndian.Uint16(raw), buckets), id, true
}
