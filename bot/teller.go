package bot

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/storage"
)

const (
	tellEvery = time.Second
	// tellTTL is long: telling twice changes nothing, and the lease only saves the work.
	tellTTL   = 15 * time.Second
	tellLease = "tell"
)

// teller tells staff what no single case can: that a chat is gone, that a site has a
// storm, what waited for a digest. What it says follows from what is stored, and stands
// in slots that are named after it. One process tells at a time. Another that takes over
// needs to know nothing of the first: what was told already is found in its slot.
type teller struct {
	bot          *Bot
	rounds       *rounds.Rounds
	shown        map[string]bool      // cases of a storm whose cards are in their chats
	praisedAt    map[string]time.Time // when praise of a site was last passed on
	causes       map[string]causes    // by site, of its storm
	reported     map[string]bool      // reports that were told, by site and part of their slot
	watchedAt    map[string]time.Time // when a site was last looked at for alarms
	versions     map[string]int       // of surveys, that other systems were told of
	heralded     int64                // revision of the configuration of whose surveys other systems were told; -1 = none
	heraldsAgain bool                 // some of these are so new that they are looked at again
	offAt        time.Time            // when it was looked last which endpoints were switched off
}

func newTeller(b *Bot) *teller {
	return &teller{bot: b, rounds: rounds.New(b.store, b.log, rounds.Job{Lease: tellLease, TTL: tellTTL, Every: tellEvery, Cannot: "cannot tell staff now"}), shown: map[string]bool{}, praisedAt: map[string]time.Time{}, causes: map[string]causes{}, reported: map[string]bool{}, watchedAt: map[string]time.Time{}, versions: map[string]int{}, heralded: -1}
}

// tell is one round.
func (s *teller) tell(ctx context.Context) error {
	b := s.bot
	if ok, err := s.rounds.Leads(ctx); err != nil || !ok {
		return err
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{{"chats of staff that are gone", s.goneChats}, {"cases without a card", s.unannounced}, {"praise", s.praised}, {"figures", s.reports}, {"news for other systems", s.published}, {"endpoints that were switched off", s.endpointsOff}} {
		if err := step.do(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("cannot tell staff of "+step.what, "err", err)
		}
	}
	return nil
}

// bucketFor is where messages about a whole site, or about no site, have their slots.
func (s *teller) bucketFor(what string) storage.Bucket {
	return Hooks{s.bot}.Bucket(what)
}

// goneChats says in the other chats that one takes no messages any more, and hangs the
// cards of its open cases there. Where one takes messages again, the cards of all open cases
// that belong there come.
func (s *teller) goneChats(ctx context.Context) error {
	k := chatKeeper{s.bot}
	for _, c := range s.bot.snap.Now().Chats {
		if c.Announced || c.Address.IsZero() {
			continue
		}
		if c.Gone.IsZero() {
			if err := k.catchUp(ctx, c); err != nil {
				return err
			}
			continue
		}
		if err := s.tellOfGone(ctx, c); err != nil {
			return err
		}
		if err := k.reroute(ctx, c); err != nil {
			return err
		}
		if err := k.announced(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *teller) tellOfGone(ctx context.Context, c storage.StaffChat) error {
	b := s.bot
	site := ""
	if len(c.Sites) > 0 {
		site = c.Sites[0]
	}
	return b.perform(ctx, s.bucketFor(c.Name), b.turnOf("", "chat gone", storage.Load{}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		slot := storage.Slot{Kind: storage.GoneSlot, Owner: c.Name, Part: strconv.FormatInt(c.Gone.UnixMicro(), 10)}
		for _, slot.At = range t.snap.Reachable(t.snap.Usual(site)) {
			t.want(storage.Want{
				Slot: slot.String(), Kind: storage.CardD, Rank: storage.High, Address: t.snap.At(slot.At),
				Render: chat.Message{Text: v.Say("chat_gone", "name", c.Name), Lang: v.Lang},
			})
		}
		return nil
	}))
}

// refreshCards shows a case's cards again wherever they hang or should hang. prepare may
// change the case first; it reports whether there is anything to show.
func (b *Bot) refreshCards(ctx context.Context, bucket storage.Bucket, id string, prepare func(*desk) bool) error {
	return b.perform(ctx, bucket, b.turnOf("", "show cards", storage.Load{Case: id}, nil, func(t *turn) error {
		if t.desk == nil || t.desk.session == nil {
			return nil
		}
		if err := t.configure(); err != nil {
			return err
		}
		t.desk.redraw = prepare == nil || prepare(t.desk)
		return nil
	}))
}

// unheard is for a card that cannot be shown in a chat: it goes to the usual chats of the
// site as well, and the chat is marked, if it is a linked one.
func (b *Bot) unheard(ctx context.Context, row storage.Delivery, why string) error {
	if err := (chatKeeper{b}).gone(ctx, row.Address, why); err != nil {
		return err
	}
	id, ok := caseOfSlot(row.Slot)
	if !ok {
		return nil
	}
	return b.refreshCards(ctx, row.Bucket, id, func(d *desk) bool {
		before := len(d.kase.Cards)
		usual := d.snap.Reachable(slices.Concat(d.snap.Usual(d.kase.Site), d.snap.OfSettings()))
		d.kase.Cards = d.snap.Distinct(slices.Concat(d.kase.Cards, usual))
		if len(d.kase.Cards) == before {
			return false
		}
		d.out.Case = d.kase
		return true
	})
}

// caseOfSlot is the case that a card, or what stands below it, belongs to.
func caseOfSlot(text string) (string, bool) {
	slot, _ := storage.ParseSlot(text)
	return slot.Owner, onCard(slot.Kind)
}

// onCard reports whether a slot is a card, or a line below one.
func onCard(kind storage.SlotKind) bool {
	return kind == storage.CardSlot || kind == storage.EventSlot || kind == storage.ReminderSlot
}
