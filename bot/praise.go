package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

const (
	// praisePause is how long praise of one site is gathered before the next message.
	praisePause = 10 * time.Minute
	// praiseBatch is how much praise of a bucket one round looks at, praiseShown how much
	// one message quotes.
	praiseBatch, praiseShown = 256, 10
)

// praise keeps what a delighted customer said for those who served them, if the flow
// allows it. It is passed on by the teller.
func (t *turn) praise() {
	s, f := t.session, t.flow
	j := &s.Judgement
	if f.Praise == "" || s.Test || f.Class == survey.Pulse || f.Class == survey.Mystery || !delighted(j) {
		return
	}
	c := t.view()
	v := c.StaffVoice()
	words := []string{c.PrimaryAnswer(v)}
	for i := range s.Answers {
		a := &s.Answers[i]
		at, ok := f.Index[a.Question]
		if ok && !a.Dropped && !a.Skipped && f.Questions[at].Kind.Info().Free {
			words = append(words, a.Text)
		}
	}
	if f.Praise == survey.PraiseNamed && !c.Pseudonymous() {
		words = append([]string{v.Quoted(v.Name)}, words...)
	}
	kase := ""
	if t.desk != nil {
		kase = t.desk.kase.ID
	}
	praise := t.feedbackOf(s, kase, t.b.key.derive("praise", s.ID), storage.Praise, voice.Cut(voice.Join(" · ", words...), render.LongestQuote))
	praise.Announced = time.Time{}
	t.out.Feedback = append(t.out.Feedback, praise)
}

// delighted is about praise: what somebody wrote who was let down in one aspect is none.
func delighted(j *survey.Judgement) bool {
	return (j.Delighted || j.Flag == survey.Delighted) && !j.Unhappy()
}

// praised passes praise on: to the member of staff whom it is about, and to the team of
// the site. More of it within praisePause waits and comes in one message.
func (s *teller) praised(ctx context.Context) error {
	b := s.bot
	sites := map[string][]storage.Feedback{}
	ids := map[string]map[storage.Bucket][]string{}
	for bucket := range storage.Bucket(b.store.Buckets()) {
		list, err := b.store.UnannouncedFeedback(ctx, bucket, praiseBatch)
		if err != nil {
			return err
		}
		for _, f := range list {
			if ids[f.Site] == nil {
				ids[f.Site] = map[storage.Bucket][]string{}
			}
			now, err := b.store.Session(ctx, bucket, f.Session)
			if err != nil {
				return err
			}
			if delighted(&now.Judgement) { // else they changed their answer meanwhile
				sites[f.Site] = append(sites[f.Site], f)
			}
			ids[f.Site][bucket] = append(ids[f.Site][bucket], f.ID)
		}
	}
	var all []error
	for site := range ids {
		list := sites[site]
		if now := b.now(); now.Sub(s.praisedAt[site]) < praisePause || b.snap.Now().Rules(site).Tell(recovery.P2, now).At.After(now) {
			continue
		}
		if len(list) > 0 {
			if err := s.tellPraise(ctx, site, list); err != nil {
				all = append(all, err)
				continue
			}
			s.praisedAt[site] = b.now()
		}
		for bucket, told := range ids[site] {
			all = append(all, b.store.FeedbackAnnounced(ctx, bucket, told, b.now()))
		}
	}
	return errors.Join(all...)
}

// tellPraise posts one message for the team, and one for each whom praise is about. The
// slots follow from the praise: telling it again changes nothing.
func (s *teller) tellPraise(ctx context.Context, site string, list []storage.Feedback) error {
	b := s.bot
	slices.SortFunc(list, func(a, b storage.Feedback) int { return strings.Compare(a.ID, b.ID) })
	return b.perform(ctx, s.bucketFor(site), b.turnOf("", "praise", storage.Load{}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		post := func(list []storage.Feedback, places []chat.Address) {
			m := chat.Message{Title: v.Say("praise_title", "site", v.Site.Name), Lang: v.Lang}
			one := voice.Called(t.snap.Team.Members[list[0].Owner].Name) // whom all of it is about; "" = several, or nobody who is known
			if slices.ContainsFunc(list, func(f storage.Feedback) bool { return f.Owner != list[0].Owner }) {
				one = ""
			}
			if one != "" {
				m.Title = v.Say("praise_for", "who", one, "site", v.Site.Name)
			}
			for _, f := range list[:min(len(list), praiseShown)] {
				q := chat.Quote{Text: f.Text}
				if one == "" {
					q.Label = voice.Called(t.snap.Team.Members[f.Owner].Name)
				}
				m.Quotes = append(m.Quotes, q)
			}
			if more := len(list) - praiseShown; more > 0 {
				m.Footer = v.Say("digest_more", "n", voice.Number(float64(more)))
			}
			for _, to := range t.snap.Reachable(t.snap.Distinct(places)) {
				t.want(storage.Want{Slot: storage.Slot{Kind: storage.PraiseSlot, Owner: list[0].ID, At: to}.String(), Kind: storage.CardD, Rank: storage.Spare, Address: t.snap.At(to), Render: m})
			}
		}
		post(list, t.snap.Usual(site))
		for _, id := range t.snap.Team.Order {
			own := slices.DeleteFunc(slices.Clone(list), func(f storage.Feedback) bool { return f.Owner != id })
			if len(own) > 0 {
				post(own, t.snap.Team.Homes[id])
			}
		}
		return nil
	}))
}
