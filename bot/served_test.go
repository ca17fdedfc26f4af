package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/survey"
)

// expectFirst is a survey of what was expected and what was got, answered up to the service.
func expectFirst(t *testing.T, r InviteRequest) (*world, customer, Invite) {
	t.Helper()
	w := newWorldOf(t, 4)
	ann := telegramUser("7001", "Ann", "en")
	r.Flow, r.Site = "expect_perceive", "main-street"
	inv := w.started(ann, r)
	said := w.news(ann.address, nil)
	for w.session(ann).Status == survey.Active {
		w.press(ann, "4")
	}
	if s := w.session(ann); s.Status != survey.Waiting {
		t.Fatalf("before the service the survey is %s", s.Status)
	}
	if strings.Contains(said, "how it went") || !strings.Contains(said, "Before the service we would like to know") {
		t.Errorf("before the service she is greeted with %s", said)
	}
	return w, ann, inv
}

// goes lets time pass in steps, and the sweeper look at the customer's survey after each.
func (w *world) goes(c customer, span, step time.Duration) {
	w.t.Helper()
	for end := w.now.Add(span); w.now.Before(end); {
		w.now = w.now.Add(min(step, end.Sub(w.now)))
		if err := newSweeper(w.bot).expire(context.Background(), w.bot.bucketOf(c.person())); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) served(token string) (string, time.Time) {
	w.t.Helper()
	what, at, err := Served{Token: token, At: w.now}.Tell(context.Background(), w.bot)
	if err != nil {
		w.t.Fatal(err)
	}
	return what, at
}

func TestASurveyGoesOnOnceSomebodySaysThatTheServiceIsOver(t *testing.T) {
	w, ann, inv := expectFirst(t, InviteRequest{})
	w.goes(ann, 30*24*time.Hour, 24*time.Hour)
	if s := w.session(ann); s.Status != survey.Waiting {
		t.Fatalf("a month later, and nobody said anything, the survey is %s", s.Status)
	}
	what, at := w.served(inv.Token)
	if what != ServedLater || !at.Equal(w.now.Add(time.Hour)) {
		t.Errorf("it is %s, at %v", what, at)
	}
	w.goes(ann, 59*time.Minute, time.Minute)
	if s := w.session(ann); s.Status != survey.Waiting {
		t.Errorf("within the flow's delay the survey is %s", s.Status)
	}
	before := w.sums(ann.address)
	w.goes(ann, 2*time.Minute, time.Minute)
	w.settle(ann.address)
	if s := w.session(ann); s.Status != survey.Active || !s.Expires.After(w.now) {
		t.Fatalf("after the delay the survey is %s, until %v", s.Status, s.Expires)
	}
	if said := w.news(ann.address, before); !strings.Contains(said, "How was it?") || !strings.Contains(said, "[1") {
		t.Errorf("she is asked %s", said)
	}
	for range 2 {
		w.press(ann, "1")
	}
	if s := w.session(ann); s.Judgement.Gap == nil || *s.Judgement.Gap >= 0 {
		t.Errorf("the judgement is %+v", s.Judgement)
	}
	if what, _ := w.served(inv.Token); what != ServedNothing {
		t.Errorf("said again it is %s", what)
	}
	if _, _, err := (Served{Token: "nobody's", At: w.now}).Tell(context.Background(), w.bot); !errors.Is(err, ErrUnknownLink) {
		t.Errorf("another code: %v", err)
	}
}

func TestASurveyGoesOnWhenTheServiceWasToBeOver(t *testing.T) {
	w, ann, _ := expectFirst(t, InviteRequest{Ends: monday.Add(5 * time.Hour)})
	w.goes(ann, 5*time.Hour, time.Hour)
	if s := w.session(ann); s.Status != survey.Waiting {
		t.Errorf("before the end the survey is %s", s.Status)
	}
	w.goes(ann, 2*time.Hour, 10*time.Minute)
	if s := w.session(ann); s.Status != survey.Active {
		t.Errorf("after the end and the delay the survey is %s", s.Status)
	}
}

func TestWhoStoppedIsNotAskedAfterTheService(t *testing.T) {
	w, ann, _ := expectFirst(t, InviteRequest{Ends: monday.Add(5 * time.Hour)})
	w.command(ann, "stop", "")
	before := w.sums(ann.address)
	w.goes(ann, 24*time.Hour, time.Hour)
	w.settle(ann.address)
	if said := w.news(ann.address, before); said != "" {
		t.Errorf("she is told %s", said)
	}
}

// A person who is asked by name is asked once the service is over, by the flow's delay later.
func TestAPersonIsAskedAfterTheService(t *testing.T) {
	w := newWorldOf(t, 4)
	ann := slackUser("U1", "Ann", "en")
	r := w.request(ann)
	r.Flow, r.Ends = "post_service_3", w.now.Add(3*time.Hour)
	made, err := w.bot.Invite(context.Background(), r)
	if err != nil || !made.Asked.Equal(r.Ends.Add(time.Hour)) {
		t.Fatalf("she is to be asked at %v, %v", made.Asked, err)
	}
	w.settle(ann.address)
	if rows := w.transcript(ann.address); len(rows) != 0 {
		t.Errorf("during the service she is shown %+v", rows)
	}
	w.say(ann, "where is my table?") // to nobody's survey
	w.goes(ann, 4*time.Hour+time.Minute, 10*time.Minute)
	w.settle(ann.address)
	if said := w.news(ann.address, nil); !strings.Contains(said, "how it went") || !strings.Contains(said, "satisfied were you") {
		t.Errorf("after the service she is shown %s", said)
	}
	if s := w.session(ann); s.Status != survey.Active || s.Flow != "post_service_3" {
		t.Errorf("the survey is %s, %s", s.Flow, s.Status)
	}
}

// A promise to be in touch names nobody but who has taken the case, and never the one whom the
// answers may be about; it says a time only while a clock runs.
func TestWhoWillBeInTouchIsTheTeam(t *testing.T) {
	for _, c := range []struct {
		name, agent, holder string
		want                string
	}{
		{"nobody has it", "Maya", "", "Our team will contact you within"},
		{"somebody has it", "Maya", "Bob", "Bob (Salon Anna) will contact you within"},
		{"the one who served has it", "Bob", "Bob", "Our team will contact you within"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldOf(t, 1)
			setStaff(w.bot, staffTG)
			ann := telegramUser("7001", "Ann", "en")
			bob := w.member(1, "Bob", "agent")
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{voice.AttrAgent: c.agent}})
			w.press(ann, "1")
			w.settle(staffTG)
			if c.holder != "" {
				w.onCard(bob, staffTG, w.button(staffTG, "Take"))
			}
			w.press(ann, "Skip")
			w.say(ann, "Maya was rude.")
			w.press(ann, "Yes, in this chat")
			if said := w.newest(ann.address, "t").Render.Text; !strings.Contains(said, c.want) {
				t.Errorf("she is told %q, want %q", said, c.want)
			}
		})
	}
}
