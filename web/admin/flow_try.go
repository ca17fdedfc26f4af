package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// chatView is a draft as a customer meets it on one path, and what staff hear of it.
type chatView struct {
	On      string // platform
	Path    string // worst, neutral, best
	Ons     []option
	Paths   []option
	Turns   []chatTurn
	Case    string // what opens, or why nothing does
	Level   int
	Mood    string
	Hears   []string
	Seconds int
	Long    bool // it goes on, and the picture does not
}

// chatTurn is a message to the customer as the bot draws it, and what they answer.
type chatTurn struct {
	Message chat.Message
	Answer  string
}

// The three paths that a preview goes: how somebody answers who is as unhappy as can be, who
// does not mind, who is as happy as can be.
const (
	worstPath   = "worst"
	neutralPath = "neutral"
	bestPath    = "best"
)

// mostTurns is how many questions a preview shows.
const mostTurns = 120

// previewTalk is a conversation about a draft that takes place nowhere.
func previewTalk(snap *snapshot.Snapshot, f survey.Flow, on chat.Platform, lang string, s *site) (*draw.Talk, error) {
	texts, err := voice.Load()
	if err != nil {
		return nil, err
	}
	traits := snap.Traits[on]
	if traits.Slash != "" {
		texts = texts.Behind(traits.Slash)
	}
	now := s.Clock()
	session := &storage.Session{Session: survey.Session{
		Flow: f.ID, Lang: lang, Open: survey.NoQuestion, Test: true, Status: survey.New, Attributes: map[string]string{},
	}}
	session.Attributes[voice.AttrBusiness] = snap.Site("").Name
	return &draw.Talk{Texts: texts, On: traits, Session: session, Flow: snapshot.NewFlow(f), Site: snap.Site(""), Now: now}, nil
}

// chatOf runs a draft with the bot's own engine and draws it as the bot does: nothing is
// stored, and nobody is told.
func (s *site) chatOf(r *http.Request, f survey.Flow, lang string) chatView {
	q := r.URL.Query()
	words := s.words(r, Viewer{})
	c := chatView{On: cmp.Or(q.Get("on"), string(chat.Web)), Path: cmp.Or(q.Get("path"), worstPath)}
	for _, on := range []chat.Platform{chat.Web, chat.Telegram, chat.Slack} {
		c.Ons = append(c.Ons, option{string(on), words.t("on_" + string(on))})
	}
	for _, p := range []string{worstPath, neutralPath, bestPath} {
		c.Paths = append(c.Paths, option{p, words.t("path_" + p)})
	}
	snap := s.Bot.Configuration().Now()
	t, err := previewTalk(snap, f, chat.Platform(c.On), lang, s)
	if err != nil {
		return c
	}
	judgement := walk(t, c.Path, func(turn chatTurn) { c.Turns = append(c.Turns, turn) })
	c.Long = len(c.Turns) >= mostTurns
	c.Seconds = t.Flow.Seconds
	c.Level = judgement.Mood
	d := recovery.Decide(snap.Rules(""), recovery.Facts{Class: f.Class}, judgement)
	var kase *storage.Case
	if d.Opens {
		kase = &storage.Case{}
		kase.Decision = d
		var why []string
		for _, reason := range d.Reasons {
			text := string(reason)
			if key := "reason_" + text; languages[fallback].has(key) {
				text = words.t(key)
			}
			why = append(why, text)
		}
		c.Case = words.t("try_case", d.Priority.String(), strings.Join(why, ", "))
		for _, a := range snap.Hears(recovery.Matter{Priority: d.Priority, Language: lang}) {
			name := string(a.Platform)
			if l, ok := snap.Linked(a); ok {
				name = l.Name
			}
			c.Hears = append(c.Hears, name)
		}
	} else {
		key := "try_no_case"
		if f.Class == survey.Pulse || f.Class == survey.Mystery {
			key = "try_class"
		} else if d.Watch {
			key = "try_watch"
		}
		c.Case = words.t(key)
	}
	t.Session.Judgement = judgement
	_, thanks := t.Thanks(nil, draw.Hearing{Staff: kase != nil})
	if thanks != "" {
		c.Turns = append(c.Turns, chatTurn{Message: chat.Message{Text: thanks}})
	}
	return c
}

// walk answers every question on one of the three paths, and hands on each message with its
// answer. The result is what the answers mean.
func walk(t *draw.Talk, path string, tell func(chatTurn)) survey.Judgement {
	f := t.Flow.Flow
	step := func(in survey.Input) survey.Transition {
		tr := survey.Step(f, t.Session.Session, in, t.Now)
		t.Session.Session = tr.Session
		return tr
	}
	shown := func(effects []survey.Effect) {
		for _, e := range effects {
			if m, ok := e.(survey.Tell); ok {
				tell(chatTurn{Message: draw.Question(t.Asks(m.Question), t.Flow, m.Question)})
			}
		}
	}
	shown(step(survey.Open{}).Effects)
	for range mostTurns {
		if t.Session.Status == survey.Waiting {
			shown(step(survey.Resume{}).Effects)
			continue
		}
		i := t.Session.Open
		if t.Session.Status.Final() || i < 0 || i >= len(f.Questions) {
			break
		}
		q := &f.Questions[i]
		turn := chatTurn{Message: draw.Question(t.Asks(i), t.Flow, i)}
		before := len(t.Session.Answers)
		var effects []survey.Effect
		for _, in := range answerOn(q, i, path) {
			effects = step(in).Effects
		}
		if len(t.Session.Answers) == before && t.Session.Open == i {
			effects = step(survey.Skip{Question: i}).Effects
		}
		if n := len(t.Session.Answers); n > 0 {
			turn.Answer = saidOn(q, &t.Session.Answers[n-1], t.Asks(i).Langs)
		}
		tell(turn)
		shown(effects)
	}
	return survey.Judge(f, t.Session.Answers, true)
}

// answered is an answer as the customer gave it.
func saidOn(q *survey.Question, a *survey.Answer, langs []string) string {
	switch {
	case a.Question != q.Key || a.Skipped:
		return ""
	case a.Value != nil && q.Kind == survey.ScaleQ:
		for _, o := range q.Scale.Options {
			if o.Value == *a.Value {
				return strings.TrimSpace(o.Symbol + " " + cmp.Or(o.Label.In(langs...), fmt.Sprint(o.Value)))
			}
		}
	case a.Value != nil:
		return fmt.Sprint(*a.Value)
	case len(a.Choices) > 0:
		var out []string
		for _, c := range q.Choices {
			if slices.Contains(a.Choices, c.Key) {
				out = append(out, c.Label.In(langs...))
			}
		}
		return strings.Join(out, ", ")
	case len(a.Files) > 0:
		return a.Files[0].Name
	}
	return a.Text
}

// answerOn is what somebody on a path taps or writes.
func answerOn(q *survey.Question, i int, path string) []survey.Input {
	switch q.Kind {
	case survey.ScaleQ:
		return []survey.Input{survey.Pick{Question: i, Option: optionOn(q, path)}}
	case survey.ChoiceQ:
		if q.Max > 1 {
			return []survey.Input{survey.Toggle{Question: i, Option: 0}, survey.Done{Question: i}}
		}
		return []survey.Input{survey.Pick{Question: i, Option: 0}}
	case survey.NumberQ:
		low, high := q.MinValue, q.MaxValue
		if q.Reverse {
			low, high = high, low
		}
		v := map[string]float64{worstPath: low, bestPath: high, neutralPath: float64(int((low + high) / 2))}[path]
		return []survey.Input{survey.Write{Text: fmt.Sprint(v)}}
	case survey.DateQ:
		return []survey.Input{survey.Write{Text: "2026-01-31"}}
	case survey.FileQ:
		return []survey.Input{survey.Attach{Files: []survey.File{{Kind: "photo", ID: "photo", Name: "photo.jpg"}}}}
	}
	example := q.Prompt().Example
	if example == "" || q.Kind == survey.TextQ {
		example = "…"
	}
	return []survey.Input{survey.Write{Text: example}}
}

// optionOn is the option that somebody on a path picks.
func optionOn(q *survey.Question, path string) int {
	worth := func(o survey.Option) float64 {
		if o.Score != nil {
			return *o.Score
		}
		switch o.Flag {
		case survey.Unsatisfied:
			return 0
		case survey.Satisfied:
			return 80
		case survey.Delighted:
			return 100
		case survey.Neutral:
			return 50
		}
		return -1 // it says nothing
	}
	best, found := 0, false
	closer := func(a, b float64) bool {
		switch path {
		case worstPath:
			return a < b
		case bestPath:
			return a > b
		}
		return max(a-55, 55-a) < max(b-55, 55-b)
	}
	for i, o := range q.Scale.Options {
		if w := worth(o); w >= 0 && (!found || closer(w, worth(q.Scale.Options[best]))) {
			best, found = i, true
		}
	}
	if q.Reverse && path != neutralPath {
		best = len(q.Scale.Options) - 1 - best
	}
	return best
}
