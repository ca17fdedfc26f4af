package figures

import (
	"strings"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Reason is why customers stay away, as they say.
type Reason struct {
	report.Cause
	Rate  report.Clustered // of who said why
	Named report.Clustered // who named it, alone
}

// Reasons counts what those who stay away chose of the question of their survey, those named most often first, and who
// said why at all. Conversations of a customer stand side by side.
func Reasons(list []storage.GivenSession, question map[string]string) (all []Reason, said report.Clustered) {
	var run report.Run
	mentions, by := map[string]int{}, map[string]map[int]bool{}
	var who []string
	for i := range list {
		a := list[i].Answer(question[list[i].Flow])
		if a == nil || len(a.Choices) == 0 {
			continue
		}
		run.Add(list[i].Customer, true)
		for _, choice := range a.Choices {
			if by[choice] == nil {
				by[choice] = map[int]bool{}
			}
			by[choice][len(who)] = true
			mentions[choice]++
		}
		who = append(who, list[i].Customer)
	}
	said = run.Rate()
	for _, c := range report.CausesOf(mentions, len(who)) {
		var t, named report.Run
		for i, customer := range who {
			if t.Add(customer, by[c.Name][i]); by[c.Name][i] {
				named.Add(customer, true)
			}
		}
		all = append(all, Reason{c, t.Rate(), named.Rate()})
	}
	return all, said
}

// LastLevel is the share of those who stay away whose latest visit was between two levels, as they say.
func LastLevel(list []storage.GivenSession, worst, best int) report.Clustered {
	var t report.Run
	for i := range list {
		t.Add(list[i].Customer, worst <= list[i].Level && list[i].Level <= best)
	}
	return t.Rate()
}

// KeysOf are the keys of the customers among those who were asked, with the day of their first ask. Others cannot
// be known when they return.
func KeysOf(asked []storage.AskedCustomer) (keys []string, since map[string]string) {
	since = map[string]string{}
	for i := range asked {
		a := &asked[i]
		key, ok := strings.CutPrefix(a.Customer, "p:")
		if !ok {
			continue
		}
		if day, known := since[key]; !known || a.Day < day {
			if !known {
				keys = append(keys, key)
			}
			since[key] = a.Day
		}
	}
	return keys, since
}

// Returns is how many days after they were asked customers came again, or have not until today. Who was never served
// is not known to systems that tell of services, and left out.
func Returns(since map[string]string, visits map[string][]storage.Visit, today string) (waits []report.Wait) {
	end, _ := time.Parse(time.DateOnly, today)
	for key, day := range since {
		from, err := time.Parse(time.DateOnly, day)
		if err != nil || len(visits[key]) == 0 {
			continue
		}
		from = from.AddDate(0, 0, 1) // what was on the day itself may have been before
		wait := report.Wait{Took: max(0, end.Sub(from).Hours()/24)}
		for _, visit := range visits[key] {
			if !visit.At.Before(from) {
				wait = report.Wait{Took: 1 + visit.At.Sub(from).Hours()/24, Over: true}
				break
			}
		}
		waits = append(waits, wait)
	}
	return waits
}
