package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// mostForm is how many bytes a form of a case may have: words of recovery.MaxText characters,
// as they travel.
const mostForm = 12 * recovery.MaxText

// changeMind is how long words wait before they are sent.
const changeMind = 5 * time.Second

// actForms are the acts that ask for something first: each has a page of its own.
var actForms = []string{"resolve", "agree", "snooze", "assign", "no-action", "unreachable", "reopen", "spoke", "reveal"}

// actPage is the page on which an act is filled in.
type actPage struct {
	Kind                     string // one of actForms
	Number, Name, Who        string
	Level                    int
	Feeling, Words           string
	Error                    string            // on top
	At                       map[string]string // what is wrong, by field
	Values                   url.Values        // as typed
	Causes, Actions, Choices []choice
	Follows                  string // what happens once it is done
	FormID                   string
	Zone                     string
	Offered                  bool
	Button                   string
	Told                     string // who a pseudonym is
}

// kindOf is the act of a form; what is no act of recovery has "".
func kindOf(form string) recovery.ActKind {
	switch form {
	case "spoke":
		return recovery.ActContact
	case "reveal":
		return ""
	}
	return recovery.ActKind(strings.ReplaceAll(form, "-", "_"))
}

// actForm shows the page of an act.
func actForm(form string) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		f, err := casePages{s}.find(r, v)
		if err != nil {
			return err
		}
		return casePages{s}.showAct(w, r, v, f, form, http.StatusOK, nil, nil, "")
	}
}

// showAct shows the page of an act with what was typed, and what is wrong with it.
func (s casePages) showAct(w http.ResponseWriter, r *http.Request, v Viewer, f *found, form string, status int, typed url.Values, at map[string]string, problem string) error {
	in, err := s.source(r.Context(), v, f)
	if err != nil {
		return err
	}
	words, now := s.words(r, v), s.Clock()
	l := s.lookOf(words, v, f.Site, now)
	kase := l.caseOf(in)
	p := actPage{
		Kind: form, Number: kase.Number, Name: kase.Name, Who: kase.Who, Level: kase.Level, Feeling: kase.Feeling, Error: problem, At: at, Values: typed,
		FormID: in.FormID, Zone: in.Zone.String(), Button: words.t("button_"+form, kase.Who),
	}
	if l.words && in.View != nil {
		p.Words = in.View.Newest()
	}
	p.Offered = slices.Contains(kase.Offers, string(kindOf(form)))
	switch form {
	case "reveal":
		p.Offered = kase.CanReveal
	case "spoke":
		p.Offered = slices.Contains(kase.Offers, "spoke")
	}
	if in.View != nil {
		l.fill(&p, in, form)
	}
	title := words.t("title_"+form, kase.Number, kase.Name)
	return s.show(w, r, v, status, "act.html", frame{Title: title, Whole: kase.Number, Here: "/cases", Back: &link{"/cases/" + kase.Number, words.t("back_to", kase.Number)}}, p)
}

// fill puts in what a form offers to choose from, and says what follows.
func (l look) fill(p *actPage, in caseSource, form string) {
	v := in.View.StaffVoiceIn(l.w.lang)
	chosen := func(name, value string) bool { return slices.Contains(p.Values[name], value) }
	switch form {
	case "resolve":
		keys := []string{}
		for _, c := range in.View.Causes {
			keys = append(keys, c.Key)
		}
		if !slices.Contains(keys, recovery.Unfounded) {
			keys = append(keys, recovery.Unfounded)
		}
		for _, key := range keys {
			said := len(p.Values) == 0 && key == draw.SaidCause(in.View)
			p.Causes = append(p.Causes, choice{key, in.View.Cause(v, key), said || chosen("cause", key)})
		}
		for _, k := range recovery.ActionKinds() {
			p.Actions = append(p.Actions, choice{string(k), v.Say("action_" + string(k)), chosen("action", string(k))})
		}
		p.Follows = begins(l.follows(in, p.Who))
	case "no-action":
		for _, key := range draw.NoActionReasons {
			p.Choices = append(p.Choices, choice{key, v.Say("no_action_" + key), chosen("reason", key)})
		}
	case "snooze":
		for _, span := range draw.Snoozes {
			p.Choices = append(p.Choices, choice{span, v.Say("snooze_" + span), chosen("span", span)})
		}
	case "assign":
		for _, m := range in.View.Assignable() {
			p.Choices = append(p.Choices, choice{m.ID, m.Name, chosen("to", m.ID)})
		}
	case "spoke":
		for _, m := range in.Case.AllowedMeans() {
			if m != recovery.InChat {
				p.Choices = append(p.Choices, choice{string(m), l.w.t("means_" + string(m)), chosen("means", string(m))})
			}
		}
	}
}

// follows says when the customer will be asked whether it is settled, if the case is resolved now.
func (l look) follows(in caseSource, who string) string {
	then := in.Case.Case
	then.State, then.EndedAt, then.Outcome = recovery.Resolved, l.now, recovery.Outcome{}
	if next, ok := recovery.NextClock(in.Rules, then); ok && next.Clock == recovery.ClockFollowUp {
		at := next.At.In(in.Zone)
		if clock := at.Format("15:04"); l.w.moment(l.now, next.At, in.Zone) == clock {
			return l.w.t("will_be_asked_today", who, clock)
		}
		return l.w.t("will_be_asked", who, l.w.day(l.now, next.At, in.Zone), at.Format("15:04"))
	}
	return l.w.t("will_not_be_asked", who)
}

// actPost does an act with what its form says. Where that fails the form is shown again with
// everything that was typed.
func actPost(form string) handler {
	return func(s *site, w http.ResponseWriter, r *http.Request, v Viewer) error {
		f, err := casePages{s}.find(r, v)
		if err != nil {
			return err
		}
		if err := readForm(w, r, mostForm); err != nil {
			return err
		}
		typed := r.PostForm
		if form == "reveal" {
			return casePages{s}.reveal(w, r, v, f, typed)
		}
		in, err := casePages{s}.source(r.Context(), v, f)
		if err != nil {
			return err
		}
		words := s.words(r, v)
		act, at := actOf(words, form, typed, in, s.Clock())
		if len(at) > 0 {
			return casePages{s}.showAct(w, r, v, f, form, http.StatusUnprocessableEntity, typed, at, "")
		}
		key := doneOnce(form, v, typed)
		_, err = s.Bot.Act(r.Context(), bot.Doing{Bucket: f.Bucket, Case: f.ID, Act: act, By: v.Staff, Language: words.lang, Key: key})
		if refused, ok := errors.AsType[*bot.Refused](err); ok {
			// It may be about a field, or about what somebody else did meanwhile.
			if f, err = (casePages{s}).find(r, v); err != nil {
				return err
			}
			if field := fieldOf(refused.Code); field != "" && slices.Contains(actForms, form) {
				return casePages{s}.showAct(w, r, v, f, form, http.StatusUnprocessableEntity, typed, map[string]string{field: refused.Text}, "")
			}
			if slices.Contains(actForms, form) {
				return casePages{s}.showAct(w, r, v, f, form, http.StatusConflict, typed, nil, refused.Text)
			}
			return casePages{s}.showCase(w, r, v, f, http.StatusConflict, func(p *casePage) { p.Conflict = refused.Text })
		}
		if err != nil {
			return casePages{s}.failed(err)
		}
		http.Redirect(w, r, s.Prefix+"/cases/"+f.Name()+"?done="+strings.ReplaceAll(form, "-", "_"), http.StatusSeeOther)
		return nil
	}
}

// doneOnce names what a form does, so that the form sent twice does it once. A form that is
// shown again, because it was refused, has another name.
func doneOnce(form string, v Viewer, typed url.Values) string {
	if id := typed.Get("id"); id != "" {
		return form + ":" + v.Staff + ":" + id
	}
	return ""
}

// failed is an error of an act on a case.
func (s casePages) failed(err error) error {
	if errors.Is(err, storage.ErrNotFound) {
		return &page.Error{Code: page.NotFound, Title: "no_case", Text: "no_case_text", Err: err}
	}
	return perhapsDone(err)
}

// perhapsDone is an error of an act: whether it was done is not known where the database is away. It is not away where
// something is stored already.
func perhapsDone(err error) error {
	if errors.Is(err, storage.ErrUnavailable) && !errors.Is(err, storage.ErrThere) {
		return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "perhaps_done_text", Err: err}
	}
	return err
}

// fieldOf is the field that a refusal is about, "" for none.
func fieldOf(c recovery.Code) string {
	switch c {
	case recovery.CauseMissing, recovery.CauseUnknown, recovery.FailureUnknown:
		return "cause"
	case recovery.ActionMissing, recovery.ActionUnknown:
		return "action"
	case recovery.CostWrong:
		return "cost"
	case recovery.PlanMissing:
		return "plan"
	case recovery.PlanPast:
		return "date"
	case recovery.ReasonMissing:
		return "reason"
	case recovery.SnoozePast, recovery.SnoozeTooLong:
		return "span"
	case recovery.NotAssignable:
		return "to"
	case recovery.MeansUnknown:
		return "means"
	case recovery.TextMissing, recovery.TextTooLong:
		return "text"
	}
	return ""
}

// actOf is the act that a form says, or what is wrong with it, by field.
func actOf(w *words, form string, typed url.Values, in caseSource, now time.Time) (recovery.Act, map[string]string) {
	text := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(typed.Get(name), "\r\n", "\n")) }
	wrong := map[string]string{}
	switch form {
	case "take":
		return recovery.Take{}, nil
	case "release":
		return recovery.Release{}, nil
	case "reopen":
		return recovery.Reopen{Reason: text("reason")}, nil
	case "unreachable":
		return recovery.Unreachable{Reason: text("reason")}, nil
	case "no-action":
		reason := text("reason")
		if more := text("more"); more != "" {
			reason = more
		}
		return recovery.NoAction{Reason: reason}, nil
	case "note":
		return recovery.Note{Text: text("note")}, nil
	case "spoke":
		if text("text") == "" {
			wrong["text"] = w.t("say_what_was_said")
		}
		return recovery.Contact{Means: recovery.Means(typed.Get("means")), Text: text("text")}, wrong
	case "resolve":
		a := recovery.Resolve{Cause: typed.Get("cause"), Note: text("note")}
		for _, k := range typed["action"] {
			a.Actions = append(a.Actions, recovery.Action{Kind: recovery.ActionKind(k)})
		}
		if a.Cause == "" {
			wrong["cause"] = w.t("choose_cause")
		}
		if len(a.Actions) == 0 {
			wrong["action"] = w.t("choose_action")
		}
		if cost := text("cost"); cost != "" {
			amount, ok := draw.ParseAmount(cost)
			if !ok {
				wrong["cost"] = w.t("cost_unclear")
			}
			draw.Price(a.Actions, amount)
		}
		return a, wrong
	case "agree":
		due, ok := draw.ParseMoment(strings.TrimSpace(typed.Get("date")+" "+typed.Get("time")), now, in.Zone)
		if !ok {
			wrong["date"] = w.t("date_unclear")
		}
		if text("plan") == "" {
			wrong["plan"] = w.t("say_what_is_agreed")
		}
		return recovery.Agree{Plan: text("plan"), Due: due}, wrong
	case "snooze":
		if in.View != nil {
			if act, ok := in.View.ActOf(draw.Pressed{Act: recovery.ActSnooze, Choice: typed.Get("span")}); ok {
				return act, nil
			}
		}
		return nil, map[string]string{"span": w.t("choose_span")}
	case "assign":
		if in.View != nil {
			for _, m := range in.View.Assignable() {
				if m.ID == typed.Get("to") {
					return recovery.Assign{To: recovery.Actor{Staffer: recovery.Staffer{ID: m.ID, Name: m.Name}, Role: m.RoleAt(in.Case.Site)}}, nil
				}
			}
		}
		return nil, map[string]string{"to": w.t("choose_person")}
	}
	return nil, map[string]string{"": w.t("failed_text")}
}

// takeOne takes a case out of the list.
func (s casePages) takeOne(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := readForm(w, r, 4096); err != nil {
		return err
	}
	r.SetPathValue("number", r.PostForm.Get("case"))
	return actPost("take")(s.site, w, r, v)
}

// reply keeps words for five seconds; then they are sent.
func (s casePages) reply(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	if err := readForm(w, r, mostForm); err != nil {
		return err
	}
	words := s.words(r, v)
	text := strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("reply"), "\r\n", "\n"))
	again := func(status int, problem, conflict string) error {
		return s.showCase(w, r, v, f, status, func(p *casePage) {
			p.Conflict = conflict
			if p.Reply == nil || p.Reply.Button == "" { // the words are kept all the same, where they can be copied
				p.Reply = &box{Title: words.t("not_sent")}
			}
			p.Reply.Text, p.Reply.Error = text, problem
		})
	}
	switch {
	case text == "":
		return again(http.StatusUnprocessableEntity, words.t("write_something"), "")
	case utf8.RuneCountInString(text) > recovery.MaxText:
		return again(http.StatusUnprocessableEntity, words.t("too_long", recovery.MaxText), "")
	}
	// What the act would say now is said now; what changes within the five seconds is said then.
	actor := s.actor(v, f.Site)
	_, _, err = recovery.Apply(s.Bot.Configuration().Now().Rules(f.Site), f.Case.Case, recovery.Contact{Means: recovery.InChat, Text: text}, actor, s.Clock())
	if refusal, ok := errors.AsType[*recovery.Refusal](err); ok {
		return again(http.StatusConflict, "", s.refusal(r, v, f, refusal))
	}
	id, err := uuid.Parse(r.PostForm.Get("id"))
	if err != nil {
		id = uuid.Must(uuid.NewV7())
	}
	p := storage.PendingReply{Bucket: f.Bucket, ID: id.String(), Case: f.ID, Person: v.Staff, Text: text, Due: s.Clock().Add(changeMind)}
	if _, err := s.Store.PutPending(r.Context(), p); err != nil {
		return s.failed(err)
	}
	if err := s.clear(r, v, f, "reply"); err != nil {
		return s.failed(err)
	}
	http.Redirect(w, r, s.Prefix+"/cases/"+f.Name()+"#sending", http.StatusSeeOther)
	return nil
}

// clear forgets what the viewer typed into a box, and words that were refused before.
func (s casePages) clear(r *http.Request, v Viewer, f *found, name string) error {
	if err := s.Store.PutDraft(r.Context(), f.Bucket, storage.Draft{Case: f.ID, Person: v.Staff, Box: name}); err != nil || name != "reply" {
		return err
	}
	waits, err := s.Store.PendingOf(r.Context(), f.Bucket, f.ID)
	for _, p := range waits {
		if err == nil && p.Refused != "" && p.Person == v.Staff {
			err = s.Store.EndPending(r.Context(), f.Bucket, p.ID, "")
		}
	}
	return err
}

// refusal is a refusal in the reader's words.
func (s casePages) refusal(r *http.Request, v Viewer, f *found, refusal *recovery.Refusal) string {
	view, err := s.viewOf(r.Context(), &f.Case, f.began)
	if err != nil || view == nil {
		return s.words(r, v).t("not_allowed_text")
	}
	return view.Refusal(view.StaffVoiceIn(s.words(r, v).lang), refusal)
}

// undo takes words back that were not sent yet: they are in their box again.
func (s casePages) undo(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	if err := readForm(w, r, 4096); err != nil {
		return err
	}
	id, to := r.PostForm.Get("id"), s.Prefix+"/cases/"+f.Name()
	waits, err := s.Store.PendingOf(r.Context(), f.Bucket, f.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waits, func(p storage.PendingReply) bool { return p.ID == id && p.Person == v.Staff })
	if i < 0 {
		http.Redirect(w, r, to+"?done=too_late", http.StatusSeeOther)
		return nil
	}
	// The words are in their box before they are gone from where they waited.
	draft := storage.Draft{Case: f.ID, Person: v.Staff, Box: "reply", Text: waits[i].Text, At: s.Clock()}
	if err := s.Store.PutDraft(r.Context(), f.Bucket, draft); err != nil {
		return s.failed(err)
	}
	switch _, err := s.Store.TakeBackPending(r.Context(), f.Bucket, id); {
	case errors.Is(err, storage.ErrNotFound):
		draft.Text = ""
		if err := s.Store.PutDraft(r.Context(), f.Bucket, draft); err != nil {
			return s.failed(err)
		}
		http.Redirect(w, r, to+"?done=too_late", http.StatusSeeOther)
	case err != nil:
		return s.failed(err)
	default:
		http.Redirect(w, r, to+"?done=taken_back#reply", http.StatusSeeOther)
	}
	return nil
}

// note keeps words for staff only.
func (s casePages) note(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	if err := readForm(w, r, mostForm); err != nil {
		return err
	}
	words := s.words(r, v)
	text := strings.TrimSpace(strings.ReplaceAll(r.PostForm.Get("note"), "\r\n", "\n"))
	_, err = s.Bot.Act(r.Context(), bot.Doing{
		Bucket: f.Bucket, Case: f.ID, Act: recovery.Note{Text: text}, By: v.Staff, Language: words.lang, Key: doneOnce("note", v, r.PostForm),
	})
	if refused, ok := errors.AsType[*bot.Refused](err); ok {
		return s.showCase(w, r, v, f, http.StatusUnprocessableEntity, func(p *casePage) {
			if p.Note == nil {
				p.Note = &box{Title: words.t("not_saved")}
			}
			p.Note.Text, p.Note.Error = text, refused.Text
		})
	}
	if err != nil {
		return s.failed(err)
	}
	if err := s.clear(r, v, f, "note"); err != nil {
		return s.failed(err)
	}
	http.Redirect(w, r, s.Prefix+"/cases/"+f.Name()+"?done=note#talk", http.StatusSeeOther)
	return nil
}

// draft keeps what somebody is typing.
func (s casePages) draft(w http.ResponseWriter, r *http.Request, v Viewer) error {
	f, err := s.find(r, v)
	if err != nil {
		return err
	}
	if err := readForm(w, r, mostForm); err != nil {
		return err
	}
	name := r.PostForm.Get("box")
	if name != "reply" && name != "note" || utf8.RuneCountInString(r.PostForm.Get("text")) > recovery.MaxText || !v.Can(access.NoteCase, f.Site) || v.Staff == "" {
		return &page.Error{Code: page.Invalid, Title: "failed", Text: "failed_text"}
	}
	d := storage.Draft{Case: f.ID, Person: v.Staff, Box: name, Text: r.PostForm.Get("text"), At: s.Clock()}
	if err := s.Store.PutDraft(r.Context(), f.Bucket, d); err != nil {
		return s.failed(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// reveal tells who a pseudonym is, once there is a reason.
func (s casePages) reveal(w http.ResponseWriter, r *http.Request, v Viewer, f *found, typed url.Values) error {
	words := s.words(r, v)
	reason := strings.TrimSpace(typed.Get("reason"))
	if reason == "" {
		return s.showAct(w, r, v, f, "reveal", http.StatusUnprocessableEntity, typed, map[string]string{"reason": words.t("say_why")}, "")
	}
	who, err := bot.Cases{Bot: s.Bot}.Reveal(r.Context(), f.Bucket, f.ID, v.Staff, reason)
	if refused, ok := errors.AsType[*bot.Refused](err); ok {
		return s.showAct(w, r, v, f, "reveal", http.StatusForbidden, typed, nil, refused.Text)
	}
	if err != nil {
		return s.failed(err)
	}
	title := words.t("revealed_title", f.Name())
	return s.show(w, r, v, http.StatusOK, "act.html", frame{Title: title, Whole: f.Name(), Here: "/cases", Back: &link{"/cases/" + f.Name(), words.t("back_to", f.Name())}},
		actPage{Kind: "revealed", Number: f.Name(), Told: who})
}

// formField is a field of a form, with what was typed and what is wrong with it.
type formField struct {
	Name, Label, Hint, Type, Value, Wrong string
	Choices                               []choice
}

// actField is a field of an act's form.
func actField(p actPage, name, label, hint, kind string) formField {
	return formField{Name: name, Label: label, Hint: hint, Type: kind, Value: p.Values.Get(name), Wrong: p.At[name]}
}

// actRadios is what an act's form offers to choose from.
func actRadios(p actPage, name, label string) formField {
	return formField{Name: name, Label: label, Wrong: p.At[name], Choices: p.Choices}
}

// readForm reads a form of a page of cases; what was sent that is none is the sender's fault.
func readForm(w http.ResponseWriter, r *http.Request, limit int64) error {
	if err := page.ReadForm(w, r, limit); err != nil {
		return &page.Error{Code: page.AsError(err).Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	return nil
}
