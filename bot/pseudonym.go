package bot

import (
	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
)

// eventRevealed is a line of a case's history that the machine does not write: somebody
// was told who a pseudonym is.
const eventRevealed = "revealed"

// reveal tells a lead, and nobody else, who a pseudonym is. It is written down.
func (p *press) reveal() {
	v, id := p.voice, p.desk.owner
	switch {
	case !p.view.Pseudonymous():
		p.answer(v.Say("refused_unknown_act"), true)
		return
	case !p.by.Can(access.Reveal):
		p.desk.jot(eventAttempted, p.by.ID, string(render.Reveal), "")
		p.answer(v.Say("refused_reveal"), true)
		return
	}
	p.desk.jot(eventRevealed, p.by.ID, id.ID, "")
	p.answer(v.Say("revealed", "pseudonym", p.view.CustomerName(v), "who", revealed(v, p.desk)), true)
}

// revealed is who the customer of a case is.
func revealed(v *voice.Voice, d *desk) string {
	id := d.owner
	who := []string{v.Quoted(id.Name)}
	if id.Username != "" {
		who = append(who, "@"+voice.Called(id.Username))
	}
	if !d.snap.Traits[id.Person.Platform].Guests {
		who = append(who, string(id.Person.Platform)+" "+id.Person.User)
	}
	return voice.Join(", ", who...)
}
