package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// What customers say by themselves is held as a survey of one question, which nobody
// published: the same engine asks, takes the words, lets them be changed and says thanks.

// wish is what somebody says by themselves.
type wish struct {
	kind  storage.FeedbackKind
	words string // "" = they are asked
	// earlier is how many unsatisfied sessions they had in the last 90 days.
	earlier int
	of      string              // the session whose words they are already; "" = they come with the wish
	link    *storage.Invitation // that is another's, before which they stand; nil = none
}

// wished reports whether an update is feedback: a command, a button, or words that begin
// with a phrase for it while no question waits for words.
func wished(texts *voice.Texts, u *chat.Update) (w wish, phrase, ok bool) {
	switch {
	case u.Kind == chat.Command && voice.FeedbackCommands[u.Command] != "":
		return wish{kind: voice.FeedbackCommands[u.Command], words: strings.TrimSpace(u.Text)}, false, true
	case u.Kind == chat.Tap:
		if of := render.SessionOfMeant(u.Data); of != "" {
			return wish{kind: storage.Complaint, of: of}, false, true
		}
		kind, ok := render.DecodeWish(u.Data)
		return wish{kind: kind}, false, ok
	case u.Kind == chat.Text:
		kind, rest := texts.Phrase(u.Text)
		return wish{kind: kind, words: rest}, true, kind != ""
	}
	return wish{}, false, false
}

// wishWork is the turn of feedback. How often this customer was unsatisfied lately is
// read beforehand and may be one commit old. Words that only begin like a phrase are an
// answer where one is waited for.
func (j *job) wishWork(ctx context.Context, w wish, phrase bool) error {
	b := j.b
	u := j.update
	who := j.person.ID()
	id, err := b.store.Identity(ctx, j.bucket, who)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("read an identity: %w", err)
	}
	if id.Customer != "" && id.Masked.IsZero() {
		who = id.Customer
	}
	now := b.now().UTC().Truncate(time.Microsecond)
	if w.earlier, err = b.store.Earlier(ctx, who, now.Add(-repeatWindow), now); err != nil {
		return fmt.Errorf("count earlier unsatisfied surveys: %w", err)
	}
	if w.of != "" {
		j.work = j.meantWork(w)
		return nil
	}
	words := j.act()
	j.work = outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, storage.Load{Person: j.person}, &j.said, func(t *turn) error {
		if phrase && t.busy() {
			return words(t)
		}
		if w.kind == storage.Complaint && w.words != "" && t.standing() {
			return &elsewhere{j.wishToCase(t.belongs, w)}
		}
		if id := t.identity; id != nil && id.Spent.Wish != "" && id.Spent.Over(t.now) {
			if w.words != "" {
				return &elsewhere{j.wishToCase(id.Spent.Wish, w)}
			}
			t.notice(t.person().Say("words_joined"), false)
			return nil
		}
		return j.begin(t, w)
	})}
	return nil
}

// begin takes up feedback, and says where it goes on if that is elsewhere.
func (j *job) begin(t *turn, w wish) error {
	u := j.update
	t.message, t.tapped = u.Own, u.Ephemeral || u.Kind == chat.Tap
	t.meet(u, j.person)
	err := t.wish(u, w)
	if u.Ephemeral || t.snap.Traits[u.From.Platform].Slash != "" && u.On == "" {
		t.pointToChat()
	}
	return err
}

// wishToCase adds feedback to the case of an earlier survey or wish; one that is closed by now
// is left alone, and the feedback is one of its own.
func (j *job) wishToCase(kase string, w wish) outbox.Work {
	b := j.b
	u := j.update
	load := storage.Load{Person: j.person, Case: kase}
	return outbox.Work{Bucket: j.bucket, Turn: b.turnOf(u.Key, u.Key, load, &j.said, func(t *turn) error {
		d := t.desk
		if d == nil || t.identity == nil || d.kase.Identity != t.identity.ID || !d.kase.State.Active() ||
			utf8.RuneCountInString(w.words) > survey.MaxText {
			t.desk = nil
			return j.begin(t, w)
		}
		t.message, t.tapped = u.Own, u.Ephemeral
		t.meet(u, j.person)
		if err := t.configure(); err != nil {
			return err
		}
		t.remember(d.session, w.words, files(u.Files))
		s := saidIn(u, files(u.Files))
		s.complaint = w.kind == storage.Complaint
		d.toStaff(t.identity, s)
		if !s.complaint {
			t.out.Feedback = append(t.out.Feedback, t.feedbackOf(d.session, d.kase.ID, newID(), w.kind, w.words))
		}
		t.kept()
		t.pointToChat()
		return nil
	})}
}

// busy reports whether words belong somewhere already: to a question that waits for
// words, or to an open case.
func (t *turn) busy() bool {
	if t.identity != nil && t.identity.Case != "" || listens(t.kase()) {
		return true
	}
	if !render.Live(t.session) {
		return false
	}
	if t.configure() != nil {
		return true
	}
	way := t.talk().Opens().Way
	return way == survey.Typed || way == survey.Sent
}

// wish takes up what somebody says by themselves. A complaint while a case of theirs is
// open joins it; everything else is a session of its own, after which the survey that
// was open before goes on.
func (t *turn) wish(u *chat.Update, w wish) error {
	if utf8.RuneCountInString(w.words) > survey.MaxText {
		t.noticeOf(survey.Notice{Code: survey.NoticeTooLong, Question: survey.NoQuestion})
		return nil
	}
	id := t.identity
	before := t.session
	if w.kind == storage.Complaint && w.words != "" && before != nil {
		if k := t.kase(); k != nil && k.State.Active() && k.Identity == id.ID {
			return t.complainAgain(u, w)
		}
	}
	s := t.besides(w.kind, "feedback")
	s.Facts.Earlier = w.earlier
	if render.Live(before) {
		s.Before = before.ID
	}
	if link := w.link; link != nil {
		s.Site, s.Customer, s.Service = link.Site, link.Customer, link.Attributes[voice.AttrService]
	}
	t.session, t.desk = s, nil
	if err := t.configure(); err != nil {
		return err
	}
	s.Lang = voice.ChooseLanguage(t.flow.Languages, voice.Languages, id.Language, id.Spoken)
	if err := (masking{t.frame, t.session, id, t.numbers.mark}).begins(t.flow, before); err != nil {
		return err
	}
	id.Session = s.ID
	t.out.Identity = id
	if err := t.step(survey.Open{}); err != nil || w.words == "" {
		return err
	}
	if len(u.Files) > 0 {
		t.keepWords("", files(u.Files), false)
	}
	return t.step(survey.Write{Text: w.words, Today: t.talk().Today()})
}

// besides is a session of what somebody says by themselves, about the place that the survey
// before was about. word makes its id another than that of what else follows from the update.
func (t *turn) besides(kind storage.FeedbackKind, word string) *storage.Session {
	id, before := t.identity, t.session
	s := &storage.Session{
		Session: survey.Session{
			ID: t.b.key.derive(word, t.key), Flow: render.FeedbackFlow(kind), Version: 1, Status: survey.New, Open: survey.NoQuestion,
			Attributes: map[string]string{},
		},
		Bucket: id.Bucket, Identity: id.ID, Address: id.Address, Customer: id.Customer,
	}
	if before != nil {
		s.Site, s.Facts.Tier = before.Site, before.Facts.Tier
		if render.FeedbackKind(before.Flow) == "" {
			for _, attr := range []string{voice.AttrBusiness, voice.AttrFirstName, voice.AttrTier} {
				if v := before.Attributes[attr]; v != "" {
					s.Attributes[attr] = v
				}
			}
		}
	}
	if s.Site == "" && len(t.snap.NamedSites()) == 1 {
		s.Site = t.snap.NamedSites()[0]
	}
	return s
}

// complainAgain adds a complaint to the case that is open.
func (t *turn) complainAgain(u *chat.Update, w wish) error {
	if err := t.configure(); err != nil {
		return err
	}
	facts := t.session.Facts
	facts.Complaint = true
	t.out.Feedback = append(t.out.Feedback, t.feedbackOf(t.session, t.desk.kase.ID, newID(), w.kind, w.words))
	t.keepWords(w.words, files(u.Files), false)
	t.desk.happens(recovery.Joined{Decision: recovery.Decide(t.rules(), facts, survey.Judgement{})})
	t.kept()
	return nil
}

// wishGiven hears the answer of a feedback session: a complaint opens a case by the
// rules; a question or a suggestion is one on the watch list, whose words staff read and
// can answer, and whom no clock chases.
func (t *turn) wishGiven(kind storage.FeedbackKind, a *survey.Answer) {
	if a == nil || a.Skipped || strings.TrimSpace(a.Text) == "" || t.desk != nil {
		return
	}
	d := recovery.Decision{Watch: true, Reasons: []recovery.Reason{recovery.Reason(kind)}}
	if asksForLink(t.identity.Person) {
		d.Reasons = []recovery.Reason{recovery.LinkAsked}
	}
	if kind == storage.Complaint {
		t.session.Judgement.Unsatisfied = true
		t.session.Facts.Complaint, t.session.Facts.Class = true, t.flow.Class
		d = recovery.Decide(t.rules(), t.session.Facts, t.session.Judgement)
		if !d.Opens { // a rule set may turn complaints off: staff read it all the same
			d = recovery.Decision{Watch: true, Reasons: []recovery.Reason{recovery.ComplaintMade}}
		}
	}
	t.openCase(d, nil)
	t.identity.Spent = t.identity.Spent.Bring(t.now, 1)
	t.identity.Spent.Wish, t.out.Identity = t.desk.kase.ID, t.identity
	t.out.Feedback = append(t.out.Feedback, t.feedbackOf(t.session, t.desk.kase.ID, t.session.ID, kind, a.Text))
	if t.session.Before != "" {
		t.identity.Session = t.session.Before
		t.out.Identity = t.identity
	}
	if t.session.Site == "" {
		t.askSite()
	}
}
