package admin

import (
	"context"
	"sync"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Of the past that a draft is tried on.
const (
	pastDays     = 90
	pastMost     = 1000                   // conversations of a survey
	pastPatience = 400 * time.Millisecond // a page waits no longer: what was read until then is a fair part, because buckets are
	pastKept     = 5 * time.Minute
	pastPage     = 500
)

// past are conversations of a survey that are over, to try a draft on.
type past struct {
	sessions []storage.PastSession
	of       int  // about how many there are, where these are a sample; 0 = nobody knows
	cut      bool // these are a sample
	read     time.Time
}

// pasts keeps them for a while, by survey: each change of a condition is tried on the same ones.
type pasts struct {
	mu sync.Mutex
	by map[string]past
}

// pastOf reads what was answered to a survey of late: without tests, and without conversations
// that nobody answered.
func (s surveyPages) pastOf(ctx context.Context, flow string) (past, error) {
	now := s.Clock()
	s.pasts.mu.Lock()
	defer s.pasts.mu.Unlock() // whoever comes meanwhile waits for the same answer
	if p, ok := s.pasts.by[flow]; ok && now.Sub(p.read) < pastKept && !now.Before(p.read) {
		return p, nil
	}
	limited, cancel := context.WithTimeout(ctx, pastPatience)
	defer cancel()
	p := past{read: now}
	whole := 0 // of sessions, those of buckets that were read to their end
	for b := range storage.Bucket(s.Store.Buckets()) {
		done, err := s.pastOfBucket(limited, b, flow, now, &p)
		if err != nil && limited.Err() != nil && ctx.Err() == nil {
			done, err = false, nil
		}
		if err != nil {
			return past{}, err
		}
		if !done {
			p.cut = true
			if b > 0 { // a bucket is a fair part of all, and the beginning of one is not
				p.sessions, p.of = p.sessions[:whole], whole*s.Store.Buckets()/int(b)
			}
			break
		}
		whole = len(p.sessions)
	}
	if s.pasts.by == nil || len(s.pasts.by) > 50 {
		s.pasts.by = map[string]past{}
	}
	s.pasts.by[flow] = p
	return p, nil
}

// pastOfBucket reads those of a bucket; done = all of them.
func (s surveyPages) pastOfBucket(ctx context.Context, b storage.Bucket, flow string, now time.Time, p *past) (done bool, err error) {
	for from, after := now.AddDate(0, 0, -pastDays), ""; ; {
		page, err := s.Store.Past(ctx, b, from, after, pastPage)
		if err != nil {
			return false, err
		}
		for i := range page {
			if x := &page[i]; x.Flow == flow && !x.Test && x.Status.Final() && len(x.Answers) > 0 {
				if len(p.sessions) == pastMost {
					return false, nil
				}
				p.sessions = append(p.sessions, *x)
			}
		}
		if len(page) < pastPage {
			return true, nil
		}
		last := &page[len(page)-1]
		from, after = last.Started, last.ID
	}
}

// onThePast says how many of the past conversations would have opened a case by the rules in
// force, as a flow would have judged their answers.
func (s surveyPages) onThePast(sessions []storage.PastSession, f survey.Flow) (would int) {
	snap := s.Bot.Configuration().Now()
	for i := range sessions {
		x := &sessions[i]
		facts := x.Facts
		facts.Class = f.Class
		if recovery.Decide(snap.Rules(x.Site), facts, survey.Judge(f, x.Answers, true)).Opens {
			would++
		}
	}
	return would
}

// pastSentence says what the draft would have made of the past, beside what the live version
// makes of it: "" where nobody has answered yet.
func (s surveyPages) pastSentence(ctx context.Context, w *words, flow string, next, live survey.Flow) (string, error) {
	p, err := s.pastOf(ctx, flow)
	if err != nil || len(p.sessions) == 0 {
		return "", err
	}
	if n := len(p.sessions); n < report.FewestCounted {
		return w.t("past_few", n), nil
	}
	return w.pastWhich(p) + w.t("past_cases", s.onThePast(p.sessions, next), s.onThePast(p.sessions, live)), nil
}

// pastWhich says on which conversations something was tried: on all, or on a sample of how many.
func (w *words) pastWhich(p past) string {
	switch n := len(p.sessions); {
	case !p.cut:
		return w.t("past_all", n)
	case p.of > n:
		return w.t("past_sample", n, p.of)
	default:
		return w.t("past_first", n)
	}
}

// conditionReach says of how many past conversations a condition would have held.
func (s surveyPages) conditionReach(ctx context.Context, w *words, flow string, f survey.Flow, q *survey.Question) (string, error) {
	if q == nil || q.When == nil {
		return "", nil
	}
	p, err := s.pastOf(ctx, flow)
	if err != nil || len(p.sessions) == 0 {
		return "", err
	}
	k := 0
	for i := range p.sessions {
		if survey.Holds(f, p.sessions[i].Session.Session, *q.When) {
			k++
		}
	}
	return w.pastWhich(p) + w.t("reach", w.share(k, len(p.sessions))), nil
}

// share is a share of something under the rule for small numbers.
func (w *words) share(k, n int) string {
	f := figureOf(w, "", report.Show(k, n))
	if f.Value == "–" {
		return w.t("too_few_to_say")
	}
	return f.Value + " " + f.Meta
}

// flowFigures are how often surveys were asked of late and how often that was answered, by their
// ids; only of whoever may see figures everywhere.
func (s surveyPages) flowFigures(ctx context.Context, w *words, v Viewer) (map[string]string, error) {
	if !v.Can(access.SeeReports, access.EverySite) {
		return nil, nil
	}
	now := s.Bot.Configuration().Now().NewestDay(s.Clock())
	asked, more, err := askedBy(ctx, &s.Config, storage.FigureFilter{
		Sites: s.named(v, access.SeeReports), From: now.AddDate(0, 0, -30).Format(time.DateOnly), To: now.Format(time.DateOnly), Limit: figuresMost, Of: storage.OfAnybody,
	})
	if err != nil || more {
		return nil, err
	}
	flows, err := asked.Parts(ctx, figures.Flow, nil)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for flow, of := range flows {
		rate := of.Answered()
		out[flow] = w.t("flow_figures", rate.N, w.share(rate.K, rate.N))
	}
	return out, nil
}

// figuresMost is how many invitations the list of surveys reads one by one: of more its figures are sums by day.
const figuresMost = 20_000
