package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// drawings are what was drawn once more of the stories that were played: of whatever staff are sent, and a customer
// hears from them, each was drawn from what the database holds, without a turn, without a Bot, in the same words.
type drawings struct {
	stories int
	drawn   map[string]int // by platform and kind of slot, and those with a menu
}

func (d *drawings) add(r *redraw) {
	if d.drawn == nil {
		d.drawn = map[string]int{}
	}
	for what, n := range r.drawn {
		d.drawn[what] += n
	}
	d.drawn["card with a menu"] += r.menus
	d.stories++
}

// check holds what was drawn of all stories to what they are known to send: one that is drawn no more is noticed.
func (d *drawings) check(t *testing.T, stories int, least map[string]int) {
	t.Helper()
	if d.stories < stories {
		return // somebody plays only some
	}
	for what, n := range least {
		if d.drawn[what] < n {
			t.Errorf("%d of %q were drawn, at least %d are sent", d.drawn[what], what, n)
		}
	}
}

// must is a value that is there, or the end of the test.
func must[V any](value V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// happenings are the lines of a story at which something happens.
// redraw draws what a world has sent once more, from what is stored.
type redraw struct {
	w     *world
	t     *testing.T
	texts *voice.Texts
	flows map[snapshot.FlowKey]*snapshot.Flow // those of feedback, and what was read already
	seen  map[string]string                   // hashes by slot
	drawn map[string]int                      // by platform and kind of slot
	menus int
}

func newRedraw(t *testing.T, w *world) *redraw {
	t.Helper()
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &redraw{w: w, t: t, texts: texts, flows: render.FeedbackFlows(texts), seen: map[string]string{}, drawn: map[string]int{}}
}

// compare draws what is new in these chats since the last time; at is when it was sent, and
// tap is the button that staff pressed for it.
func (r *redraw) compare(where string, at time.Time, tap string, chats ...chat.Address) {
	r.t.Helper()
	for _, to := range chats {
		if to.IsZero() {
			continue
		}
		for _, d := range r.w.transcript(to) {
			slot, ok := storage.ParseSlot(d.Slot)
			if !ok {
				r.t.Fatalf("%s: %q is no slot", where, d.Slot)
			}
			if d.Hash == r.seen[d.Slot] || !fromStaff(slot, to == chats[0]) {
				continue
			}
			r.seen[d.Slot] = d.Hash
			r.drawn[string(to.Platform)+" "+string(slot.Kind)]++
			options := r.draw(d, slot, at, tap)
			if len(options) == 0 {
				r.t.Errorf("%s: nobody but the bot can draw what stands in %s:\n%+v", where, d.Slot, d.Render)
				continue
			}
			if slices.ContainsFunc(options, func(m chat.Message) bool { return cmp.Equal(d.Render, m) }) {
				continue
			}
			r.t.Errorf("%s: what stands in %s is another when it is drawn from values (-sent +drawn):\n%s", where, d.Slot, cmp.Diff(d.Render, options[0]))
		}
	}
}

// fromStaff reports whether what stands in a slot is for staff, or from them.
func fromStaff(slot storage.Slot, inTheirs bool) bool {
	switch slot.Kind {
	case storage.ReplySlot, storage.JoinedSlot, storage.ClosedSlot:
		return true
	case storage.MarkSlot: // a sign without words
		return false
	}
	return inTheirs && (slot.Kind.ForStaff() || slot.Kind == storage.NoticeSlot)
}

// values are what is stored of one case, or of a session without one.
type values struct {
	render.CaseView
	events []storage.CaseEvent
	words  []storage.Words
}

// of reads the values of whatever a slot belongs to; false where it is nothing that is stored.
func (r *redraw) of(d storage.Delivery, slot storage.Slot, at time.Time) (*values, bool) {
	r.t.Helper()
	ctx := context.Background()
	v := &values{CaseView: render.CaseView{Texts: r.texts, Site: snapshot.Site{Zone: time.UTC}, Now: at}}
	sessionID := slot.Owner
	for _, k := range must(r.w.store.Cases(ctx, storage.CaseFilter{Limit: 1000}))(r.t) {
		if k.ID == slot.Owner {
			v.Case, sessionID = &k, k.Session
			v.events = must(r.w.store.CaseEvents(ctx, k.Bucket, k.ID))(r.t)
		} else if k.Session == slot.Owner {
			v.Case = &k
		}
	}
	session, err := r.w.store.Session(ctx, d.Bucket, sessionID)
	if err != nil {
		return v, false
	}
	v.Session = &session
	customer := must(r.w.store.Identity(ctx, d.Bucket, session.Identity))(r.t)
	v.Identity = &customer
	switch slot.Kind {
	case storage.RelaySlot, storage.FileSlot, storage.ReplySlot:
		v.words = must(r.w.store.Dossier(ctx, storage.Anchor{Identities: []storage.Person{customer.Person}}))(r.t).Words
	}
	v.Mark = session.Mark
	key := snapshot.FlowKey{ID: session.Flow, Version: session.Version}
	if r.flows[key] == nil {
		source := must(r.w.store.FlowSource(ctx, session.Flow, session.Version))(r.t)
		r.flows[key] = snapshot.NewFlow(must(flowfile.Parse([]byte(source.Source)))(r.t))
	}
	v.Flow = r.flows[key]
	for _, site := range must(r.w.store.Sites(ctx))(r.t) {
		if site.ID == session.Site {
			v.Site = snapshot.Site{Site: site, Zone: must(time.LoadLocation(site.Zone))(r.t)}
		}
	}
	rules := (&snapshot.Snapshot{}).Rules(session.Site)
	if v.Causes = rules.Causes; v.Case != nil && customer.Stopped.IsZero() && customer.Blocked.IsZero() {
		if next, ok := recovery.NextClock(rules, v.Case.Case); ok && next.Clock == recovery.ClockFollowUp {
			v.Asked = next.At
		}
	}
	v.Team.Members = map[string]storage.Staff{}
	for _, member := range must(r.w.store.StaffList(ctx))(r.t) {
		v.Team.Members[member.ID] = member
	}
	return v, true
}

// draw is what the slot may hold, by what it is for; where it hangs in the chat is taken from
// what was sent.
func (r *redraw) draw(d storage.Delivery, slot storage.Slot, at time.Time, tap string) (options []chat.Message) {
	r.t.Helper()
	c, ok := r.of(d, slot, at)
	if !ok {
		return nil
	}
	v, traits := c.StaffVoice(), platforms()[d.Address.Platform]
	add := func(m chat.Message) {
		m.Under, m.Replies, m.Inert = d.Render.Under, d.Render.Replies, d.Render.Inert
		options = append(options, m)
	}
	switch slot.Kind {
	case storage.CardSlot:
		m := render.On(v, &c.CaseView, c.Card(v), traits)
		for _, open := range c.Case.Menus {
			if open.At == d.Address {
				c.InMenu(v, &m, open, traits)
				r.menus++
			}
		}
		add(m)
	case storage.EventSlot:
		for _, e := range c.events {
			if id, _, _ := strings.Cut(slot.Part, ":"); e.ID != id {
				continue
			}
			if m, ok := c.Line(v, e, traits.Threads); ok {
				quotes := m.Quotes
				for i := 0; i == 0 || i < len(quotes); i++ {
					if i < len(quotes) {
						m.Quotes = quotes[i : i+1]
					}
					add(m)
				}
			}
		}
	case storage.ReminderSlot:
		add(chat.Message{Mark: chat.Gone}) // another took its place
		for _, e := range c.events {
			if m, ok := c.Reminder(v, recovery.Event{Kind: recovery.EventKind(e.Kind), At: e.At, Detail: e.Detail, Note: e.Note}, traits.Forms); ok {
				add(m)
				m.Text = v.Say("reminder_lead", "line", m.Text)
				add(m)
			}
		}
	case storage.RelaySlot:
		for _, how := range []render.Relaying{{}, {Told: true}, {Buttons: true}, {Told: true, Buttons: true}} {
			how.Forms = traits.Forms
			for i, w := range append(slices.Clone(c.words), c.words...) {
				how.At = w.At
				view := c.CaseView
				if i >= len(c.words) { // they lost their buttons, and nothing else, before the case was closed
					open := *c.Case
					open.State, view.Case = recovery.Open, &open
				}
				for _, part := range voice.InParts(w.Text) {
					m := view.Relay(v, how)
					m.Quotes = []chat.Quote{{Text: part}}
					add(m)
				}
				for i := range w.Files {
					m := view.Relay(v, how)
					m.Text = v.Files(w.Files[i : i+1])
					if traits.Shares && c.Session.Address.Account == d.Address.Account {
						m.Files = chatFiles(w.Files[i : i+1])
					}
					add(m)
				}
			}
		}
	case storage.AskSlot:
		p := render.PromptOf(slot.Part)
		add(c.PromptDone(v, p))
		add(c.Prompt(v, p, d.Render.Replies)) // of whom the platform names by no user name
		for _, member := range c.Team.Members {
			p.Who = strings.ToLower(member.Name)
			add(c.Prompt(v, p, d.Render.Replies))
		}
	case storage.AsideSlot:
		m := c.Note(v)
		m.Rows = render.NoteButtons(v, &c.CaseView, traits)
		add(m)
	case storage.FileSlot:
		for _, w := range c.words {
			for _, f := range w.Files {
				add(c.File(v, f))
			}
		}
	case storage.StaysSlot, storage.NoticeSlot:
		for id := range v.Plain {
			add(chat.Message{Text: v.Say(id, "name", c.CustomerName(v), "link", linking(traits)), Lang: v.Lang})
		}
	case storage.ReplySlot, storage.JoinedSlot, storage.ClosedSlot:
		options = c.toCustomer(slot.Kind, traits)
	}
	return options
}

// toCustomer is what the customer of a case may hear from staff.
func (c *values) toCustomer(kind storage.SlotKind, on chat.Traits) (options []chat.Message) {
	talk := render.Talk{Texts: c.Texts, On: on, Session: c.Session, Identity: c.Identity, Flow: c.Flow, Site: c.Site, Now: c.Now}
	v := talk.Person()
	add := func(m chat.Message, laid chat.Layout) {
		if on.Lays {
			laid.At = c.Now
			m.Layout = &laid
		}
		options = append(options, m)
	}
	if kind == storage.ClosedSlot {
		return []chat.Message{{Text: v.Say("closed", "site", c.Site.Name), Lang: v.Lang}}
	}
	for _, by := range c.Team.Members {
		if kind == storage.JoinedSlot {
			add(chat.Message{Text: v.Say("joined", "who", c.Signature(v, by.Name)), Lang: v.Lang}, chat.Layout{Part: chat.PartEvent})
			continue
		}
		for _, w := range c.words {
			for _, part := range voice.InParts(w.Text) {
				add(chat.Message{Text: part, Title: c.Signature(v, by.Name)}, chat.Layout{Part: chat.PartReply, Who: c.Signs(v, by.Name)})
			}
		}
	}
	return options
}
