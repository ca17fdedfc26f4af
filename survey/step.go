package survey

import "time"

// Input is something that happens to a session. The set is closed.
type Input interface{ input() }

// The inputs. Question and Option are indexes into Flow.Questions and its options
// or choices, as buttons carry them; an input about a question that is neither open
// nor changeable leaves the session as it was.
type (
	// Open starts a new session, or asks the open question of a running one again.
	Open struct{}
	// Pick answers a scale or a single choice with one option.
	Pick struct{ Question, Option int }
	// Toggle adds an option to an open multiple choice, or takes it out.
	Toggle struct{ Question, Option int }
	// Done answers a multiple choice with what was toggled.
	Done struct{ Question int }
	// Mean says which of the readings was meant that the open question asks between
	// (Session.Asked); a Reading behind the last one: none of them.
	Mean struct{ Question, Reading int }
	// Write is words: an answer to the open question if it can be one (also "2",
	// "2/5" or an option's words in any language of the flow), else off-script. Words that
	// begin with an answer are both; what is not clear is asked back.
	// Today is the day where the person is, for words such as "yesterday"; zero: the day of now.
	Write struct {
		Text  string
		Today time.Time
	}
	// Attach is files sent: an answer to a file question, or added to a text's.
	Attach struct {
		Files []File
		Text  string
	}
	// Skip leaves the question (NoQuestion: the open one) without an answer.
	Skip struct{ Question int }
	// Leave leaves the question without an answer and says why, where it has a button for that.
	Leave struct {
		Question int
		Why      Left
	}
	// Back opens the question before the open one again.
	Back struct{}
	// Change opens an answered question again, within EditWindow.
	Change struct{ Question int }
	// Keep leaves the answer as it is that is being changed.
	Keep struct{ Question int }
	// Decline refuses the survey, or ends it early ("/cancel").
	Decline struct{}
	// Pause keeps the session for later; Resume, Open or an answer goes on.
	Pause struct{}
	// Resume goes on after Pause, and after the pre questions once the service is done.
	Resume struct{}
	// Expire ends the session when its time is over (now ≥ Session.Expires).
	Expire struct{}
	// Speak sets the session's language and shows the open question in it.
	Speak struct{ Lang string }
)

func (Open) input()    {}
func (Pick) input()    {}
func (Toggle) input()  {}
func (Done) input()    {}
func (Mean) input()    {}
func (Write) input()   {}
func (Attach) input()  {}
func (Skip) input()    {}
func (Leave) input()   {}
func (Back) input()    {}
func (Change) input()  {}
func (Keep) input()    {}
func (Decline) input() {}
func (Pause) input()   {}
func (Resume) input()  {}
func (Expire) input()  {}
func (Speak) input()   {}

// Effect is something to be shown or done because of an input. The set is closed.
type Effect interface{ effect() }

// The effects, in the order in which they are to be shown.
type (
	// Ask shows a question: a first time (a new message), or again in place (after
	// Toggle, Change, Back and Speak, and on returning to a question that was left).
	Ask struct {
		Question int
		Again    bool // the person already saw it: repeat it below what was said since
	}
	// Tell shows a message question (Kind MessageQ); the next effect goes on.
	Tell struct{ Question int }
	// Condense shows the answer in place of the question's buttons. It also follows when
	// an answer is dropped, or counts again, because another one changed.
	Condense struct {
		Question   int
		Changeable bool   // within EditWindow: with a Change button
		Wrote      string // the words that were taken for the answer just now, where they are others than its own
	}
	// Withdraw takes the buttons of a question that is no longer open away,
	// without an answer (back, expired, declined).
	Withdraw struct{ Question int }
	// Notice is a sentence to the person about what just happened.
	Notice struct {
		Code     NoticeCode
		Question int // the question it is about, or NoQuestion
	}
	// OffScript is words (or files) that answer nothing: kept and passed to staff.
	OffScript struct {
		Text  string
		Files []File
	}
	// Attempt is words that were meant as an answer and are none, or may be several: whoever
	// wrote them is asked again, or asked which, and the words are kept.
	Attempt struct{ Text string }
	// Judged says what the answers mean now. It follows every stored answer and the end.
	Judged struct{ Judgement Judgement }
	// Close says that the session ended just now: thanks by outcome. Revised: it had
	// ended before, and an answer changed since: the thanks are to be worded anew.
	Close struct {
		Status    Status
		Judgement Judgement
		Revised   bool
	}
)

func (Ask) effect()       {}
func (Tell) effect()      {}
func (Condense) effect()  {}
func (Withdraw) effect()  {}
func (Notice) effect()    {}
func (OffScript) effect() {}
func (Attempt) effect()   {}
func (Judged) effect()    {}
func (Close) effect()     {}

// NoticeCode names a sentence; the shell has its words in every language.
type NoticeCode string

// The notices.
const (
	NoticeEnded      NoticeCode = "ended"        // this survey has ended
	NoticeTooLate    NoticeCode = "too_late"     // the answer can no longer be changed
	NoticeNotOpen    NoticeCode = "not_open"     // that question is not open now
	NoticeUnclear    NoticeCode = "unclear"      // that is no answer to the open question
	NoticeTooLong    NoticeCode = "too_long"     // the text is longer than Question.Max
	NoticeTooMany    NoticeCode = "too_many"     // more options than Question.Max
	NoticeTooFew     NoticeCode = "too_few"      // fewer options than Question.Min
	NoticeNothing    NoticeCode = "nothing"      // Done without any option
	NoticeBadNumber  NoticeCode = "bad_number"   // not a number in the range
	NoticeBadDate    NoticeCode = "bad_date"     // not a date
	NoticeNotWhole   NoticeCode = "not_whole"    // a number with decimals where none are wanted
	NoticeDayRange   NoticeCode = "day_range"    // a date outside the question's days
	NoticeBadForm    NoticeCode = "bad_form"     // words that do not match the question's pattern
	NoticeHandedOn   NoticeCode = "handed_on"    // no answer, as often as it was asked: passed to staff, and the survey goes on
	NoticeBadPhone   NoticeCode = "bad_phone"    // not a phone number
	NoticeBadEmail   NoticeCode = "bad_email"    // not an e-mail address
	NoticeNeedFile   NoticeCode = "need_file"    // a file is expected
	NoticeFileTooBig NoticeCode = "file_too_big" // over the size limit
	NoticePaused     NoticeCode = "paused"       // kept for later
	NoticeKept       NoticeCode = "kept"         // passed to staff; the question stays open
	NoticeFirst      NoticeCode = "first"        // there is no question before this one
	NoticeUnchanged  NoticeCode = "unchanged"    // the same answer again: nothing changed
	NoticeWaiting    NoticeCode = "waiting"      // thanks; the rest after the service
)

// Transition is what an input did.
type Transition struct {
	Session Session
	Answer  *Answer // the reply that must be stored, or nil
	Effects []Effect
}

// Step is total and pure: no input is an error; one that does not apply leaves the
// session as it was (with a Notice where a person should hear of it). It never
// modifies what s points to.
func Step(f Flow, s Session, in Input, now time.Time) Transition { return step(&f, s, in, now) }
