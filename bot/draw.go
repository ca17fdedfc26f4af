package bot

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// draw derives, once and where the turn ends, what staff see of it: it follows from the
// new state and from what happened. An unchanged card is not sent again.
func (t *turn) draw() {
	if t.returned != nil && len(t.returned.happened) > 0 {
		t.returned.draw()
	}
	d := t.desk
	if t.out.Session == nil && len(t.out.Words) == 0 && (d == nil || len(d.happened) == 0 && !d.redraw) {
		return
	}
	t.drawAside()
	if d != nil {
		d.draw()
	}
}

// drawAside passes words to staff that answered no question while there is no case they
// could belong to: one message a session, which grows with the words. Once a case has
// them on its card the message says where to look.
func (t *turn) drawAside() {
	s := t.session
	if s == nil || len(s.Said) == 0 || (remarks{t}).quiet() {
		return // those who were promised that nobody is called are kept to it
	}
	if sentAtEnd := len(t.out.Words) > 0 && s.Ended.Equal(t.now); t.desk == nil && !render.Live(s) && !sentAtEnd {
		return // what follows a survey has a case
	}
	p := drawing{frame: t.frame, c: t.view(), identity: s.Identity}
	p.v = p.c.StaffVoice()
	note := p.c.Note(p.v)
	for _, to := range asidePlaces(t.snap, s) {
		slot := storage.Slot{Kind: storage.AsideSlot, Owner: s.ID, At: to}
		note.Rows = render.NoteButtons(p.v, p.c, p.snap.Traits[to.Platform])
		p.want(storage.Want{Slot: slot.String(), Kind: storage.CardD, Rank: p.rank(), Address: t.snap.At(to), Render: note, OnlyIfKnown: t.desk != nil})
		if t.desk == nil {
			p.files(to, slot.String())
			p.beyond(slot, note)
		}
	}
}

// beyond shows whole, below the note in this slot, the words of this turn that it cuts or that
// make room on it for others.
func (p *drawing) beyond(slot storage.Slot, note chat.Message) {
	said := p.c.Session.Said
	for i := range p.out.Words {
		w := &p.out.Words[i]
		if w.Text == "" || whole(said) == len(said) {
			continue
		}
		m := chat.Message{Title: note.Title, Lang: note.Lang, Under: slot.String()}
		for _, part := range voice.InParts(w.Text) {
			m.Quotes = append(m.Quotes, chat.Quote{Text: part})
		}
		long := storage.Slot{Kind: storage.EventSlot, Owner: slot.Owner, At: slot.At, Part: w.ID}
		p.inParts(long, storage.Want{Kind: storage.CardD, Rank: p.rank(), Address: p.snap.At(slot.At), Render: m})
	}
}

// asidePlaces are the chats that hear of words without a case: by the site, the service,
// the language and whom they are about.
func asidePlaces(snap *snapshot.Snapshot, s *storage.Session) []chat.Address {
	places := snap.Hears(recovery.Matter{
		Site: s.Site, Service: s.Service, Language: s.Lang, Tier: s.Facts.Tier, Owner: snap.Team.Named(s.Attributes[voice.AttrAgent]),
	})
	return slices.DeleteFunc(slices.Clone(places), snap.Lost)
}

// draw shows the case to staff, or notes when they may be told of it.
func (d *desk) draw() {
	if d.session == nil {
		return
	}
	k := d.kase
	waited := len(k.Cards) == 0 && (d.telling || k.Changed || !k.TellAt.IsZero())
	until, held := d.heldBack()
	if !k.TellAt.Equal(until) {
		k.TellAt, d.out.Case = until, k
	}
	if held {
		k.Unposted = false
		return
	}
	posted := len(k.Cards) > 0
	places := d.threads()
	if unposted := len(places) == 0; unposted != k.Unposted {
		k.Unposted, d.out.Case = unposted, k
	}
	if k.Unposted {
		return
	}
	if waited {
		d.unfold()
	}
	p := drawing{frame: d.frame, c: d.view(), identity: k.Identity}
	p.v = p.c.StaffVoice()
	relays := relaying{&p, d, places}
	relays.turned()
	// Words hang below the card: a new one comes first, and has them unless they are too long.
	if posted {
		relays.all(-1)
	}
	p.cards(places, d.stand)
	if !posted {
		relays.all(saidSize)
	}
	reminding{&p, d}.remind(places)
}

// unfold shows below the first card what was written while the case waited for one, as far as
// the card does not hold it whole.
func (d *desk) unfold() {
	s := d.session
	n := whole(s.Said)
	if n == len(s.Said) {
		return
	}
	for i, text := range s.Said[n:] {
		d.heard = append(d.heard, heard{said: said{text: text, key: "waited-" + strconv.Itoa(n+i)}})
	}
	s.Said = append(s.Said[:n:n], voice.Cut(s.Said[len(s.Said)-1], saidSize))
	d.out.Session = s
}

// drawing is what staff see of a case, or of a survey that has none, where a turn ends.
type drawing struct {
	*frame
	c        *render.CaseView
	v        *voice.Voice // to staff
	identity string       // of the customer
}

func (p *drawing) want(w storage.Want) {
	w.Identity = p.identity
	p.frame.want(w)
}

// cardSlot is the place of a case's card in a chat.
func cardSlot(id string, to chat.Address) string {
	return storage.Slot{Kind: storage.CardSlot, Owner: id, At: to}.String()
}

// cards shows the case's card in each of its chats, what happened to the case in this turn
// below it, and the files. Whoever looks at stand has read what was written there.
func (p *drawing) cards(places []chat.Address, stand chat.Address) {
	card := p.c.Card(p.v)
	for _, to := range places {
		slot := cardSlot(p.c.Case.ID, to)
		can := p.snap.Traits[to.Platform]
		shown := render.On(p.v, p.c, card, can)
		if open, ok := p.menuIn(p.c.Case, p.snap.At(to)); ok {
			p.c.InMenu(p.v, &shown, open, can)
		}
		p.want(storage.Want{Slot: slot, Kind: storage.CardD, Rank: p.rank(), Address: p.snap.At(to), Render: shown})
		for _, e := range p.out.Events {
			if e.Kind == string(recovery.EventNoted) && p.snap.At(to) == stand {
				continue
			}
			if m, ok := p.c.Line(p.v, e, p.snap.Traits[to.Platform].Threads); ok {
				m.Under = slot
				line := storage.Slot{Kind: storage.EventSlot, Owner: p.c.Case.ID, At: to, Part: e.ID}
				p.inParts(line, storage.Want{Kind: storage.CardD, Address: p.snap.At(to), Render: m})
			}
		}
		p.files(to, slot)
	}
}

// inParts wants a message whose quotes may be more than one carries: each of the further
// ones follows in a message of its own.
func (p *drawing) inParts(slot storage.Slot, w storage.Want) {
	quotes := w.Render.Quotes
	for i := 0; i == 0 || i < len(quotes); i++ {
		part := w
		if i < len(quotes) {
			part.Render.Quotes = quotes[i : i+1 : i+1]
		}
		part.Slot = slot.Nth(i).String()
		p.want(part)
	}
}
