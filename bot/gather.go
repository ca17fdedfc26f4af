package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	// unannouncedBatch is how many cases of a bucket and a site one round looks at, the most
	// urgent first.
	unannouncedBatch = 256
	// stormShown is how long the card of a storm is kept up to date after its end, when
	// every case has a card.
	stormShown = 5 * time.Minute
	// withdrawRead is how many cases are read at a time when a storm has begun, to find cards
	// that wait in vain.
	withdrawRead = 200
)

// counts is a number of cases by priority.
type counts [recovery.P3 + 1]int

func (c counts) sum() int { return c[recovery.P1] + c[recovery.P2] + c[recovery.P3] }

// unannounced tells staff of the cases that have no card of their own: those of a storm on
// its card, those of a digest in one message, and those for which a mute has ended each on
// its own card, unless there are many.
func (s *teller) unannounced(ctx context.Context) error {
	b := s.bot
	sites := b.openings.sites()
	for _, site := range sites {
		if err := s.withdraw(ctx, site); err != nil {
			return err
		}
	}
	waiting, err := s.unannouncedCounts(ctx)
	if err != nil {
		return err
	}
	for site := range waiting {
		if !slices.Contains(sites, site) {
			sites = append(sites, site)
		}
	}
	slices.Sort(sites)
	var all []error
	for _, site := range sites {
		all = append(all, s.site(ctx, site, waiting[site]))
	}
	return errors.Join(all...)
}

// unannouncedCounts counts those cases over all buckets.
func (s *teller) unannouncedCounts(ctx context.Context) (map[string]counts, error) {
	b := s.bot
	all := map[string]counts{}
	for bucket := range storage.Bucket(b.store.Buckets()) {
		rows, err := b.store.UnannouncedCounts(ctx, bucket, b.now())
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.Priority >= recovery.P1 && r.Priority <= recovery.P3 {
				n := all[r.Site]
				n[r.Priority] += r.Cases
				all[r.Site] = n
			}
		}
	}
	return all, nil
}

// site tells staff of one site.
func (s *teller) site(ctx context.Context, site string, waiting counts) error {
	b := s.bot
	rules := b.snap.Now().Rules(site)
	storms := b.openings.storms(site, rules.Storm)
	now := b.now().UTC()
	if n := len(storms); n > 0 {
		if g := storms[n-1]; now.Before(g.Until.Add(stormShown)) {
			if err := s.tellStorm(ctx, g, waiting); err != nil {
				return err
			}
		}
	}
	if waiting.sum() == 0 {
		return nil
	}
	cases, err := b.unannouncedCases(ctx, site)
	if err != nil {
		return err
	}
	var digest, loose, stormed []storage.Case
	for _, k := range cases {
		switch _, gathered := recovery.Gathered(storms, site, k.OpenedAt); {
		case gathered:
			stormed = append(stormed, k)
		case k.Decision.Priority == recovery.P3 && len(rules.Digest.At) > 0:
			digest = append(digest, k)
		default:
			loose = append(loose, k)
		}
	}
	if len(stormed) > 0 {
		newest := storms[len(storms)-1]
		if !now.Before(newest.Until.Add(stormShown)) { // its card still shows the way to the rest
			err = s.tellStorm(ctx, newest, waiting)
		}
		err = errors.Join(err, s.tellOverdue(ctx, site, newest.From, stormed))
	}
	if rules.Storm.Cases > 0 && len(loose) > rules.Storm.Cases {
		digest, loose = append(digest, loose...), nil
	}
	if len(digest) > 0 {
		err = errors.Join(err, s.tellDigest(ctx, site, digest))
	}
	for _, k := range loose {
		err = errors.Join(err, s.tellNow(ctx, k))
	}
	return err
}

// unannouncedCases are those of a site, the most urgent and then the oldest first.
func (b *Bot) unannouncedCases(ctx context.Context, site string) ([]storage.Case, error) {
	var all []storage.Case
	for bucket := range storage.Bucket(b.store.Buckets()) {
		cases, err := b.store.UnannouncedCases(ctx, bucket, site, b.now(), unannouncedBatch)
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	slices.SortStableFunc(all, urgentFirst)
	return all, nil
}

func urgentFirst(a, b storage.Case) int {
	if a.Decision.Priority != b.Decision.Priority {
		return int(a.Decision.Priority - b.Decision.Priority)
	}
	return a.OpenedAt.Compare(b.OpenedAt)
}

// tellNow gives a case its own card.
func (s *teller) tellNow(ctx context.Context, k storage.Case) error {
	b := s.bot
	return b.refreshCards(ctx, k.Bucket, k.ID, func(d *desk) bool {
		d.telling = true
		return !d.kase.TellAt.IsZero()
	})
}

// withdraw takes back the cards of a storm's cases that wait to be posted: the storm's own
// card counts these cases, and must not come behind them.
func (s *teller) withdraw(ctx context.Context, site string) error {
	b := s.bot
	storms := b.openings.storms(site, b.snap.Now().Rules(site).Storm)
	if len(storms) == 0 {
		return nil
	}
	g := storms[len(storms)-1]
	if b.now().After(g.From.Add(time.Minute + openedSettled)) {
		clear(s.shown)
		return nil // by now every process knows of the storm as it opens a case
	}
	open := storage.CaseFilter{States: []recovery.State{recovery.Open}, Sites: []string{g.Site}, Limit: withdrawRead}
	for k, err := range storage.AllCases(ctx, b.store, open) {
		if err != nil {
			return fmt.Errorf("read the cases of a storm: %w", err)
		}
		if k.OpenedAt.Before(g.From) {
			break // from here on they are older
		}
		if len(k.Cards) == 0 || s.shown[k.ID] {
			continue
		}
		all := true
		err := b.perform(ctx, k.Bucket, b.turnOf("", "withdraw cards", storage.Load{Case: k.ID, Slots: cardSlots(k)}, nil, func(t *turn) error {
			all = t.desk == nil || t.desk.withdraw()
			return nil
		}))
		if err != nil {
			return err
		}
		if all {
			s.shown[k.ID] = true
		}
	}
	return nil
}

// cardSlots are the places of a case's cards.
func cardSlots(k storage.Case) []string {
	slots := make([]string, len(k.Cards))
	for i, to := range k.Cards {
		slots[i] = cardSlot(k.ID, to)
	}
	return slots
}

// openedSettled is after how long every process has counted the cases opened again.
const openedSettled = 2 * observeEvery

// withdraw takes the case's cards back that nobody can have seen. It reports whether the
// case keeps all that it has.
func (d *desk) withdraw() (all bool) {
	k := d.kase
	if k.State != recovery.Open {
		return true
	}
	var keep []chat.Address
	for _, to := range k.Cards {
		slot := cardSlot(k.ID, to)
		row, known := d.with.slots[slot]
		take := storage.SlotOp{Want: &storage.Want{Slot: slot, Withdraw: true}}
		if !known || len(take.Apply(k.Bucket, &row, nil, 0, d.now)) == 0 {
			keep = append(keep, to)
			continue
		}
		d.out.Slots = append(d.out.Slots, take)
	}
	if len(keep) == len(k.Cards) {
		return true
	}
	k.Cards, d.out.Case = keep, k
	if len(keep) == 0 {
		k.TellAt = k.OpenedAt
	}
	return false
}

// tellStorm brings the card of a storm up to date.
func (s *teller) tellStorm(ctx context.Context, g recovery.Gathering, waiting counts) error {
	b := s.bot
	opened := counts{recovery.P1: g.P1, recovery.P2: g.P2, recovery.P3: g.P3}
	wrong, err := s.mostly(ctx, g)
	if err != nil {
		return err
	}
	return b.perform(ctx, s.bucketFor(g.Site), b.turnOf("", "storm", storage.Load{}, nil, func(t *turn) error {
		if g.P1 == 0 && muted(t.snap, g.Site, t.now) {
			return nil
		}
		v := render.SiteVoice(t.b.texts, t.snap.Site(g.Site), t.now)
		title := v.Count("storm_title", g.Count(), "site", v.Site.Name, "at", v.Soon(g.From))
		if waiting.sum() == 0 {
			title = v.Say("storm_over", "n", strconv.Itoa(g.Count()), "site", v.Site.Name, "at", v.Soon(g.From))
		}
		m := chat.Message{Title: title, Lang: v.Lang, Text: voice.Join("\n", voice.Join(" · ", opened.said(v), waiting.left(v)), mostlySaid(v, t.snap.Rules(g.Site), wrong))}
		gathered(v, &m, waiting)
		s.post(t, v, storage.Slot{Kind: storage.StormSlot, Owner: g.Site, Part: stamp(g.From)}, opened, m)
		return nil
	}))
}

// post shows a card of many cases in the chats that hear of such cases of the site that owns
// the slot; rows are buttons ahead of the one that shows the next case.
func (s *teller) post(t *turn, v *voice.Voice, slot storage.Slot, of counts, m chat.Message, rows ...[]chat.Button) {
	site := slot.Owner
	var places []chat.Address
	for p := recovery.P1; p <= recovery.P3; p++ {
		if of[p] > 0 {
			places = append(places, t.snap.Hears(recovery.Matter{Site: site, Priority: p})...)
		}
	}
	for _, slot.At = range t.snap.Reachable(t.snap.Distinct(places)) {
		if m.Rows = nil; m.State == "open" && !t.snap.Traits[slot.At.Platform].Stored {
			m.Rows = slices.Clone(rows)
			if len(slices.Concat(rows...)) < of.sum() {
				m.Rows = append(m.Rows, []chat.Button{{Text: v.Say("next_case"), Data: render.NextData(site), Style: "primary"}})
			}
		}
		t.want(storage.Want{Slot: slot.String(), Kind: storage.CardD, Rank: storage.High, Address: t.snap.At(slot.At), Render: m})
	}
}

// tellOverdue tells the lead, the manager and who is on call that a storm's cases wait,
// once for each step of the escalation that the oldest of them has climbed.
func (s *teller) tellOverdue(ctx context.Context, site string, from time.Time, cases []storage.Case) error {
	b := s.bot
	steps := map[string]recovery.Priority{} // the most urgent that climbed it
	for _, k := range cases {
		for _, step := range k.Struck {
			if p, ok := steps[step]; !ok || k.Decision.Priority < p {
				steps[step] = k.Decision.Priority
			}
		}
	}
	if len(steps) == 0 {
		return nil
	}
	return b.perform(ctx, s.bucketFor(site), b.turnOf("", "overdue", storage.Load{}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		for _, step := range slices.Sorted(maps.Keys(steps)) {
			p := steps[step]
			_, to, ok := strings.Cut(step[strings.IndexByte(step, ' ')+1:], " ")
			if !ok || to == string(recovery.ToThread) || p != recovery.P1 && muted(t.snap, site, t.now) {
				continue
			}
			m := chat.Message{Text: v.Say("storm_overdue", "site", v.Site.Name, "priority", p.String()), Lang: v.Lang}
			slot := storage.Slot{Kind: storage.OverdueSlot, Owner: site, Part: storage.Parts(stamp(from), strings.ReplaceAll(step, " ", "-"))}
			for _, slot.At = range escalated(t.snap, recovery.Receiver(to), recovery.Matter{Site: site, Priority: p}) {
				t.want(storage.Want{Slot: slot.String(), Kind: storage.CardD, Rank: rankOf(p), Address: t.snap.At(slot.At), Render: m})
			}
		}
		return nil
	}))
}
