package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// lookAtStaff says whether anybody hears of cases and may act on them.
func (u *checkup) lookAtStaff(ctx context.Context) []finding {
	if u.store == nil {
		return unseen("the database cannot be read")
	}
	var out []finding
	chats, err := u.store.StaffChatList(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	hears := u.settings.StaffChat != "" || u.settings.SlackStaff != ""
	for _, c := range chats {
		if !c.Gone.IsZero() {
			out = append(out, wrong("add the bot to it again, or link another chat: aftercare staff chat add "+c.Name, "the chat of staff %q is gone: it cannot be written to since %s", c.Name, c.Gone.Format("2006-01-02 15:04 MST")))
		}
		hears = hears || !c.Address.IsZero()
	}
	staff, err := u.store.StaffList(ctx)
	if err != nil {
		return append(out, wrong("check the database", "%v", err))
	}
	staff = slices.DeleteFunc(staff, func(s storage.Staff) bool { return !s.Gone.IsZero() })
	sees, err := u.seesCases(ctx, staff)
	if err != nil {
		return append(out, wrong("check the database", "%v", err))
	}
	const link = "set TELEGRAM_STAFF_CHAT or SLACK_STAFF_CHANNEL, or link a chat: aftercare staff chat add NAME --everywhere"
	switch {
	case hears:
	case sees:
		out = append(out, warning(link, "no chat of staff: cases of unsatisfied customers are seen on the pages alone, and call nobody"))
	default:
		out = append(out, wrong(link, "no chat of staff: nobody hears of unsatisfied customers"))
	}
	if len(staff) == 0 && !sees {
		out = append(out, wrong("aftercare staff add ID --name NAME --everywhere, then aftercare staff code ID", "no staff: nobody may press the buttons on a card"))
	}
	return orFine(out, "%d members of staff, and somebody hears of cases", len(staff))
}

// seesCases reports whether somebody can sign in who sees the cases of a site, and may act on them.
func (u *checkup) seesCases(ctx context.Context, staff []storage.Staff) (bool, error) {
	logins, err := u.store.Logins(ctx)
	if err != nil {
		return false, fmt.Errorf("read the logins: %w", err)
	}
	return slices.ContainsFunc(logins, func(l storage.Login) bool {
		return l.Owner || slices.ContainsFunc(staff, func(s storage.Staff) bool { return s.ID == l.Staff && mayAct(s.Roles) })
	}), nil
}

// mayAct reports whether somebody may act on cases of any site.
func mayAct(roles access.Grants) bool {
	for _, role := range roles {
		if role.Can(access.TakeCase) {
			return true
		}
	}
	return false
}

// lookAtRoutes finds receivers that stand for nobody.
func (u *checkup) lookAtRoutes(ctx context.Context) []finding {
	if u.store == nil {
		return unseen("the database cannot be read")
	}
	policy, err := policyInForce(ctx, u.store)
	if err != nil {
		return []finding{wrong("aftercare recovery show, and correct them", "%v", err)}
	}
	chats, err := u.store.StaffChatList(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	staff, err := u.store.StaffList(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	there := map[string]bool{}
	for _, c := range chats {
		there["chat "+c.Name] = c.Hears()
	}
	for _, s := range staff {
		there["staff "+s.ID] = s.Gone.IsZero()
	}
	var out []finding
	for name, a := range policy.Routing.Receivers {
		var missing []string
		heard := false
		for _, c := range a.Chats {
			if heard = heard || there["chat "+c]; !there["chat "+c] {
				missing = append(missing, "the chat "+c)
			}
		}
		for _, id := range a.Staff {
			if heard = heard || there["staff "+id]; !there["staff "+id] {
				missing = append(missing, "the member of staff "+id)
			}
		}
		if !heard {
			slices.Sort(missing)
			out = append(out, wrong("link the chat (aftercare staff chat add NAME --everywhere), add the person, or change the route", "the route to %s reaches nobody: %s cannot be told anything", name, strings.Join(missing, " and ")))
		}
	}
	slices.SortFunc(out, func(a, b finding) int { return strings.Compare(a.Says, b.Says) })
	return orFine(out, "every route reaches somebody")
}

// lookAtSurveys finds surveys that are not written in the language of a site.
func (u *checkup) lookAtSurveys(ctx context.Context) []finding {
	if u.store == nil {
		return unseen("the database cannot be read")
	}
	sites, err := u.store.Sites(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	sources, err := u.store.FlowSources(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	var out []finding
	for _, src := range sources {
		f, err := flowfile.Parse([]byte(src.Source))
		if err != nil {
			out = append(out, wrong("aftercare survey show "+src.Flow+", correct it and apply it again", "the survey %s cannot be read", src.Flow))
			continue
		}
		for _, site := range storage.Present(sites) {
			base, _, _ := strings.Cut(site.Language, "-")
			if site.Language == "" || slices.ContainsFunc(f.Languages, func(l string) bool { return l == site.Language || strings.HasPrefix(l, base+"-") || l == base }) {
				continue
			}
			out = append(out, warning("add the language to the file and apply it again: aftercare survey show "+src.Flow, "the survey %s is not written in %s, the language of the site %s: it comes in %s", src.Flow, site.Language, site.ID, f.Languages[0]))
		}
	}
	return orFine(out, "those that are published are written in the languages of the sites")
}

// lookAtStuck counts what nobody will deliver or handle by itself.
func (u *checkup) lookAtStuck(ctx context.Context) []finding {
	if u.store == nil {
		return unseen("the database cannot be read")
	}
	counts, err := u.store.Counts(ctx)
	if err != nil {
		return []finding{wrong("check the database", "%v", err)}
	}
	var out []finding
	if counts.Failed > 0 {
		out = append(out, warning("see which, and send them again or drop them: aftercare outbox list", "%d messages were given up", counts.Failed))
	}
	if counts.Parked > 0 {
		out = append(out, warning("see which, and handle them again: aftercare outbox list", "%d updates could not be handled and are parked", counts.Parked))
	}
	return orFine(out, "nothing is stuck")
}
