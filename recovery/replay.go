package recovery

import "github.com/aftercare/aftercare/survey"

// Past is one session as it stood at its end, and what was decided then.
type Past struct {
	Session   string
	Facts     Facts
	Judgement survey.Judgement
	Was       Decision // the case's, or of the watch list, or zero
}

// Change says what other rules would have made of a past session.
type Change string

// The changes.
const (
	WouldOpen   Change = "would_open"   // there was no case
	WouldNot    Change = "would_not"    // there was one
	MoreUrgent  Change = "more_urgent"  //
	LessUrgent  Change = "less_urgent"  //
	WouldWatch  Change = "would_watch"  // neither has a case; now on the watch list
	WouldIgnore Change = "would_ignore" // neither has a case; no longer on the watch list
)

// Changes lists every change.
func Changes() []Change {
	return []Change{WouldOpen, WouldNot, MoreUrgent, LessUrgent, WouldWatch, WouldIgnore}
}

// Difference is one past session that the rules would have treated otherwise.
type Difference struct {
	Session string
	Change  Change
	Was     Decision
	Would   Decision
}

// Replay is the dry run of rules over past sessions: those that they would have treated
// otherwise, in the order given. It judges each by its final answers, so a case that an
// answer opened which the customer revised later is found as one that would not open.
func Replay(rules Rules, past []Past) []Difference {
	var out []Difference
	for _, p := range past {
		would := Decide(rules, p.Facts, p.Judgement)
		d := Difference{Session: p.Session, Was: p.Was, Would: would}
		switch {
		case would.Opens && !p.Was.Opens:
			d.Change = WouldOpen
		case !would.Opens && p.Was.Opens:
			d.Change = WouldNot
		case would.Opens && would.Priority < p.Was.Priority:
			d.Change = MoreUrgent
		case would.Opens && would.Priority > p.Was.Priority:
			d.Change = LessUrgent
		case !would.Opens && would.Watch && !p.Was.Watch:
			d.Change = WouldWatch
		case !would.Opens && !would.Watch && p.Was.Watch:
			d.Change = WouldIgnore
		default:
			continue
		}
		out = append(out, d)
	}
	return out
}
