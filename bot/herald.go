package bot

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Told is news that no conversation makes: of an offer, a survey, a site, or somebody who was
// erased. It follows from what is stored, so that whoever goes on after a crash tells the same.
type Told struct {
	Kind        storage.News
	Site        string // "" = of none
	Owner, Part string // what it is about, and what happened to it
	Bucket      storage.Bucket
	At          time.Time // when it happened: endpoints that were made later are not told of it
	Data        any
}

// Wanted reports whether any endpoint is told of such news of a site.
func (h Hooks) Wanted(kind storage.News, site string) bool {
	return len(h.Bot.snap.Now().Told(kind, site)) > 0
}

// Bucket is where news have their slots that are about no respondent.
func (h Hooks) Bucket(owner string) storage.Bucket {
	sum := sha256.Sum256([]byte(owner))
	return storage.BucketOf(binary.BigEndian.Uint16(sum[:2]), h.Bot.store.Buckets())
}

// Tell puts news into the outbox, once: what an endpoint was told already it is not told again.
func (h Hooks) Tell(ctx context.Context, n Told) error {
	b := h.Bot
	name := func(to storage.Hook) (slot string, at chat.Address) {
		at = chat.Address{Platform: chat.Hook, Account: to.ID, Chat: n.Owner}
		return storage.Slot{Kind: storage.HookSlot, Owner: n.Owner, Part: n.Part, At: at}.String(), at
	}
	var slots []string
	for _, to := range b.snap.Now().Told(n.Kind, n.Site) {
		if !to.Made.After(n.At) {
			slot, _ := name(to)
			slots = append(slots, slot)
		}
	}
	if len(slots) == 0 {
		return nil
	}
	err := b.perform(ctx, n.Bucket, b.turnOf("", "news:"+n.Owner+":"+n.Part, storage.Load{Slots: slots}, nil, func(t *turn) error {
		for _, to := range t.snap.Told(n.Kind, n.Site) {
			slot, at := name(to)
			if _, told := t.with.slots[slot]; told || !slices.Contains(slots, slot) {
				continue
			}
			t.want(storage.Want{
				Slot: slot, Address: at, Kind: storage.NewsD,
				Render: chat.Message{Title: NewsID(slot), Text: News{n.Kind, newsAt(n.At), n.Data}.Body(), Footer: strconv.Itoa(int(n.Bucket)) + " " + slot},
			})
		}
		return nil
	}))
	if err != nil {
		return fmt.Errorf("tell other systems of %s: %w", n.Kind, err)
	}
	return nil
}

// InvitationNews is an offer that was made, or was decided not to be.
type InvitationNews struct {
	ID       string        `json:"id"`
	State    string        `json:"state"`
	Reason   string        `json:"reason,omitempty"`
	Trigger  string        `json:"trigger,omitempty"`
	Flow     string        `json:"flow,omitempty"`
	Site     string        `json:"site,omitempty"`
	Service  string        `json:"service,omitempty"`
	By       string        `json:"by,omitempty"` // telegram, slack, web
	Event    *newsEvent    `json:"event,omitempty"`
	Customer *newsCustomer `json:"customer,omitempty"`
	Test     bool          `json:"test,omitempty"`
}

// newsEvent is a service, as the API names it.
type newsEvent struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// NewsOfAsk is what is told of an offer: never of its conversation, in which staff may know the
// customer by a pseudonym.
func NewsOfAsk(x *storage.Ask) InvitationNews {
	n := InvitationNews{
		ID: x.ID, State: x.State, Reason: x.Reason, Trigger: x.Trigger, Flow: x.Flow, Site: x.Site, Service: x.Service, By: x.By, Test: x.Test,
	}
	if source, id, ok := strings.Cut(x.Event, ":"); ok {
		n.Event = &newsEvent{source, id}
	}
	if x.Asker == "" || x.To == nil { // else it may be the id of a chat account
		n.Customer = &newsCustomer{ID: x.Customer}
	}
	return n
}

// flowNews is a version of a survey that was published.
type flowNews struct {
	Flow    string `json:"flow"`
	Version int    `json:"version"`
}

// alarmNews is that more or fewer customers of a site are unsatisfied than usual.
type alarmNews struct {
	Site  string  `json:"site,omitempty"`
	Kind  string  `json:"kind"`           // worse, better
	Day   string  `json:"day"`            // on which it went off
	Since string  `json:"since"`          // the first day of what it is about
	Over  string  `json:"over,omitempty"` // the day on which it ended; "" = it is on
	K     int     `json:"k"`              // unsatisfied since then
	N     int     `json:"n"`              // answers since then
	Usual float64 `json:"usual"`          // share
	URL   string  `json:"url,omitempty"`
}

// publishedFor is for how long after its publication other systems are told of a version.
const publishedFor = 3 * 24 * time.Hour

// published tells other systems of versions of surveys, whoever published them and by whatever means.
func (s *teller) published(ctx context.Context) error {
	hooks := Hooks{s.bot}
	if !hooks.Wanted(storage.FlowPublished, "") {
		return nil
	}
	revision := s.bot.snap.Now().Revision
	if s.heralded == revision && !s.heraldsAgain {
		return nil // nothing was published since
	}
	newest, err := s.bot.store.FlowSources(ctx)
	if err != nil {
		return err
	}
	since, again := s.bot.now().Add(-publishedFor), false
	for _, f := range newest {
		if f.Published.Before(since) || s.versions[f.Flow] >= f.Version {
			continue
		}
		all, err := s.bot.store.FlowVersions(ctx, f.Flow)
		if err != nil {
			return err
		}
		for _, v := range slices.Backward(all) {
			if v.Published.Before(since) {
				continue
			}
			err := hooks.Tell(ctx, Told{
				Kind: storage.FlowPublished, Owner: f.Flow, Part: "published-" + strconv.Itoa(v.Version), Bucket: hooks.Bucket(f.Flow), At: v.Published,
				Data: flowNews{f.Flow, v.Version},
			})
			if err != nil {
				return err
			}
		}
		if f.Published.Before(s.bot.now().Add(-time.Minute)) { // by then every server knows the endpoints of that moment
			s.versions[f.Flow] = f.Version
		} else {
			again = true
		}
	}
	s.heralded, s.heraldsAgain = revision, again
	return nil
}

// erased tells other systems whom an erasure was about, by the organisation's own keys.
func (h Hooks) erased(ctx context.Context, e storage.Erasure) error {
	for i, key := range e.Of.Customers {
		err := h.Tell(ctx, Told{
			Kind: storage.CustomerErased, Owner: e.ID, Part: "erased-" + strconv.Itoa(i), Bucket: h.Bucket(e.ID), At: e.Begun,
			Data: map[string]any{"customer": newsCustomer{ID: key}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
