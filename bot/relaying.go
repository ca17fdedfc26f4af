package bot

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// relaying shows the customer's words below the cards of a case. The newest of these messages
// alone has buttons: what comes takes them from what came before.
type relaying struct {
	p      *drawing
	d      *desk
	places []chat.Address
}

// told is how many messages of a case say how the customer is answered.
const told = 3

// all shows the words of this turn that are longer than so many characters, or come with files.
func (r relaying) all(longer int) {
	var list []heard
	for _, w := range r.d.heard {
		if utf8.RuneCountInString(w.text) > longer || len(w.files) > 0 {
			list = append(list, w)
		}
	}
	last := -1
	for i, w := range list {
		if w.joins.Joined > 0 || !w.edited && (w.text != "" || len(w.files) > 0) {
			last = i
		}
	}
	for i, w := range list {
		if w.joins.Joined > 0 {
			r.p.more(w, r, i == last)
		} else {
			r.words(w, i == last)
		}
	}
}

// words shows what was written, in as many messages as it takes; last says that nothing follows.
func (r relaying) words(w heard, last bool) {
	p, k := r.p, r.d.kase
	parts, files := voice.InParts(w.text), w.files
	if w.edited {
		files = nil
	}
	n := len(parts) + len(files)
	if n == 0 {
		return
	}
	slot := storage.Slot{Kind: storage.RelaySlot, Owner: k.ID, Of: w.id()}
	part := func(i int) string {
		if i < len(parts) {
			return wordsPart(i)
		}
		return filePart(i - len(parts))
	}
	buttons := -1 // which of them has the buttons
	if last {
		buttons = n - 1
	}
	if had, ok := storage.ParseSlot(k.Newest); ok && w.edited && had.Of == slot.Of {
		if i, err := strconv.Atoi(had.Part); err == nil {
			buttons = min(i, n-1)
		}
	}
	for _, slot.At = range r.places {
		for i := range n {
			slot.Part = part(i)
			at := p.now
			if old, known := p.with.slots[slot.String()]; known && w.edited {
				at = old.Created
			}
			m := r.message(slot.At, at, i == buttons)
			if i < len(parts) {
				m.Quotes = []chat.Quote{{Text: parts[i]}}
			} else {
				r.file(&m, files[i-len(parts)], slot.At)
			}
			want := storage.Want{Slot: slot.String(), Kind: storage.RelayD, Address: p.snap.At(slot.At), Render: m}
			if w.edited {
				want.Rank = storage.Spare // whoever changes words again and again holds nobody up
			}
			p.want(want)
		}
		if w.edited {
			for _, want := range emptied(p.with.slots, slot, len(parts), survey.MaxText) {
				p.want(want)
			}
		}
	}
	if !w.edited {
		k.Relayed, p.out.Case = k.Relayed+n, k
	}
	if buttons >= 0 {
		slot.Part = part(buttons)
		r.newest(slot)
	}
}

// message is one that shows words or a file, still without them.
func (r relaying) message(to chat.Address, at time.Time, buttons bool) chat.Message {
	on := r.p.snap.Traits[to.Platform]
	m := r.p.c.Relay(r.p.v, render.Relaying{At: at, Forms: on.Forms, Told: r.d.kase.Relayed >= told, Buttons: buttons})
	m.Under = cardSlot(r.d.kase.ID, to)
	return m
}

// file puts a file into a message, or what may be said of it.
func (r relaying) file(m *chat.Message, f survey.File, to chat.Address) {
	p := r.p
	m.Text = p.v.Files([]survey.File{f})
	if p.c.Pseudonymous() {
		m.Text += "\n" + p.v.Say("file_kept_back")
	} else if f.ID != "" && p.snap.SameFiles(p.c.Session.Address, to) {
		m.Files = chatFiles([]survey.File{f})
	}
}

// newest gives the buttons to another message; to none, if it is in no slot.
func (r relaying) newest(slot storage.Slot) {
	k := r.d.kase
	if before, ok := storage.ParseSlot(k.Newest); ok && (before.Of != slot.Of || before.Part != slot.Part) {
		for _, before.At = range r.places {
			r.p.want(storage.Want{Slot: before.String(), Kind: storage.RelayD, Rank: storage.Spare, Address: r.p.snap.At(before.At), Bare: true})
		}
	}
	if name := slot.String(); k.Newest != name {
		k.Newest, r.p.out.Case = name, k
	}
}

// turned takes the buttons away that a case had before it was closed or opened again.
func (r relaying) turned() {
	if r.d.kase.Newest != "" && len(r.d.heard) == 0 && slices.ContainsFunc(r.d.happened, func(e recovery.Event) bool {
		switch e.Kind {
		case recovery.EventResolved, recovery.EventNoAction, recovery.EventReopened, recovery.EventVerified, recovery.EventClosed:
			return true
		}
		return false
	}) {
		r.newest(storage.Slot{})
	}
}
