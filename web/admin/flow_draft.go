package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// noFlow is the answer to the name of a survey that nobody has.
func noFlow() error {
	return &page.Error{Code: page.NotFound, Title: "no_flow", Text: "no_flow_text"}
}

// drafted is a survey as it is being changed: its draft, or its live version where there is
// no draft.
type drafted struct {
	storage.FlowDraft
	Live  int // newest published version, 0 = none
	live  string
	draft bool // Source is a draft, and no published version
}

// Open reports whether there is a draft.
func (d drafted) Open() bool { return d.Source != "" && d.Rev > 0 && d.draft }

// draftOf reads what is being changed. A template that was never published can be changed too.
func (s *site) draftOf(ctx context.Context, flow string) (drafted, error) {
	var d drafted
	src, err := s.Store.FlowSource(ctx, flow, 0)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return d, err
	default:
		d.Live, d.live = src.Version, src.Source
	}
	d.FlowDraft, err = s.Store.FlowDraft(ctx, flow)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return d, err
	}
	d.Flow = flow
	d.draft = d.Source != ""
	if !d.draft {
		d.Source, d.Base = d.live, d.Live
	}
	if _, shipped, ok := flowfile.Template(flow); d.Source == "" && ok {
		d.Source = string(shipped)
	}
	if d.Source == "" {
		return d, noFlow()
	}
	return d, nil
}

// tries is how often a change is carried out anew because somebody else was first.
const tries = 20

// edit changes a draft: change gets the newest text and returns another. It is called anew
// where somebody else was first, so that two people who change different things both win.
func (s *site) edit(ctx context.Context, v Viewer, flow, what string, change func(d drafted) (string, error)) (drafted, error) {
	for range tries {
		d, err := s.draftOf(ctx, flow)
		if err != nil {
			return d, err
		}
		next, err := change(d)
		if err != nil || next == d.Source {
			return d, err
		}
		made, stored, err := s.putDraft(ctx, v, d, next, what, 0)
		if err != nil || stored {
			return made, err
		}
	}
	return drafted{}, &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text"}
}

// putDraft stores text as the next revision; same is the revision whose text it is, 0 = its own.
func (s *site) putDraft(ctx context.Context, v Viewer, d drafted, text, what string, same int) (drafted, bool, error) {
	d.Rev++
	d.Source, d.draft, d.Change, d.Person, d.At, d.Same = text, text != "", what, v.Name, s.Clock(), cmp.Or(same, d.Rev)
	stored, err := s.Store.PutFlowDraft(ctx, d.FlowDraft)
	return d, stored, err
}

// undone is the revision whose text Undo brings back, and redone that of Redo; 0 = none.
func undone(revs []storage.FlowDraft) (undo, redo int, what string) {
	by := map[int]storage.FlowDraft{}
	for _, r := range revs {
		by[r.Rev] = r
	}
	if len(revs) == 0 {
		return 0, 0, ""
	}
	head := revs[0]
	if before, ok := by[head.Same-1]; ok {
		undo, what = before.Same, by[head.Same].Change
	}
	if head.Same != head.Rev {
		for _, r := range revs { // the newest first
			if before, ok := by[r.Rev-1]; ok && r.Same == r.Rev && before.Same == head.Same && r.Rev < head.Rev {
				return undo, r.Rev, what
			}
		}
	}
	return undo, 0, what
}

// step brings back the text of another revision.
func (s *site) step(w http.ResponseWriter, r *http.Request, v Viewer, redo bool) error {
	flow := r.PathValue("flow")
	for range tries {
		d, err := s.draftOf(r.Context(), flow)
		if err != nil && d.Rev == 0 { // one that was given up comes back
			return err
		}
		revs, err := s.Store.FlowDraftRevs(r.Context(), flow)
		if err != nil {
			return err
		}
		back, forth, what := undone(revs)
		to := back
		if redo {
			to = forth
		}
		if to == 0 {
			break
		}
		old, err := s.Store.FlowDraftAt(r.Context(), flow, to)
		if errors.Is(err, storage.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		d.Base = old.Base
		if _, stored, err := s.putDraft(r.Context(), v, d, old.Source, what, to); err != nil || !stored {
			if err != nil {
				return err
			}
			continue
		}
		break
	}
	return s.toEditor(w, r, map[bool]string{false: "flow_undone", true: "flow_redone"}[redo])
}

func (s *site) undoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.step(w, r, v, false)
}

func (s *site) redoFlow(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.step(w, r, v, true)
}

// toEditor leads back to the card that was open.
func (s *site) toEditor(w http.ResponseWriter, r *http.Request, done string) error {
	at := s.Prefix + "/surveys/" + r.PathValue("flow") + "/edit?done=" + done
	if q := r.URL.Query().Get("q"); q != "" {
		at += "&q=" + queryEscape(q)
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		at += "&lang=" + queryEscape(lang)
	}
	http.Redirect(w, r, at+"#open", http.StatusSeeOther) //nolint:gosec // below the editor, whatever the words
	return nil
}

// discard gives a draft up. Undo brings it back.
func (s *site) discard(w http.ResponseWriter, r *http.Request, v Viewer) error {
	for range tries {
		d, err := s.draftOf(r.Context(), r.PathValue("flow"))
		if err != nil {
			return err
		}
		if !d.draft {
			break
		}
		if _, stored, err := s.putDraft(r.Context(), v, d, "", "discard", 0); err != nil {
			return err
		} else if stored {
			http.Redirect(w, r, s.Prefix+"/surveys/"+d.Flow+"?done=flow_discarded", http.StatusSeeOther)
			return nil
		}
	}
	http.Redirect(w, r, s.Prefix+"/surveys/"+r.PathValue("flow"), http.StatusSeeOther)
	return nil
}

// finding is something that survey.Check, or the reader of flow files, says of a draft.
type finding struct {
	Fatal    bool
	Code     string
	Question string
	Text     string
	Line     int
	At       string // query that leads to its card
}

// flowLook is a draft as it is read: the flow if it can be read, and what was found.
type flowLook struct {
	Flow     survey.Flow
	OK       bool
	Findings []finding
	taken    map[int]bool
}

// look reads and checks a draft.
func (w *words) look(source string) *flowLook {
	l := &flowLook{taken: map[int]bool{}}
	f, err := flowfile.Parse([]byte(source))
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		lines := flowfile.Lines([]byte(source))
		for _, e := range located {
			x := finding{Fatal: true, Code: "file", Text: w.t("flow_line", e.Line, e.Message), Line: e.Line}
			at := 0
			for key, line := range lines {
				if line <= e.Line+1 && line > at {
					at, x.Question = line, key
				}
			}
			l.Findings = append(l.Findings, x)
		}
	} else if err == nil {
		l.Flow, l.OK = f, true
		for _, p := range survey.Check(f) {
			l.Findings = append(l.Findings, w.finding(p))
		}
	}
	for i := range l.Findings {
		l.Findings[i].At = cardQuery(l.Findings[i].Question)
	}
	slices.SortStableFunc(l.Findings, func(a, b finding) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.Fatal], map[bool]int{true: 0, false: 1}[b.Fatal])
	})
	return l
}

func (w *words) finding(p survey.Problem) finding {
	text := p.Message
	if key := "finding_" + p.Code; w.lang != fallback && w.by[key] != "" {
		text = w.t(key, p.Question)
	}
	return finding{Fatal: p.Severity == survey.Fatal, Code: p.Code, Question: p.Question, Text: text}
}

// cardOf is the query that opens a card.
func cardQuery(question string) string {
	if question == "" {
		return "before"
	}
	return "questions/=" + question
}

func (l *flowLook) question(key string) *survey.Question {
	for i := range l.Flow.Questions {
		if l.Flow.Questions[i].Key == key {
			return &l.Flow.Questions[i]
		}
	}
	return nil
}

// findingField is the key at whose field a finding stands.
var findingField = map[string]string{
	"no_words": "ask", "missing_translation": "ask", "broken_placeholder": "ask", "no_key": "key", "duplicate_key": "key", "reserved_key": "key",
	"bad_kind": "scale", "few_options": "options", "many_options": "options", "bad_range": "number", "bad_contact": "contact",
	"no_primary": "primary", "many_primary": "primary", "primary_kind": "primary", "primary_pre": "primary", "primary_flag": "primary",
	"primary_condition": "when", "primary_rotates": "rotate", "bad_weight": "weight", "weight_without_score": "weight", "unscored": "weight",
	"too_many_scored": "weight", "pre_scored": "weight", "dead_condition": "when", "unreachable": "when", "bad_max": "max", "bad_alert": "alert",
	"critical_value": "critical", "gap_kind": "reported", "many_gaps": "reported", "bad_reported": "reported", "bad_phase": "phase", "pre_order": "phase",
	"no_post": "phase", "rotate_single": "rotate", "rotate_phase": "rotate", "bad_reverse": "reverse", "no_language": "languages", "bad_language": "languages",
	"bad_class": "class", "bad_delay": "delay", "bad_expires": "expires", "unworded_language": "languages",
}

// take are the findings that stand at a path.
func (l *flowLook) take(path string) []finding {
	if l == nil {
		return nil
	}
	steps := strings.Split(path, "/")
	question := ""
	if len(steps) > 1 && steps[0] == "questions" {
		question = strings.TrimPrefix(steps[1], "=")
	}
	key := steps[len(steps)-1]
	var out []finding
	for i, f := range l.Findings {
		if f.Question != question || l.taken[i] || len(steps) > 2 && steps[0] != "questions" {
			continue
		}
		at := findingField[f.Code]
		if strings.HasPrefix(f.Code, "condition_") {
			at = "when"
		}
		if strings.HasPrefix(f.Code, "pair_") {
			at = "pair"
		}
		if at == key || at == "ask" && key == "message" {
			l.taken[i] = true
			out = append(out, f)
		}
	}
	return out
}

// rest are the findings of a question that stand at no field of its card.
func (l *flowLook) rest(question string) []finding {
	var out []finding
	for i, f := range l.Findings {
		if f.Question == question && !l.taken[i] {
			out = append(out, f)
		}
	}
	return out
}

func (l *flowLook) fatal() int {
	n := 0
	for _, f := range l.Findings {
		if f.Fatal {
			n++
		}
	}
	return n
}

// freshKey is a key that no question of a draft has.
func itoa(i int) string { return strconv.Itoa(i) }

func freshKey(d *draft.Doc, list, wish string) string {
	key := wish
	for i := 2; d.Has(list + "/=" + key); i++ {
		key = fmt.Sprintf("%s_%d", wish, i)
	}
	return key
}
