package bot

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// News is the body of what other systems are told (docs/api.md, Webhooks).
type News struct {
	Type      storage.News `json:"type"`
	Timestamp string       `json:"timestamp"` // RFC 3339, UTC, to the millisecond
	Data      any          `json:"data"`
}

// NewsID is the webhook-id of what waits in a slot: the same at each try, and of each server.
func NewsID(slot string) string {
	sum := sha256.Sum256([]byte(slot))
	return "msg_" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// Body is the news as it is sent.
func (n News) Body() string {
	text, _ := json.Marshal(n) // strings, numbers and lists always can be
	return string(text)
}

// newsAt is a moment as news tell it.
func newsAt(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// newsCustomer is whom news are about: the organisation's own key, or the pseudonym by which staff
// know them.
type newsCustomer struct {
	ID   string `json:"id,omitempty"`
	Mark string `json:"mark,omitempty"`
	Name string `json:"name,omitempty"`
}

// newsSession is what every news of a survey says of it.
type newsSession struct {
	Session  string        `json:"session"`
	Flow     string        `json:"flow"`
	Version  int           `json:"version"`
	Site     string        `json:"site,omitempty"`
	Service  string        `json:"service,omitempty"`
	Customer *newsCustomer `json:"customer,omitempty"`
	Test     bool          `json:"test,omitempty"`
}

// newsAnswer is an answer.
type newsAnswer struct {
	newsSession
	Question string   `json:"question"`
	Kind     string   `json:"kind,omitempty"`
	Revision int      `json:"revision"`
	Value    *float64 `json:"value,omitempty"`
	Choices  []string `json:"choices,omitempty"`
	Skipped  bool     `json:"skipped,omitempty"`
	Words    string   `json:"words,omitempty"`
}

// newsFinished is a survey that has ended.
type newsFinished struct {
	newsSession
	Status      survey.Status `json:"status"`
	Composite   *float64      `json:"composite,omitempty"`
	Level       int           `json:"level,omitempty"`
	Unsatisfied bool          `json:"unsatisfied"`
	Gap         *float64      `json:"gap,omitempty"`
	Case        string        `json:"case,omitempty"`
}

// newsCase is a case, and what happened to it.
type newsCase struct {
	ID       string            `json:"id"`
	Number   string            `json:"number"`
	Site     string            `json:"site,omitempty"`
	Session  string            `json:"session,omitempty"`
	State    recovery.State    `json:"state"`
	Priority string            `json:"priority"` // "P1"
	Reasons  []recovery.Reason `json:"reasons,omitempty"`
	Change   string            `json:"change"` // docs/case-states.md
	Customer *newsCustomer     `json:"customer,omitempty"`
	URL      string            `json:"url,omitempty"`
	Test     bool              `json:"test,omitempty"`
}

// tell writes, in the change that makes it so, what other systems are told of it.
func (n newsOf) tell() {
	t := n.of
	if len(t.snap.Hooks) == 0 {
		return
	}
	if s := t.session; s != nil {
		for i := range t.out.Answers {
			n.answer(s, &t.out.Answers[i])
		}
	}
	if s := t.out.Session; s != nil && s.Status.Final() && s.Ended.Equal(t.now) {
		n.finished(s)
	}
	for i := range t.out.Events {
		n.happened(&t.out.Events[i])
	}
	if id := t.out.Identity; id != nil && !id.Stopped.IsZero() && id.Stopped.Equal(t.now) {
		n.stopped(id)
	}
}

// newsOf makes news of a turn.
type newsOf struct{ of *turn }

// send puts news into the outbox, once for each endpoint that is told of such.
func (n newsOf) send(kind storage.News, of newsSubject, data func(storage.Hook) any) {
	for _, h := range n.of.snap.Told(kind, of.site) {
		at := chat.Address{Platform: chat.Hook, Account: h.ID, Chat: of.owner}
		slot := storage.Slot{Kind: storage.HookSlot, Owner: of.owner, Part: of.part, At: at}.String()
		n.of.want(storage.Want{
			Slot: slot, Address: at, Kind: storage.NewsD, Identity: of.identity,
			Render: chat.Message{
				Title: NewsID(slot), Text: News{kind, newsAt(n.of.now), data(h)}.Body(), Footer: strconv.Itoa(int(of.bucket)) + " " + slot,
			},
		})
	}
}

// newsSubject is what news are about: a case, a survey or a customer.
type newsSubject struct {
	site, owner, part, identity string
	bucket                      storage.Bucket
}

// NewsPlace is where a message to an endpoint lies; it is zero of what waits nowhere.
func NewsPlace(m chat.Message) (storage.Bucket, string) {
	bucket, slot, _ := strings.Cut(m.Footer, " ")
	n, _ := strconv.Atoi(bucket)
	return storage.Bucket(n), slot
}

func (n newsOf) answer(s *storage.Session, a *survey.Answer) {
	kind := storage.AnswerCreated
	if a.Revision > 1 {
		kind = storage.AnswerChanged
	}
	flow, _ := n.of.snap.Flow(s.Flow, s.Version)
	part := "answer-" + a.Question + "-" + strconv.Itoa(a.Revision)
	n.send(kind, newsSubject{s.Site, s.ID, part, s.Identity, s.Bucket}, func(h storage.Hook) any {
		d := newsAnswer{
			newsSession: n.about(s, n.ownerOf(s), h), Question: a.Question, Revision: a.Revision, Value: a.Value, Choices: a.Choices, Skipped: a.Skipped,
		}
		personal := true
		if flow != nil {
			if i, ok := flow.Index[a.Question]; ok {
				q := flow.Questions[i]
				d.Kind, personal = string(q.Kind), q.Kind.Info().Personal
			}
		}
		if h.Words && (!personal || h.Names && !n.masked(s)) {
			d.Words = a.Text
		}
		return d
	})
}

func (n newsOf) finished(s *storage.Session) {
	j := s.Judgement
	n.send(storage.SessionFinished, newsSubject{s.Site, s.ID, "finished", s.Identity, s.Bucket}, func(h storage.Hook) any {
		return newsFinished{
			newsSession: n.about(s, n.ownerOf(s), h), Status: s.Status, Composite: j.Composite, Level: j.Level, Unsatisfied: j.Unsatisfied, Gap: j.Gap, Case: s.Case,
		}
	})
}

// newsOfCase is which news an event of a case is.
func newsOfCase(kind recovery.EventKind) storage.News {
	switch kind {
	case recovery.EventOpened:
		return storage.CaseOpened
	case recovery.EventResolved, recovery.EventNoAction, recovery.EventUnreachable, recovery.EventVerified, recovery.EventClosed:
		return storage.CaseClosed
	case recovery.EventReopened:
		return storage.CaseReopened
	}
	return storage.CaseChanged
}

func (n newsOf) happened(e *storage.CaseEvent) {
	d := n.deskOf(e.Case)
	if d == nil || e.Kind == eventAttempted {
		return
	}
	k := d.kase
	kind := newsOfCase(recovery.EventKind(e.Kind))
	n.send(kind, newsSubject{k.Site, k.ID, e.ID, k.Identity, k.Bucket}, func(h storage.Hook) any {
		c := newsCase{
			ID: k.ID, Number: k.Name(), Site: k.Site, Session: k.Session, State: k.State, Priority: k.Decision.Priority.String(), Reasons: k.Decision.Reasons, Change: e.Kind,
		}
		if d.session != nil {
			c.Customer, c.Test = n.customer(d.session, d.owner, h), d.session.Test
		}
		if base := (Links{n.of.b}).PublicURL(); base != "" {
			c.URL = base + "/cases/" + c.Number
		}
		return c
	})
}

// deskOf is the case of this id that the turn is about, or nil.
func (n newsOf) deskOf(id string) *desk {
	for _, d := range []*desk{n.of.desk, n.of.returned} {
		if d != nil && d.kase != nil && d.kase.ID == id {
			return d
		}
	}
	return nil
}

func (n newsOf) stopped(id *storage.Identity) {
	part := "stopped-" + strconv.FormatInt(id.Stopped.Unix(), 10)
	n.send(storage.CustomerStopped, newsSubject{"", id.ID, part, id.ID, id.Bucket}, func(h storage.Hook) any {
		c := newsCustomer{ID: id.Customer}
		if !id.Masked.IsZero() && n.of.now.Before(id.Masked) {
			c = newsCustomer{Mark: id.Mark}
		} else if h.Names {
			c.Name = chat.CleanLine(id.Name)
		}
		return map[string]any{"channel": id.Person.Platform, "customer": c}
	})
}

// about is what news of a survey say of it.
func (n newsOf) about(s *storage.Session, owner *storage.Identity, h storage.Hook) newsSession {
	return newsSession{
		Session: s.ID, Flow: s.Flow, Version: s.Version, Site: s.Site, Service: s.Service, Customer: n.customer(s, owner, h), Test: s.Test,
	}
}

// ownerOf is whose session it is, as far as the turn knows; nil = it does not.
func (n newsOf) ownerOf(s *storage.Session) *storage.Identity {
	if n.of.identity != nil && n.of.identity.ID == s.Identity {
		return n.of.identity
	}
	if n.of.desk != nil && n.of.desk.owner != nil && n.of.desk.owner.ID == s.Identity {
		return n.of.desk.owner
	}
	return nil
}

// masked reports whether staff know the customer of a session by a pseudonym: then others do not
// learn more. What is not known counts as if they did.
func (n newsOf) masked(s *storage.Session) bool {
	flow, err := n.of.snap.Flow(s.Flow, s.Version)
	return s.Mark != "" || err != nil || flow.Naming == survey.Pseudonymous
}

// customer is whom a session is about, nil where nothing may be said of them.
func (n newsOf) customer(s *storage.Session, owner *storage.Identity, h storage.Hook) *newsCustomer {
	c := newsCustomer{ID: s.Customer}
	switch {
	case n.masked(s):
		c = newsCustomer{Mark: s.Mark}
	case h.Names && owner != nil:
		c.Name = chat.CleanLine(owner.Name)
	}
	if c == (newsCustomer{}) {
		return nil
	}
	return &c
}
