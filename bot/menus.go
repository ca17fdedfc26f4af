package bot

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// menuLasts is how long a menu in a card is that of who opened it, after each of their taps:
// then the card has its own buttons again, for everybody.
const menuLasts = 30 * time.Second

// menuIn is the menu that is open in the card of a chat.
func (f *frame) menuIn(k *storage.Case, at chat.Address) (storage.OpenMenu, bool) {
	i := slices.IndexFunc(k.Menus, func(m storage.OpenMenu) bool { return m.At == at && f.now.Before(m.Until) })
	if i < 0 || !k.State.Active() {
		return storage.OpenMenu{}, false
	}
	return k.Menus[i], true
}

// opens notes the menu that somebody opened in a chat's card, or that it has none.
func (d *desk) opens(at chat.Address, by string, data render.Pressed) {
	rest := slices.DeleteFunc(slices.Clone(d.kase.Menus), func(m storage.OpenMenu) bool { return m.At == at })
	if data.Menu {
		rest = append(rest, storage.OpenMenu{At: at, By: by, Until: d.now.Add(menuLasts), Data: data.Encode()})
	} else if len(rest) == len(d.kase.Menus) {
		return
	}
	if d.kase.Menus = rest; len(rest) == 0 {
		d.kase.Menus = nil
	}
	d.out.Case = d.kase
}

// lapse takes away the menus whose time is over; their cards are drawn anew.
func (d *desk) lapse() {
	for _, m := range slices.Clone(d.kase.Menus) {
		if !d.now.Before(m.Until) {
			d.opens(m.At, "", render.Pressed{})
			d.redraw = true
		}
	}
}

// lapses is when the first of a case's menus does; zero = it has none.
func lapses(k *storage.Case) (at time.Time) {
	for _, m := range k.Menus {
		if at.IsZero() || m.Until.Before(at) {
			at = m.Until
		}
	}
	return at
}

// inMenu reports whether what was tapped opens a menu or stands in one.
func (p *press) inMenu() bool {
	d := p.data
	return p.update.Kind != chat.Filled && (d.Menu || d.Act == render.NoMenu || d.Choice != "")
}

// others says that somebody else is choosing in the card that was tapped, if they are.
func (p *press) others() bool {
	open, ok := p.desk.menuIn(p.desk.kase, cardChat(p.desk.snap, p.update))
	if !ok || open.By == p.by.ID {
		return false
	}
	p.answer(p.voice.Say("menu_others", "who", p.view.Chooser(open)), false)
	return true
}

// goesOn joins what was tapped to what the one who taps has chosen so far: the chat may show
// the card as it was a tap ago.
func (p *press) goesOn() {
	open, ok := p.desk.menuIn(p.desk.kase, cardChat(p.desk.snap, p.update))
	before := render.Pressed{}
	if ok && open.By == p.by.ID {
		before, _ = render.DecodePressed(open.Data)
	}
	switch {
	case p.data.Act != recovery.ActResolve && p.data.Act != render.ResolveCost:
	case p.data.Menu:
		p.data = p.view.Choose(before, p.data)
	case before.Act == recovery.ActResolve && render.Decided(before):
		p.data.Choice, p.data.Mask = before.Choice, before.Mask
	}
}
