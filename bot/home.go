package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Home is a person's own page, where a platform has one: their surveys, their language,
// whether they get surveys, and for staff the open cases.
type Home struct {
	Lang     string // BCP 47
	Title    string
	Sections []HomeSection
}

// HomeSection is a part of the page under a heading.
type HomeSection struct {
	Title, Text string
	Items       []HomeItem
	Rows        [][]chat.Button
}

// HomeItem is one line with what can be done about it; Detail is shown faint.
type HomeItem struct {
	Text, Detail string
	Buttons      []chat.Button
}

// How much a page shows.
const (
	homeSessions = 12
	homeCases    = 10
	casesSeen    = 1000 // of which the open ones at the person's sites are shown
)

// Home makes the page of a person, who may be unknown yet. Whoever is linked to a member
// of staff sees the open cases of their sites. It only reads, and may be one commit old.
func (b *Bot) Home(ctx context.Context, p storage.Person) (Home, error) {
	t := &turn{b: b, snap: b.snap.Load(), now: b.now().UTC(), platform: p.Platform}
	bucket := b.bucketOf(p)
	switch id, err := b.store.Identity(ctx, bucket, p.ID()); {
	case err == nil:
		t.identity = &id
	case !errors.Is(err, storage.ErrNotFound):
		return Home{}, fmt.Errorf("read whose page it is: %w", err)
	}
	sessions, err := b.store.SessionsOf(ctx, bucket, p.ID(), homeSessions)
	if err != nil {
		return Home{}, fmt.Errorf("read the surveys of a page: %w", err)
	}
	v := t.person()
	h := Home{Lang: v.Lang, Title: v.Say("home_title")}
	open, past := HomeSection{Title: v.Say("home_open")}, HomeSection{Title: v.Say("home_past")}
	for i := range sessions {
		item, live, err := t.homeSession(ctx, v, &sessions[i])
		switch {
		case err != nil:
			return Home{}, err
		case live:
			open.Items = append(open.Items, item)
		default:
			past.Items = append(past.Items, item)
		}
	}
	if len(open.Items) == 0 {
		open.Text = v.Say("home_none")
	}
	h.Sections = append(h.Sections, open)
	if len(past.Items) > 0 {
		h.Sections = append(h.Sections, past)
	}
	h.Sections = append(h.Sections, t.homeWishes(v)...)
	who, ok := t.snap.Team.Member(p)
	if !ok {
		return h, nil
	}
	cases, err := t.homeCases(ctx, v, who)
	if err != nil {
		return Home{}, err
	}
	h.Sections = append(h.Sections, cases)
	return h, nil
}

// homeSession is the line of one survey, and whether it still takes answers.
func (t *turn) homeSession(ctx context.Context, v *Voice, s *storage.Session) (HomeItem, bool, error) {
	k := FlowKey{s.Flow, s.Version}
	if _, err := t.snap.Flow(k.ID, k.Version); err != nil {
		if err := t.b.loadFlow(ctx, k); err != nil {
			return HomeItem{}, false, err
		}
		t.snap = t.b.snap.Load()
	}
	one := &turn{b: t.b, snap: t.snap, now: t.now, identity: t.identity, session: s}
	if err := one.configure(); err != nil {
		if _, lacks := errors.AsType[*MissingSite](err); !lacks {
			return HomeItem{}, false, err
		}
		one.flow, _ = t.snap.Flow(k.ID, k.Version)
	}
	about := one.person()
	business, _ := about.Known(AttrBusiness)
	item := HomeItem{Text: Join(" · ", business, one.flow.Title.In(append([]string{v.Lang}, one.flow.Languages...)...))}
	on := func(id string, at time.Time) string { return v.Say(id, "date", v.Day(at.In(about.Site.Zone))) }
	if one.live() {
		item.Detail = on("home_asked", s.Started)
		if s.Paused {
			item.Detail = Join(" · ", item.Detail, v.Say("home_later"))
		}
		item.Buttons = append(item.Buttons, chat.Button{Text: v.Say("go_on"), Data: tapped{Verb: startV, Session: s.ID}.encode(), Style: "primary"})
		if !s.Paused {
			item.Buttons = append(item.Buttons, chat.Button{Text: v.Say("later"), Data: tapped{Verb: laterV, Session: s.ID}.encode()})
		}
		return item, true, nil
	}
	id := "home_ended"
	if len(s.Answers) > 0 {
		id = "home_answered"
	}
	item.Detail = on(id, s.Last)
	return item, false, nil
}

// homeWishes are the person's language and whether they get surveys.
func (t *turn) homeWishes(v *Voice) []HomeSection {
	language := HomeSection{Title: v.Say("home_language"), Rows: [][]chat.Button{nil}}
	for _, tag := range Languages {
		language.Rows[0] = append(language.Rows[0], chat.Button{
			Text: SelfName(tag), Data: tapped{Verb: languageV, Language: tag}.encode(), Selected: tag == v.Lang,
		})
	}
	off := t.identity != nil && !t.identity.Stopped.IsZero()
	surveys := HomeSection{Title: v.Say("home_surveys"), Text: v.Say("home_on")}
	button := chat.Button{Text: v.Say("home_turn_off"), Data: tapped{Verb: surveysV, On: false}.encode()}
	if off {
		surveys.Text = v.Say("home_off")
		button = chat.Button{Text: v.Say("home_turn_on"), Data: tapped{Verb: surveysV, On: true}.encode(), Style: "primary"}
	}
	surveys.Rows = [][]chat.Button{{button}}
	say := HomeSection{Title: v.Say("home_say"), Rows: wishRows(v)}
	return []HomeSection{say, language, surveys}
}

// homeCases are the newest open cases of somebody's sites, those that they hold first,
// and for admins the way to their pages.
func (t *turn) homeCases(ctx context.Context, v *Voice, who storage.Staff) (HomeSection, error) {
	s := HomeSection{Title: v.Say("home_cases")}
	cases, err := t.b.store.Cases(ctx, casesSeen)
	if err != nil {
		return s, fmt.Errorf("read the cases of a page: %w", err)
	}
	cases = slices.DeleteFunc(cases, func(k storage.Case) bool {
		return !k.State.Active() || k.Decision.Watch || who.RoleAt(k.Site) == recovery.Outsider
	})
	others := func(k storage.Case) int {
		if k.Holder.ID == who.ID {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(cases, func(a, b storage.Case) int { return others(a) - others(b) })
	for _, k := range cases[:min(len(cases), homeCases)] {
		at := t.snap.Site(k.Site)
		in := *v
		in.Site = at
		detail := v.Say("home_asked", "date", in.Moment(k.OpenedAt))
		if due := k.Due.Acknowledge; k.State == recovery.Open && !due.IsZero() {
			detail = v.Say("due_take") + " " + v.Say("due_value", "at", in.Moment(due), "zone", at.Zone.String())
		}
		s.Items = append(s.Items, HomeItem{
			Text:   Join(" · ", v.Say("state_"+string(k.State)), k.Decision.Priority.String(), k.Name(), at.Name, Cut(k.Holder.Name, LongestName)),
			Detail: detail,
		})
	}
	if len(s.Items) == 0 {
		s.Text = v.Say("home_no_cases")
	}
	if who.RoleAt(storage.EverySite) == recovery.Admin && strings.HasPrefix(t.b.publicURL, "http") {
		s.Rows = [][]chat.Button{{{Text: v.Say("home_admin"), URL: t.b.publicURL + "/"}}}
	}
	return s, nil
}
