package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	counted "github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/report"
)

// comebackDays is how old the figures may be that leads are told of.
const comebackDays = 2

// tellComeback tells the leads of a site, once in a quarter, that customers who were won back come again less often
// there than those who were satisfied: if the interval of the difference lies below 0. The figures are those that are
// made in the background.
func (s *teller) tellComeback(ctx context.Context, site string) error {
	now := s.bot.now()
	local := now.In(zoneOf(s.bot.snap.Now(), site))
	part := fmt.Sprintf("return-%d-%d", local.Year(), (int(local.Month())+2)/3)
	if s.reported[site+" "+part] {
		return nil
	}
	kept, ok, err := s.bot.store.ReadResult(ctx, counted.KindCustomers, counted.ResultKey{}.String())
	if err != nil || !ok || now.Sub(kept.MadeAt) > comebackDays*24*time.Hour {
		return err
	}
	all, err := counted.CustomersIn(kept.Body)
	if err != nil {
		return fmt.Errorf("read who came again: %w", err)
	}
	back := all.Sites[site]
	d, ok := back.Difference()
	if !ok || !d.Clear() || d.By > 0 {
		return nil
	}
	at := ""
	if base := LinksOf(s.bot).PublicURL(); strings.HasPrefix(base, "http") {
		at = base + "/reports/return?site=" + site
	}
	if err := s.postOnce(ctx, site, part, func(v *voice.Voice) chat.Message { return drawComeback(v, back, d, at) }); err != nil {
		return err
	}
	s.reported[site+" "+part] = true
	return nil
}

// drawComeback is that notice as a message: how many came again, of how many, and what it does not say.
func drawComeback(v *voice.Voice, back counted.Comeback, d report.Difference, at string) chat.Message {
	share := func(r counted.Return) string {
		return figureSaid(v, report.Rate{N: r.Customers, Manner: r.Manner(), P: r.Share, Within: r.Within})
	}
	lines := []string{
		v.Say("return_says", "days", fmt.Sprint(back.Won.Days), "won", share(back.Won), "content", share(back.Content)),
		v.Say("return_differs", "fewer", report.PerCent(-d.By), "low", report.PerCent(-d.Within.High), "high", report.PerCent(-d.Within.Low)),
		v.Say("return_chance"), v.Say("return_ask"),
	}
	if at != "" {
		lines = append(lines, v.Say("report_page", "url", at))
	}
	return chat.Message{Title: v.Say("return_less", "site", v.Site.Name), Text: strings.Join(lines, "\n"), Footer: v.Say("report_range"), Lang: v.Lang}
}
