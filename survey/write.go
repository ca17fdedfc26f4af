package survey

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey/words"
)

// Limits of what a person can send.
const (
	// MaxText is the most characters that an answer in words may have where the
	// question says nothing. Every chat carries this much in one message.
	MaxText = 4000
	// MaxFiles is the most files of one answer.
	MaxFiles = 10
	// MaxFileSize is the most bytes of one file: what a bot may fetch from Telegram.
	MaxFileSize = 20 << 20
	// ExtendWindow is how long words and files that follow an answer in words belong to it.
	ExtendWindow = 2 * time.Minute
)

// textLimit is the most characters that an answer to q may have.
func (q *Question) textLimit() int {
	if q.Kind == TextQ && q.Max > 0 && q.Max < MaxText {
		return q.Max
	}
	return MaxText
}

// tooLong reports whether words are longer than an answer to q may be, in characters as people
// see them; what is stored has its own limit.
func tooLong(said string, q *Question) bool {
	return utf8.RuneCountInString(said) > MaxText || words.Length(said) > q.textLimit()
}

// write takes words: an answer to the open question if they can be one, else more of
// the words before, else off-script.
func (r *run) write(said string) {
	said = Clean(said)
	if blank(said) {
		return
	}
	q := r.current()
	if q == nil {
		r.offScript(said, nil)
		return
	}
	if r.means(said) {
		return
	}
	if tooLong(said, q) {
		r.askAgain(said, NoticeTooLong)
		return
	}
	if why := q.leaves(said); why != "" {
		r.leaveOpen(r.s.Open, why)
		return
	}
	switch q.Kind {
	case ScaleQ:
		r.typed(q, said)
	case ChoiceQ:
		r.typedChoices(q, said)
	default:
		r.read(q, said)
	}
}

// read takes words in the form that the question's kind has for them: as an answer, as an
// attempt at one, or as words about something else.
func (r *run) read(q *Question, said string) {
	kind := q.Kind.Info()
	if kind.readOn != nil {
		several, a, wrong := kind.readOn(q, said, r.day())
		r.readAs(q, said, several, a, wrong)
		return
	}
	if kind.parse == nil {
		r.offScript(said, nil)
		return
	}
	var several []Reading
	if kind.doubts != nil {
		several = kind.doubts(q, said)
	}
	a, wrong := kind.parse(q, said)
	r.readAs(q, said, several, a, wrong)
}

// day is the day where the person is.
func (r *run) day() time.Time {
	if r.today.IsZero() {
		return r.now
	}
	return r.today
}

// readAs takes words as what they were read as: one of several answers, an answer, or none.
func (r *run) readAs(q *Question, said string, several []Reading, a Answer, wrong NoticeCode) {
	if len(several) > 0 {
		// Where staff know a pseudonym only, what says how to reach somebody is no note of theirs.
		if tells(said, several[0].Text) && !(q.Kind.Info().Personal && r.flow.Naming == Pseudonymous) {
			r.say(OffScript{Text: said})
			r.notice(NoticeKept, r.s.Open)
			said = ""
		}
		if !r.askBack("", several) {
			r.askAgain(said, NoticeUnclear)
		}
		return
	}
	switch {
	case wrong == "":
		if r.admits(r.s.Open, nil) {
			r.record(r.s.Open, a)
		}
	case looksMeant(said) && tells(said, ""):
		r.say(OffScript{Text: said}) // "call me after 5" is no number, and is worth reading
		r.askAgain("", wrong)
	case looksMeant(said), wrong == NoticeDayRange, wrong == NoticeBadForm && !strings.ContainsAny(said, " \n"):
		r.askAgain(said, wrong)
	default:
		r.offScript(said, nil)
	}
}

// typed answers a scale with words.
func (r *run) typed(q *Question, said string) {
	lang := r.s.language(r.flow)
	r.understand(said,
		namer{
			match:  func(said string) ([]int, matched) { return q.matchScale(said, lang) },
			judged: func(said string) bool { return q.judgesOnly(said, lang) },
			flag:   q.flagOf,
		},
		func(options []int) { r.pick(r.s.Open, options[0]) },
		func(option int) Reading { return Reading{Value: &q.Scale.Options[option].Value} })
}

// typedChoices answers a choice with words.
func (r *run) typedChoices(q *Question, said string) {
	lang := r.s.language(r.flow)
	if r.other(q, said, lang) {
		return
	}
	var shown []int
	if q.Shuffle {
		shown = r.s.Shown(q)
	}
	r.understand(said,
		namer{match: func(said string) ([]int, matched) { return q.matchShown(said, lang, shown) }},
		func(options []int) {
			if q.tooFew(options) {
				r.askAgain(said, NoticeTooFew)
				return
			}
			r.choose(r.s.Open, options)
		},
		func(option int) Reading { return Reading{Choices: q.keys([]int{option})} })
}

// other takes words that say what else it is, behind the choice that takes them: "something
// else: the parking", also with others before it, "price, something else: the parking". What was
// ticked before stays so.
func (r *run) other(q *Question, said, lang string) bool {
	if _, m := q.matchChoices(said, lang); m != noMatch {
		return false
	}
	var named []int // other choices, before it
	for mark, rest, _, ok := words.Lead(said); ok; mark, rest, _, ok = words.Lead(rest) {
		options, m := q.matchChoices(mark, lang)
		if m != oneOption || !q.otherIn(options) && !q.isMultiple() {
			return false
		}
		if !q.otherIn(options) {
			named = append(named, options...)
			continue
		}
		chosen := options
		goes := func(o int) bool {
			return !slices.Contains(chosen, o) && len(q.besides(slices.Clone(chosen), o)) == len(chosen) && len(chosen) < q.Max
		}
		for _, o := range named {
			if !goes(o) {
				return false
			}
			chosen = append(chosen, o)
		}
		if q.isMultiple() {
			for _, o := range r.s.Toggled {
				if goes(o) {
					chosen = append(chosen, o)
				}
			}
			slices.Sort(chosen)
		}
		if q.tooFew(chosen) {
			r.say(OffScript{Text: said})
			r.askAgain("", NoticeTooFew)
			return true
		}
		r.chooseWith(r.s.Open, chosen, rest)
		return true
	}
	return false
}

// language is the language that the person sees.
func (s *Session) language(f *Flow) string {
	if s.Lang == "" && len(f.Languages) > 0 {
		return f.Languages[0]
	}
	return s.Lang
}

// leaves is for which reason words leave q without an answer, "" where they do not: those of
// its buttons, or their kin.
func (q *Question) leaves(said string) Left {
	switch {
	case q.Names(said, ""):
	case q.DontKnow && words.Unsure(said):
		return LeftDontKnow
	case q.PreferNot && words.Refuses(said):
		return LeftPreferNot
	}
	return ""
}

// givesUp counts what was no answer to the open question, and hands it to a person once it
// was asked again as often as the flow says.
func (r *run) givesUp() bool {
	q := r.current()
	if q == nil || q.Retries <= 0 {
		return false
	}
	r.s.Tries++
	return r.s.Tries > q.Retries
}

// handOn leaves the open question to people, who have the words, and goes on.
func (r *run) handOn() {
	i := r.s.Open
	r.notice(NoticeHandedOn, i)
	if r.admits(i, nil) {
		r.record(i, Answer{Skipped: true, Left: LeftUnclear})
	}
}

// askAgain refuses an attempt at the open question kindly and shows it again.
func (r *run) askAgain(said string, why NoticeCode) {
	if why != NoticeTooLong && r.givesUp() {
		if said != "" {
			r.say(OffScript{Text: said})
		}
		r.handOn()
		return
	}
	if said != "" && why != NoticeTooLong {
		r.say(Attempt{said})
	}
	r.undoubt()
	r.notice(why, r.s.Open)
	r.say(Ask{Question: r.s.Open, Again: true})
}

// offScript keeps what answers nothing. It belongs to the words just before it if
// these are fresh; else it goes to staff, and the open question is shown again once.
func (r *run) offScript(said string, files []File) {
	if r.extend(said, files) {
		return
	}
	if utf8.RuneCountInString(said) > MaxText {
		said = string([]rune(said)[:MaxText])
	}
	r.say(OffScript{Text: said, Files: files})
	r.undoubt()
	q := r.current()
	if q == nil {
		return
	}
	if r.givesUp() {
		r.handOn()
		return
	}
	if q.Kind.Info().Way == Sent {
		r.notice(NoticeNeedFile, r.s.Open)
	} else {
		r.notice(NoticeKept, r.s.Open)
	}
	if !r.s.Retried && !r.s.Paused {
		r.s.Retried = true
		r.say(Ask{Question: r.s.Open, Again: true})
	}
}

// extend adds said and files to the newest answer if that was given in said within
// ExtendWindow, and to a file answer if only files follow.
func (r *run) extend(said string, files []File) bool {
	var newest *Answer
	for k := range r.s.Answers {
		if a := &r.s.Answers[k]; newest == nil || !a.At.Before(newest.At) {
			newest = a
		}
	}
	if newest == nil || newest.Skipped || newest.Dropped || r.now.After(newest.At.Add(ExtendWindow)) {
		return false
	}
	i := r.flow.index(newest.Question)
	if i == NoQuestion || r.isOpen(i) {
		return false
	}
	q := &r.flow.Questions[i]
	if kind := q.Kind.Info(); q.Pattern != "" || !kind.Free && (kind.Way != Sent || said != "" || len(files) == 0) {
		return false
	}
	longer := Answer{Text: newest.Text, Files: slices.Concat(newest.Files, files)}
	if said != "" {
		longer.Text = strings.TrimPrefix(newest.Text+"\n"+said, "\n")
	}
	if tooLong(longer.Text, q) || len(longer.Files) > MaxFiles {
		return false
	}
	r.record(i, longer)
	return true
}

// attach takes files, with the words written under them.
func (r *run) attach(files []File, said string) {
	said = Clean(said)
	if len(files) == 0 {
		r.write(said)
		return
	}
	files = slices.Clone(files)
	for k := range files {
		files[k].Kind, files[k].ID, files[k].Name = Clean(files[k].Kind), Clean(files[k].ID), Clean(files[k].Name)
	}
	q := r.current()
	if len(files) > MaxFiles || slices.ContainsFunc(files, func(f File) bool { return f.Size > MaxFileSize }) {
		r.notice(NoticeFileTooBig, r.s.Open)
		return
	}
	if q != nil && tooLong(said, q) {
		r.askAgain(said, NoticeTooLong)
		return
	}
	switch {
	case q == nil, r.isAlbum(files, said):
		r.offScript(said, files)
	case takesFiles(q):
		if r.admits(r.s.Open, nil) {
			r.record(r.s.Open, Answer{Text: said, Files: files})
		}
	default:
		r.offScript(said, files)
	}
}

// takesFiles reports whether files are an answer to q, or a part of one.
func takesFiles(q *Question) bool {
	kind := q.Kind.Info()
	return kind.Way == Sent || kind.Free && q.Pattern == ""
}

// isAlbum reports whether files continue an album: platforms report each picture of
// one by itself, and the first has already answered its question.
func (r *run) isAlbum(files []File, words string) bool {
	if words != "" || len(r.s.Answers) == 0 {
		return false
	}
	last := &r.s.Answers[len(r.s.Answers)-1]
	i := r.flow.index(last.Question)
	return i != NoQuestion && !r.isOpen(i) && r.flow.Questions[i].Kind.Info().Way == Sent && !last.Dropped &&
		len(last.Files) > 0 && len(last.Files)+len(files) <= MaxFiles && last.Files[len(last.Files)-1].Kind == files[0].Kind &&
		!r.now.After(last.At.Add(ExtendWindow))
}

// wrote are the words that were taken for the answer a to question i, where what is shown of
// the answer does not say them.
func (r *run) wrote(i int, a *Answer) string {
	q := &r.flow.Questions[i]
	if r.said == "" || a.Skipped || a.Text != "" && q.Kind != DateQ {
		return ""
	}
	plain := bare(r.said)
	is := func(t Text) bool {
		for _, label := range t {
			if strings.Contains(bare(label), plain) {
				return true
			}
		}
		return false
	}
	switch q.Kind {
	case ScaleQ:
		if a.Value == nil {
			return ""
		}
		_, number := parseRating(plain)
		if o := q.option(*a.Value); number || o == nil || is(o.Label) || plain == bare(o.Symbol) {
			return ""
		}
	case ChoiceQ:
		for _, c := range q.Choices {
			if !slices.Contains(a.Choices, c.Key) {
				continue
			}
			named := is(c.Label)
			for _, label := range c.Label {
				named = named || strings.Contains(plain, bare(label))
			}
			if !named {
				return r.said
			}
		}
		return ""
	case DateQ:
		if len(a.Text) < len("2026") || strings.Contains(plain, a.Text[:len("2026")]) { // the whole date, with its year
			return ""
		}
	default:
		return ""
	}
	return r.said
}
