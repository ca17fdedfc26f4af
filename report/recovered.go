package report

// Recovery is how cases ended, as customers say.
type Recovery struct {
	Contacted Rate    // of all cases
	Recovered Rate    // of those who were asked afterwards and answered
	Floor     float64 // of all cases, 0–1: what is certain
}

// RecoveryOf gives both denominators: of those who answered, which flatters, and of all.
//
// Source: the share by Wilson, the floor by Manski, as Bounds.
func RecoveryOf(cases, contacted, answered, recovered int) Recovery {
	r := Recovery{Contacted: Show(contacted, cases), Recovered: Show(recovered, answered)}
	if cases > 0 {
		r.Floor = float64(recovered) / float64(cases)
	}
	return r
}

// ByItself is the score that customers would be expected to give next with nothing done, if they
// were picked for a score: part of what is extreme is chance and does not come again. Only what is
// beyond it may be called an effect. reliability is the correlation of two scores of a customer.
//
// Source: F. Galton, Journal of the Anthropological Institute 15 (1886) 246–263; C. E. Davis,
// American Journal of Epidemiology 104 (1976) 493–498.
func ByItself(mean, score, reliability float64) float64 { return mean + reliability*(score-mean) }

// Reach is how many people hear of what unsatisfied customers tell: an estimate that rests on
// nothing but the number told, which is shown with it.
func Reach(unsatisfied, told int) int { return unsatisfied * told }
