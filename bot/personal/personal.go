// Package personal forgets people: one who asks for it (Erase), and everybody whose data is
// older than an organisation keeps it (Retain). What is left tells of nobody, and figures made
// of it are as they were.
package personal

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/fold"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// Keeper forgets. Its methods are safe for concurrent use.
type Keeper struct {
	store  storage.Store
	key    []byte
	now    func() time.Time
	texts  *voice.Texts
	traits map[chat.Platform]chat.Traits
	// patience is how long a farewell is waited for.
	patience time.Duration
	tell     func(context.Context, storage.Erasure) error // other systems that somebody is erased; nil = none
}

// Telling has other systems told before an erasure ends, and again if it was cut off: the same.
func (k *Keeper) Telling(tell func(context.Context, storage.Erasure) error) *Keeper {
	k.tell = tell
	return k
}

// New returns a Keeper. The key is the operator's: by it alone a name is known again that was
// forgotten.
func New(store storage.Store, key []byte, now func() time.Time, texts *voice.Texts, traits map[chat.Platform]chat.Traits) *Keeper {
	return &Keeper{store: store, key: key, now: now, texts: texts, traits: traits, patience: 10 * time.Second}
}

// hash is what is left of a name. what says what kind of name it is.
func hash(key []byte, what, name string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("forgotten " + what + "\x00" + name))
	return hex.EncodeToString(mac.Sum(nil))
}

// Hashes are what is left of these names. Links to a page name nobody who could be asked
// again, and leave nothing.
func (k *Keeper) Hashes(of storage.Anchor) []string { return hashes(k.key, of) }

func hashes(key []byte, of storage.Anchor) []string {
	var all []string
	for _, c := range of.Customers {
		all = append(all, hash(key, "customer", storage.Clean(c)))
	}
	for _, p := range of.Identities {
		if p.Platform != "" && p.User != "" {
			all = append(all, hash(key, "account", string(p.Platform)+"\x00"+p.Account+"\x00"+p.User))
		}
	}
	return all
}

// NotInvited is why somebody is not invited who is forgotten; the zero value = they may be.
func NotInvited(ctx context.Context, store storage.Persons, key []byte, of storage.Anchor) (storage.Forgotten, error) {
	found, err := store.Forgotten(ctx, hashes(key, of))
	if err != nil {
		return storage.Forgotten{}, fmt.Errorf("look whether somebody is forgotten: %w", err)
	}
	if len(found) == 0 {
		return storage.Forgotten{}, nil
	}
	return found[0], nil
}

// NotInvitedOf is NotInvited of many customers, by their keys: those that are not to be invited.
func NotInvitedOf(ctx context.Context, store storage.Persons, key []byte, customers []string) (map[string]storage.ForgottenWhy, error) {
	of, all := make(map[string]string, len(customers)), make([]string, len(customers))
	for i, c := range customers {
		all[i] = hash(key, "customer", storage.Clean(c))
		of[all[i]] = c
	}
	found, err := store.Forgotten(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("look whether customers are forgotten: %w", err)
	}
	out := make(map[string]storage.ForgottenWhy, len(found))
	for _, f := range found {
		out[of[f.Hash]] = f.Why
	}
	return out, nil
}

// Receipt says what was done, and what could not be. It names nobody, so that it can be kept.
type Receipt struct {
	Format     string           `json:"format"`
	ID         string           `json:"id"`
	Begun      time.Time        `json:"begun"`
	Done       time.Time        `json:"done"`
	Erased     storage.Erased   `json:"erased"`
	Marks      int              `json:"marks"`    // keyed hashes by which nobody of them is invited again
	Told       int              `json:"told"`     // chats in which the customer was told
	NotTold    int              `json:"not_told"` // chats in which they could not be
	Files      storage.Scrubbed `json:"files"`    // the database's own
	NotReached []string         `json:"not_reached"`
}

// receiptFormat names the form of a receipt.
const receiptFormat = "aftercare receipt 1"

// notReached is what no command of this program reaches.
func notReached() []string {
	return []string{
		"backups: `aftercare backup` directories, and copies that others made. Whoever restores one brings the person back: erase them again then",
		"Postgres's archive of its log (WAL) and its standbys, as far as they keep what was: see to their own times",
		"the server's log, and the logs of a proxy before it: they hold no names and no words, but may hold ids of updates and addresses",
		"what the platforms keep: the customer's own chat, files, and messages in staff chats that were not overwritten. Remove them there by hand",
		"sheets that wait to be imported: each server removes one in which the customer's key, phone or e-mail stands within half a minute, and one that does not run when it starts again",
		"exports that were written to files",
	}
}

// Options say how somebody is erased.
type Options struct {
	Quiet bool // the customer is not told
	Whole bool // the engine's tables are written anew
	Why   storage.ForgottenWhy
	Mark  bool // they are not invited again
	// Files is how long the database's files are waited for; 0 = they are left for later.
	Files time.Duration
}

// Erase forgets the person of a dossier. When it returns without an error nothing of them is
// in any table; the receipt says what is left elsewhere. Cut off, it goes on with Resume.
func (k *Keeper) Erase(ctx context.Context, d storage.Dossier, o Options) (Receipt, error) {
	r := Receipt{Format: receiptFormat, ID: uuid.NewString(), Begun: k.now().UTC(), NotReached: notReached()}
	if !o.Quiet {
		var err error
		if r.Told, r.NotTold, err = k.farewell(ctx, d); err != nil {
			return r, err
		}
	}
	e := storage.Erasure{ID: r.ID, Begun: r.Begun, Of: d.Anchor(), Invitations: d.Links(), Named: naming(d)}
	var marks []storage.Forgotten
	if o.Mark {
		for _, h := range k.Hashes(e.Of) {
			marks = append(marks, storage.Forgotten{Hash: h, Why: o.Why, Day: storage.DayIn(time.UTC, r.Begun)})
		}
	}
	r.Marks = len(marks)
	if err := k.store.BeginErasure(ctx, e, marks); err != nil {
		return r, err
	}
	n, err := k.goOn(ctx, e)
	r.Erased, r.Done = n, k.now().UTC()
	if err != nil || o.Files == 0 {
		return r, err
	}
	r.Files, err = k.Scrub(ctx, o.Whole, o.Files)
	r.Done = k.now().UTC()
	return r, err
}

// Scrub has the database's files lose what was removed.
func (k *Keeper) Scrub(ctx context.Context, whole bool, patience time.Duration) (storage.Scrubbed, error) {
	how := storage.ScrubFile
	if whole {
		how = storage.ScrubWhole
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return k.store.Scrub(waiting, how)
}

// naming are the words by which others' matters may tell of somebody. Short ones would be
// found where nobody means them.
func naming(d storage.Dossier) []string {
	var all []string
	add := func(words ...string) {
		for _, w := range words {
			if len(w) >= 5 && !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	add(d.Keys...)
	for _, c := range d.Customers {
		add(c.Name)
	}
	for _, i := range d.Identities {
		add(i.ID, i.Person.User, i.Address.Chat, i.Name, i.Username)
	}
	for _, c := range d.Conversations {
		add(c.Session.ID)
	}
	for _, c := range d.Cases {
		add(c.Case.ID)
	}
	for _, f := range d.Feedback {
		add(f.Text)
	}
	return all
}

// rounds is how often everything is looked for again: somebody may write meanwhile.
const rounds = 3

// goOn does what is left of an erasure.
func (k *Keeper) goOn(ctx context.Context, e storage.Erasure) (n storage.Erased, err error) {
	as, err := k.anonymous(ctx)
	if err != nil {
		return n, err
	}
	passes := []bool{true, false} // conversations go before the links that led to them
	if k.store.Buckets() == 1 {
		passes = passes[1:]
	}
	for range rounds {
		for _, e.Parting = range passes {
			for b := range storage.Bucket(k.store.Buckets()) {
				some, err := k.store.EraseIn(ctx, b, e, as)
				if err != nil {
					return n, err
				}
				n.Add(some)
			}
		}
		left, err := k.store.Dossier(ctx, e.Of)
		if err != nil {
			return n, err
		}
		if left.Customers = nil; left.Empty() {
			break
		}
	}
	// Nobody can look for a person in what is sealed, so all of it goes.
	if err := errors.Join(k.store.ForgetInbound(ctx), k.store.ForgetAnswers(ctx)); err != nil {
		return n, err
	}
	if k.tell != nil {
		if err := k.tell(ctx, e); err != nil {
			return n, err
		}
	}
	return n, k.store.EndErasure(ctx, e)
}

// Resume goes on with erasures that were cut off longer than a while ago, and returns how
// many it ended.
func (k *Keeper) Resume(ctx context.Context, while time.Duration) (int, error) {
	list, err := k.store.Erasures(ctx)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, e := range list {
		if k.now().Sub(e.Begun) < while {
			continue
		}
		if _, err := k.goOn(ctx, e); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// anonymous is how records are rewritten, by the zones and languages of the sites.
func (k *Keeper) anonymous(ctx context.Context) (storage.Anonymous, error) {
	sites, err := k.store.Sites(ctx)
	if err != nil {
		return storage.Anonymous{}, err
	}
	zones, languages := map[string]*time.Location{}, map[string]string{}
	for _, s := range sites {
		languages[s.ID] = s.Language
		if zone, err := time.LoadLocation(s.Zone); err == nil {
			zones[s.ID] = zone
		}
	}
	day := func(site string, t time.Time) time.Time {
		zone := zones[site]
		if zone == nil {
			zone = time.UTC
		}
		return storage.DayIn(zone, t)
	}
	now := k.now()
	edit := func(d storage.Delivery, of storage.Case) (chat.Message, bool) {
		slot, ok := storage.ParseSlot(d.Slot)
		if !ok || slot.Left != "" || len(d.Render.Files) > 0 {
			return chat.Message{}, false
		}
		switch slot.Kind {
		case storage.CardSlot, storage.RelaySlot, storage.AsideSlot:
		default:
			return chat.Message{}, false
		}
		said := k.texts.Of(languages[of.Site])
		v := voice.Voice{Words: said, Lang: said.Tag, Now: now}
		m := chat.Message{Text: said.Say("erased_here", "date", v.Day(now)), Lang: said.Tag}
		if slot.Kind == storage.CardSlot && of.Number > 0 {
			m.Title = of.Name()
		}
		return m, true
	}
	settle := func(s *storage.Session) bool { return fold.Settle(s, zones[s.Site]) }
	return storage.Anonymous{Day: day, Edit: edit, Settle: settle}, nil
}

// farewell tells the customer, as the last message, that their data is being erased, and
// waits until it has gone: the address is forgotten after it.
func (k *Keeper) farewell(ctx context.Context, d storage.Dossier) (told, not int, err error) {
	type sent struct {
		bucket storage.Bucket
		slot   string
	}
	var open []sent
	for _, i := range d.Identities {
		if !i.Blocked.IsZero() || i.Address.IsZero() || k.traits[i.Person.Platform].Stored {
			continue
		}
		said := k.texts.Of(cmp.Or(i.Language, i.Spoken))
		slot := storage.Slot{Kind: storage.NoticeSlot, Owner: i.ID, Part: "erasing"}.String()
		want := storage.Want{
			Slot: slot, Identity: i.ID, Address: i.Address, Kind: storage.NoticeD, Hash: "erasing",
			Render: chat.Message{Text: said.Say("erased_farewell"), Lang: said.Tag},
		}
		errs := k.store.Advance(ctx, i.Bucket, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{{Want: &want}}}, nil
		}}})
		if errs[0] != nil {
			return 0, 0, fmt.Errorf("tell the customer: %w", errs[0])
		}
		open = append(open, sent{i.Bucket, slot})
	}
	if len(open) == 0 {
		return 0, 0, nil
	}
	k.store.Hint(ctx)
	for end := time.Now().Add(k.patience); len(open) > 0 && time.Now().Before(end); {
		var rest []sent
		for _, s := range open {
			m, err := k.store.Delivery(ctx, s.bucket, s.slot)
			switch {
			case err != nil && !errors.Is(err, storage.ErrNotFound):
				return told, len(open), err
			case m.State == storage.Sent:
				told++
			case m.State == storage.Failed:
				not++
			default:
				rest = append(rest, s)
			}
		}
		if open = rest; len(open) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return told, not + len(open), ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return told, not + len(open), nil
}
