package bot

import (
	"context"
	"fmt"
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

// digestNamed is how many cases a digest names, and digestRow how many of their buttons are in a
// row.
const digestNamed, digestRow = 10, 5

// tellDigest names the cases that waited, in one message for each time at which staff may
// be told. What their customers wrote and are called stands on their cards alone, which are
// theirs to be erased: a button shows each.
func (s *teller) tellDigest(ctx context.Context, site string, cases []storage.Case) error {
	b := s.bot
	var at time.Time
	var n counts
	for _, k := range cases {
		n[k.Decision.Priority]++
		if k.TellAt.After(at) {
			at = k.TellAt
		}
	}
	views := make([]render.CaseView, min(len(cases), digestNamed))
	for i := range views {
		k := &cases[i]
		session, err := b.store.Session(ctx, k.Bucket, k.Session)
		if err != nil {
			return fmt.Errorf("read what opened a case of a digest: %w", err)
		}
		owner, err := b.store.Identity(ctx, k.Bucket, k.Identity)
		if err != nil {
			return fmt.Errorf("read whose a case of a digest is: %w", err)
		}
		views[i] = render.CaseView{Case: k, Session: &session, Identity: &owner}
	}
	return b.perform(ctx, s.bucketFor(site), b.turnOf("", "digest", storage.Load{}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		id := "digest_title"
		if n[recovery.P3] < n.sum() {
			id = "digest_waited"
		}
		m := chat.Message{Title: v.Count(id, n.sum(), "site", v.Site.Name), Lang: v.Lang}
		var lines []string
		var buttons []chat.Button
		for i := range views {
			flow, err := configured(t.snap, views[i].Session)
			if err != nil {
				return err
			}
			c := t.frame.view(views[i].Session, views[i].Identity, flow)
			c.Case = views[i].Case
			number := strconv.Itoa(i + 1)
			lines = append(lines, number+"  "+c.Brief(c.StaffVoice()))
			buttons = append(buttons, render.Shows(c, number))
		}
		if more := len(cases) - len(views); more > 0 {
			lines = append(lines, v.Say("digest_more", "n", strconv.Itoa(more)))
		}
		m.Text = strings.Join(lines, "\n")
		if gathered(v, &m, n); len(cases) == len(views) {
			m.Footer = v.Say("digest_numbers")
		}
		slot := storage.Slot{Kind: storage.DigestSlot, Owner: site, Part: stamp(at)}
		s.post(t, v, slot, n, m, slices.Collect(slices.Chunk(buttons, digestRow))...)
		return nil
	}))
}

func stamp(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// said is how many cases there are of each priority.
func (c counts) said(v *voice.Voice) string {
	var all []string
	for p := recovery.P1; p <= recovery.P3; p++ {
		if c[p] > 0 {
			all = append(all, v.Say("gathered_of", "n", strconv.Itoa(c[p]), "priority", p.String()))
		}
	}
	return strings.Join(all, v.Say("list_comma"))
}

// left says how many of them have no card.
func (c counts) left(v *voice.Voice) string {
	if c.sum() == 0 {
		return ""
	}
	return v.Say("gathered_left", "n", strconv.Itoa(c.sum()))
}

// gathered adds to a card of many cases how it stands, and the way to the next one.
func gathered(v *voice.Voice, m *chat.Message, waiting counts) {
	if m.State = "resolved"; waiting.sum() > 0 {
		m.State, m.Footer = "open", v.Say("gathered_next")
	}
}
