package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// The past of the demo: three months in which customers of both sites were asked, answered or
// kept silent, and staff saw to the unhappy ones. All of it goes through the bot, with a clock
// that runs through those months, so that each page shows what it would show in earnest.

const (
	pastDays = 91
	// pastSeed makes every demo's past the same, but for its dates.
	pastSeed = 7
)

// happening is something that happens at a moment of the past.
type happening struct {
	at time.Time
	do func(context.Context) error
}

// past plays what happened, in order.
type past struct {
	store storage.Store
	bot   *bot.Bot
	now   func() time.Time
	set   func(time.Time) // what now says; the zero time = what the time is
	rand  *rand.Rand
	todo  []happening // by time
	n     int         // updates so far
	serve *services
	// reason is the choice of several that whoever answers next makes; "" = the first.
	reason string
}

// visits are who comes to a site of the demo: their names, what was done and by whom, how many
// a day, and how it was for them in the first and in the last week, from 1 to 5 on average.
type visits struct {
	site, doer        string
	prefix            string // of its customers' keys
	names, does, whos []string
	daily             float64
	first, last       float64
	good, bad         []string // words
	causes            []string // of bad, in the words of the menu of causes
}

var demoVisits = []visits{
	{
		site: "bella-salon", doer: "mei", prefix: "B", daily: 1.4, first: 3.9, last: 4.1,
		names: []string{"Olivia", "Priya", "Zoë", "Grace", "Fatima", "Hannah", "Leila", "Chloe", "Ines", "Mia"},
		does:  []string{"cut and colour", "haircut", "blow-dry"}, whos: []string{"Maya", "Ruth", "Jo"},
		good:   []string{"Maya listened and the colour is just right.", "Lovely as always.", "Quick and friendly.", "More free slots on Saturdays, please."},
		bad:    []string{"I waited 40 minutes past my time.", "The colour came out darker than we agreed.", "It cost more than I was told."},
		causes: []string{"responsiveness", "reliability", "price"},
	},
	{
		site: "quickfix", doer: "robin", prefix: "Q", daily: 1.2, first: 2.9, last: 4.1,
		names: []string{"Tomasz", "Alan", "Nia", "Sofia", "Ben", "Yusuf", "Carla", "Dev"},
		does:  []string{"screen repair", "battery change", "data rescue"}, whos: []string{"Tom", "Aisha"},
		good:   []string{"Fixed in an hour, works like new.", "Fair price and clear words.", "Nothing to complain about."},
		bad:    []string{"It was promised for Tuesday and ready on Friday.", "The screen has a scratch now.", "Nobody picked up the phone when I called."},
		causes: []string{"responsiveness", "reliability", "empathy"},
	},
}

// live plays the past up to now.
func (p *past) live(ctx context.Context, now time.Time) error {
	midnight := now.Truncate(24 * time.Hour)
	round, end := bot.Rounds(ctx, p.bot)
	defer end()
	defer p.set(time.Time{})
	for day := range pastDays {
		date := midnight.AddDate(0, 0, day-pastDays)
		p.at(date.Add(8*time.Hour), func(context.Context) error { round(); return nil })
		for _, v := range demoVisits {
			for i := 0.0; i < v.daily; i++ {
				if v.daily-i < 1 && p.rand.Float64() > v.daily-i {
					continue
				}
				mood := v.first + (v.last-v.first)*float64(day)/pastDays
				served := date.Add(9*time.Hour + time.Duration(p.rand.IntN(7*60))*time.Minute)
				p.at(served, func(ctx context.Context) error { return p.visit(ctx, v, mood) })
			}
		}
	}
	p.away(now)
	p.asks(now)
	if err := p.improves(ctx, midnight); err != nil {
		return err
	}
	p.today(now)
	for len(p.todo) > 0 && p.todo[0].at.Before(now) {
		next := p.todo[0]
		p.todo = p.todo[1:]
		p.set(next.at)
		if err := next.do(ctx); err != nil {
			return fmt.Errorf("play the past of the demo: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return p.serve.regulars(ctx, now)
}

// improves is what the shops changed and noted in those months.
func (p *past) improves(ctx context.Context, today time.Time) error {
	for i, x := range []storage.Improvement{
		{Site: "quickfix", ImprovementTerms: storage.ImprovementTerms{
			Reason: "Repairs were ready later than promised", Change: "No day is promised before the part is there", Owner: "Robin", By: "robin",
		}},
		{Site: "bella-salon", ImprovementTerms: storage.ImprovementTerms{Note: true, Change: "Building work in the street", By: "mei"}},
	} {
		day := today.AddDate(0, 0, 21*i-56)
		x.ID, x.Day, x.Made = fmt.Sprintf("demo-%d", i+1), day.Format(time.DateOnly), day
		if err := p.store.PutImprovement(ctx, x, storage.Audit{}); err != nil {
			return err
		}
	}
	return nil
}

// at puts something where its time is.
func (p *past) at(when time.Time, do func(context.Context) error) {
	i, _ := slices.BinarySearchFunc(p.todo, when, func(h happening, t time.Time) int {
		if h.at.After(t) {
			return 1
		}
		return -1 // behind what comes at the same time
	})
	p.todo = slices.Insert(p.todo, i, happening{when, do})
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// invite asks somebody who was served at this moment.
func (p *past) invite(ctx context.Context, v visits, key int, who, what string) (service, error) {
	return p.serve.ask(ctx, p.now(), bot.InviteRequest{
		Flow: "post_service_3", Site: v.site, Channel: string(chat.Web), Language: "en", Expires: 72 * time.Hour,
		Customer: fmt.Sprintf("%s-%d", v.prefix, key),
		Event: map[string]string{
			"first_name": who, "service_name": what, "agent_name": one(p.rand, v.whos), "date": p.now().Format(time.DateOnly),
		},
	})
}

// visit invites who was served, most of whom answer some time later.
func (p *past) visit(ctx context.Context, v visits, mood float64) error {
	key := 1000 + p.rand.IntN(120) // some come again
	made, err := p.invite(ctx, v, key, v.names[key%len(v.names)], one(p.rand, v.does))
	if err != nil {
		return err
	}
	if p.rand.Float64() < 0.35 { // who keeps silent
		return p.serve.tell(ctx, made.event, 0)
	}
	token := made.token
	mark := min(max(int(mood+p.rand.NormFloat64()*0.9+0.5), 1), 5)
	if err := p.serve.tell(ctx, made.event, mark); err != nil {
		return err
	}
	cause, words := p.rand.IntN(len(v.bad)), ""
	switch {
	case mark <= 2:
		words = v.bad[cause]
	case p.rand.Float64() < 0.5:
		words = one(p.rand, v.good)
	}
	p.at(p.now().Add(30*time.Minute+time.Duration(p.rand.IntN(180))*time.Minute), func(ctx context.Context) error {
		c, err := p.answer(ctx, v, token, mark, words)
		if err == nil && c.ID != "" {
			p.recover(v, token, c, v.causes[cause])
		}
		return err
	})
	return nil
}

// today leaves two cases for whoever opens the demo: one that is agreed, and one that nobody
// has taken yet.
func (p *past) today(now time.Time) {
	salon, repair := demoVisits[0], demoVisits[1]
	low := func(v visits, who, what string, mark int, words string, ago time.Duration, then func(token string, c storage.Case)) {
		p.at(now.Add(-ago-time.Hour), func(ctx context.Context) error {
			made, err := p.invite(ctx, v, 900, who, what)
			token := made.token
			p.at(now.Add(-ago), func(ctx context.Context) error {
				c, err := p.answer(ctx, v, token, mark, words)
				if err == nil && c.ID != "" {
					then(token, c)
				}
				return err
			})
			return err
		})
	}
	low(salon, "Priya", salon.does[0], 1, salon.bad[1], 3*time.Hour, func(token string, c storage.Case) {
		p.act(salon.doer, c, 4*time.Minute, recovery.Take{})
		p.act(salon.doer, c, 16*time.Minute, recovery.Contact{Means: recovery.InChat, Text: "I am sorry, Priya. May we colour it anew tomorrow, for nothing?"})
		p.at(c.OpenedAt.Add(30*time.Minute), func(ctx context.Context) error { return p.look(ctx, token) })
		p.act(salon.doer, c, 45*time.Minute, recovery.Agree{Plan: "Colour it anew, free of charge", Due: now.Truncate(24 * time.Hour).Add(34 * time.Hour)})
	})
	low(repair, "Nia", repair.does[0], 2, repair.bad[0], 3*time.Minute, func(string, storage.Case) {})
}

// answer says what a customer has to say, and returns the case that it opens; the zero Case if
// none.
func (p *past) answer(ctx context.Context, v visits, token string, mark int, words string) (storage.Case, error) {
	if err := p.bot.ClaimLink(ctx, token, token); err != nil {
		return storage.Case{}, err
	}
	if err := p.reply(ctx, token, mark, words); err != nil {
		return storage.Case{}, err
	}
	return p.opened(ctx, v.site, token)
}

// opened is the case that the answer of this moment opened on the page of a link; the zero Case if it opened none, or
// one that is only watched.
func (p *past) opened(ctx context.Context, site, token string) (storage.Case, error) {
	v, err := p.bot.Visitor(ctx, token, token)
	if err != nil {
		return storage.Case{}, err
	}
	c, err := openedBy(ctx, p.store, site, storage.Person{Platform: chat.Web, User: v.User.ID}, p.now())
	if err != nil || c.Watched() {
		return storage.Case{}, err
	}
	return c, nil
}

// openedBy is the newest case that a person opened at a site since a moment; the zero Case if there is none. Others
// may have opened theirs at the same moment, and ids say nothing of the order.
func openedBy(ctx context.Context, from storage.Reader, site string, who storage.Person, since time.Time) (storage.Case, error) {
	for c, err := range storage.AllCases(ctx, from, storage.CaseFilter{Sites: []string{site}, Limit: 20}) {
		if err != nil || c.OpenedAt.Before(since) {
			return storage.Case{}, err
		}
		if c.Identity == who.ID() {
			return c, nil
		}
	}
	return storage.Case{}, nil
}

// act does something to a case, so long after it opened.
func (p *past) act(by string, c storage.Case, after time.Duration, what recovery.Act) {
	p.at(c.OpenedAt.Add(after), func(ctx context.Context) error {
		_, err := p.bot.Act(ctx, bot.Doing{Bucket: c.Bucket, Case: c.ID, Act: what, By: by, Language: "en"})
		return err
	})
}

// recover lets somebody take a case, speak with the customer and settle it. Two days later
// most of those customers say that it is settled.
func (p *past) recover(v visits, token string, c storage.Case, cause string) {
	minutes := func(from, most int) time.Duration { return time.Duration(from+p.rand.IntN(most)) * time.Minute }
	took := minutes(2, 10)
	spoke := took + minutes(5, 25)
	read := spoke + minutes(5, 60)
	p.act(v.doer, c, took, recovery.Take{})
	p.act(v.doer, c, spoke, recovery.Contact{Means: recovery.InChat, Text: "I am sorry that this happened. We will put it right: here is how."})
	p.at(c.OpenedAt.Add(read), func(ctx context.Context) error { return p.look(ctx, token) })
	done := recovery.Resolve{Cause: cause, Actions: []recovery.Action{{Kind: recovery.Apology}}}
	if p.rand.Float64() < 0.4 {
		done.Actions = append(done.Actions, recovery.Action{Kind: recovery.Refund, Cost: int64(500 + 250*p.rand.IntN(8))})
	}
	p.act(v.doer, c, read+minutes(10, 120), done)
	if p.rand.Float64() < 0.7 {
		mark := 4 + p.rand.IntN(3)
		p.at(c.OpenedAt.Add(50*time.Hour), func(ctx context.Context) error { return p.reply(ctx, token, mark, "") })
	}
}

// look opens the page of a link, where staff's answer waits.
func (p *past) look(ctx context.Context, token string) error {
	v, err := p.bot.Visitor(ctx, token, token)
	if err != nil {
		return err
	}
	var slots []string
	for b := range storage.Bucket(p.store.Buckets()) {
		rows, err := p.store.Transcript(ctx, b, v.Address)
		if err != nil {
			return err
		}
		for _, row := range rows {
			slots = append(slots, row.Slot)
		}
	}
	return p.bot.Transcripts().Seen(ctx, v.Address, slots)
}

// talk opens the chat of a link, and returns how its customer says something there.
func (p *past) talk(ctx context.Context, token string) (at chat.Address, say func(chat.Update) error, err error) {
	v, err := p.bot.Visitor(ctx, token, token)
	if err != nil {
		return at, nil, err
	}
	say = func(u chat.Update) error {
		p.n++
		u.Key, u.From, u.User, u.Private, u.At = fmt.Sprintf("past:%d", p.n), v.Address, v.User, true, p.now()
		_, err := p.bot.Handle(ctx, []chat.Update{u})
		return err
	}
	if v.Unopened {
		err = say(chat.Update{Kind: chat.Command, Command: "start", Text: token})
	}
	return v.Address, say, err
}

// reply answers what the chat of a link asks, until nothing is open there: with the mark, with
// the words or by skipping, and with yes to whoever wants to get in touch or asks whether it is
// settled.
func (p *past) reply(ctx context.Context, token string, mark int, words string) error {
	at, say, err := p.talk(ctx, token)
	if err != nil {
		return err
	}
	skip := func() error { return say(chat.Update{Kind: chat.Command, Command: "skip"}) }
	for range 12 { // more than the survey has questions
		open, err := p.open(ctx, at)
		if err != nil || open == nil {
			return err
		}
		switch buttons := answers(open); {
		case p.reason != "" && slices.ContainsFunc(buttons, func(b chat.Button) bool { return b.Text == p.reason }):
			if err = say(chat.Update{Kind: chat.Text, Text: p.reason}); err == nil {
				err = p.finish(ctx, at, say)
			}
			p.reason = ""
		case open.Expects != chat.ExpectsNothing && words != "":
			err = say(chat.Update{Kind: chat.Text, Text: words})
			words = ""
		case open.Expects != chat.ExpectsNothing, len(buttons) == 0:
			err = skip()
		case buttons[0].Text == "1":
			err = say(chat.Update{Kind: chat.Tap, Data: buttons[min(mark, len(buttons))-1].Data})
			mark = p.near(mark)
		default:
			yes := max(slices.IndexFunc(buttons, func(b chat.Button) bool { return strings.HasPrefix(b.Text, "Yes") }), 0)
			err = say(chat.Update{Kind: chat.Tap, Data: buttons[yes].Data})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish presses Done where several answers may be chosen. Where one is enough nothing is open that has such a button,
// and the word would be the customer's.
func (p *past) finish(ctx context.Context, at chat.Address, say func(chat.Update) error) error {
	open, err := p.open(ctx, at)
	if err != nil || open == nil {
		return err
	}
	for _, b := range answers(open) {
		if b.Text == "Done" {
			return say(chat.Update{Kind: chat.Tap, Data: b.Data})
		}
	}
	return nil
}

// near is a mark for another side of the same service: who was satisfied stays so.
func (p *past) near(mark int) int {
	if mark > 2 {
		return min(max(mark+p.rand.IntN(3)-1, 3), 7)
	}
	return mark + p.rand.IntN(2)
}

// open is the question that waits for an answer in a chat; nil if none does.
func (p *past) open(ctx context.Context, at chat.Address) (*chat.Message, error) {
	var found *storage.Delivery
	for b := range storage.Bucket(p.store.Buckets()) {
		rows, err := p.store.Transcript(ctx, b, at)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			l := rows[i].Render.Layout
			if l != nil && l.Part == chat.PartQuestion && l.Answer == "" && !l.Skipped && (found == nil || rows[i].Ord > found.Ord) {
				found = &rows[i]
			}
		}
	}
	if found == nil || len(found.Render.Rows) == 0 && found.Render.Expects == chat.ExpectsNothing {
		return nil, nil
	}
	return &found.Render, nil
}

// answers are the buttons of a question that answer it, in their order.
func answers(m *chat.Message) []chat.Button {
	var all []chat.Button
	for _, row := range m.Rows {
		for _, b := range row {
			if b.Aside == "" && b.Data != "" {
				all = append(all, b)
			}
		}
	}
	return all
}
