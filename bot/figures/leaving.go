package figures

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Leaver is a customer who may leave as soon as there is a choice, or who has stayed away. Who they are is read when
// it is shown: no result keeps it (decision 0076).
type Leaver struct {
	Customer string         // the organisation's own key or, of who has none, the id of their account
	Key      bool           // it is a key
	Person   storage.Person // of who is captive, whose account answered
	Name     string         // of who has no key, as their platform calls them; may be ""
	Why      string         // of who is captive the reason, one of LoyaltyKinds
	Answer   storage.NamedAnswer
	Last     string  // the day of their latest visit; "" = none is known
	Site     string  // of it
	Visits   int     // days on which they came, in twelve months
	Usual    float64 // days between their visits, of who is lost
	Since    string  // the day since when they count as lost
}

// Leavers looks for them, of some sites alone. It is not safe for use by several goroutines.
type Leavers struct {
	Store interface {
		storage.Giving
		storage.Serving
	}
	Sites    []string
	Zone     func(site string) *time.Location
	Today    time.Time               // the newest day that any site has
	Flows    map[string]*survey.Flow // of the newest versions
	Usual    map[string]float64      // days between visits, by site: Loyalty.UsualAt
	Within   int                     // days within which somebody became lost
	Patience int                     // customers that are looked at for one page; 0 = all
}

// days are the first and the last one that count: those of a kept result.
func (l *Leavers) days() (first, last string) {
	return l.Today.AddDate(0, -ResultMonths, 1).Format(time.DateOnly), l.Today.Format(time.DateOnly)
}

// asksWhy reports whether a survey asks why customers come.
func asksWhy(f *survey.Flow) bool {
	return slices.ContainsFunc(f.Questions, func(q survey.Question) bool {
		return q.Kind == survey.ChoiceQ && slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return c.Key == report.ByMonopoly })
	})
}

// Captive are the customers behind one, "" begins, whose newest answer says that they come by habit or for lack of a
// choice, and is unsatisfied: at most limit, 0 = all, in the order in which they are counted. Who got their key after
// they answered stands there by it, unless that key has a newer answer or stands there itself. Whom staff know by a
// pseudonym alone is not among them, nor who was erased. All answers are read anew. ErrTooMany: there are too many.
func (l *Leavers) Captive(ctx context.Context, after string, limit int) (list []Leaver, next string, err error) {
	reasons, err := l.reasons(ctx)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for name, r := range reasons {
		if name > after && r.captive() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	stand := map[string]bool{}
	for some := range slices.Chunk(names, min(cmp.Or(limit, namedAtOnce), namedAtOnce)) {
		said := make([]string, len(some))
		for i, name := range some {
			said[i] = reasons[name].said.id
		}
		known, err := l.Store.NamedSessions(ctx, said)
		if err != nil {
			return nil, "", err
		}
		for i, name := range some {
			a, ok := known[said[i]]
			if !ok {
				continue // staff do not know who it is
			}
			who := cmp.Or(a.Customer, a.Identity)
			own, counted := reasons["p:"+who]
			if stand[who] || counted && "p:"+who != name && (own.captive() || own.said.later(reasons[name].said)) {
				continue
			}
			if limit > 0 && len(list) == limit {
				return list, next, l.visits(ctx, list)
			}
			next, stand[who] = name, true
			x := Leaver{Customer: who, Key: who != a.Identity, Person: a.Person, Why: reasons[name].why, Answer: a.NamedAnswer}
			if !x.Key {
				x.Name = a.Name
			}
			list = append(list, x)
		}
	}
	return list, "", l.visits(ctx, list)
}

// namedAtOnce is of how many conversations it is asked side by side whose they are.
const namedAtOnce = 500

// reasons are why customers come, as their newest answers say, by whom they are counted.
func (l *Leavers) reasons(ctx context.Context) (map[string]reason, error) {
	b := newBonds(l.Flows)
	for id, f := range l.Flows {
		if !asksWhy(f) {
			continue
		}
		filter := storage.FigureFilter{Sites: l.Sites, Flow: id, Limit: Most}
		filter.From, filter.To = l.days()
		given, more, err := l.Store.Given(ctx, filter)
		if err != nil {
			return nil, err
		}
		if more {
			return nil, ErrTooMany
		}
		for i := range given {
			b.add(&given[i])
		}
	}
	return b.of("").reasons, nil
}

// captive reports whether they are unsatisfied, and come by habit or for lack of a choice.
func (r reason) captive() bool {
	_, worst := Unsatisfied.Levels()
	return r.said.level <= worst && (r.why == report.ByHabit || r.why == report.ByMonopoly)
}

// came are the days on which a customer came to the sites, in order, and the site of the latest visit.
func (l *Leavers) came(visits []storage.Visit) (days []int, site string) {
	first, last := l.days()
	since, until := dayNumber(first), dayNumber(last)
	for _, v := range visits {
		if day := dayAt(v.At, zoneIn(l.Zone, v.Site)); slices.Contains(l.Sites, v.Site) && since <= day && day <= until {
			days, site = append(days, day), v.Site
		}
	}
	slices.Sort(days)
	return slices.Compact(days), site
}

// visits puts in when they came.
func (l *Leavers) visits(ctx context.Context, list []Leaver) error {
	var keys []string
	for i := range list {
		if list[i].Key {
			keys = append(keys, list[i].Customer)
		}
	}
	visits, err := l.Store.Visits(ctx, keys)
	if err != nil {
		return err
	}
	for i := range list {
		if days, site := l.came(visits[list[i].Customer]); list[i].Key && len(days) > 0 {
			list[i].Last, list[i].Site, list[i].Visits = dayOf(days[len(days)-1]), site, len(days)
		}
	}
	return nil
}

// dayOf is a day that is counted from 1970.
func dayOf(n int) string { return time.Unix(int64(n)*86400, 0).UTC().Format(time.DateOnly) }

// lostAtOnce is how many customers are looked at side by side.
const lostAtOnce = 500

// Lost are the customers behind a place, "" begins, who became lost within the last days: at most limit, those who did
// last first. Places are in no order that means something. Where next is not "" there may be more behind it.
func (l *Leavers) Lost(ctx context.Context, after string, limit int) (list []Leaver, next string, err error) {
	bucket, key := placeOf(after)
	today, looked := dayNumber(l.Today.Format(time.DateOnly)), 0
search:
	for over := false; !over; {
		some, err := l.Store.ServedKeys(ctx, bucket, key, lostAtOnce)
		if err != nil {
			return nil, "", err
		}
		if over = len(some) < lostAtOnce; len(some) == 0 {
			break
		}
		keys := make([]string, len(some))
		for i, one := range some {
			keys[i], bucket, key = one.Customer, one.Bucket, one.Customer
		}
		visits, err := l.Store.Visits(ctx, keys)
		if err != nil {
			return nil, "", err
		}
		for i, one := range some {
			// Services of a customer lie in many buckets: they are looked at where the first one lies.
			if slices.ContainsFunc(visits[one.Customer], func(v storage.Visit) bool { return v.Bucket < one.Bucket }) {
				continue
			}
			if x, lost := l.lost(one.Customer, visits[one.Customer], today); lost {
				list = append(list, x)
			}
			if len(list) == limit {
				if next = placeText(one.Bucket, one.Customer); i == len(some)-1 && over {
					next = ""
				}
				break search
			}
		}
		if looked += len(some); l.Patience > 0 && looked >= l.Patience && !over {
			next = placeText(bucket, key)
			break
		}
	}
	slices.SortStableFunc(list, func(a, b Leaver) int {
		return cmp.Or(cmp.Compare(b.Since, a.Since), cmp.Compare(a.Customer, b.Customer))
	})
	return list, next, l.answers(ctx, list)
}

// lost reports whether a customer became lost within the days, and how.
func (l *Leavers) lost(key string, visits []storage.Visit, today int) (x Leaver, lost bool) {
	days, site := l.came(visits)
	usual, known := l.Usual[site]
	if !known {
		usual = neverLost
	}
	v := report.StandingOf(days, nil, today, usual)
	if v.Standing != report.Lost || today-v.LostAfter > l.Within {
		return x, false
	}
	return Leaver{Customer: key, Key: true, Last: dayOf(days[len(days)-1]), Site: site, Visits: len(days), Usual: v.Usual, Since: dayOf(v.LostAfter + 1)}, true
}

// answers puts in their newest answers, as far as staff know whose they are.
func (l *Leavers) answers(ctx context.Context, list []Leaver) error {
	keys := make([]string, len(list))
	for i := range list {
		keys[i] = list[i].Customer
	}
	answers, err := l.Store.NamedAnswers(ctx, keys)
	if err != nil {
		return err
	}
	_, last := l.days()
	for i := range list {
		for _, a := range answers[keys[i]] {
			was := &list[i].Answer
			if slices.Contains(l.Sites, a.Site) && a.Day <= last && cmp.Or(cmp.Compare(a.Day, was.Day), cmp.Compare(a.Session, was.Session)) > 0 {
				*was = a
			}
		}
	}
	return nil
}

// placeText names a place among customers.
func placeText(b storage.Bucket, key string) string { return strconv.Itoa(int(b)) + "." + key }

// placeOf reads what placeText wrote; what is none begins.
func placeOf(text string) (storage.Bucket, string) {
	b, key, ok := strings.Cut(text, ".")
	n, err := strconv.ParseUint(b, 10, 15)
	if !ok || err != nil {
		return 0, ""
	}
	return storage.Bucket(n), key
}
