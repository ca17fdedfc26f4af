package bot

import (
	"context"
	"fmt"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// nextJob shows the most urgent case of a site that has no card yet, in the chat in which
// that was asked for and in those of its route. It takes two turns: the update is marked
// as seen first, so that a redelivery shows no second case.
func (j *job) nextJob(site string) {
	b := j.b
	fresh := false
	j.work = outbox.Work{Bucket: j.bucket, Turn: storage.Turn{Key: j.update.Key, Apply: func(storage.Loaded) (storage.Change, error) {
		fresh = true
		return storage.Change{}, nil
	}}}
	j.next = func(ctx context.Context) (outbox.Work, error) {
		load, bucket := storage.Load{Staff: j.staffer()}, j.bucket
		if fresh && b.snap.Now().Team.Actor(j.person, site).Can(access.TakeCase) {
			cases, err := b.unannouncedCases(ctx, site)
			if err != nil {
				return outbox.Work{}, fmt.Errorf("look for the next case: %w", err)
			}
			if len(cases) > 0 {
				load.Case, bucket = cases[0].ID, cases[0].Bucket
			}
		}
		return outbox.Work{Bucket: bucket, Turn: b.turnOf("", j.update.Key, load, &j.said, func(t *turn) error {
			v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
			switch {
			case !fresh:
			case !t.actor(site).Can(access.TakeCase):
				t.answer(v.Say("refused_not_staff", "link", linking(t.snap.Traits[j.update.From.Platform])), true)
			case t.desk == nil || t.desk.session == nil:
				t.answer(v.Say("gathered_all"), false)
			default:
				return t.desk.showNext(j.update, v)
			}
			return nil
		})}, nil
	}
}

// showNext gives the loaded case its card.
func (d *desk) showNext(u *chat.Update, v *voice.Voice) error {
	if err := d.configure(); err != nil {
		return err
	}
	if d.kase.TellAt.IsZero() {
		d.answer(v.Say("next_again"), false)
		return nil
	}
	d.show(u)
	return nil
}

// shows gives the case that a button names its card.
func (p *press) shows() {
	d := p.desk
	if d.kase.TellAt.IsZero() {
		p.answer(p.voice.Say("show_again", "case", d.kase.Name()), false)
		return
	}
	d.show(p.update)
}

// show gives the case its card in the chat in which that was asked for, and in those of its route.
func (d *desk) show(u *chat.Update) {
	d.telling = true
	d.kase.Cards = d.snap.Distinct([]chat.Address{cardChat(d.snap, u)})
	d.answer(voice.Join(" · ", d.kase.Name(), d.kase.Decision.Priority.String()), false)
	d.redraw = true
}
