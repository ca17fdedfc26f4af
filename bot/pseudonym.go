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
	who := []string{v.Quoted(id.Name)}
	if id.Username != "" {
		who = append(who, "@"+voice.Called(id.Username))
	}
	if !p.desk.snap.Traits[id.Person.Platform].Guests {
		who = append(who, string(id.Person.Platform)+" "+id.Person.User)
	}
	p.answer(v.Say("revealed", "pseudonym", p.view.CustomerName(v), "who", voice.Join(", ", who...)), true)
}
