package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	counted "github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// reports tells leads of the figures of their sites, where the rules name it: of a week, of a month, and
// when more or fewer customers are unsatisfied than usual. Each stands in a slot that is named after its
// days, and what stands there is left as it is: it is told once.
func (s *teller) reports(ctx context.Context) error {
	snap, now := s.bot.snap.Now(), s.bot.now()
	var all []error
	for _, site := range snap.NamedSites() {
		rules := snap.Rules(site)
		muted := rules.Tell(recovery.P2, now).At.After(now) // nobody is told anything now
		if !muted {
			for _, due := range rules.Report.Due(now, zoneOf(snap, site)) {
				all = append(all, s.tellReport(ctx, site, due))
			}
		}
		if rules.Report.Alarm && now.Sub(s.watchedAt[site]) >= watchEvery {
			err := s.watch(ctx, site, muted)
			if err == nil && !muted {
				err = s.tellComeback(ctx, site)
			}
			if all = append(all, err); err == nil {
				s.watchedAt[site] = now
			}
		}
	}
	return errors.Join(all...)
}

func zoneOf(snap *snapshot.Snapshot, site string) *time.Location {
	if zone := snap.Site(site).Zone; zone != nil {
		return zone
	}
	return time.UTC
}

// leads are the chats of a site's leads; where it has none, the usual ones of the site.
func leads(snap *snapshot.Snapshot, site string) []chat.Address {
	all := snap.Receiver(recovery.ToLead, recovery.Matter{Site: site})
	if len(all) == 0 {
		all = snap.Usual(site)
	}
	return snap.Reachable(snap.Distinct(all))
}

// postOnce puts a message into the slot of each lead that is still empty.
func (s *teller) postOnce(ctx context.Context, site, part string, draw func(v *voice.Voice) chat.Message) error {
	slot := storage.Slot{Kind: storage.ReportSlot, Owner: site, Part: part}
	name := func(at chat.Address) string {
		slot.At = at
		return slot.String()
	}
	var slots []string
	for _, at := range leads(s.bot.snap.Now(), site) {
		slots = append(slots, name(at))
	}
	return s.bot.perform(ctx, s.bucketFor(site), s.bot.turnOf("", "figures", storage.Load{Slots: slots}, nil, func(t *turn) error {
		v := render.SiteVoice(t.b.texts, t.snap.Site(site), t.now)
		for _, at := range leads(t.snap, site) {
			if !slices.Contains(slots, name(at)) {
				continue // somebody who became a lead just now: nothing is known of their slot
			}
			if _, told := t.with.slots[name(at)]; !told {
				t.want(storage.Want{Slot: name(at), Kind: storage.CardD, Rank: storage.Spare, Address: t.snap.At(at), Render: draw(v)})
			}
		}
		return nil
	}))
}

// siteFigures are what a report of some days is made of.
type siteFigures struct {
	bad, before, delighted, answered report.Clustered
	many                             bool // more were asked than can be counted: how many of them answered is left out
	goals                            []counted.Judged
}

func (s *teller) read(ctx context.Context, site string, due recovery.Reporting) (f siteFigures, err error) {
	end, _ := time.Parse(time.DateOnly, due.First)
	earlier := end.AddDate(0, 0, -1).Format(time.DateOnly)
	for _, x := range []struct {
		of       *report.Clustered
		m        counted.Metric
		from, to string
	}{
		{&f.bad, counted.Unsatisfied, due.First, due.Last},
		{&f.before, counted.Unsatisfied, due.Before, earlier},
		{&f.delighted, counted.TopBox, due.First, due.Last},
		{&f.answered, counted.Answered, due.First, due.Last},
	} {
		t, err := counted.Read(ctx, s.bot.store, storage.FigureFilter{Sites: []string{site}, From: x.from, To: x.to}, x.m, counted.Whole)
		if errors.Is(err, counted.ErrTooMany) && x.m == counted.Answered {
			f.many = true
			continue
		}
		if err != nil {
			return f, err
		}
		*x.of = t.Total
	}
	goals := slices.DeleteFunc(s.bot.snap.Now().Rules(site).Report.Goals(), func(g recovery.Goal) bool {
		return g.Until != "" && g.Until < due.First // the report in whose days it ended told how
	})
	f.goals, err = counted.Judge(ctx, s.bot.store, site, goals, due.First, due.Last)
	return f, err
}

// tellReport tells of a week or a month. Where nobody was asked and nobody answered nothing is told.
func (s *teller) tellReport(ctx context.Context, site string, due recovery.Reporting) error {
	part := "week-" + due.First
	if due.Month {
		part = "month-" + due.First
	}
	if s.reported[site+" "+part] {
		return nil
	}
	f, err := s.read(ctx, site, due)
	if errors.Is(err, counted.ErrTooMany) {
		s.bot.log.Warn("a report is left out: too many answers lie in its days", "site", site, "from", due.First, "to", due.Last)
		s.reported[site+" "+part] = true
		return nil
	}
	if err != nil {
		return err
	}
	if f.bad.N+f.answered.N > 0 {
		if err := s.postOnce(ctx, site, part, func(v *voice.Voice) chat.Message { return s.drawReport(v, site, due, f) }); err != nil {
			return err
		}
	}
	s.reported[site+" "+part] = true
	return nil
}

// drawReport is a report as a message: each figure with its range, and one thing to do.
func (s *teller) drawReport(v *voice.Voice, site string, due recovery.Reporting, f siteFigures) chat.Message {
	first, _ := time.Parse(time.DateOnly, due.First)
	last, _ := time.Parse(time.DateOnly, due.Last)
	bad := figureSaid(v, f.bad.Rate)
	d, compared := f.bad.Minus(f.before)
	if compared {
		bad = changeSaid(v, bad, d)
	}
	lines := []string{
		v.Say("report_unsatisfied", "figure", bad), v.Say("report_delighted", "figure", figureSaid(v, f.delighted.Rate)),
	}
	if !f.many {
		lines = append(lines, v.Say("report_answered", "figure", figureSaid(v, f.answered.Rate)))
	}
	missed, met := false, false
	for _, j := range f.goals {
		missed, met = missed || j.State == report.Missed, met || j.State == report.Met && j.Goal.Figure == recovery.FigureUnsatisfied
		lines = append(lines, goalSaid(v, &j))
	}
	switch {
	case missed, compared && d.Clear() && d.By > 0:
		lines = append(lines, v.Say("report_read"))
	case !f.bad.Compared():
		lines = append(lines, v.Say("report_ask"))
	case !compared && !met:
		lines = append(lines, v.Say("report_alone"))
	default:
		lines = append(lines, v.Say("report_calm"))
	}
	if at := s.page(site, due.First, due.Last); at != "" {
		lines = append(lines, v.Say("report_page", "url", at))
	}
	return chat.Message{
		Title: v.Say("report_title", "from", v.DayOfYear(first), "to", v.Day(last), "site", v.Site.Name), Text: strings.Join(lines, "\n"),
		Footer: v.Say("report_range"), Lang: v.Lang,
	}
}

// Digests are the reports of figures that people have sent to themselves.
type Digests struct{ Bot *Bot }

// Hears are the names of those who are told of the figures of a site.
func (d Digests) Hears(site string) []string {
	return Cases(d).Named(leads(d.Bot.snap.Now(), site))
}

// Send sends the report of the last whole week of a site to the private chats of a member of staff, whether anybody
// answered in it or not, and returns to how many. It is told as often as somebody wants it.
func (d Digests) Send(ctx context.Context, site, staff string) (sent int, err error) {
	snap, now := d.Bot.snap.Now(), d.Bot.now()
	to := snap.Reachable(snap.Distinct(snap.Team.Homes[staff]))
	if len(to) == 0 {
		return 0, nil
	}
	s := newTeller(d.Bot)
	due := recovery.LastWeek(now, zoneOf(snap, site))
	f, err := s.read(ctx, site, due)
	if err != nil {
		return 0, err
	}
	part := "now-" + strconv.FormatInt(now.UnixMicro(), 10)
	return len(to), d.Bot.perform(ctx, s.bucketFor(site), d.Bot.turnOf("", "figures now", storage.Load{}, nil, func(t *turn) error {
		m := s.drawReport(render.SiteVoice(t.b.texts, t.snap.Site(site), t.now), site, due, f)
		for _, at := range to {
			slot := storage.Slot{Kind: storage.ReportSlot, Owner: site, Part: part, At: at}
			t.want(storage.Want{Slot: slot.String(), Kind: storage.CardD, Rank: storage.Spare, Address: t.snap.At(at), Render: m})
		}
		return nil
	}))
}

// goalSaid is how a figure stands to its target. One that is for days of its own has a figure of its own.
func goalSaid(v *voice.Voice, j *counted.Judged) string {
	what := v.Say("goal_"+string(j.Goal.Figure), "target", strconv.Itoa(j.Goal.Percent()))
	if !j.Goal.Dated() {
		return v.Say("target_"+string(j.State), "what", what)
	}
	day := func(text string) string {
		t, _ := time.Parse(time.DateOnly, text)
		return v.Day(t)
	}
	key := "goal_from"
	if j.Goal.Until != "" {
		key = "goal_between"
	}
	what = v.Say(key, "what", what, "from", day(j.Goal.From), "until", day(j.Goal.Until))
	return v.Say("goal_figure", "said", v.Say("target_"+string(j.State), "what", what), "figure", figureSaid(v, j.Rate.Rate))
}

// page is where the figures of a site and of some days stand, "" where no address is known.
func (s *teller) page(site, from, to string) string {
	base := LinksOf(s.bot).PublicURL()
	if !strings.HasPrefix(base, "http") {
		return ""
	}
	return base + "/reports/level?site=" + site + "&from=" + from + "&to=" + to
}

// figureSaid is a rate in words, under the rule for small numbers.
func figureSaid(v *voice.Voice, r report.Rate) string {
	key := "figure_rate"
	switch r.Manner {
	case report.Hidden:
		return v.Say("figure_hidden")
	case report.Counted:
		return v.Say("figure_counted", "k", strconv.Itoa(r.K), "n", strconv.Itoa(r.N))
	case report.Few:
		key = "figure_few"
	}
	return v.Say(key, "p", report.PerCent(r.P), "low", report.PerCent(r.Low()), "high", report.PerCent(r.High()), "n", strconv.Itoa(r.N))
}

// changeSaid adds to a figure how it changed. Nothing is called a change whose interval holds 0.
func changeSaid(v *voice.Voice, figure string, d report.Difference) string {
	points := func(x float64) string { return strings.Replace(report.PerCent(x), "-", "−", 1) }
	switch {
	case !d.Clear():
		return v.Say("figure_same", "figure", figure, "low", points(d.Within.Low), "high", points(d.Within.High))
	case d.By > 0:
		return v.Say("figure_up", "figure", figure, "by", points(d.By), "low", points(d.Within.Low), "high", points(d.Within.High))
	}
	return v.Say("figure_down", "figure", figure, "by", points(-d.By), "low", points(-d.Within.High), "high", points(-d.Within.Low))
}
