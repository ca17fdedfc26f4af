package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// Whom the demo asks by itself, and the system of its workshop, which calls in a form of its own.

// demoTriggers are in force all through the past of the demo.
const demoTriggers = `# Whom the demo asks by itself, and who is left in peace.
triggers:
  - name: after-visit
    ask: post_service_3
    after: 1h
    stale: 3d
    experiment: {name: later, after: 2h, base: 65}   # do more answer an hour later?
  - name: unheard                # silence after a repair that was late or below the standard
    on: late_or_broken
    when: {site: quickfix}
    wait: 48h
    open: {priority: P3}
  - name: stays-away
    on: lost
    intervals: 3
    stale: 7d
    ask: lost_customer
standards:
  - {measure: wait_min, at_most: 15}
`

// demoSystem is the list of repairs of the workshop.
const (
	demoSystem       = "workshop"
	demoSystemSecret = "a secret of the demo alone"
	demoMapping      = `sign: {scheme: hmac-sha256, header: X-Workshop-Signature, prefix: "sha256="}
only: {header.x-workshop-topic: [repair/collected, repair/cancelled]}
map:
  id: body.repair.number
  state: {from: header.x-workshop-topic, repair/collected: done, repair/cancelled: cancelled}
  ended: body.repair.collected_at
  promised.by: body.repair.promised_for
  site: {from: body.shop, QF1: quickfix}
  service: body.repair.what
  staff: body.repair.by
  customer.id: body.customer.number
  customer.first_name: body.customer.first_name
  attributes.item: body.repair.device
  attributes.phone: body.customer.phone
`
)

// demoCalls are what it called with lately, the oldest first: how long ago, about what, and what it said.
var demoCalls = []struct {
	ago         time.Duration
	topic, shop string
	number      int
	first, what string
	late        time.Duration // than promised; below 0 = earlier
}{
	{26 * time.Hour, "repair/collected", "QF1", 4021, "Dana", "screen repair", -2 * time.Hour},
	{5 * time.Hour, "repair/received", "QF1", 4033, "Omar", "battery change", 0},
	{4 * time.Hour, "repair/collected", "QF1", 4029, "Ivy", "data rescue", 50 * time.Minute},
	{3 * time.Hour, "repair/collected", "QF9", 4030, "Noor", "screen repair", -time.Hour},
	{40 * time.Minute, "repair/cancelled", "QF1", 4033, "Omar", "battery change", 0},
	{20 * time.Minute, "repair/collected", "QF1", 4031, "Luis", "battery change", -30 * time.Minute},
}

// demoAsking makes what the pages of asking show of the time after the past that is played.
type demoAsking struct {
	settings settings.Settings
	store    storage.Store
	bot      *bot.Bot
	clock    func() time.Time
	set      func(time.Time)
}

// settle has nobody asked anew about the services of the past: their asks are there.
func (d *demoAsking) settle(ctx context.Context) error {
	for b := range storage.Bucket(d.store.Buckets()) {
		for {
			events, err := d.store.ToPlan(ctx, b, 1000)
			if err != nil {
				return err
			}
			if len(events) == 0 {
				break
			}
			if err := d.store.Planned(ctx, events); err != nil {
				return err
			}
		}
	}
	return nil
}

// hear has the workshop call: with what is stored, ignored, refused and called off, by the door that any
// system comes in by. Who is to be asked after that is asked by the server.
func (d *demoAsking) hear(ctx context.Context, now time.Time) error {
	defer d.set(time.Time{})
	desk, err := app.NewSystems(ctx, d.settings, d.store, d.bot, d.clock)
	if err != nil {
		return err
	}
	d.set(now.AddDate(0, 0, -pastDays))
	if _, err := desk.Add(ctx, storage.InboundSource{Name: demoSystem, InboundTerms: storage.InboundTerms{File: demoMapping}}, demoSystemSecret); err != nil {
		return fmt.Errorf("hear the workshop of the demo: %w", err)
	}
	asks := asking.New(asking.Config{Store: d.store, Bot: d.bot, Clock: d.clock})
	door := api.New(api.Config{Store: d.store, Bot: d.bot, Asking: asks, Systems: desk, Clock: d.clock})
	for _, c := range demoCalls {
		at := now.Add(-c.ago)
		d.set(at)
		body := fmt.Appendf(nil, `{"shop":%q,"repair":{"number":"W-%d","what":%q,"device":"phone","by":"Aisha","promised_for":%q,"collected_at":%q},`+
			`"customer":{"number":"W-%d","first_name":%q,"phone":"+44 20 7946 %04d"}}`,
			c.shop, c.number, c.what, at.Add(-c.late).Format(time.RFC3339), at.Format(time.RFC3339), c.number, c.first, c.number%1000)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, api.InboundPath+demoSystem, bytes.NewReader(body))
		if err != nil {
			return err
		}
		sum := hmac.New(sha256.New, []byte(demoSystemSecret))
		sum.Write(body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Workshop-Topic", c.topic)
		r.Header.Set("X-Workshop-Signature", "sha256="+hex.EncodeToString(sum.Sum(nil)))
		said := heardByDemo{head: http.Header{}}
		if door.ServeHTTP(&said, r); said.status >= http.StatusInternalServerError || said.status == http.StatusUnauthorized {
			return fmt.Errorf("a call of the demo's workshop is answered with %d: %s", said.status, said.body.String())
		}
	}
	return nil
}

// heardByDemo is what a call is answered.
type heardByDemo struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (h *heardByDemo) Header() http.Header         { return h.head }
func (h *heardByDemo) WriteHeader(status int)      { h.status = status }
func (h *heardByDemo) Write(p []byte) (int, error) { return h.body.Write(p) }
