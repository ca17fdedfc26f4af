package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// The most runes of an answer (chat.Answer).
const (
	maxToast     = 200
	maxEphemeral = 2000
)

// maxTries is how often an update is tried before it is parked.
const maxTries = 5

// job is one update on its way through.
type job struct {
	b      *Bot
	index  int // in the slice that was handed over
	update *chat.Update
	person storage.Person
	bucket storage.Bucket
	door   string      // through which it came
	work   outbox.Work // what is to be committed next
	// next, if set, says what follows once work is committed. Later updates of the same
	// conversation wait for it.
	next   func(context.Context) (outbox.Work, error)
	beside *storage.Case // beside which surveys end; nil = not looked for
	tries  int
	said   reply
}

// Handle acts on updates that were authenticated: it is a chat.Handler. Updates of one
// conversation are handled in their order; different conversations share commits. An
// update that cannot be handled is parked after five tries and counts as handled: an
// error means that the store is away and that nothing may be acknowledged.
func (b *Bot) Handle(ctx context.Context, updates []chat.Update) ([]chat.Answer, error) {
	updates = slices.Clone(updates) // turns may outlive an impatient caller
	jobs := make([]*job, 0, len(updates))
	for i := range updates {
		j, err := b.job(ctx, i, &updates[i])
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	for open := jobs; len(open) > 0; {
		var err error
		if open, err = b.round(ctx, open); err != nil {
			return nil, err
		}
	}
	var answers []chat.Answer
	for _, j := range jobs {
		if j.said.text == "" && j.said.form == nil {
			continue
		}
		limit := maxToast
		if j.update.Ephemeral {
			limit = maxEphemeral
		}
		answers = append(answers, chat.Answer{Update: j.index, Text: voice.Cut(j.said.text, limit), Alert: j.said.alert, Rows: j.said.rows, Field: j.said.field, Form: j.said.form, Lang: j.said.lang})
	}
	return answers, nil
}

// round commits the next piece of every conversation, all queued before any is waited
// for, and returns the jobs that are not done. Words may turn out to belong to a case, which
// takes another piece: what the same person did after them waits for that.
func (b *Bot) round(ctx context.Context, open []*job) ([]*job, error) {
	var now []*job
	var ws []outbox.Work
	waits, wrote := make(map[storage.Person]bool), make(map[storage.Person]bool)
	for _, j := range open {
		words := j.update.Kind == chat.Text || j.update.Kind == chat.Edited
		if waits[j.person] || wrote[j.person] && !words {
			waits[j.person] = true // nothing overtakes what waits
			continue
		}
		now, ws = append(now, j), append(ws, j.work)
		waits[j.person], wrote[j.person] = j.next != nil, wrote[j.person] || words
	}
	done := make(map[*job]bool, len(now))
	for i, err := range b.out.Commit(ctx, ws...) {
		j := now[i]
		finished, err := b.settle(ctx, j, err)
		if err != nil {
			return nil, err
		}
		if finished {
			done[j] = true
		}
	}
	rest := open[:0:0]
	for _, j := range open {
		if !done[j] {
			rest = append(rest, j)
		}
	}
	return rest, nil
}

// settle looks at what became of a job's work. It returns an error only when the
// store is away.
func (b *Bot) settle(ctx context.Context, j *job, err error) (done bool, _ error) {
	if err == nil || errors.Is(err, storage.ErrSeen) {
		if j.next == nil {
			return true, nil
		}
		next := j.next
		j.next = nil
		var w outbox.Work
		if w, err = next(ctx); err == nil {
			j.work = w
			return false, nil
		}
		j.next = next
	}
	if back, ok := errors.AsType[*cameBack](err); ok {
		j.welcomeBack(back.cases)
		return false, nil
	}
	if to, ok := errors.AsType[*elsewhere](err); ok {
		j.work = to.work
		return false, nil
	}
	if to, ok := errors.AsType[*besideCase](err); ok {
		if err = j.stopsBeside(ctx, to.kase); err == nil {
			return false, nil
		}
	}
	if lack, ok := errors.AsType[snapshot.Missing](err); ok {
		if err = lack.Load(ctx, b.snap); err == nil {
			err = lack
		}
	}
	if errors.Is(err, storage.ErrUnavailable) || ctx.Err() != nil {
		return false, fmt.Errorf("handle updates: %w", err)
	}
	if j.tries++; j.tries < maxTries {
		return false, nil
	}
	b.log.Error("an update could not be handled and was parked", "key", j.update.Key, "kind", j.update.Kind, "err", err)
	u := *j.update
	u.Reply = nil // belongs to the adapter
	payload, jsonErr := json.Marshal(u)
	if jsonErr != nil {
		return false, fmt.Errorf("write an update down: %w", jsonErr)
	}
	parked := storage.Parked{Key: u.Key, Person: j.person, Payload: string(payload), Error: err.Error(), At: b.now().UTC()}
	if err := b.store.Park(ctx, parked); err != nil {
		return false, fmt.Errorf("park an update: %w", err)
	}
	j.said = reply{}
	return true, nil
}

// job notes what an update says of its chat, and finds out what it asks for.
func (b *Bot) job(ctx context.Context, index int, u *chat.Update) (*job, error) {
	clean(u)
	j := &job{b: b, index: index, update: u, person: personOf(u)}
	j.bucket = b.bucketOf(j.person)
	if u.Kind == chat.Moved && !u.MovedTo.IsZero() {
		if err := b.chatMoved(ctx, u.From, u.MovedTo); err != nil {
			return nil, err
		}
	}
	if err := j.membership(ctx); err != nil {
		return nil, err
	}
	return j, j.enter(ctx)
}

// act is what an update without a button means.
func (j *job) act() func(*turn) error {
	u, p := j.update, j.person
	return func(t *turn) error {
		t.tapped, t.message, t.with.beside = u.Ephemeral, u.Own, j.beside
		if u.Kind == chat.Blocked {
			return t.blocked()
		}
		switch u.Kind {
		case chat.Text, chat.Command, chat.Edited, chat.Joined:
			t.meet(u, p)
		}
		switch {
		case u.Kind == chat.Text && t.bareCommand(u.Text) != "":
			said := *u
			said.Command, said.Text = t.bareCommand(u.Text), ""
			return commands{t}.command(&said)
		case u.Kind == chat.Text:
			if len(u.Files) == 0 {
				if what := privacyWish(t.b.texts, u.Text); what != "" {
					said := *u
					said.Text = what
					return asksPrivacy(&said, t)
				}
				if taken, err := (halting{t, u.Text}).heard(); taken || err != nil {
					return err
				}
			}
			if err := t.words(u); err != nil || t.belongs == "" {
				return err
			}
			return &elsewhere{j.wordsToCase(t.belongs)}
		case u.Kind == chat.Edited:
			if of := conversation(t.identity, t.session, t.kase()); of != "" {
				return &elsewhere{j.editToCase(of, nil)}
			}
			return t.edited(u)
		case u.Kind == chat.Command:
			err := commands{t}.command(u)
			t.pointToChat()
			return err
		}
		return nil
	}
}

// bareCommand is the command that a word alone is. Where a platform keeps what begins
// with a slash to itself, the word must do; where words are the answer only "stop",
// which nobody should have to say twice, is taken for one.
func (t *turn) bareCommand(text string) string {
	name := strings.ToLower(strings.TrimSpace(text))
	switch {
	case t.snap.Traits[t.identity.Person.Platform].Slash == "", name != "pause" && !slices.Contains(voice.Commands[:], name):
		return ""
	case name == "stop" || !render.Live(t.session):
		return name
	}
	if t.configure() != nil || t.talk().Opens().Free {
		return ""
	}
	return name
}

// pointToChat tells whoever sent a command from elsewhere where the rest is to be seen.
func (t *turn) pointToChat() {
	if t.tapped && t.said.text == "" {
		t.answer(t.person().Say("see_chat"), false)
	}
}

// staffer is the person behind the update as one who may be staff; zero = nobody may.
func (j *job) staffer() storage.Person {
	if j.person.ByLink() {
		return storage.Person{}
	}
	return j.person
}

// personOf is who an update is from: the person behind it, or the chat where there is
// none.
func personOf(u *chat.Update) storage.Person {
	p := storage.Person{Platform: u.From.Platform, Account: u.From.Account, User: u.User.ID}
	if p.User == "" {
		p.User = "chat:" + u.From.Chat
	}
	return p
}

// clean makes what people wrote storable, once, and turns words that are a command
// into one.
func clean(u *chat.Update) {
	u.Text = storage.Clean(u.Text)
	u.User.Name, u.User.Username = storage.Clean(u.User.Name), storage.Clean(u.User.Username)
	u.User.Language = storage.Clean(u.User.Language)
	u.Contact = storage.Clean(u.Contact)
	if len(u.Fields) > 0 {
		fields := make(map[string]string, len(u.Fields))
		for name, said := range u.Fields {
			fields[storage.Clean(name)] = storage.Clean(said)
		}
		u.Fields = fields
	}
	for i := range u.Files {
		u.Files[i].Name = storage.Clean(u.Files[i].Name)
	}
	words := strings.TrimLeft(u.Text, voice.LeftToRight) // copied out of a sentence in Arabic
	if u.Kind == chat.Text && strings.HasPrefix(words, "/") {
		word, rest := words[1:], ""
		if i := strings.IndexFunc(word, unicode.IsSpace); i >= 0 {
			word, rest = word[:i], strings.TrimSpace(word[i:])
		}
		if name, _, _ := strings.Cut(word, "@"); voice.IsName(name) {
			u.Kind, u.Command, u.Text = chat.Command, name, rest
		}
	}
	if u.Kind == chat.Command {
		u.Command = strings.ToLower(u.Command)
	}
}

// chatMoved remembers that a chat has a new address.
func (b *Bot) chatMoved(ctx context.Context, from, to chat.Address) error {
	if err := b.store.PutMove(ctx, from, to); err != nil {
		return fmt.Errorf("remember a moved chat: %w", err)
	}
	b.snap.Change(func(n *snapshot.Snapshot) {
		moves := make(map[chat.Address]chat.Address, len(n.Moves)+1)
		for f, t := range n.Moves {
			moves[f] = t
		}
		moves[from] = to
		n.Moves = moves
	})
	return nil
}

// blocked notes that the person cannot be written to.
func (t *turn) blocked() error {
	if t.identity != nil && t.identity.Blocked.IsZero() {
		t.identity.Blocked = t.now
		t.out.Identity = t.identity
	}
	if k := t.kase(); k == nil || !k.State.Active() || t.identity == nil || k.Identity != t.identity.ID {
		return nil
	}
	if err := t.configure(); err != nil {
		return err
	}
	t.desk.redraw = true
	return t.desk.apply(recovery.Unreachable{}, recovery.Actor{Party: recovery.Program})
}
