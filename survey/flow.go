// Package survey says what is asked and what an answer means. It is pure: no
// clock, no database, no network, no randomness. The time is an argument.
//
// A Flow is one published, immutable version of a questionnaire. A Session is one
// respondent's run through it. Step is the transition function of that run; Judge
// computes what the answers mean; Check finds what is wrong with a flow.
package survey

import "time"

// Text is words by language: BCP 47 tag → words.
type Text map[string]string

// In returns the words in the first of langs that has any, else in fallback
// languages of the flow, else "". The rule is in docs/flows.md: exact tag, then the
// same base language ("zh" finds "zh-Hans"), then the flow's languages in order.
func (t Text) In(langs ...string) string { return textIn(t, langs) }

// Exactly returns the words in this language, under any of its codes, or "".
func (t Text) Exactly(lang string) string { return textIn(t, []string{lang}) }

// Naming says as whom staff know those who answer.
type Naming string

// The identities. The empty one is Named.
const (
	Named        Naming = "named"        // by the name in the chat
	Pseudonymous Naming = "pseudonymous" // by a mark; who it is, is told to leads who ask
)

// Praise says whether delighted answers are passed on to those who served the customer.
type Praise string

// The ways of praise. The empty one passes nothing on.
const (
	PraiseNamed     Praise = "named"     // with the customer's name, unless Naming hides it
	PraiseAnonymous Praise = "anonymous" // without it
)

// Class decides which contact clock a flow obeys and whether it can open cases.
type Class string

// The classes of flows.
const (
	Transactional Class = "transactional"
	Relationship  Class = "relationship"
	Recovery      Class = "recovery"
	Pulse         Class = "pulse"   // staff pulse: never opens a case
	Mystery       Class = "mystery" // mystery shopper: never opens a case, never counted with customers
)

// Flow is one version of a questionnaire. It is never changed once published.
type Flow struct {
	ID          string
	Version     int // from 1; 0 = not published
	Class       Class
	Naming      Naming
	Praise      Praise
	Title       Text
	Languages   []string // the first is the fallback
	Delay       time.Duration
	Expires     time.Duration // how long an opened session stays open; 0 = 72 h
	MinCoverage float64       // share of the scored weight that a composite needs; 0 = 0.5
	GapTol      float64       // |gap| up to which expectation counts as met
	GapIgnored  bool          // gap state does not make a session unsatisfied
	Bands       BandSet
	Attributes  []string        // of the event, that texts may name beside the known ones
	Thanks      []Thanks        // by condition; the first that holds stands in the place of those by outcome
	Texts       map[string]Text // invitation, intro, thanks_satisfied, thanks_neutral, thanks_unsatisfied, thanks_no_contact, …; missing = the shipped ones
	Questions   []Question      // in the order of the file
}

// Thanks are last words for those of whom a condition holds.
type Thanks struct {
	When *Cond // over all answers; nil = whoever is left
	Say  Text
}

// Kind is a kind of question.
type Kind string

// The kinds of questions.
const (
	ScaleQ   Kind = "scale"   // one of Scale.Options
	ChoiceQ  Kind = "choice"  // one, or up to Max, of Choices
	TextQ    Kind = "text"    // words
	NumberQ  Kind = "number"  // a number from Min to Max
	ContactQ Kind = "contact" // phone, e-mail, preferred way or time: see Contact
	FileQ    Kind = "file"    // photo, voice note or file, kept by reference
	DateQ    Kind = "date"    // a calendar date, ISO 8601
	MessageQ Kind = "message" // words without a question
)

// AlertMode says when a question by itself may call staff.
type AlertMode string

// The alert modes. The empty mode is AlertAlways for the primary question and
// critical values, AlertBottom for attributes.
const (
	AlertDefault AlertMode = ""
	AlertAlways  AlertMode = "always"
	AlertBottom  AlertMode = "bottom"
	AlertNever   AlertMode = "never"
)

// Phase says when in the service a question is asked.
type Phase string

// The phases. A session waits after its Pre questions until it is resumed.
const (
	Post Phase = ""
	Pre  Phase = "pre"
)

// Question is one thing asked. Its Key keeps its trend over versions.
type Question struct {
	Key       string
	Kind      Kind
	Ask       Text
	Scale     Scale    // ScaleQ
	Choices   []Choice // ChoiceQ
	Max       int      // ChoiceQ: most choices, 1 = single; TextQ: most characters; NumberQ uses MinValue, MaxValue
	Min       int      // ChoiceQ: least choices; 0 = one
	Shuffle   bool     // ChoiceQ: shown in an order that the session's id decides; see Session.Shown
	MinValue  float64  // NumberQ
	MaxValue  float64  // NumberQ
	Whole     bool     // NumberQ: without decimals
	Contact   string   // ContactQ: phone, email, way, time
	Long      bool     // TextQ: several sentences are welcome
	Pattern   string   // TextQ: the whole answer matches this regular expression (RE2)
	From      Day      // DateQ: the first day that is an answer; "" = any
	Until     Day      // DateQ: the last one
	Example   Text     // typed kinds: words that are an answer, shown where one is typed
	Error     Text     // typed kinds: said in place of the shipped words when something is no answer
	Retries   int      // how often it is asked again after what is no answer; then staff have the words, and it is left; 0 = always
	DontKnow  bool     // draws a button "I don't know"
	PreferNot bool     // draws a button "I'd rather not say"
	Matrix    *Matrix  // of which it is one row; nil = it stands alone
	Row       Text     // what the row is called
	Primary   bool
	Optional  bool // draws a Skip button; every question accepts a skip
	Weight    float64
	Dimension string // tangibles, reliability, responsiveness, assurance, empathy
	Mix       string // product, price, place, promotion, people, physical_evidence, process
	Justice   string // distributive, procedural, interactional
	Factor    string // attraction, satisfaction, participation (loyalty index)
	Measure   string // price_sensitivity, competitor_attitude, tolerance, …
	Reported  string // "gap": the value is the expectation gap
	Reverse   bool   // x' = min + max − x before anything else
	Critical  []float64
	Calls     []string // ChoiceQ: choices that call staff by themselves; "critical" in a file
	Alert     AlertMode
	Phase     Phase
	Pair      string // key of the Pre question that asks the expectation
	Rotate    string // questions of one group are shuffled by the session's id
	When      *Cond  // nil = always
}

// Matrix is a question that is asked about several things in turn, each in a message of its
// own. Its rows are questions of the flow, one after the other.
type Matrix struct {
	Key string // of the matrix; those of its rows are their own
	Ask Text   // with {row} where the row's name goes
}

// Scored reports whether the question takes part in the composite: weight above 0.
func (q Question) Scored() bool { return q.Weight > 0 }

// Scale is an ordered set of labelled values, worst first.
type Scale struct {
	Key     string
	Ladder  bool // labels name levels of the band set: scores lie in the ranges of those levels
	Options []Option
	MinText Text // words at the ends, for scales whose options are bare numbers (NPS)
	MaxText Text
	// PlainWords says that plain words of judgement ("bad", "很好", 👍) are answers when typed.
	PlainWords bool
}

// Option is one value of a Scale with its own score and flag.
type Option struct {
	Value  float64
	Label  Text
	Short  Text     // the label on a button, where the whole one is too wide for a phone
	Score  *float64 // 0–100; nil = unscored
	Flag   Flag
	Symbol string   // an emoji shown beside the words, never instead of them; may be empty
	Also   []string // typed words that mean this option too, in any language
}

// Choice is one item of a choice list.
type Choice struct {
	Key       string
	Label     Text
	Also      []string // typed words that mean this choice too, in any language
	Other     bool     // words may go with it: what else it is
	Exclusive bool     // goes with no other choice: "None of these"
	Dimension string
	Mix       string
}

// Flag is what an option says of its respondent.
type Flag string

// The flags, worst first. Delighted counts as satisfied in CSAT.
const (
	NoFlag      Flag = ""
	Unsatisfied Flag = "unsatisfied"
	Neutral     Flag = "neutral"
	Satisfied   Flag = "satisfied"
	Delighted   Flag = "delighted"
)

// Unhappy is what a condition may ask of the judgement beside the flags: Judgement.Unhappy.
// No option has it.
const Unhappy Flag = "unhappy"

// Band is one level of the ladder: scores in [Low, High), the last one closed.
type Band struct {
	Level       int // from 1, worst first
	Low, High   float64
	Name        Text
	Expectation Text // how far expectations were met
	Indication  Text // the mood that staff should expect
	Unsatisfied bool
}

// BandSet is a ladder over [0, 100] with exactly one cut between unsatisfied and
// the rest (domain: bands are half-open intervals).
type BandSet []Band

// Cond is a condition over the answers so far, as data. Exactly one of its forms is
// used: All, Any, Not, or a test of one Subject.
type Cond struct {
	All, Any []Cond
	Not      *Cond

	Subject  string   // a question key, "primary", "judgement" or "event.ATTRIBUTE"
	Flags    []Flag   // the subject's flag is one of these
	Values   []string // its value (number, choice key or attribute) is one of these
	Below    *float64
	Above    *float64
	AtMost   *float64
	AtLeast  *float64
	Contains string   // a multiple choice contains this key
	Mentions []string // its words hold one of these, as words of their own
	Left     Left     // it was left for this reason; true of no answer that was given
	Answered *bool    // about a missing or skipped answer only this can be true, also under Not
}
