package bot

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	counted "github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	// watchEvery is how often the answers of a site are looked at for alarms.
	watchEvery = time.Hour
	// watchedDays is how many days, today among them, are watched, and usualDays how many before them say what
	// is usual.
	watchedDays, usualDays = 28, 112
	// alarmDays is for how many days an alarm is still told.
	alarmDays = 2
	// alarmOf is of how many answers an alarm tells.
	alarmOf = 30
)

// watch looks at the answers of a site, one after the other by their days, and tells when more or fewer are
// unsatisfied than usual. What is usual is counted anew each time; one day has one message of each kind.
func (s *teller) watch(ctx context.Context, site string) error {
	today := s.bot.now().In(zoneOf(s.bot.snap.Now(), site))
	day := func(back int) string { return today.AddDate(0, 0, -back).Format(time.DateOnly) }
	list, more, err := s.bot.store.Judged(ctx, storage.FigureFilter{Sites: []string{site}, From: day(watchedDays + usualDays - 1), To: day(0), Limit: counted.Most})
	if err != nil || more {
		return err // of so many answers charts tell sooner
	}
	slices.SortFunc(list, func(a, b storage.JudgedSession) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.ID, b.ID))
	})
	begins, _ := slices.BinarySearchFunc(list, day(watchedDays-1), func(j storage.JudgedSession, day string) int { return strings.Compare(j.Day, day) })
	worst, best := counted.Unsatisfied.Levels()
	stream := make([]bool, len(list))
	before := 0
	for i := range list {
		stream[i] = worst <= list[i].Level && list[i].Level <= best
		if i < begins && stream[i] {
			before++
		}
	}
	usual, worse, better, ok := report.Watching(before, begins)
	if !ok {
		return nil
	}
	for _, x := range []struct {
		name  string
		alarm report.Alarm
		rate  float64 // that it watches for
	}{{"worse", worse, 2 * usual}, {"better", better, usual / 2}} {
		for _, at := range x.alarm.Signals(stream[begins:]) {
			at += begins
			if list[at].Day <= day(alarmDays) || at+1 < alarmOf {
				continue
			}
			bad := 0
			for _, unsatisfied := range stream[at+1-alarmOf : at+1] {
				if unsatisfied {
					bad++
				}
			}
			from, to, k := list[at+1-alarmOf].Day, list[at].Day, bad
			err := s.postOnce(ctx, site, x.name+"-"+to, func(v *voice.Voice) chat.Message {
				when, _ := time.Parse(time.DateOnly, to)
				lines := []string{
					v.Say("alarm_says", "day", v.Day(when), "k", strconv.Itoa(k), "n", strconv.Itoa(alarmOf), "usual", inPercent(usual)),
					v.Say("alarm_errs_"+x.name, "apart", rounded(x.alarm.Answers(usual)), "after", rounded(x.alarm.Answers(x.rate))),
				}
				if at := s.page(site, from, to); at != "" {
					lines = append(lines, v.Say("report_page", "url", at))
				}
				return chat.Message{Title: v.Say("alarm_"+x.name, "site", v.Site.Name), Text: strings.Join(lines, "\n"), Lang: v.Lang}
			})
			if err == nil {
				hooks := Hooks{s.bot}
				err = hooks.Tell(ctx, Told{
					Kind: storage.AlarmRaised, Site: site, Owner: site, Part: x.name + "-" + to, Bucket: hooks.Bucket(site), At: s.bot.now(),
					Data: alarmNews{site, x.name, to, k, alarmOf, math.Round(usual*1000) / 1000, s.page(site, from, to)},
				})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func rounded(x float64) string { return strconv.Itoa(int(math.Round(x))) }
