package asking_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
)

const modelled = `
triggers:
  - {name: colour, when: {service: colour}, ask: post_service_3, after: 2h, sample: 60}
  - {name: visit, ask: one_tap_csat, after: 1h, stale: 2d}
contact:
  classes: {transactional: {every: 4d, same_flow: 9d}}
  declined: 6d
  cap: {offers: 4, within: 30d}
  wait: 2d
`

// What modelled says, as the model looks at it.
const (
	modelEvery, modelSame, modelNo, modelWithin = 4 * 24 * time.Hour, 9 * 24 * time.Hour, 6 * 24 * time.Hour, 30 * 24 * time.Hour
	modelCap                                    = 4
)

// patron is a customer as the model knows them: what they did, not what was decided about them.
type patron struct {
	key, user string // user "" = only a link leads to them
	zone      string
	stopped   time.Time
	nos       []time.Time
	answered  map[string][]time.Time // by survey
	cases     [][2]time.Time         // when one of theirs was open
	linking   int                    // conversations of before
}

// history is a random one.
type history struct {
	*world
	r       *rand.Rand
	patrons []*patron
	events  map[string]*storage.Event // as told last, by id
	began   time.Time
	looks   int // calls to the database until a new process asks
	crashes int
	wild    bool // also what a dry run cannot know: services that are told otherwise, and are done again
}

var everywhere = flag.Bool("everywhere", false, "play six random histories on both engines, not three of them, each on one")

// TestTheModelOfWhoIsAsked plays random histories, of each moment one, in turns on each engine: services that are
// told, done, called off and done again, answers, refusals, stops, cases that open and are closed, staff who ask
// by hand and insist, nights in zones that change their clocks meanwhile, and processes that die at
// any call to the database. Nobody is ever asked too often, every decision is explained, and a dry
// run of what it can know says what happened, service by service.
func TestTheModelOfWhoIsAsked(t *testing.T) {
	begins := []time.Time{
		time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC),  // America, then Europe
		time.Date(2026, 3, 27, 20, 0, 0, 0, time.UTC), // Europe, then Lord Howe by half an hour
		time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC),  // Lord Howe forth, Europe and America back
	}
	histories := uint64(len(begins))
	if *everywhere {
		histories *= 2 // of each moment one that a dry run can know, and one that it cannot
	}
	for seed := range histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			only := []string{[]string{"sqlite", "postgres"}[seed%2]}
			if *everywhere {
				only = nil
			}
			engines(t, func(t *testing.T, w *world) {
				w.now = begins[seed%3]
				h := &history{world: w, r: rand.New(rand.NewPCG(seed, 15)), events: map[string]*storage.Event{}, wild: seed%2 == 1}
				h.begin()
				for range 90 {
					h.step()
				}
				h.lasts(4 * 24 * time.Hour)
				h.neverTooOften()
				h.explained()
				if !h.wild {
					h.dryRun()
				}
			}, only...)
		})
	}
}

func (h *history) begin() {
	zones := []string{"", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin", ""}
	for i, zone := range zones {
		p := &patron{key: fmt.Sprint("C-", i), zone: zone, answered: map[string][]time.Time{}}
		if i < 5 {
			p.user = fmt.Sprint(100 + i)
			h.linked(p.key, p.user)
			p.linking = len(h.conversations(p))
		}
		h.patrons = append(h.patrons, p)
	}
	h.staff("maya", "90", access.Admin)
	h.triggers(modelled)
	h.began = h.now
	counting := storagetest.Crashing(h.store, 0, storagetest.BeforeCall)
	inner := h.store
	h.on(counting)
	h.looks = counting.Calls()
	h.on(inner)
}

// step is one thing that somebody does, and then some time.
func (h *history) step() {
	p := h.patrons[h.r.IntN(len(h.patrons))]
	switch n := h.r.IntN(40); {
	case n < 14:
		h.serve(p)
	case n < 22:
		at := h.r.IntN(len(h.patrons))
		for _, p := range slices.Concat(h.patrons[at:], h.patrons[:at]) {
			if h.answers(p) {
				break
			}
		}
	case n < 25:
		h.closesCases()
	case n < 28:
		h.callsOff()
	case n < 30:
		insists := ""
		if h.r.IntN(2) == 0 {
			insists = "they asked for it"
		}
		h.wish(fmt.Sprint("wish", h.now.Unix()), p.key, func(x *asking.Wish) { x.Against = insists })
	case n < 32:
		h.dies(p)
	case n == 32 && p.user != "" && h.r.IntN(3) == 0:
		h.says(p.user, chat.Update{Kind: chat.Command, Command: "stop"})
		if p.stopped.IsZero() {
			p.stopped = h.now
		}
	case n < 36 && h.wild:
		h.tellsOtherwise()
	}
	h.lasts(time.Duration(h.r.IntN(20*60)) * time.Minute)
}

// lasts lets time pass, and notes whose case is open all the while: nobody does anything meanwhile.
func (h *history) lasts(d time.Duration) {
	from := h.now
	open := map[string]bool{}
	for _, c := range h.openCases() {
		open[c.Customer] = true
	}
	h.passes(d)
	for _, p := range h.patrons {
		if open[p.key] {
			p.cases = append(p.cases, [2]time.Time{from, h.now})
		}
	}
}

func (h *history) openCases() []storage.Case {
	h.t.Helper()
	all, err := h.store.Cases(h.t.Context(), storage.CaseFilter{States: recovery.ActiveStates(), Limit: 100})
	check(h.t, err)
	return all
}

// serve tells of a service that somebody had lately.
func (h *history) serve(p *patron) *storage.Event {
	h.n++
	e := &storage.Event{
		Source: "till", ID: fmt.Sprint("e", h.n), State: storage.EventDone, Site: "main", Service: []string{"cut", "colour"}[h.r.IntN(2)],
		Ended: h.now.Add(-time.Duration(h.r.IntN(50)) * time.Hour), Customer: &storage.EventCustomer{ID: p.key, Zone: p.zone},
	}
	if h.r.IntN(12) == 0 {
		e.Customer.Kind = "internal"
	}
	if h.wild && h.r.IntN(4) == 0 {
		e.State, e.Ended, e.Booked = storage.EventBooked, time.Time{}, h.now.Add(time.Duration(h.r.IntN(48))*time.Hour)
	}
	h.tells(e)
	return e
}

func (h *history) tells(e *storage.Event) {
	h.t.Helper()
	h.events[e.ID] = e
	copied := *e
	h.told(e.ID, e.Customer.ID, func(x *storage.Event) { *x = copied })
}

// known is a service of before.
func (h *history) known() *storage.Event {
	var ids []string
	for id := range h.events {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return h.events[ids[h.r.IntN(len(ids))]]
}

func (h *history) callsOff() {
	if e := h.known(); e != nil && e.State == storage.EventDone {
		e.State = storage.EventCancelled
		h.now = h.now.Add(time.Second)
		h.tells(e)
	}
}

func (h *history) tellsOtherwise() {
	e := h.known()
	if e == nil {
		return
	}
	h.now = h.now.Add(time.Second)
	switch {
	case e.State == storage.EventDone && h.r.IntN(2) == 0:
		e.State = storage.EventReopened
	case e.State == storage.EventDone:
		e.Service = map[string]string{"cut": "colour", "colour": "cut"}[e.Service]
	default:
		e.State, e.Ended = storage.EventDone, h.now
	}
	h.tells(e)
}

// answers has a customer answer, or say no, or leave it half way, if they were asked something.
func (h *history) answers(p *patron) bool {
	h.t.Helper()
	session, open := h.openSession(p)
	if !open {
		return false
	}
	switch h.r.IntN(6) {
	case 0:
		h.says(p.user, chat.Update{Kind: chat.Command, Command: "cancel"})
	case 1:
		h.taps(p.user)
	case 2, 3, 4:
		h.best(p.user)
		h.answersAll(p.user)
	default: // they begin with the worst, and a case opens
		h.answersAll(p.user)
	}
	after, err := h.store.Session(h.t.Context(), session.Bucket, session.ID)
	check(h.t, err)
	switch after.Status {
	case survey.Declined:
		p.nos = append(p.nos, h.now)
	case survey.Completed:
		p.answered[session.Flow] = append(p.answered[session.Flow], h.now)
	}
	return true
}

// openSession is the survey that a customer is in, if it can still be answered.
func (h *history) openSession(p *patron) (storage.Session, bool) {
	h.t.Helper()
	accounts, err := h.store.CustomerAccounts(h.t.Context(), []string{p.key})
	check(h.t, err)
	for _, id := range accounts[p.key] {
		if id.Session == "" {
			continue
		}
		s, err := h.store.Session(h.t.Context(), id.Bucket, id.Session)
		check(h.t, err)
		return s, s.Ended.IsZero() && h.now.Before(s.Expires) && slices.Contains(h.conversations(p)[p.linking:], s.ID) && p.stopped.IsZero()
	}
	return storage.Session{}, false
}

// best taps the best of the five options of the newest question.
func (h *history) best(user string) {
	all := h.questions(user)
	if options := slices.Concat(all[len(all)-1].Render.Rows...); len(options) >= 5 {
		h.says(user, chat.Update{Kind: chat.Tap, Data: options[4].Data})
	}
}

// closesCases has staff close what is open.
func (h *history) closesCases() {
	h.t.Helper()
	for _, c := range h.openCases() {
		_, err := h.bot.Act(h.t.Context(), bot.Doing{Bucket: c.Bucket, Case: c.ID, Act: recovery.NoAction{Reason: "other"}, By: "maya"})
		check(h.t, err)
	}
}

// dies has a process hear of a service and die somewhere on the way to the customer. Another goes on.
func (h *history) dies(p *patron) {
	h.t.Helper()
	h.n++
	e := &storage.Event{
		Source: "till", ID: fmt.Sprint("e", h.n), State: storage.EventDone, Site: "main", Service: "cut", Ended: h.now.Add(-90 * time.Minute),
		Customer: &storage.EventCustomer{ID: p.key, Zone: p.zone},
	}
	h.events[e.ID] = e
	_, err := h.store.PutEvents(h.t.Context(), []storage.Event{*e}, h.now, false)
	check(h.t, err)
	inner := h.store
	mortal := storagetest.Crashing(inner, h.looks+1+h.r.IntN(40), []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall}[h.r.IntN(2)])
	h.on(mortal)
	for range 2 {
		if h.asking.Look(h.t.Context()) != nil {
			h.crashes++
			break
		}
	}
	h.on(inner)
	h.pass(0)
}

// conversations are the surveys that somebody was asked in Telegram, the oldest first.
func (h *history) conversations(p *patron) (all []string) {
	h.t.Helper()
	if p.user == "" {
		return nil
	}
	for _, d := range h.questions(p.user) {
		if s, ok := storage.ParseSlot(d.Slot); ok && !slices.Contains(all, s.Owner) {
			all = append(all, s.Owner)
		}
	}
	return all
}

// neverTooOften looks at everything that was sent, beside what the customers did.
func (h *history) neverTooOften() {
	h.t.Helper()
	asked := 0
	for _, p := range h.patrons {
		all, err := h.store.Offers(h.t.Context(), []string{p.key})
		check(h.t, err)
		offers := all[p.key]
		slices.SortFunc(offers, func(a, b storage.Ask) int { return a.Sent.Compare(b.Sent) })
		inChat, services := 0, map[string]int{}
		for i := range offers {
			x := &offers[i]
			asked++
			if x.By == "telegram" {
				inChat++
			}
			if fault := h.wrong(p, x, offers[:i]); fault != "" {
				h.t.Errorf("%s is asked at %s about %q (%s): %s", p.key, x.Sent, x.Event, cmp.Or(x.Asker, x.Trigger), fault)
			}
			if services[x.Event]++; x.Event != "" && services[x.Event] > 1 && !h.wild {
				h.t.Errorf("%s is asked twice about %s", p.key, x.Event)
			}
		}
		if got := len(h.conversations(p)) - p.linking; p.user != "" && got != inChat {
			h.t.Errorf("%s sees %d surveys, and %d are known", p.key, got, inChat)
		}
	}
	if asked < 10 || h.crashes == 0 {
		h.t.Errorf("only %d are asked, and %d processes died: the test shows little", asked, h.crashes)
	}
}

// wrong says what is wrong with an offer, beside those before it.
func (h *history) wrong(p *patron, x *storage.Ask, before []storage.Ask) string {
	at := x.Sent
	if !p.stopped.IsZero() && !at.Before(p.stopped) {
		return "they said stop"
	}
	zone, err := time.LoadLocation(cmp.Or(p.zone, "Europe/Berlin"))
	check(h.t, err)
	if x.Asker != "" && len(before) == 0 { // nothing tells of their zone yet
		zone, _ = time.LoadLocation("Europe/Berlin")
	}
	if here := at.In(zone); x.By == "telegram" && x.Asker == "" && (here.Hour() < 9 || here.Hour() >= 21) {
		return "it is night: " + here.String()
	}
	for i := range before {
		o := &before[i]
		if o.State == "unreachable" {
			continue
		}
		if over := cmp.Or(o.Ended, o.Until); over.IsZero() || at.Before(over) {
			return fmt.Sprintf("what they were asked at %s is open (%s)", o.Sent, o.State)
		}
	}
	if x.Against != "" {
		return "" // a person says why the clocks do not hold
	}
	within := 0
	for i := range before {
		if o := &before[i]; o.State != "unreachable" {
			if at.Before(o.Sent.Add(modelEvery)) {
				return fmt.Sprintf("they were asked at %s", o.Sent)
			}
			if at.Before(o.Sent.Add(modelWithin)) {
				within++
			}
		}
	}
	if within >= modelCap {
		return fmt.Sprintf("they were asked %d times", within)
	}
	for _, no := range p.nos {
		if !at.Before(no) && at.Before(no.Add(modelNo)) {
			return fmt.Sprintf("they said no at %s", no)
		}
	}
	for _, done := range p.answered[x.Flow] {
		if !at.Before(done) && at.Before(done.Add(modelSame)) {
			return fmt.Sprintf("they answered the same at %s", done)
		}
	}
	for _, c := range p.cases {
		if at.After(c[0]) && !at.After(c[1]) {
			return fmt.Sprintf("their case is open since %s", c[0])
		}
	}
	return ""
}

// explained looks whether it is known of every service why somebody was asked, or was not.
func (h *history) explained() {
	h.t.Helper()
	ctx := h.t.Context()
	reasons := map[string]int{}
	for id, e := range h.events {
		asks, err := h.store.AsksAfter(ctx, e.Customer.ID, "till:"+id)
		check(h.t, err)
		if len(asks) == 0 && e.State == storage.EventDone {
			h.t.Errorf("nothing is known of %s", id)
		}
		for _, x := range asks {
			all, err := h.store.AskDecisions(ctx, x.Bucket, []string{x.ID})
			check(h.t, err)
			if len(all) != x.Decided || len(all) == 0 && (x.State != "scheduled" || !x.Due.After(h.now)) {
				h.t.Errorf("%s is %s, of %d decisions there are %d", id, x.State, x.Decided, len(all))
				continue
			}
			for i, d := range all {
				words := asking.Decision(d).Words(time.UTC)
				if d.Seq != i+1 || d.Rule == "" || d.Reason != "" && words == "" || d.At.After(h.now) {
					h.t.Errorf("%s is not explained: %+v (%s)", id, d, words)
				}
			}
			if len(all) > 0 {
				last := all[len(all)-1]
				asked := last.State == "sending" || last.State == "handed_out"
				if asked == x.Sent.IsZero() && x.State != "unreachable" && x.State != "cancelled" || !asked && last.State != x.State {
					h.t.Errorf("%s is %s %s (sent %s), and it was decided that it is %s %s", id, x.State, x.Reason, x.Sent, last.State, last.Reason)
				}
			}
			reasons[strings.TrimSpace(x.State+" "+x.Reason)]++
		}
		stored, err := h.store.EventsOf(ctx, []string{"till:" + id})
		check(h.t, err)
		if answer, _, err := h.asking.OfEvent(ctx, stored["till:"+id]); err != nil || answer.Invitation == nil && answer.NotAsked == nil {
			h.t.Errorf("of %s nothing is said: %v", id, err)
		}
	}
	if len(reasons) < 5 {
		h.t.Errorf("only %v happened", reasons)
	}
	h.t.Logf("%d services, %d crashes: %v", len(h.events), h.crashes, reasons)
}

// dryRun compares what a dry run says with what happened.
func (h *history) dryRun() {
	h.t.Helper()
	ctx := h.t.Context()
	p, err := triggerfile.Parse([]byte(modelled))
	check(h.t, err)
	tried, err := h.asking.Try(ctx, p, h.began.AddDate(0, 0, -5), nil)
	check(h.t, err)
	for _, d := range tried.Differences {
		h.t.Errorf("%s of %s was %s, and would be %s", d.Event, d.Customer, d.Was, d.Would)
	}
	asked := 0
	for id, e := range h.events {
		asks, err := h.store.AsksAfter(ctx, e.Customer.ID, "till:"+id)
		check(h.t, err)
		if slices.ContainsFunc(asks, func(x storage.Ask) bool { return !x.Sent.IsZero() }) {
			asked++
		}
	}
	if tried.WouldAsk != asked || tried.Events != len(h.events) {
		h.t.Errorf("%d of %d are asked; the dry run says %d of %d", asked, len(h.events), tried.WouldAsk, tried.Events)
	}
}
