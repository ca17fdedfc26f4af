package survey

import "time"

// Status is the state of a Session.
type Status string

// The states. Completed, Partial, Declined and Expired (which is Partial with no
// answer at all) are final and stay final; a Change within the edit window revises
// an answer and leaves the status as it is.
const (
	New       Status = "new"       // not opened yet
	Active    Status = "active"    // a question is open, or the session is paused
	Waiting   Status = "waiting"   // after its pre questions, until the service is done
	Completed Status = "completed" // every question that applied was answered or skipped
	Partial   Status = "partial"   // ended with at least one answer, before the end
	Declined  Status = "declined"  // refused before the first answer
	Expired   Status = "expired"   // ended without any answer
)

// Final reports whether the session has ended.
func (s Status) Final() bool {
	return s == Completed || s == Partial || s == Declined || s == Expired
}

// EditWindow is how long an answer can be changed after it was given.
const EditWindow = 15 * time.Minute

// NoQuestion is the value of Session.Open while no question is open.
const NoQuestion = -1

// Session is one respondent's run through one Flow, pinned to that version.
type Session struct {
	ID         string            `json:"id"` // UUID; also the seed of rotation ("" rotates nothing)
	Flow       string            `json:"flow"`
	Version    int               `json:"version"`
	Status     Status            `json:"status"`
	Lang       string            `json:"lang,omitempty"`    // BCP 47; "" = the flow's first
	Order      []int             `json:"order,omitempty"`   // indexes into Flow.Questions, rotation applied; set by Open
	Open       int               `json:"open"`              // index of the open question, or NoQuestion; also after the end while an answer is changed
	Editing    bool              `json:"editing,omitempty"` // Open is being answered again
	Toggled    []int             `json:"toggled,omitempty"` // options chosen so far in an open multiple choice
	Doubt      *Doubt            `json:"doubt,omitempty"`   // what words at the open question may mean
	Retried    bool              `json:"retried,omitempty"` // the open question was already asked again after off-script words
	Tries      int               `json:"tries,omitempty"`   // how often something was no answer to the open question, where it counts
	Paused     bool              `json:"paused,omitempty"`
	Answers    []Answer          `json:"answers,omitempty"`    // the newest revision of each answered question, in the order first given
	StopAsked  bool              `json:"stop_asked,omitempty"` // whether no more surveys are wanted was asked; kept by the shell
	Said       []string          `json:"said,omitempty"`       // words that answered nothing, the newest last: for the staff card; kept by the shell
	Attributes map[string]string `json:"attributes,omitempty"` // of the event: placeholders and event.* conditions
	Test       bool              `json:"test,omitempty"`       // never counted
	Started    time.Time         `json:"started,omitzero"`
	Last       time.Time         `json:"last,omitzero"` // of the newest answer
	Ended      time.Time         `json:"ended,omitzero"`
	Expires    time.Time         `json:"expires,omitzero"` // set by Open and by Resume after the service; MaxWait ahead while Waiting
}

// Answer is one recorded reply. Revisions are kept; the newest counts.
type Answer struct {
	Question string    `json:"q"`
	Value    *float64  `json:"v,omitempty"` // scale and number questions, raw (before Reverse)
	Choices  []string  `json:"c,omitempty"` // choice questions, in the order of the list
	Text     string    `json:"t,omitempty"` // text, contact and date questions
	Files    []File    `json:"f,omitempty"`
	Skipped  bool      `json:"s,omitempty"`
	Left     Left      `json:"l,omitempty"` // why it was skipped, where that was said
	Revision int       `json:"r"`           // from 1
	At       time.Time `json:"at"`
	Dropped  bool      `json:"d,omitempty"` // its condition stopped holding: kept, not judged
}

// Left says why a question was left without an answer.
type Left string

// The reasons. The empty one is a skip: nothing was said.
const (
	LeftDontKnow  Left = "dont_know"  // "I don't know"
	LeftPreferNot Left = "prefer_not" // "I'd rather not say"
	LeftUnclear   Left = "unclear"    // what was written was no answer, as often as the question was asked
)

// File is a file that stays on its platform, kept by reference.
type File struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Size int64  `json:"size,omitempty"`
}

// Answer returns the newest answer to the question with this key.
func (s Session) Answer(key string) (Answer, bool) {
	for _, a := range s.Answers {
		if a.Question == key {
			return a, true
		}
	}
	return Answer{}, false
}
