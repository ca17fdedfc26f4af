package api

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

// flowTools are about surveys: those that were published, and files of a program's own.
var flowTools = []tool{
	{
		"list_flows", "List the surveys", "The newest version of every survey that was published, with its title.", access.ReadFlows,
		`{"type":"object","properties":{},"additionalProperties":false}`, (*api).listFlows,
	},
	{
		"get_flow", "Read a survey", "The file of a published survey, in YAML: its questions, scales, conditions and words.", access.ReadFlows,
		`{"type":"object","properties":{"flow":{"type":"string","description":"its id, as list_flows has it"},"version":{"type":"integer","minimum":1,"description":"the newest unless given"}},"required":["flow"],"additionalProperties":false}`,
		(*api).getFlow,
	},
	{
		"check_flow", "Check a survey", "What is wrong with the file of a survey, with lines; the ways through it and about how long each takes. Nothing is stored.", access.ReadFlows,
		`{"type":"object","properties":{"file":{"type":"string","description":"the YAML of a flow file"}},"required":["file"],"additionalProperties":false}`,
		(*api).checkFlow,
	},
	{
		"try_flow", "Try a survey", "What given answers to a survey would mean: what is asked, the judgement, and whether a case would open for staff by the rules as they are shipped. Nothing is stored.", access.ReadFlows,
		`{"type":"object","properties":{"flow":{"type":"string","description":"id of a published survey or of a template; or give file"},"file":{"type":"string","description":"the YAML of a flow file"},` +
			`"answers":{"type":"object","description":"by question key: a value, a list of choices, \"skip\", or {\"text\": …}"},"tier":{"type":"string","enum":["MVC","MGC","normal","BZ"]},` +
			`"earlier":{"type":"integer","minimum":0,"description":"unsatisfied answers of this customer in the last 90 days"},"late":{"type":"boolean"},"standard_broken":{"type":"boolean"},` +
			`"event":{"type":"object","additionalProperties":{"type":"string"},"description":"facts of the service"}},"additionalProperties":false}`,
		(*api).tryFlow,
	},
}

// titledFlow is a survey in the list of a program.
type titledFlow struct {
	flowView
	Title string `json:"title"`
}

func (s *api) listFlows(a *asked) (any, error) {
	if err := a.into(&struct{}{}); err != nil {
		return nil, err
	}
	all, err := s.Store.FlowSources(a.Context())
	if err != nil {
		return nil, err
	}
	views := make([]titledFlow, len(all))
	for i, f := range all {
		views[i] = titledFlow{flowView{f.Flow, f.Version, f.Published}, f.Flow}
		if parsed, err := flowfile.Parse([]byte(f.Source)); err == nil {
			views[i].Title = cmp.Or(parsed.Title.In("en"), f.Flow)
		}
	}
	return map[string]any{"items": views}, nil
}

func (s *api) getFlow(a *asked) (any, error) {
	var in struct {
		Flow    string `json:"flow"`
		Version int    `json:"version"`
	}
	if err := a.into(&in); err != nil {
		return nil, err
	}
	f, err := s.Store.FlowSource(a.Context(), in.Flow, in.Version)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, problemf(notFound, "There is no such survey, or it was never published in that version. list_flows has those there are.")
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"flow": f.Flow, "version": f.Version, "published": f.Published, "file": f.Source}, nil
}

// finding is something that is wrong with a file.
type finding struct {
	Line     int    `json:"line,omitempty"`
	Question string `json:"question,omitempty"`
	Code     string `json:"code,omitempty"`
	Fatal    bool   `json:"fatal"` // it cannot be published
	Message  string `json:"message"`
}

// checkedFlow is what is said of a file.
type checkedFlow struct {
	OK        bool         `json:"ok"`
	Findings  []finding    `json:"findings"`
	Questions int          `json:"questions,omitempty"`
	Ways      []checkedWay `json:"ways,omitempty"`
	More      bool         `json:"more_ways,omitempty"`
}

// checkedWay is a way through a survey.
type checkedWay struct {
	Asked   []string `json:"asked"`
	Seconds int      `json:"seconds"`
}

// mostWays are told of a survey.
const mostWays = 20

func (s *api) checkFlow(a *asked) (any, error) {
	var in struct {
		File string `json:"file"`
	}
	if err := a.into(&in); err != nil {
		return nil, err
	}
	out := checkedFlow{OK: true, Findings: []finding{}}
	f, err := flowfile.Parse([]byte(in.File))
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		out.OK = false
		for _, e := range located {
			out.Findings = append(out.Findings, finding{Line: e.Line, Fatal: true, Message: e.Message})
		}
		return out, nil
	}
	if err != nil {
		return nil, problemf(invalid, "%s", err)
	}
	lines := flowfile.Lines([]byte(in.File))
	for _, p := range survey.Check(f) {
		fatal := p.Severity == survey.Fatal
		out.OK = out.OK && !fatal
		out.Findings = append(out.Findings, finding{Line: lines[p.Question], Question: p.Question, Code: p.Code, Fatal: fatal, Message: p.Message})
	}
	out.Questions = len(f.Questions)
	var ways []survey.Path
	if ways, out.More = survey.Paths(f, nil, mostWays); !out.OK {
		ways = nil
	}
	for _, way := range ways {
		one := checkedWay{}
		for _, i := range way.Asked {
			one.Asked = append(one.Asked, f.Questions[i].Key)
			one.Seconds += snapshot.Seconds(&f.Questions[i])
		}
		out.Ways = append(out.Ways, one)
	}
	return out, nil
}

// triedFlow is what a program gives to be tried.
type triedFlow struct {
	Flow     string            `json:"flow"`
	File     string            `json:"file"`
	Answers  map[string]any    `json:"answers"`
	Tier     recovery.Tier     `json:"tier"`
	Earlier  int               `json:"earlier"`
	Late     bool              `json:"late"`
	Standard bool              `json:"standard_broken"`
	Event    map[string]string `json:"event"`
}

func (s *api) tryFlow(a *asked) (any, error) {
	var in triedFlow
	if err := a.into(&in); err != nil {
		return nil, err
	}
	if tiers := []recovery.Tier{"", recovery.MVC, recovery.MGC, recovery.Normal, recovery.BZ}; !slices.Contains(tiers, in.Tier) || in.Earlier < 0 {
		return nil, problemf(invalid, "tier is MVC, MGC, normal or BZ, and earlier a count.")
	}
	f, err := s.flowToTry(a.Request, in)
	if err != nil {
		return nil, err
	}
	answers := map[string]trial.Answer{}
	for _, key := range slices.Sorted(maps.Keys(in.Answers)) {
		if answers[key], err = trial.AnswerOf(in.Answers[key]); err != nil {
			return nil, problemf(invalid, "The answer to %q: %s.", short(key), err)
		}
	}
	result, err := trial.Run(f, answers, trial.Context{Tier: in.Tier, Earlier: in.Earlier, Late: in.Late, StandardBroken: in.Standard, Event: in.Event})
	if err != nil {
		return nil, problemf(invalid, "%s", err)
	}
	return result, nil
}

// flowToTry is the survey that is tried: a file, one that was published, or a template.
func (s *api) flowToTry(r *http.Request, in triedFlow) (survey.Flow, error) {
	source := in.File
	switch {
	case (in.Flow == "") == (in.File == ""):
		return survey.Flow{}, problemf(invalid, "Give either flow or file.")
	case in.Flow != "":
		src, err := s.Store.FlowSource(r.Context(), in.Flow, 0)
		if errors.Is(err, storage.ErrNotFound) {
			if f, _, ok := flowfile.Template(in.Flow); ok {
				return f, nil
			}
			return survey.Flow{}, problemf(notFound, "There is no survey and no template %q.", short(in.Flow))
		}
		if err != nil {
			return survey.Flow{}, err
		}
		source = src.Source
	}
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		return f, problemf(invalid, "%s", strings.TrimSpace(err.Error()))
	}
	return f, nil
}
