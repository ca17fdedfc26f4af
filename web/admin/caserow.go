package admin

import (
	"cmp"
	"html/template"
	"time"

	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseRow is a case in a list.
type caseRow struct {
	Number   string
	Level    int
	Feeling  string // the level in words
	Priority string // "P1", "" on the watch list
	Name     string
	About    string // that it is a test, service and site
	Words    string // the customer's last, "" where there are none or the reader may not see them
	Wrote    string // since when they wait for an answer: a time of day; "" = they do not
	Clock    when
	Due      string // what the clock is about, with its moment
	State    string // who has it, or how it ended
	Act      string // "take", "reply" or "": the button beside the row
	Mark     bool   // it may be marked, to do something with several at once
}

// look is who looks at cases, and what they may see of them.
type look struct {
	w     *words
	now   time.Time
	staff string // id
	words bool   // what customers wrote
	names bool   // who they are
	all   bool   // more sites than one: each row names its own
}

// row is a case as a row; view is nil where what it began with is gone.
func (l look) row(k *storage.Case, view *draw.CaseView, zone *time.Location) caseRow {
	r := caseRow{Number: k.Name(), Name: l.w.t("customer_word")}
	if k.Decision.Opens {
		r.Priority = k.Decision.Priority.String()
	}
	if view != nil {
		v := view.StaffVoiceIn(l.w.lang)
		r.Level, r.Feeling, _ = view.Level(v)
		service, _ := v.Known(voice.AttrService)
		place := ""
		if l.all {
			place = view.Site.Name
		}
		test := ""
		if view.Session != nil && view.Session.Test {
			test = l.w.t("test")
		}
		r.About = voice.Join(" · ", test, voice.Cut(service, voice.LongestName), place)
		if l.names {
			r.Name = plainName(view, v, l.w)
		}
		if l.words {
			r.Words = voice.Cut(view.Newest(), 240)
		}
	}
	if !k.Wrote.IsZero() && (k.State.Active() || k.Unanswered()) {
		r.Wrote = l.w.moment(l.now, k.Wrote, zone)
	}
	if p, ok := k.NextPromise(); ok {
		r.Clock = l.w.until(l.now, p.Due, zone)
		r.Due = l.w.t("by_"+string(p.Clock), p.Due.In(zone).Format("15:04")) // its day stands above
	}
	mine := k.Holder.ID != "" && k.Holder.ID == l.staff
	switch {
	case !k.State.Active():
		r.State = l.w.t("state_" + string(k.State))
	case mine:
		r.State = l.w.t("you")
	default:
		r.State = k.Holder.Name
	}
	return r
}

// plainName is what staff call a customer, in a page where nothing else can be taken for a name.
func plainName(view *draw.CaseView, v *voice.Voice, w *words) string {
	if view.Pseudonymous() {
		return view.CustomerName(v)
	}
	if view.Identity == nil {
		return w.t("customer_word")
	}
	return cmp.Or(voice.Called(view.Identity.Name), w.t("customer_word"))
}

// shapes of priorities: colour is never all that tells them apart.
var prioritySign = map[string]string{"P1": "▲", "P2": "◆", "P3": "●"}

// standingGroup is a group of the list.
type standingGroup struct {
	Key   string // "waiting", "free", "others", "asleep", "watch", "closed"
	Count string // "12", "1000+"
	Rows  []caseRow
	Fold  bool          // it is shut until somebody opens it
	More  string        // the address of what comes after these rows; "" = that is all
	Next  string        // when the next of those that sleep wakes
	Drawn template.HTML // the rows, where they are drawn already
}

// groups are the groups of the list, in order, by what they ask for.
func groupFilters(staff string) []struct {
	key    string
	fold   bool
	filter storage.StandingFilter
} {
	return []struct {
		key    string
		fold   bool
		filter storage.StandingFilter
	}{
		{"waiting", false, storage.StandingFilter{Standing: recovery.Held, Holder: staff}},
		{"free", false, storage.StandingFilter{Standing: recovery.Free}},
		{"others", true, storage.StandingFilter{Standing: recovery.Held, Without: staff}},
		{"asleep", true, storage.StandingFilter{Standing: recovery.Asleep}},
		{"watch", true, storage.StandingFilter{Standing: recovery.OnWatch}},
	}
}
