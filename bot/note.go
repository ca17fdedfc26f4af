package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// noteWork is a tap of staff below a note: the words become an entry of the watch list, whose card
// has the rest, and may be answered at once. The session is read beforehand: a note names no case.
func (j *job) noteWork(ctx context.Context, data render.Pressed) error {
	b := j.b
	bucket := storage.BucketOf(data.Hash, b.store.Buckets())
	s, err := b.store.Session(ctx, bucket, data.Case)
	var id storage.Identity
	if err == nil {
		id, err = b.store.Identity(ctx, bucket, s.Identity)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("read what a note is about: %w", err)
	}
	load := storage.Load{Staff: j.staffer()}
	if err == nil {
		load.Person, load.Session = id.Person, s.ID
	}
	j.work = outbox.Work{Bucket: bucket, Turn: b.turnOf(j.update.Key, j.update.Key, load, &j.said, func(t *turn) error {
		if t.session == nil || t.identity == nil {
			t.answer(t.reader(j.update).Say("refused_unknown_act"), true) // it was erased
			return nil
		}
		return noting{t}.tapped(j.update, data)
	})}
	return nil
}

// noting is what a turn makes of a tap below a note.
type noting struct{ turn *turn }

// tapped makes a case of the note, unless there is one by now, and begins or sends the answer.
func (n noting) tapped(u *chat.Update, data render.Pressed) error {
	t := n.turn
	if err := t.configure(); err != nil {
		return err
	}
	v, by := t.view().StaffVoice(), t.actor(t.session.Site)
	if !by.Can(access.TakeCase) {
		t.answer(notStaff(v, by, u, t.snap.Traits[u.From.Platform]), true)
		return nil
	}
	t.with.asker = cardChat(t.snap, u)
	opened := t.desk == nil
	if opened {
		remarks{t}.enterWatch()
		t.out.Session = t.session
	}
	d := t.desk
	p := press{desk: d, update: u, data: render.Pressed{Case: d.kase.ID, Act: recovery.ActContact}, by: by, view: d.view(), voice: v}
	switch {
	case data.Act == render.AnswerNote && u.Kind == chat.Filled:
		s := said{text: strings.TrimSpace(u.Fields[render.FieldText]), key: u.Key}
		if s.text == "" {
			return p.field(render.FieldText, v.Say("refused_text_missing"))
		}
		return p.act(inChat(s), s)
	case data.Act == render.AnswerNote && p.mayDo():
		d.prompt(u.From, u.On, render.Prompt{What: recovery.ActContact, Who: u.User.Username})
		t.answer(v.Say("prompt_below"), false)
	case data.Act == render.AnswerNote: // and was told why not
	case opened:
		t.answer(voice.Join(" · ", v.Say("state_watch"), d.kase.Name()), false)
	default:
		t.answer(v.Say("show_again", "case", d.kase.Name()), false)
	}
	return nil
}
