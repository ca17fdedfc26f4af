package bot

import (
	"context"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
)

// door is one meaning that an update can have.
type door struct {
	name string
	// take gives the job its work, or leaves the update to the doors behind.
	take func(*job, context.Context) (taken bool, err error)
}

// doors are all meanings, in the order in which they are tried: the first door that takes
// an update has it. The last one takes every update.
func doors() []door {
	return []door{
		{"a code for staff that others read", (*job).codeSeen},
		{"a reply to a message of ours", (*job).answering},
		{"a button or a form of a case's card", (*job).onCard},
		{"a wish", (*job).wishing},
		{"the choice of a site", (*job).choosesSite},
		{"the next site of a round", (*job).nextSite},
		{"a button of a conversation", (*job).inConversation},
		{"a code for staff", (*job).linking},
		{"a code for a chat", (*job).linkingChat},
		{"a wish of staff to ask a customer", (*job).asksNow},
		{"a chat that we only read", (*job).unanswered},
		{"an invitation", (*job).invited},
		{"words and commands", (*job).spoken},
	}
}

// enter gives the job the work of the first door that takes its update.
func (j *job) enter(ctx context.Context) error {
	for _, d := range doors() {
		if taken, err := d.take(j, ctx); taken || err != nil {
			j.door = d.name
			return err
		}
	}
	return nil
}

// private reports whether nobody but the person behind the update reads the chat.
func (j *job) private() bool {
	return j.update.Private || j.b.snap.Now().Traits[j.update.From.Platform].Stored
}

// answerable reports whether there is somebody who can be answered, alone.
func (j *job) answerable() bool {
	return j.private() && j.update.User.ID != "" && !j.update.User.Bot
}

// turn gives the job one turn in the bucket of the person behind the update.
func (j *job) turn(load storage.Load, act func(*turn) error) {
	j.work = outbox.Work{Bucket: j.bucket, Turn: j.b.turnOf(j.update.Key, j.update.Key, load, &j.said, act)}
}

func (j *job) onCard(ctx context.Context) (bool, error) {
	data, ok := render.DecodePressed(j.update.Data)
	if !ok || j.update.Kind != chat.Tap && j.update.Kind != chat.Filled {
		return false, nil
	}
	if data.Act == render.OpenNote || data.Act == render.AnswerNote {
		return true, j.noteWork(ctx, data)
	}
	j.work = j.caseWork(data)
	return true, nil
}

func (j *job) wishing(ctx context.Context) (bool, error) {
	w, phrase, ok := wished(j.b.texts, j.update)
	if !ok || !j.answerable() {
		return false, nil
	}
	return true, j.wishWork(ctx, w, phrase)
}

func (j *job) choosesSite(context.Context) (bool, error) {
	session := render.SessionOfSite(j.update.Data)
	if session == "" || j.update.Kind != chat.Tap {
		return false, nil
	}
	j.turn(storage.Load{Person: j.person, Session: session}, func(t *turn) error { return t.siteTapped(j.update) })
	return true, nil
}

func (j *job) nextSite(context.Context) (bool, error) {
	site, ok := render.SiteOfNext(j.b.snap.Now(), j.update.Data)
	if !ok || j.update.Kind != chat.Tap {
		return false, nil
	}
	j.nextJob(site)
	return true, nil
}

func (j *job) inConversation(context.Context) (bool, error) {
	if j.update.Kind != chat.Tap {
		return false, nil
	}
	j.turn(j.tap())
	return true, nil
}

func (j *job) linkingChat(context.Context) (bool, error) {
	if !j.b.isChatLink(j.update) {
		return false, nil
	}
	j.chatLinkJob()
	return true, nil
}

// unanswered is for a chat of staff, and for those whom nobody could answer: the update is
// only marked as seen.
func (j *job) unanswered(context.Context) (bool, error) {
	if j.answerable() {
		return false, nil
	}
	j.turn(storage.Load{}, func(*turn) error { return nil })
	return true, nil
}

func (j *job) invited(ctx context.Context) (bool, error) {
	u := j.update
	if u.Kind != chat.Command || u.Command != "start" || u.Text == "" {
		return false, nil
	}
	words := strings.TrimSpace(u.Text)
	if id, ok := standingID(words); ok {
		return true, j.standing(ctx, id)
	}
	j.startJob(words)
	return true, nil
}

func (j *job) spoken(context.Context) (bool, error) {
	j.turn(storage.Load{Person: j.person}, j.act())
	return true, nil
}
