package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// mostNamed is how many names a card lists before it counts the others.
const mostNamed = 4

// named are names of a few, and how many more there are.
func (w *words) named(names []string) string {
	if len(names) <= mostNamed {
		return strings.Join(names, w.t("comma"))
	}
	return w.t("card_more", strings.Join(names[:mostNamed-1], w.t("comma")), len(names)-mostNamed+1)
}

// openLine is when sites are open whose rules are these: days that are open alike stand together.
func (w *words) openLine(hours recovery.Hours) string {
	if hours.Always() {
		return w.t("card_always")
	}
	times := func(i int) string {
		var open []string
		for _, x := range hours.Week[openDays[i].day] {
			open = append(open, strings.Trim(intervalText(x), `"`))
		}
		return strings.Join(open, ", ")
	}
	var parts []string
	for from := 0; from < len(openDays); {
		to := from
		for to+1 < len(openDays) && times(to+1) == times(from) {
			to++
		}
		if said := times(from); said != "" {
			days := w.t("day_short_" + openDays[from].key)
			if to > from {
				days += "–" + w.t("day_short_"+openDays[to].key)
			}
			parts = append(parts, days+" "+said)
		}
		from = to + 1
	}
	return strings.Join(parts, " · ")
}

// hoursCard says when sites are open, and how many have hours of their own.
func (s settingsPages) hoursCard(w *words) settingsCard {
	snap := s.Bot.Configuration().Now()
	all := snap.Rules("").Hours
	line, own := w.openLine(all), 0
	for _, r := range snap.Policy.Sites {
		if weekText(r.Hours.Week) != weekText(all.Week) || holidayText(r.Hours.Holidays) != holidayText(all.Holidays) {
			own++
		}
	}
	if own > 0 {
		line += " · " + w.t("card_own", own)
	}
	return settingsCard{At: "/settings/hours", Title: w.t("opening"), State: line, About: w.t("opening_line")}
}

// peopleCard counts who works here, and who of them can sign in.
func (s settingsPages) peopleCard(w *words) settingsCard {
	team, present, in := s.Bot.Configuration().Now().Team, 0, 0
	for _, m := range team.Members {
		if m.Gone.IsZero() {
			present++
			if team.SignIn[m.ID] {
				in++
			}
		}
	}
	return settingsCard{At: "/people", Title: w.t("people"), State: w.t("card_people", present, in), About: w.t("people_line")}
}

// versionLine is which version of a file is in force, and since when.
func (s settingsPages) versionLine(w *words, src storage.RulesSource) string {
	if src.Version == 0 {
		return w.t("rules_shipped_line")
	}
	return w.t("card_version", src.Version, w.day(s.Clock(), src.Published, s.houseZone()))
}

// reportingLine is what leads are told of figures where a site says nothing of its own.
func (w *words) reportingLine(r recovery.Report) string {
	var says []string
	if len(r.Weekly) > 0 {
		says = append(says, w.t("digest_weekly", r.Weekly[0]))
	}
	if len(r.Monthly) > 0 {
		says = append(says, w.t("digest_monthly", r.Monthly[0]))
	}
	if r.Alarm {
		says = append(says, w.t("digest_alarm"))
	}
	if len(says) == 0 {
		return w.t("digest_nothing")
	}
	return strings.Join(says, " · ")
}

// staffChatsCard names the chats in which staff hear of cases, and says which of them cannot be written to.
func (s settingsPages) staffChatsCard(w *words) settingsCard {
	var well, gone []string
	for _, c := range s.Bot.Configuration().Now().Chats {
		switch {
		case !c.Gone.IsZero():
			gone = append(gone, c.Name)
		case !c.Address.IsZero():
			well = append(well, c.Name)
		}
	}
	card := settingsCard{At: "/settings/chats", Title: w.t("schats"), State: w.named(well), About: w.t("schats_line")}
	switch {
	case len(gone) > 0:
		card.Wrong = w.t("card_gone", w.named(gone))
	case len(well) == 0:
		card.State = w.t("card_no_chats")
	}
	return card
}

// platformCard says which accounts of a platform are served, and which are not.
func (s settingsPages) platformCard(w *words, on chat.Platform, at, title, about, sign string) settingsCard {
	var served, not []string
	for _, a := range s.Accounts.Accounts() {
		if a.Platform != on {
			continue
		}
		name := a.ID
		if a.Name != "" {
			name = sign + a.Name
		}
		if a.Served {
			served = append(served, name)
		} else {
			not = append(not, name)
		}
	}
	card := settingsCard{At: at, Title: w.t(title), State: w.named(served), Well: len(served) > 0, About: w.t(about)}
	switch {
	case len(not) > 0:
		card.Wrong = w.t("card_not_served", w.named(not))
	case len(served) == 0:
		card.State = w.t("card_not_connected")
	}
	return card
}

// tokensCard counts the tokens that work, and says when the next of them ends.
func (s settingsPages) tokensCard(ctx context.Context, w *words) (settingsCard, error) {
	card := settingsCard{At: "/settings/tokens", Title: w.t("tokens"), State: w.t("card_none"), About: w.t("tokens_line")}
	all, err := s.Store.TokenList(ctx)
	if err != nil {
		return card, err
	}
	all = slices.DeleteFunc(all, func(t storage.Token) bool { return !t.Good(s.Clock()) })
	var ends time.Time
	for _, t := range all {
		if !t.Expires.IsZero() && (ends.IsZero() || t.Expires.Before(ends)) {
			ends = t.Expires
		}
	}
	switch {
	case len(all) > 0 && !ends.IsZero():
		card.State = w.t("card_tokens_until", len(all), s.tokenDay(w, ends))
	case len(all) > 0:
		card.State = w.t("card_in_use", len(all))
	}
	return card, nil
}

// webhooksCard counts the endpoints that are told, and those that are not.
func (s settingsPages) webhooksCard(ctx context.Context, w *words) (settingsCard, error) {
	card := settingsCard{At: "/settings/webhooks", Title: w.t("webhooks"), State: w.t("card_none"), About: w.t("webhooks_line")}
	all, err := s.Endpoints.List(ctx)
	if err != nil {
		return card, err
	}
	off := 0
	for _, x := range all {
		if x.Off != "" {
			off++
		}
	}
	if len(all) > off {
		card.State = w.t("card_in_use", len(all)-off)
	} else if off > 0 {
		card.State = ""
	}
	if off > 0 {
		card.Wrong = w.t("card_off", off)
	}
	return card, nil
}

// systemsCard names the systems that are heard.
func (s settingsPages) systemsCard(ctx context.Context, w *words) (settingsCard, error) {
	card := settingsCard{At: "/settings/systems", Title: w.t("systems"), State: w.t("card_none"), About: w.t("systems_line")}
	all, err := s.Systems.List(ctx)
	if err != nil {
		return card, err
	}
	var heard []string
	for _, x := range all {
		if !x.Off {
			heard = append(heard, x.Name)
		}
	}
	if len(heard) > 0 {
		card.State = w.named(heard)
	}
	return card, nil
}

// dataCard says how it stands with backups. Those are known that this program made since it started.
func (s settingsPages) dataCard(w *words) settingsCard {
	card := settingsCard{At: "/settings/data", Title: w.t("data"), State: w.t("data_line"), About: w.t("data_line")}
	if s.Backups == nil {
		return card
	}
	switch b := s.Backups.State(); {
	case b.Running:
		card.State = w.t("backup_running")
	case b.Where == "":
		card.State = w.t("card_backup_nowhere")
	case b.Fault != "":
		card.State, card.Wrong = "", w.t("card_backup_fault")
	case !b.Ended.IsZero():
		card.State, card.Well = w.t("card_backup", w.moment(s.Clock(), b.Ended, s.houseZone()), (b.Bytes+1<<20-1)>>20), true
	default:
		card.State = w.t("card_backup_none")
	}
	return card
}
