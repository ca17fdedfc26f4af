package main

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// What an installation keeps, while nobody says otherwise, of what was said in chats, and of who was asked why.
const (
	talksKept  = 30 * 24 * time.Hour
	eventsKept = 400 * 24 * time.Hour
)

// What its customers do. Of ten conversations six began with a question after a service, four at a link that hangs
// at a counter. After five more services there was no answer: one was followed by no question; of the four customers
// who were asked, one in five looked.
const (
	linksOfTen  = 4
	silentOfTen = 5
	officeLinks = 40
)

// business is what an installation has stored after two years: the same for every engine, made of numbers alone.
type business struct {
	conversations, buckets int
	now                    time.Time
	like                   complaint
}

// mixed is a number that follows from another in no order that anything depends on (the finalizer of MurmurHash3).
func mixed(n uint64) uint64 {
	n ^= n >> 33
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	n *= 0xc4ceb9fe1a85ec53
	return n ^ n>>33
}

// at is when conversation s began: they come evenly, the oldest first.
func (b *business) at(s int) time.Time {
	return b.now.Add(-twoYears / time.Duration(b.conversations) * time.Duration(b.conversations-s)).Truncate(time.Microsecond)
}

// named is an id of a kind: it begins with its time, and goes on in no order.
func named(kind uint64, at time.Time, s int) string {
	id := uuid.UUID{}
	ms, r, t := at.UnixMilli(), mixed(kind<<48|uint64(s)), mixed(kind<<48|uint64(s)|1<<40)
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	for i := range 8 {
		id[6+i] = byte(r >> (8 * i))
	}
	id[14], id[15] = byte(t), byte(t>>8)
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id.String()
}

// Kinds of ids.
const (
	ofSession = iota + 1
	ofInvitation
	ofSilent
	ofAsk
)

// visit is a service, what was asked about it, and what was said.
type visit struct {
	n                             int
	silent                        bool // nobody answered: it is one of those that led to no conversation
	at                            time.Time
	day                           string
	who                           storage.Person
	id, customer                  string // of the account, and as the house calls them; "" = it does not
	in, invitedIn, askedIn        storage.Bucket
	session, invitation           string // "" = there is none
	site, service, staff, channel string
	late, broken, opened          bool
	values                        [questions]int // 1–5
	composite                     float64
	level                         int
}

// people is how many customers there are: everybody came twice.
func (b *business) people() int { return max(1, b.conversations/2) }

func (b *business) person(p int) storage.Person {
	return storage.Person{Platform: chat.Telegram, Account: account, User: strconv.Itoa(5_000_000_000 + p)}
}

// visit is conversation s or, of those who did not answer, service s.
func (b *business) visit(s int, silent bool) (v visit) {
	r := mixed(uint64(s)<<1 | 1)
	if silent {
		r = mixed(r)
	}
	pick := func(n int) int { k := int(r % uint64(n)); r = mixed(r); return k }
	v.n, v.silent, v.at = s, silent, b.at(s)
	p := pick(b.people())
	v.who = b.person(p)
	v.id, v.in = v.who.ID(), storage.BucketOf(v.who.Hash16(), b.buckets)
	byLink := !silent && s%10 < linksOfTen
	if !byLink {
		v.customer = "c-" + strconv.Itoa(p)
		v.askedIn = storage.AskBucket(v.customer, b.buckets)
	}
	v.site, v.staff = siteOf(pick(officeSites)), "Person "+strconv.Itoa(pick(10))
	v.service = []string{"haircut", "beard", "colour"}[pick(3)]
	v.channel = []string{string(chat.Telegram), string(chat.Web)}[pick(2)]
	v.late, v.broken, v.opened = pick(8) == 0, pick(6) == 0, !silent || pick(5) == 0
	if v.invitation = named(ofInvitation, v.at, s); silent {
		v.invitation = named(ofSilent, v.at, s)
	} else {
		v.session = named(ofSession, v.at, s)
	}
	v.invitedIn = v.in
	v.day = v.at.Format(time.DateOnly)
	first := []int{5, 4, 4, 3, 5, 3, 4, 2, 5, 4, 1, 4, 2}[pick(13)]
	if v.late || v.broken {
		first = max(1, first-pick(3))
	}
	for q := range v.values {
		if v.values[q] = first; q > 0 {
			v.values[q] = min(5, max(1, first+pick(3)-1))
		}
		v.composite += float64(v.values[q]-1) * 25 / questions
	}
	v.level = levelOf(v.values[0])
	return v
}

// levelOf is the level of an answer from 1 to 5.
func levelOf(value int) int { return []int{1, 2, 4, 6, 7}[value-1] }

func flagOf(level int) string {
	switch {
	case level <= 3:
		return string(survey.Unsatisfied)
	case level == 4:
		return string(survey.Neutral)
	case level == 7:
		return string(survey.Delighted)
	}
	return string(survey.Satisfied)
}

// answered are all conversations, the oldest first.
func (b *business) answered() iter.Seq[visit] {
	return func(yield func(visit) bool) {
		for s := range b.conversations {
			if !yield(b.visit(s, false)) {
				return
			}
		}
	}
}

// invited are all services that somebody was asked about, or at whose place somebody followed a link.
func (b *business) invited() iter.Seq[visit] {
	return func(yield func(visit) bool) {
		for s := range b.conversations {
			if !yield(b.visit(s, false)) || s%10 < silentOfTen && !yield(b.visit(s, true)) {
				return
			}
		}
	}
}

// told are the services that other systems told of and that are kept yet.
func (b *business) told() iter.Seq[visit] {
	since := b.now.Add(-eventsKept)
	return func(yield func(visit) bool) {
		for v := range b.invited() {
			if v.customer != "" && v.at.After(since) && !yield(v) {
				return
			}
		}
	}
}

// event is the service as the till told of it.
func (v *visit) event() storage.Event {
	ended := v.at.Add(-3 * time.Hour)
	took, waited := 25+float64(v.n%40), float64(v.n%9)
	if v.broken {
		waited += 10
	}
	promised := ended.Add(10 * time.Minute)
	if v.late {
		promised = ended.Add(-25 * time.Minute)
	}
	id := strconv.Itoa(10_000_000 + v.n)
	if v.silent {
		id += "s"
	}
	return storage.Event{
		Source: "till", ID: id, State: storage.EventDone, Site: v.site, Service: v.service, Staff: v.staff,
		Started: ended.Add(-time.Duration(took) * time.Minute), Ended: ended, Promised: &storage.EventPromise{By: promised},
		Measures: map[string]float64{"wait_min": waited, "duration_min": took}, Customer: &storage.EventCustomer{ID: v.customer},
	}
}

// state is what became of being asked.
func (v *visit) state() invitation.State {
	switch {
	case !v.silent:
		return invitation.Completed
	case v.n%10 == 0:
		return invitation.Suppressed
	case v.opened:
		return invitation.Started
	}
	return invitation.Expired
}

// ask is what was decided of the service.
func (v *visit) ask(flow string) storage.Ask {
	e := v.event()
	a := storage.Ask{
		ID: named(ofAsk, v.at, 2*v.n+map[bool]int{true: 1}[v.silent]), Bucket: v.askedIn, Customer: v.customer, Event: e.Name(), Trigger: "visit", Flow: flow,
		Class: "transactional", Site: v.site, State: string(v.state()), Made: e.Ended.Add(time.Minute), First: v.at, Told: e.Hash(), Day: v.day,
		Service: v.service, By: v.channel, Decided: 1, At: v.in,
	}
	if a.State == string(invitation.Suppressed) {
		a.Reason = string(invitation.Recently)
		return a
	}
	a.Offer, a.Sent, a.Session, a.Until = v.invitation, v.at, v.session, v.at.Add(7*24*time.Hour)
	if a.Ended = a.Until; !v.silent {
		a.Ended = v.at.Add(time.Minute)
	}
	return a
}

// offer is the invitation.
func (v *visit) offer(flow string) storage.Invitation {
	i := storage.Invitation{
		ID: v.invitation, Bucket: v.invitedIn, Flow: flow, Version: 1, Site: v.site, Customer: v.customer, Channel: v.channel, Language: "en",
		Attributes: map[string]string{"service_name": v.service, "agent_name": v.staff}, Created: v.at, Expires: v.at.Add(7 * 24 * time.Hour),
	}
	i.Facts.Class, i.Facts.Late, i.Facts.StandardBroken = "transactional", v.late, v.broken
	if v.opened {
		i.RedeemedBy, i.RedeemedAt, i.Session = v.id, v.at, v.session
	}
	return i
}

// rows are the rows of a table: its columns, and each row's values in their order.
type rows struct {
	table   string
	columns []string
	each    iter.Seq2[[]any, error]
	instead bool // of those that are there
}

// tables are all rows, the largest tables in the order in which their keys come.
func (b *business) tables() []rows {
	flow := flowName
	of := func(table string, columns []string, each iter.Seq2[[]any, error]) rows {
		return rows{table: table, columns: columns, each: each, instead: table == "cell_marks"}
	}
	from := func(visits iter.Seq[visit], row func(*visit) ([]any, error)) iter.Seq2[[]any, error] {
		return func(yield func([]any, error) bool) {
			for v := range visits {
				values, err := row(&v)
				if values == nil && err == nil {
					continue
				}
				if !yield(values, err) {
					return
				}
			}
		}
	}
	return []rows{
		of("identities", []string{"bucket", "id", "session", "platform", "account", "person", "customer", "body"}, b.identities()),
		of("customers", []string{"id", "name", "tier", "created"}, b.customers()),
		of("sessions", []string{
			"bucket", "id", "identity", "flow", "version", "status", "site", "customer", "invitation", "case_id", "started_at", "ended_at", "composite",
			"level", "unsatisfied", "test", "body",
		}, from(b.answered(), func(v *visit) ([]any, error) {
			body, err := json.Marshal(b.session(v))
			return []any{
				int(v.in), v.session, v.id, flow, 1, "completed", v.site, v.customer, v.invitation, "", v.at, v.at.Add(time.Minute), v.composite, v.level,
				v.level <= 3, false, string(body),
			}, err
		})),
		of("read_sessions", []string{
			"bucket", "session", "flow", "version", "class", "site", "service", "staff", "language", "channel", "day", "status", "answered", "composite",
			"level", "flag", "unsatisfied", "has_case", "test",
		}, from(b.answered(), func(v *visit) ([]any, error) {
			return []any{
				int(v.in), v.session, flow, 1, "transactional", v.site, v.service, v.staff, "en", v.channel, v.day, "completed", questions, v.composite, v.level,
				flagOf(v.level), v.level <= 3, false, false,
			}, nil
		})),
		of("answers", []string{
			"bucket", "session", "question", "revision", "newest", "kind", "value", "choices", "text", "score", "level", "flag", "skipped", "dropped", "test",
			"at", "flow", "version", "site", "service", "staff", "language", "channel", "day",
		}, b.answers()),
		of("talks", []string{"bucket", "id", "identity", "platform", "account", "chat", "thread", "started", "settled", "body", "packed"},
			from(b.answered(), func(v *visit) ([]any, error) {
				if v.at.Before(b.now.Add(-talksKept)) {
					return nil, nil
				}
				// Nobody reads these: they have the size that packed ones have.
				return []any{int(v.in), v.session, v.id, string(chat.Telegram), account, v.who.User, "", v.at, v.at, "", slices.Repeat([]byte{0xa5}, 1100)}, nil
			})),
		of("invitations", []string{"bucket", "id", "flow", "version", "site", "customer", "created_at", "expires_at", "body"},
			from(b.invited(), func(v *visit) ([]any, error) {
				if v.silent && v.state() == invitation.Suppressed {
					return nil, nil
				}
				i := v.offer(flow)
				body, err := json.Marshal(i)
				return []any{int(v.invitedIn), i.ID, flow, 1, v.site, v.customer, i.Created, i.Expires, string(body)}, err
			})),
		of("events", []string{"bucket", "name", "state", "site", "customer", "test", "at", "created", "changed", "hash", "body"},
			from(b.told(), func(v *visit) ([]any, error) {
				e := v.event()
				body, err := json.Marshal(e)
				told := e.Ended.Add(time.Minute)
				in := storage.EventBucket(e.Name(), b.buckets)
				return []any{int(in), e.Name(), string(e.State), e.Site, v.customer, false, e.At(), told, told, e.Hash(), string(body)}, err
			})),
		of("asks", []string{
			"bucket", "id", "customer", "event", "cause", "flow", "class", "site", "state", "reason", "invitation", "test", "made", "sent", "body",
			"experiment", "arm",
		}, from(b.told(), func(v *visit) ([]any, error) {
			a := v.ask(flow)
			body, err := json.Marshal(a)
			var sent any
			if !a.Sent.IsZero() {
				sent = a.Sent
			}
			return []any{
				int(a.Bucket), a.ID, a.Customer, a.Event, a.Trigger, a.Flow, a.Class, a.Site, a.State, a.Reason, a.Offer, false, a.Made, sent, string(body), "", "",
			}, err
		})),
		of("decisions", []string{"bucket", "ask", "seq", "at", "state", "reason", "rule", "policy", "evidence"},
			from(b.told(), func(v *visit) ([]any, error) {
				a := v.ask(flow)
				state, rule := string(invitation.Sending), ""
				if a.Reason != "" {
					state, rule = a.State, "contact.transactional.every"
				}
				return []any{int(a.Bucket), a.ID, 1, a.First, state, a.Reason, rule, 1, "{}"}, nil
			})),
		of("standing_links", []string{"id", "name", "flow", "site", "language", "event", "created", "opened", "last"}, b.links()),
		of("cell_marks", []string{"bucket", "day", "site", "flow", "seq"}, b.marks()),
	}
}

// session is the conversation as it stands in the record: that of the one who complained, at another time and place.
func (b *business) session(v *visit) storage.Session {
	s := b.like.session
	s.ID, s.Bucket, s.Identity, s.Site, s.Customer, s.Invitation, s.Case = v.session, v.in, v.id, v.site, v.customer, v.invitation, ""
	s.Address = chat.Address{Platform: chat.Telegram, Account: account, Chat: v.who.User}
	s.Started, s.Ended, s.Day = v.at, v.at.Add(time.Minute), v.day
	return s
}

func (b *business) identities() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for p := range b.people() {
			who := b.person(p)
			i := b.like.identity
			i.ID, i.Bucket, i.Person, i.Name = who.ID(), storage.BucketOf(who.Hash16(), b.buckets), who, "Customer "+who.User
			i.Address = chat.Address{Platform: who.Platform, Account: account, Chat: who.User}
			i.Customer, i.Session, i.Case = "c-"+strconv.Itoa(p), "", ""
			body, err := json.Marshal(i)
			if !yield([]any{int(i.Bucket), i.ID, "", string(who.Platform), account, who.User, i.Customer, string(body)}, err) {
				return
			}
		}
	}
}

func (b *business) customers() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for p := range b.people() {
			if !yield([]any{"c-" + strconv.Itoa(p), "Customer " + strconv.Itoa(p), "", b.now.Add(-twoYears)}, nil) {
				return
			}
		}
	}
}

func (b *business) answers() iter.Seq2[[]any, error] {
	var keys [questions]string
	for q := range keys {
		keys[q] = "q" + strconv.Itoa(q)
	}
	return func(yield func([]any, error) bool) {
		for v := range b.answered() {
			for q, value := range v.values {
				level := levelOf(value)
				if !yield([]any{
					int(v.in), v.session, keys[q], 1, true, "scale", float64(value), "", "", float64(value-1) * 25, level, flagOf(level), false, false, false, v.at,
					flowName, 1, v.site, v.service, v.staff, "en", v.channel, v.day,
				}, nil) {
					return
				}
			}
		}
	}
}

func (b *business) links() iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		opened := b.conversations * linksOfTen / 10 / officeLinks
		for i := range officeLinks {
			id := "counter" + strconv.Itoa(100+i)
			if !yield([]any{id, "Counter " + strconv.Itoa(i), flowName, siteOf(i), "", "{}", b.now.Add(-twoYears), opened, b.now}, nil) {
				return
			}
		}
	}
}

// marks are the days to be added up: those of answers, and "a" and the day for those on which somebody was asked.
func (b *business) marks() iter.Seq2[[]any, error] {
	type mark struct{ day, site string }
	all := map[mark]bool{}
	for v := range b.answered() {
		all[mark{v.day, v.site}] = true
	}
	for v := range b.invited() {
		if v.state() != invitation.Suppressed {
			all[mark{"a" + v.day, v.site}] = true
		}
	}
	return func(yield func([]any, error) bool) {
		for m := range maps.Keys(all) {
			if !yield([]any{int(storage.AskBucket("cells "+m.site, b.buckets)), m.day, m.site, flowName, 0}, nil) {
				return
			}
		}
	}
}
