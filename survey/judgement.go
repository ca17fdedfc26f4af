package survey

// Judgement is what the answers mean. Nil and zero mean "no value".
type Judgement struct {
	Composite   *float64           `json:"composite"`             // 0–100: Σwᵢsᵢ / Σwᵢ over answered scored questions
	Coverage    float64            `json:"coverage"`              // answered weight / all scored weight, 0–1
	Level       int                `json:"level,omitempty"`       // by the flow's bands, 1–7 in the shipped ladder; 0 = none
	Low         bool               `json:"low,omitempty"`         // Level is an unsatisfied one, below the bands' cut
	Flag        Flag               `json:"flag,omitempty"`        // the primary answer's
	Gap         *float64           `json:"gap"`                   // perception − expectation, in scale steps
	GapState    GapState           `json:"gap_state,omitempty"`   //
	GapIgnored  bool               `json:"gap_ignored,omitempty"` // the flow says that the gap calls nobody
	Delighted   bool               `json:"delighted,omitempty"`   // gap ≥ 1
	Dimensions  map[string]float64 `json:"dimensions,omitempty"`  // mean score by quality dimension, 0–100
	Unsatisfied bool               `json:"unsatisfied"`

	// Mood is the level of the worst answer: of the primary question, of an attribute, or
	// of all together; 0 where none has a level.
	Mood int `json:"mood,omitempty"`
	// Contradictory says that the answers cannot all be meant: the ladder says at each level
	// how far expectations were met, and the gap says otherwise; or the customer is satisfied
	// with a recovery of which every side was as unfair as can be. Kept in all figures.
	Contradictory bool `json:"contradictory,omitempty"`

	// What the alert rules look at (package recovery).
	Primary  Primary  `json:"primary,omitzero"`
	Critical []string `json:"critical,omitempty"` // keys of questions answered with a critical value
	Bottom   []string `json:"bottom,omitempty"`   // keys of attributes answered at the bottom of their scale
	Settled  bool     `json:"settled,omitempty"`  // every scored question is answered or skipped, or the session ended
	Ended    bool     `json:"ended,omitempty"`
}

// Unhappy reports whether somebody is to be treated as one who was let down: unsatisfied, or
// a single aspect got the lowest mark. What is asked next, the thanks and the permission to
// get in touch go by it; who complained in so many words is unhappy whatever was answered.
func (j *Judgement) Unhappy() bool { return j.Unsatisfied || len(j.Bottom) > 0 }

// Primary describes the answer to the primary question, as far as rules need it.
type Primary struct {
	Key      string  `json:"key,omitempty"`
	Scale    string  `json:"scale,omitempty"`
	Value    float64 `json:"value,omitempty"`  // raw
	Level    int     `json:"level,omitempty"`  // of its score on a ladder scale; 0 on others
	Lowest   bool    `json:"lowest,omitempty"` // the lowest option of its scale
	Answered bool    `json:"answered,omitempty"`
	Silent   bool    `json:"silent,omitempty"` // alert: never

	BottomOnly bool `json:"bottom_only,omitempty"` // alert: bottom; by itself only the lowest option calls staff
}

// GapState is the three-state reading of the gap (domain S2).
type GapState string

// The gap states.
const (
	GapUnsatisfied   GapState = "unsatisfied"
	GapSatisfied     GapState = "satisfied"
	GapVerySatisfied GapState = "very_satisfied"
)

// Judge computes what the newest answers mean. ended says that no more will come.
// Skipped and Dropped answers count as not answered (a skip still settles).
func Judge(f Flow, answers []Answer, ended bool) Judgement { return judge(&f, answers, ended) }

// Problem is one thing that Check finds.
type Problem struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`               // stable, snake_case
	Question string   `json:"question,omitempty"` // key
	Message  string   `json:"message"`            // a plain sentence that says what to do
}

// Severity separates what refuses a publication from what only deserves a look.
type Severity string

// The severities.
const (
	Fatal   Severity = "error"
	Warning Severity = "warning"
)

// Check finds unreachable questions, dead conditions, missing languages, broken
// scale and band invariants, a missing or second primary question, more than seven
// scored questions, and the like. An empty result means nothing was found.
func Check(f Flow) []Problem { return check(&f) }
