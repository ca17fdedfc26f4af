package survey

import "slices"

// place is the position of question i in the session's order, or -1.
func (r *run) place(i int) int { return slices.Index(r.s.Order, i) }

// reach is how far the session has come: one more than the last position that is
// answered or open.
func (r *run) reach() int {
	reach := 0
	if r.current() != nil {
		reach = r.place(r.s.Open) + 1
	}
	for k := range r.s.Answers {
		if i := r.flow.index(r.s.Answers[k].Question); i != NoQuestion {
			reach = max(reach, r.place(i)+1)
		}
	}
	return reach
}

// preCount is the number of positions that come before the service.
func (r *run) preCount() int {
	n := 0
	for i := range r.flow.Questions {
		if r.flow.Questions[i].Phase == Pre {
			n++
		}
	}
	return n
}

// served reports whether the session went past its pre questions.
func (r *run) served() bool {
	if r.s.Status == Waiting {
		return false
	}
	return r.reach() > r.preCount()
}

// settled is what the flow asks next.
type settled struct {
	next    int   // question index, or NoQuestion
	waiting bool  // nothing more before the service
	tell    []int // messages on the way
	flipped []int // questions whose answer was dropped or taken back
}

// settle walks the order once: it drops the answers whose condition no longer holds,
// takes back those whose condition holds again, and finds the first question that
// applies and has no reply. A condition looks at what stands before it in the order,
// so one walk is enough and no flow can loop. From position reach on it notes the
// messages that are passed. resumed says that the service is done.
func (r *run) settle(reach int, resumed bool) settled {
	gate := len(r.s.Order)
	if pre := r.preCount(); pre > 0 && pre < gate && !resumed && reach <= pre && !r.s.Status.Final() {
		gate = pre
	}
	out := settled{next: NoQuestion}
	v := view{flow: r.flow, replies: make([]reply, len(r.flow.Questions)), attributes: r.s.Attributes}
	for at, i := range r.s.Order {
		if i < 0 || i >= len(r.flow.Questions) {
			continue
		}
		if r.flow.Questions[i].Kind == MessageQ {
			if out.next == NoQuestion && at >= reach && at < gate && v.applies(i) {
				out.tell = append(out.tell, i)
			}
			continue
		}
		a, k := r.find(i)
		if a == nil {
			if out.next == NoQuestion && at < gate && v.applies(i) {
				out.next = i
			}
			continue
		}
		if holds := v.applies(i); holds == a.Dropped {
			r.own()
			a = &r.s.Answers[k]
			a.Dropped = !holds
			out.flipped = append(out.flipped, i)
		}
		if !a.Dropped {
			v.enter(i, a)
		}
	}
	out.waiting = out.next == NoQuestion && gate < len(r.s.Order)
	return out
}

// own makes the answers this run's own, with room for one more.
func (r *run) own() {
	if !r.owned {
		r.s.Answers = append(make([]Answer, 0, len(r.s.Answers)+1), r.s.Answers...)
		r.owned = true
	}
}

// record stores the reply a to question i, which is open or can be changed, and goes
// on from there.
func (r *run) record(i int, a Answer) {
	old, k := r.find(i)
	wasOpen := r.isOpen(i)
	if old != nil && !old.Dropped && old.says(&a) {
		if wasOpen {
			r.leave()
		} else {
			r.notice(NoticeUnchanged, i)
		}
		return
	}
	reach := r.reach()
	r.own()
	a.Question, a.Revision, a.At = r.flow.Questions[i].Key, 1, r.now
	if old != nil {
		a.Revision = r.s.Answers[k].Revision + 1
		r.s.Answers[k] = a
	} else {
		r.s.Answers = append(r.s.Answers, a)
	}
	r.answer = &a
	r.s.Last, r.s.Paused = r.now, false
	if wasOpen {
		r.s.Open, r.s.Editing, r.s.Retried, r.s.Toggled, r.s.Doubt = NoQuestion, false, false, nil, nil
		r.s.Tries = 0
		r.s.StopAsked = false
	}
	r.say(Condense{Question: i, Changeable: true, Wrote: r.wrote(i, &a)})
	r.goOn(reach, false)
}

// says reports whether two replies are the same answer.
func (a *Answer) says(b *Answer) bool {
	return a.Skipped == b.Skipped && a.Left == b.Left && a.Text == b.Text && slices.Equal(a.Choices, b.Choices) &&
		slices.Equal(a.Files, b.Files) && (a.Value == nil) == (b.Value == nil) && (a.Value == nil || *a.Value == *b.Value)
}

// goOn asks what comes next, ends the session, or keeps the open question. It says
// what the answers mean if one was stored or the session ended.
func (r *run) goOn(reach int, resumed bool) {
	to := r.settle(reach, resumed)
	for _, i := range to.flipped {
		a, _ := r.find(i)
		if !r.isOpen(i) {
			r.say(Condense{Question: i, Changeable: r.changeable(i, a)})
		}
	}
	if r.s.Status.Final() {
		r.goOnAfterEnd(to)
		return
	}
	if r.keepsOpen(to.next) {
		r.judged(false)
		return
	}
	r.hide()
	switch {
	case to.next != NoQuestion:
		r.judged(false)
		r.s.Status = Active
		r.tell(to.tell)
		r.ask(to.next)
	case to.waiting:
		r.judged(false)
		if r.s.Status != Waiting {
			r.tell(to.tell)
			r.s.Status, r.s.Expires = Waiting, r.now.Add(MaxWait)
			r.notice(NoticeWaiting, NoQuestion)
		}
	default:
		r.s.Status, r.s.Ended = Completed, r.now
		j := judge(r.flow, r.s.Answers, true)
		r.say(Judged{Judgement: j})
		r.tell(to.tell)
		r.say(Close{Status: Completed, Judgement: j})
	}
}

// keepsOpen reports whether the open question stays so, because what was stored was an
// answer to another one that changes nothing about it.
func (r *run) keepsOpen(next int) bool {
	if r.current() == nil {
		return false
	}
	if !r.s.Editing {
		return next == r.s.Open
	}
	a, _ := r.find(r.s.Open)
	return a != nil && !a.Dropped
}

// goOnAfterEnd follows the change of an answer of a finished session. Its status
// stays; if it was completed, questions that apply only now are still offered, because
// somebody who turns a slip into a complaint must be able to say what went wrong.
func (r *run) goOnAfterEnd(to settled) {
	if r.keepsOpen(to.next) {
		r.judged(true)
		return
	}
	r.hide()
	if r.s.Status == Completed && to.next != NoQuestion {
		r.judged(true)
		r.ask(to.next)
		return
	}
	if r.answer != nil {
		j := judge(r.flow, r.s.Answers, true)
		r.say(Judged{Judgement: j})
		r.say(Close{Status: r.s.Status, Judgement: j, Revised: true})
	}
}

// judged says what the answers mean, if one was stored in this step.
func (r *run) judged(ended bool) {
	if r.answer != nil {
		r.say(Judged{Judgement: judge(r.flow, r.s.Answers, ended)})
	}
}

func (r *run) tell(messages []int) {
	for _, i := range messages {
		r.say(Tell{Question: i})
	}
}

func (r *run) ask(i int) {
	r.s.Open, r.s.Editing, r.s.Retried, r.s.Toggled, r.s.Doubt = i, false, false, nil, nil
	r.s.Tries = 0
	r.s.StopAsked = false
	r.say(Ask{Question: i})
}

// end finishes the session before its end.
func (r *run) end(status Status) {
	r.hide()
	r.s.Status, r.s.Ended, r.s.Paused = status, r.now, false
	j := judge(r.flow, r.s.Answers, true)
	r.say(Judged{Judgement: j})
	r.say(Close{Status: status, Judgement: j})
}
