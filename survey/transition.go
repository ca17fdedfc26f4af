package survey

import (
	"slices"
	"time"
)

// How long sessions last.
const (
	// DefaultExpires is how long an opened session stays open where the flow says nothing.
	DefaultExpires = 72 * time.Hour
	// MaxWait is how long a session waits after its pre questions for a service that may
	// have been booked far ahead. Resume starts the flow's own time anew.
	MaxWait = 365 * 24 * time.Hour
)

// run is one Step under way. What the session points to belongs to the caller until
// own or a fresh slice replaces it.
type run struct {
	flow    *Flow
	s       Session
	now     time.Time
	answer  *Answer
	effects []Effect
	owned   bool      // s.Answers is a copy of this run's own
	said    string    // words that are being taken for an answer
	today   time.Time // where the person is; zero = the day of now
}

func step(f *Flow, s Session, in Input, now time.Time) Transition {
	r := &run{flow: f, s: s, now: now.UTC().Truncate(time.Microsecond)}
	if r.s.Status == "" {
		r.s.Status = New
	}
	if r.s.Status == New {
		r.s.Open = NoQuestion
	}
	switch in := in.(type) {
	case Open:
		r.open()
	case Pick:
		r.pick(in.Question, in.Option)
	case Toggle:
		r.toggle(in.Question, in.Option)
	case Done:
		r.done(in.Question)
	case Mean:
		r.mean(in.Question, in.Reading)
	case Write:
		r.today, r.said = in.Today, Clean(in.Text)
		r.write(in.Text)
	case Attach:
		r.attach(in.Files, in.Text)
	case Skip:
		r.skip(in.Question)
	case Leave:
		r.leaveOpen(in.Question, in.Why)
	case Back:
		r.back()
	case Change:
		r.change(in.Question)
	case Keep:
		r.keep(in.Question)
	case Decline:
		r.decline()
	case Pause:
		r.pause()
	case Resume:
		r.resume()
	case Expire:
		r.expire()
	case Speak:
		r.speak(in.Lang)
	}
	return Transition{Session: r.s, Answer: r.answer, Effects: r.effects}
}

func (r *run) say(e Effect) { r.effects = append(r.effects, e) }

func (r *run) notice(code NoticeCode, question int) {
	r.say(Notice{Code: code, Question: question})
}

// question returns the question with this index if it exists and asks something.
func (r *run) question(i int) *Question {
	if i < 0 || i >= len(r.flow.Questions) || r.flow.Questions[i].Kind == MessageQ {
		return nil
	}
	return &r.flow.Questions[i]
}

// current is the open question, or nil.
func (r *run) current() *Question { return r.question(r.s.Open) }

func (r *run) isOpen(i int) bool { return i == r.s.Open && r.question(i) != nil }

// find returns the newest answer to question i and its place in the session, or -1.
func (r *run) find(i int) (*Answer, int) {
	for k := range r.s.Answers {
		if r.s.Answers[k].Question == r.flow.Questions[i].Key {
			return &r.s.Answers[k], k
		}
	}
	return nil, -1
}

// open starts a new session, or shows a running one again.
func (r *run) open() {
	switch {
	case r.s.Status == New:
		r.s.Status, r.s.Started = Active, r.now
		r.s.Expires = r.now.Add(r.flow.expires())
		r.s.Order = order(r.flow, r.s.ID)
		r.s.Paused, r.s.Editing, r.s.Retried, r.s.Toggled, r.s.Doubt = false, false, false, nil, nil
		r.s.Tries = 0
		r.s.StopAsked = false
		r.goOn(0, false)
	case r.current() != nil:
		r.s.Paused = false
		r.say(Ask{Question: r.s.Open, Again: true})
	case r.s.Status == Active:
		r.s.Paused = false
		r.goOn(r.reach(), false)
	default:
		r.refuse(NoQuestion)
	}
}

// expires is how long an opened session of this flow stays open.
func (f *Flow) expires() time.Duration {
	if f.Expires <= 0 {
		return DefaultExpires
	}
	return f.Expires
}

// refuse says why an input about question i does nothing now.
func (r *run) refuse(i int) {
	switch {
	case r.s.Status.Final():
		r.notice(NoticeEnded, i)
	case r.s.Status == Waiting:
		r.notice(NoticeWaiting, i)
	default:
		r.notice(NoticeNotOpen, i)
	}
}

// admits reports whether an answer to question i counts now: it is open, or was
// answered and can still be changed. Else it says why not.
func (r *run) admits(i int, same func(*Answer) bool) bool {
	a, _ := r.find(i)
	if r.isOpen(i) {
		if a == nil && r.s.Status.Final() && !r.now.Before(r.s.Expires) {
			r.hide()
			r.refuse(i)
			return false
		}
		if a == nil || !r.s.Editing || r.changeable(i, a) {
			return true
		}
		r.notice(NoticeTooLate, i)
		r.leave()
		return false
	}
	switch {
	case a == nil || a.Dropped:
		r.refuse(i)
	case !a.Skipped && same(a):
		r.notice(NoticeUnchanged, i)
	case !r.changeable(i, a):
		r.notice(NoticeTooLate, i)
		r.say(Condense{Question: i})
	default:
		return true
	}
	return false
}

// changeable reports whether the answer a to question i can still be replaced. A skip
// is no answer: it can be made good as long as the session runs. What was expected
// before the service cannot be said differently after it.
func (r *run) changeable(i int, a *Answer) bool {
	if a.Dropped || r.flow.Questions[i].Phase == Pre && r.served() {
		return false
	}
	if a.Skipped && !r.s.Status.Final() {
		return true
	}
	return !r.now.After(a.At.Add(EditWindow))
}

func (r *run) pick(i, option int) {
	q := r.question(i)
	if q == nil {
		r.refuse(NoQuestion)
		return
	}
	switch {
	case q.Kind == ScaleQ && option >= 0 && option < len(q.Scale.Options):
		value := q.Scale.Options[option].Value
		if r.admits(i, func(a *Answer) bool { return a.Value != nil && *a.Value == value }) {
			r.record(i, Answer{Value: &value})
		}
	case q.Kind == ChoiceQ && option >= 0 && option < len(q.Choices):
		r.choose(i, []int{option})
	default:
		r.refuse(i)
	}
}

// choose answers a choice question with these choices, in the order of the list.
func (r *run) choose(i int, options []int) { r.chooseWith(i, options, "") }

// chooseWith is choose with the words that say what else it is.
func (r *run) chooseWith(i int, options []int, said string) {
	keys := r.flow.Questions[i].keys(options)
	if r.admits(i, func(a *Answer) bool { return slices.Equal(a.Choices, keys) && a.Text == said }) {
		r.record(i, Answer{Choices: keys, Text: said})
	}
}

// otherIn is whether one of these choices takes words.
func (q *Question) otherIn(options []int) bool {
	return slices.ContainsFunc(options, func(o int) bool { return o >= 0 && o < len(q.Choices) && q.Choices[o].Other })
}

// besides are those of these choices that option goes with: an exclusive one with none.
func (q *Question) besides(chosen []int, option int) []int {
	return slices.DeleteFunc(chosen, func(o int) bool {
		return o < len(q.Choices) && (q.Choices[option].Exclusive || q.Choices[o].Exclusive)
	})
}

// contradict reports whether choices contradict each other.
func (q *Question) contradict(chosen []int) bool {
	return len(chosen) > 1 && slices.ContainsFunc(chosen, func(o int) bool { return q.Choices[o].Exclusive })
}

// tooFew reports whether more must be chosen. Whoever wants none of them has said enough.
func (q *Question) tooFew(chosen []int) bool {
	return len(chosen) < q.Min && q.isMultiple() && !slices.ContainsFunc(chosen, func(o int) bool { return q.Choices[o].Exclusive })
}

// keys names the choices at these indexes, which ascend.
func (q *Question) keys(options []int) []string {
	keys := make([]string, 0, len(options))
	for _, o := range options {
		if o >= 0 && o < len(q.Choices) {
			keys = append(keys, q.Choices[o].Key)
		}
	}
	return keys
}

func (r *run) toggle(i, option int) {
	q := r.question(i)
	if q == nil || !r.isOpen(i) || q.Kind != ChoiceQ || option < 0 || option >= len(q.Choices) {
		r.refuse(i)
		return
	}
	if !q.isMultiple() {
		r.pick(i, option)
		return
	}
	toggled := slices.Clone(r.s.Toggled)
	if at := slices.Index(toggled, option); at >= 0 {
		toggled = slices.Delete(toggled, at, at+1)
	} else if toggled = q.besides(toggled, option); len(toggled) >= q.Max {
		r.notice(NoticeTooMany, i)
		return
	} else {
		toggled = append(toggled, option)
		slices.Sort(toggled)
	}
	if len(toggled) == 0 {
		toggled = nil
	}
	r.s.Toggled, r.s.Paused = toggled, false
	r.say(Ask{Question: i})
}

func (r *run) done(i int) {
	q := r.question(i)
	switch {
	case q == nil || q.Kind != ChoiceQ:
		r.refuse(i)
	case r.isOpen(i) && len(r.s.Toggled) == 0:
		r.notice(NoticeNothing, i)
	case r.isOpen(i) && q.tooFew(r.s.Toggled):
		r.notice(NoticeTooFew, i)
	case r.isOpen(i):
		r.choose(i, r.s.Toggled)
	default:
		if a, _ := r.find(i); a != nil && !a.Dropped && !a.Skipped {
			r.notice(NoticeUnchanged, i)
			return
		}
		r.refuse(i)
	}
}

func (r *run) skip(i int) {
	if i == NoQuestion {
		i = r.s.Open
	}
	if r.question(i) == nil {
		r.refuse(NoQuestion)
		return
	}
	if !r.isOpen(i) {
		if a, _ := r.find(i); a != nil && a.Skipped && !a.Dropped {
			r.notice(NoticeUnchanged, i)
			return
		}
		r.refuse(i)
		return
	}
	if r.admits(i, func(*Answer) bool { return false }) {
		r.record(i, Answer{Skipped: true})
	}
}

// Offers reports whether q has a button that leaves it for this reason.
func (q *Question) Offers(why Left) bool {
	return why == LeftDontKnow && q.DontKnow || why == LeftPreferNot && q.PreferNot
}

// leaveOpen leaves the open question i and keeps why.
func (r *run) leaveOpen(i int, why Left) {
	q := r.question(i)
	if q == nil || !q.Offers(why) {
		r.refuse(NoQuestion)
		return
	}
	if !r.isOpen(i) {
		if a, _ := r.find(i); a != nil && a.Skipped && a.Left == why && !a.Dropped {
			r.notice(NoticeUnchanged, i)
			return
		}
		r.refuse(i)
		return
	}
	if r.admits(i, nil) {
		r.record(i, Answer{Skipped: true, Left: why})
	}
}

// back opens the nearest earlier question that was answered or skipped. It does not
// lead back over the service: what was expected before it stays as it was.
func (r *run) back() {
	if r.current() == nil {
		r.refuse(NoQuestion)
		return
	}
	switch i, a := r.before(); {
	case a == nil:
		r.notice(NoticeFirst, r.s.Open)
	case !r.changeable(i, a):
		r.notice(NoticeTooLate, i)
	default:
		r.edit(i, a)
	}
}

// before is the question that Back leads to from the open one, with its answer; nil if
// there is none.
func (r *run) before() (int, *Answer) {
	q := r.current()
	for at := r.place(r.s.Open) - 1; at >= 0; at-- {
		i := r.s.Order[at]
		p := r.question(i)
		if p == nil || p.Phase != q.Phase {
			continue
		}
		if a, _ := r.find(i); a != nil && !a.Dropped {
			return i, a
		}
	}
	return NoQuestion, nil
}

// CanGoBack reports whether Back leads anywhere from the open question now, so that a
// button for it is drawn only where it works.
func CanGoBack(f Flow, s Session, now time.Time) bool {
	r := &run{flow: &f, s: s, now: now}
	if r.current() == nil {
		return false
	}
	i, a := r.before()
	return a != nil && r.changeable(i, a)
}

func (r *run) change(i int) {
	if r.question(i) == nil {
		r.refuse(NoQuestion)
		return
	}
	if r.isOpen(i) {
		r.s.Paused = false
		r.say(Ask{Question: i})
		return
	}
	a, _ := r.find(i)
	switch {
	case a == nil || a.Dropped:
		r.refuse(i)
	case !r.changeable(i, a):
		r.notice(NoticeTooLate, i)
		r.say(Condense{Question: i})
	default:
		r.edit(i, a)
	}
}

// keep ends the change of question i, whose answer stands.
func (r *run) keep(i int) {
	if r.isOpen(i) && r.s.Editing {
		if a, _ := r.find(i); a != nil && !a.Dropped {
			r.leave()
			return
		}
	}
	r.refuse(i)
}

// edit opens question i, which has the answer a, again.
func (r *run) edit(i int, a *Answer) {
	r.hide()
	r.s.Open, r.s.Editing, r.s.Retried, r.s.Paused = i, true, false, false
	r.s.Tries = 0
	r.s.Toggled, r.s.Doubt = nil, nil
	r.s.StopAsked = false
	if q := &r.flow.Questions[i]; q.isMultiple() {
		for o := range q.Choices {
			if slices.Contains(a.Choices, q.Choices[o].Key) {
				r.s.Toggled = append(r.s.Toggled, o)
			}
		}
	}
	r.say(Ask{Question: i})
}

// hide takes the open question's buttons away: a question that was being changed
// shows its answer again, another one stands without.
func (r *run) hide() {
	if r.current() == nil {
		return
	}
	i := r.s.Open
	if a, _ := r.find(i); r.s.Editing && a != nil && !a.Dropped {
		r.say(Condense{Question: i, Changeable: r.changeable(i, a)})
	} else {
		r.say(Withdraw{Question: i})
	}
	r.s.Open, r.s.Editing, r.s.Retried, r.s.Toggled, r.s.Doubt = NoQuestion, false, false, nil, nil
	r.s.Tries = 0
	r.s.StopAsked = false
}

// leave ends the change of the open question without a new answer and goes on.
func (r *run) leave() {
	reach := r.reach()
	r.hide()
	r.s.Paused = false
	r.goOn(reach, false)
}

func (r *run) decline() {
	if r.s.Status.Final() {
		r.hide()
		r.notice(NoticeEnded, NoQuestion)
		return
	}
	status := Declined
	if r.answered() {
		status = Partial
	}
	r.end(status)
}

// answered reports whether anything but skips was ever answered.
func (r *run) answered() bool {
	return slices.ContainsFunc(r.s.Answers, func(a Answer) bool { return !a.Skipped })
}

func (r *run) pause() {
	if r.s.Status == Waiting || r.s.Status.Final() {
		r.refuse(NoQuestion)
		return
	}
	if r.s.Status == Active {
		r.s.Paused = true
	}
	r.notice(NoticePaused, NoQuestion)
}

func (r *run) resume() {
	if r.s.Status != Waiting {
		if r.s.Status == New {
			r.refuse(NoQuestion)
			return
		}
		r.open()
		return
	}
	r.hide()
	r.s.Status, r.s.Paused = Active, false
	r.s.Expires = r.now.Add(r.flow.expires())
	r.goOn(r.preCount(), true)
}

func (r *run) expire() {
	if r.s.Expires.IsZero() || r.now.Before(r.s.Expires) {
		return
	}
	if r.s.Status.Final() {
		r.hide()
		return
	}
	status := Expired
	if r.answered() {
		status = Partial
	}
	r.end(status)
}

func (r *run) speak(lang string) {
	if !isTag(lang) {
		return
	}
	r.s.Lang = lang
	if r.current() != nil {
		r.say(Ask{Question: r.s.Open})
	}
}

// isTag reports whether lang can be a BCP 47 tag.
func isTag(lang string) bool {
	if lang == "" || len(lang) > 35 {
		return false
	}
	for _, r := range lang {
		if r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}
