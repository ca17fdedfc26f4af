package admin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// effect is something that publishing a draft does, with what it is about.
type effect struct {
	Text string
	Of   []link // what it is about; an empty address = words alone
}

// Of what is under way.
const (
	underwayMost     = 2000                   // conversations that are read
	underwayPatience = 400 * time.Millisecond // a page waits no longer
	effectsShown     = 5                      // links, triggers
)

// doesOf says what publishing a draft does: who is in the middle of earlier versions, who is asked by
// the new one, and which trends go on.
func (s surveyPages) doesOf(ctx context.Context, w *words, v Viewer, d drafted, live survey.Flow, look *flowLook) ([]effect, error) {
	var out []effect
	if d.Live > 0 {
		middle, err := s.inTheMiddle(ctx, w, d, live)
		if err != nil {
			return nil, err
		}
		out = append(out, middle...)
	}
	out = append(out, effect{Text: w.t("flow_at_once", d.Live+1)})
	links, err := s.linksOf(ctx, w, v, d.Flow)
	if err != nil {
		return nil, err
	}
	triggers, err := s.triggersOf(ctx, w, v, d.Flow)
	if err != nil {
		return nil, err
	}
	out = append(out, links...)
	out = append(out, triggers...)
	if look.OK {
		out = append(out, w.trends(live, look.Flow)...)
	}
	return out, nil
}

// underway are conversations of a survey that are not over.
func (s surveyPages) underway(ctx context.Context, flow string) (all []storage.Session, cut bool, err error) {
	limited, cancel := context.WithTimeout(ctx, underwayPatience)
	defer cancel()
	far, read := s.Clock().Add(10*survey.MaxWait), 0
	for b := range storage.Bucket(s.Store.Buckets()) {
		page, err := s.Store.Expiring(limited, b, far, underwayMost-read+1)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			return all, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		for i := range page {
			if x := &page[i]; x.Flow == flow && !x.Test && !x.Status.Final() {
				all = append(all, *x)
			}
		}
		if read += len(page); read > underwayMost {
			return all, true, nil
		}
	}
	return all, false, nil
}

// inTheMiddle says how many people are in the middle of which version, and, of the one that is live,
// at which question.
func (s surveyPages) inTheMiddle(ctx context.Context, w *words, d drafted, live survey.Flow) ([]effect, error) {
	all, cut, err := s.underway(ctx, d.Flow)
	if err != nil {
		return nil, err
	}
	versions, at := map[int]int{}, map[int]int{}
	for i := range all {
		x := &all[i]
		if versions[x.Version]++; x.Version != d.Live {
			continue
		}
		if open := x.Open; x.Status == survey.Waiting {
			at[len(live.Questions)]++
		} else if open >= 0 && open < len(live.Questions) {
			at[open]++
		}
	}
	if len(all) == 0 && !cut {
		return []effect{{Text: w.t("flow_middle_none", d.Live)}}, nil
	}
	var out []effect
	for _, version := range slices.Backward(slices.Sorted(maps.Keys(versions))) {
		n := versions[version]
		x := effect{Text: w.t("flow_middle_many", n, version)}
		if n == 1 {
			x.Text = w.t("flow_middle_one", version)
		}
		if version == d.Live {
			for i := range live.Questions {
				if at[i] > 0 {
					x.Of = append(x.Of, link{"", fmt.Sprintf("%s: %d", live.Questions[i].Ask.In(append([]string{w.lang}, live.Languages...)...), at[i])})
				}
			}
			if k := at[len(live.Questions)]; k > 0 {
				x.Of = append(x.Of, link{"", w.t("flow_middle_waits", k)})
			}
		}
		out = append(out, x)
	}
	if cut {
		out = append(out, effect{Text: w.t("flow_middle_cut", len(all))})
	}
	return out, nil
}

// linksOf are the open links that ask a survey, as whoever may see them knows them.
func (s surveyPages) linksOf(ctx context.Context, w *words, v Viewer, flow string) ([]effect, error) {
	links, err := s.Store.StandingLinkList(ctx)
	if err != nil {
		return nil, err
	}
	n, x := 0, effect{}
	for _, l := range links {
		if l.Flow != flow || !l.Closed.IsZero() {
			continue
		}
		if n++; len(x.Of) < effectsShown && v.Can(access.MakeLinks, cmp.Or(l.Site, access.EverySite)) {
			x.Of = append(x.Of, link{"/asking/links/" + l.ID, l.Name})
		}
	}
	if n == 0 {
		return nil, nil
	}
	x.Text = w.t("flow_hangs", n)
	return []effect{x}, nil
}

// triggersOf are the triggers that ask a survey.
func (s surveyPages) triggersOf(ctx context.Context, w *words, v Viewer, flow string) ([]effect, error) {
	policy, err := s.asks().Policy(ctx)
	if err != nil {
		return nil, err
	}
	n, x, compared := 0, effect{}, []string(nil)
	for i := range policy.Triggers {
		if c, ok := policy.Triggers[i].Compares(); ok && c.Holds(flow) {
			compared = append(compared, c.Name)
		}
		if t := &policy.Triggers[i]; t.Ask == flow || t.Experiment != nil && t.Experiment.Ask == flow {
			if n++; len(x.Of) < effectsShown && v.Anywhere(access.SeeAsking) {
				x.Of = append(x.Of, link{"/asking", t.Name})
			}
		}
	}
	if n == 0 {
		return nil, nil
	}
	x.Text = w.t("flow_triggered", n)
	if len(compared) > 0 {
		return []effect{x, {Text: w.t("flow_compared", strings.Join(compared, ", "))}}, nil
	}
	return []effect{x}, nil
}

// asks is what a survey asks by a key; "" = it has no such question.
func (w *words) asks(f *survey.Flow, key string) string {
	for i := range f.Questions {
		if q := &f.Questions[i]; q.Key == key {
			return q.Ask.In(append([]string{w.lang}, f.Languages...)...)
		}
	}
	return ""
}

// trends are those of the questions with figures, as reports name them. A trend is that of a key, so another wording
// goes on with it.
func (w *words) trends(live, next survey.Flow) []effect {
	counted := func(f survey.Flow) (keys []string) {
		for i := range f.Questions {
			if q := &f.Questions[i]; q.Key != "" && (q.Kind == survey.ScaleQ || q.Kind == survey.NumberQ || q.Kind == survey.ChoiceQ) {
				keys = append(keys, q.Key)
			}
		}
		return keys
	}
	was, now := counted(live), counted(next)
	var on, begin, end []string
	for _, key := range now {
		if slices.Contains(was, key) {
			on = append(on, key)
		} else {
			begin = append(begin, key)
		}
	}
	for _, key := range was {
		if !slices.Contains(now, key) {
			end = append(end, key)
		}
	}
	var out []effect
	for _, x := range []struct {
		text string
		keys []string
	}{{"flow_trend_on", on}, {"flow_trend_begins", begin}, {"flow_trend_ends", end}} {
		if len(x.keys) == 0 {
			continue
		}
		e := effect{Text: w.t(x.text, len(x.keys))}
		for _, key := range x.keys {
			e.Of = append(e.Of, link{"", cut(cmp.Or(w.asks(&next, key), w.asks(&live, key), readable(key)), 80)})
		}
		out = append(out, e)
	}
	return out
}
