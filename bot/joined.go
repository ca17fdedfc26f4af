package bot

import (
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/allowance"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

// brings counts words of somebody for staff. Beyond their allowance they join those before
// them: nothing is lost, and staff see one message that counts them.
func (d *desk) brings(id *storage.Identity, s said) allowance.Spent {
	if id == nil {
		id = d.owner
	}
	id.Spent = id.Spent.Bring(d.now, len(voice.InParts(s.text))+len(s.files))
	d.out.Identity = id
	return id.Spent
}

// more shows below the cards how many words joined, and the newest of them. It comes when
// nothing else waits.
func (p *drawing) more(w heard, r relaying, last bool) {
	newest := []string{voice.Cut(w.text, saidSize)}
	if all := p.c.Session.Said; len(all) > 0 && all[len(all)-1] == newest[0] {
		newest = all[max(min(whole(all), len(all)-1), len(all)-w.joins.Joined):]
	}
	newest = slices.DeleteFunc(slices.Clone(newest), func(s string) bool { return s == "" })
	slot := storage.Slot{
		Kind: storage.RelaySlot, Owner: p.c.Case.ID, Part: "more",
		Of: storage.Written{Ref: chat.Ref(strconv.FormatInt(w.joins.Since.UnixMicro(), 10))},
	}
	for _, slot.At = range r.places {
		m := r.message(slot.At, w.joins.Since, last)
		m.Text = p.v.Say("words_more", "n", strconv.Itoa(w.joins.Joined))
		for _, text := range newest {
			m.Quotes = append(m.Quotes, chat.Quote{Text: text})
		}
		p.want(storage.Want{Slot: slot.String(), Kind: storage.RelayD, Rank: storage.Spare, Address: p.snap.At(slot.At), Render: m})
	}
	if last {
		r.newest(slot)
	}
}
