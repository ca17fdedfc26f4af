package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// shorter is an experiment of the year before the demo's past, which has reached its planned end: one question in the
// place of four. Its owners had thought that few would answer, as with surveys by mail.
var shorter = invitation.Compared{Name: "shorter", Base: 5, Surveys: true, Usual: "post_service_3", Other: "one_tap_csat"}

// experimentFrom and experimentTo are how many days before now the first of it was asked, and the last.
const (
	experimentFrom = 390
	experimentTo   = pastDays + 9
)

// askedShorter writes down whom that experiment asked. Of its conversations nothing is kept, so it says who answered
// and not how.
func askedShorter(ctx context.Context, store storage.Store, now time.Time) error {
	r := rand.New(rand.NewPCG(pastSeed, 6))
	answers := map[invitation.Arm]float64{invitation.UsualArm: 0.47, invitation.OtherArm: 0.62}
	n := 2 * (figures.Planned(shorter.Base) + 12)
	by := map[storage.Bucket][]storage.AskChange{}
	for i := range n {
		arm := invitation.Arms()[i%2]
		v := demoVisits[r.IntN(len(demoVisits))]
		at := now.AddDate(0, 0, -experimentFrom+(experimentFrom-experimentTo)*i/n).Truncate(24 * time.Hour).Add(time.Duration(10*60+r.IntN(7*60)) * time.Minute)
		x := storage.Ask{
			Customer: fmt.Sprintf("%s-%d", v.prefix, 5000+i), Event: fmt.Sprintf("till/R-%d", 5000+i), Trigger: demoTrigger, Flow: shorter.Of(arm), Class: "transactional", Site: v.site,
			State: string(invitation.Expired), Made: at, Sent: at, First: at, Began: at, Until: at.Add(72 * time.Hour), Ended: at.Add(72 * time.Hour), Day: at.Format(time.DateOnly), Service: one(r, v.does),
			By: string(invitation.Web), Language: "en", Experiment: shorter.Key(), Arm: string(arm),
		}
		if x.ID = storage.AskID(x.Event, demoTrigger); r.Float64() < answers[arm] {
			x.State, x.Ended = string(invitation.Completed), at.Add(time.Hour)
		}
		b := storage.AskBucket(x.Customer, store.Buckets())
		by[b] = append(by[b], storage.AskChange{Ask: x})
	}
	for b, changes := range by {
		err := store.ChangeAsks(ctx, b, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) {
			return changes, nil
		})
		if err != nil {
			return fmt.Errorf("write down the ended experiment of the demo: %w", err)
		}
	}
	return nil
}
