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
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	// watchEvery is how often the answers of a site are looked at for alarms.
	watchEvery = time.Hour
	// alarmDays is for how many days an alarm is still told, and how many days late it may be found.
	alarmDays = 2
	// keptAlarms is how many alarms of a site are looked at, the newest.
	keptAlarms = 50
)

// watch looks at the answers of a site and keeps what goes off: an alarm stands in a row of its own, on whose name
// every process agrees, and each round brings it up to date until it is over. It is told once, when no mute lasts.
func (s *teller) watch(ctx context.Context, site string, muted bool) error {
	now := s.bot.now()
	today := now.In(zoneOf(s.bot.snap.Now(), site))
	w, err := counted.WatchSite(ctx, s.bot.store, site, today, 0)
	if errors.Is(err, counted.ErrTooMany) {
		return nil // they are being added up: soon they can be read
	}
	if err != nil {
		return err
	}
	kept, err := s.bot.store.AlarmList(ctx, []string{site}, w.Days[w.Begins], keptAlarms)
	if err != nil {
		return err
	}
	for _, kind := range []storage.AlarmKind{storage.AlarmWorse, storage.AlarmBetter} {
		of := slices.DeleteFunc(slices.Clone(kept), func(a storage.Alarm) bool { return a.Kind != kind })
		if err := s.keepAlarms(ctx, site, w, w.Rings(kind == storage.AlarmBetter), of, today.Format(time.DateOnly)); err != nil {
			return err
		}
	}
	if muted {
		return nil
	}
	return s.tellAlarms(ctx, site, w.Days[w.Begins])
}

// news reports whether an alarm is still told: it was found within days of the one on which it went off, and no more
// than as many have passed since then, or since the mute ended into which it fell.
func (s *teller) news(site string, a *storage.Alarm) bool {
	snap := s.bot.snap.Now()
	day, err := time.ParseInLocation(time.DateOnly, a.Day, zoneOf(snap, site))
	if err != nil || !a.Made.Before(day.AddDate(0, 0, alarmDays+1)) {
		return false
	}
	return s.bot.now().Before(snap.Rules(site).Tell(recovery.P2, a.Made).At.AddDate(0, 0, alarmDays))
}

// keepAlarms brings what is kept of a kind up to date with what goes off now. What went off is the same alarm as
// one that was on on one of its days: what is usual is counted anew each time, and moves a little.
func (s *teller) keepAlarms(ctx context.Context, site string, w *counted.Watched, rings []counted.Ring, kept []storage.Alarm, today string) error {
	same := map[string]bool{}
	for _, r := range rings {
		at := slices.IndexFunc(kept, func(a storage.Alarm) bool {
			return (a.Over == "" || a.Over >= r.Since) && (r.Over == "" || r.Over >= a.Day)
		})
		if at >= 0 {
			same[kept[at].ID] = true
			if r.Over != "" && kept[at].Over != "" {
				continue // both know that it is over
			}
		}
		rate, err := s.sinceThen(ctx, site, r)
		if err != nil {
			return err
		}
		if rate.Manner == report.Hidden {
			continue // it would be about single people
		}
		a := w.Alarm(site, r, rate, s.bot.now())
		if at < 0 {
			err = s.bot.store.PutAlarm(ctx, a)
		} else {
			_, err = s.bot.store.ChangeAlarm(ctx, kept[at].ID, storage.Audit{}, func(was *storage.Alarm) error {
				a.Known, a.Knows = was.Known, was.Knows
				was.Over, was.AlarmTerms = a.Over, a.AlarmTerms
				return nil
			})
		}
		if err != nil {
			return err
		}
	}
	for _, a := range kept {
		if a.Over != "" || same[a.ID] {
			continue
		}
		_, err := s.bot.store.ChangeAlarm(ctx, a.ID, storage.Audit{}, func(a *storage.Alarm) error {
			a.Over = today
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sinceThen is the share of the unsatisfied on the days of an alarm.
func (s *teller) sinceThen(ctx context.Context, site string, r counted.Ring) (report.Rate, error) {
	to := r.Over
	if to == "" {
		to = s.bot.now().In(zoneOf(s.bot.snap.Now(), site)).Format(time.DateOnly)
	}
	t, err := counted.Read(ctx, s.bot.store, storage.FigureFilter{Sites: []string{site}, From: r.Since, To: to}, counted.Unsatisfied, counted.Whole)
	return t.Total.Rate, err
}

// tellAlarms tells leads and other systems of what went off since a day, each once, unless somebody said that they
// know.
func (s *teller) tellAlarms(ctx context.Context, site, since string) error {
	all, err := s.bot.store.AlarmList(ctx, []string{site}, since, keptAlarms)
	if err != nil {
		return err
	}
	for i := range all {
		a := &all[i]
		part := string(a.Kind) + "-" + a.Day
		if !s.news(site, a) || !a.Known.IsZero() || s.reported[site+" "+part] {
			continue
		}
		at := s.alarmPage(site)
		if err := s.postOnce(ctx, site, part, func(v *voice.Voice) chat.Message { return drawAlarm(v, a, at) }); err != nil {
			return err
		}
		hooks := Hooks{s.bot}
		err := hooks.Tell(ctx, Told{
			Kind: storage.AlarmRaised, Site: site, Owner: site, Part: part, Bucket: hooks.Bucket(site), At: s.bot.now(),
			Data: alarmNews{site, string(a.Kind), a.Day, a.Since, a.Over, a.K, a.N, report.Rounded(a.Usual, 3), at},
		})
		if err != nil {
			return err
		}
		s.reported[site+" "+part] = true
	}
	return nil
}

// drawAlarm is an alarm as a message: since when, of how many, what is usual, how often such a message errs, and that
// it is over if it is.
func drawAlarm(v *voice.Voice, a *storage.Alarm, at string) chat.Message {
	since, _ := time.Parse(time.DateOnly, a.Since)
	says, title := "alarm_says", "alarm_"+string(a.Kind)
	gaps := []string{"day", v.Day(since), "figure", figureSaid(v, counted.RateOf(a)), "usual", report.PerCent(a.Usual)}
	if over, err := time.Parse(time.DateOnly, a.Over); err == nil { // it began and ended while a mute lasted, or between two looks
		says, title, gaps = says+"_over", title+"_over", append(gaps, "over", v.Day(over))
	}
	lines := []string{v.Say(says, gaps...)}
	if a.By == counted.BySum && a.Sum != nil {
		lines = append(lines, v.Say("alarm_errs_sum", "apart", report.Printed(a.Sum.Apart, 0), "after", report.Printed(a.Sum.After, 0), "rate", report.PerCent(a.Sum.P1)))
	} else {
		lines = append(lines, v.Say("alarm_errs_week", "weeks", strconv.Itoa(report.BeyondWeeks)))
	}
	if at != "" {
		lines = append(lines, v.Say("alarm_page", "url", at))
	}
	return chat.Message{Title: v.Say(title, "site", v.Site.Name), Text: strings.Join(lines, "\n"), Footer: v.Say("report_range"), Lang: v.Lang}
}

// alarmPage is where the picture of a site's alarms stands, "" where no address is known.
func (s *teller) alarmPage(site string) string {
	base := LinksOf(s.bot).PublicURL()
	if !strings.HasPrefix(base, "http") {
		return ""
	}
	return base + "/reports/level?site=" + site + "#h-alarm"
}
