package main

import (
	"context"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// verify compares what the customers know with what is stored and what staff see.
func (s *siege) verify() {
	s.t.Helper()
	ctx := s.t.Context()
	store := openStore(s.t, s.machine)
	lows, answers := 0, 0
	for _, c := range s.customers {
		if !c.started {
			continue
		}
		if c.low {
			lows++
		}
		answers += len(c.given)
		s.verifyAnswers(ctx, store, c)
	}
	counts, err := store.Counts(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if counts.Answers != answers {
		s.t.Errorf("%d answers are stored, %d were given", counts.Answers, answers)
	}
	if counts.Cases != lows {
		s.t.Errorf("%d cases are stored, %d customers were not satisfied", counts.Cases, lows)
	}
	if counts.Failed != 0 || counts.Parked != 0 {
		s.t.Errorf("given up or parked: %+v", counts)
	}
	s.verifyCards(lows)
	s.verifySilence()
	if answers < s.least || lows < min(phones, s.telegram) {
		s.t.Errorf("that was no load: %d answers, %d cards", answers, lows)
	}
}

func (s *siege) verifyAnswers(ctx context.Context, store storage.Store, c *customer) {
	s.t.Helper()
	session := sessionID(s.t, c.session)
	who := storage.Person{Platform: chat.Web, User: c.invite.ID}
	if c.person != nil {
		who = storage.Person{Platform: chat.Telegram, Account: strconv.FormatInt(s.tg.BotID, 10), User: strconv.FormatInt(c.person.ID, 10)}
	}
	bucket := storage.BucketOf(who.Hash16(), store.Buckets())
	stored, err := store.Session(ctx, bucket, session)
	if err != nil {
		s.t.Errorf("a session that was answered is not there: %v", err)
		return
	}
	if !stored.Status.Final() {
		s.t.Errorf("session %s is %s, although its last answer was acknowledged", session, stored.Status)
	}
	revisions, err := store.Answers(ctx, bucket, session)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(revisions) != len(c.given) {
		s.t.Errorf("session %s has %d answers stored, %d were given", session, len(revisions), len(c.given))
	}
	for _, a := range revisions {
		if a.Revision != 1 {
			s.t.Errorf("session %s: %s was answered once and is stored as revision %d", session, a.Question, a.Revision)
		}
	}
	for number, given := range c.given {
		a, ok := stored.Answer(questionKeys[number])
		switch {
		case !ok:
			s.t.Errorf("session %s: the answer %q to %s is lost", session, given, questionKeys[number])
		case given == "skip" && !a.Skipped, strings.Contains(given, " ") && a.Text != given, a.Value != nil && strconv.Itoa(int(*a.Value)-1) != given:
			s.t.Errorf("session %s: %s holds %+v, the answer was %q", session, a.Question, a, given)
		}
	}
}

// questionKeys are the questions of post_service_3 by their numbers in button data.
var questionKeys = []string{"overall", "speed", "people", "why_bad", "why_good", "contact_ok"}

// verifySilence listens for what must be in no log and no column of errors, whatever went
// wrong: secrets, and what customers wrote.
func (s *siege) verifySilence() {
	s.t.Helper()
	c := canaries{"token": s.tg.Token, "secret key": someKey, "words of a customer": "It took too long"}
	if u, err := url.Parse(s.env["DATABASE_URL"]); err == nil && u.User != nil {
		c["password"], _ = u.User.Password()
	}
	for _, m := range append([]*machine{s.machine}, s.others...) {
		for _, log := range m.logs {
			c.heard(s.t, "the log", log.String())
		}
	}
	c.heard(s.t, "a column of errors", errorsIn(s.t, s.env["DATABASE_URL"]))
}

// verifyCards looks at the staff chat: one card for each who was not satisfied, with
// that customer's words; any further one is marked as a repeat.
func (s *siege) verifyCards(lows int) {
	s.t.Helper()
	cards, repeats := map[string]int{}, 0
	for _, m := range s.staff.FromBot() {
		_, id, ok := strings.Cut(m.Text, "It took too long, says ")
		switch {
		case strings.Contains(m.Text, "(repeat)"):
			repeats++
		case ok:
			cards[id[:min(32, len(id))]]++
		}
	}
	for _, c := range s.customers {
		if n := cards[c.invite.ID]; c.started && c.low && n == 0 {
			if !s.repeated(c.invite.ID) {
				s.t.Errorf("the card of customer %s is lost", c.invite.ID)
			}
		} else if n > 1 {
			s.t.Errorf("customer %s has %d cards that are not marked as repeats", c.invite.ID, n)
		}
	}
	s.repeats = repeats
	s.t.Logf("%d cards for %d unsatisfied customers, %d more marked as repeats", len(cards), lows, repeats)
}

func (s *siege) repeated(id string) bool {
	for _, m := range s.staff.FromBot() {
		if strings.Contains(m.Text, "(repeat)") && strings.Contains(m.Text, id) {
			return true
		}
	}
	return false
}

// sessionID is the id of the session that a button's data names.
func sessionID(t *testing.T, data string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(data)
	if err != nil {
		t.Fatalf("session %q: %v", data, err)
	}
	id, err := uuid.FromBytes(raw)
	if err != nil {
		t.Fatalf("session %q: %v", data, err)
	}
	return id.String()
}
