package invitation

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/recovery"
)

// Arm is one of the two ways of an experiment.
type Arm string

// The arms.
const (
	UsualArm Arm = "usual" // what the trigger does
	OtherArm Arm = "other" // what the experiment does in its place
)

// Arms lists both.
func Arms() []Arm { return []Arm{UsualArm, OtherArm} }

// Experiment is what a trigger does differently with half of its customers: it asks another survey,
// or after another time.
type Experiment struct {
	Name  string         // by which figures call it; a file that gives none has that of the trigger
	Ask   string         // the other survey; "" = the delays differ
	After *recovery.Span // the other delay; nil = the surveys differ
	Base  int            // per cent of those who are asked that answer, as was thought before it began
}

// UsualBase is the share of answers, in per cent, by which an experiment is planned if nobody says another. It takes
// all but three in a thousand of the customers that the share takes which takes the most: it is planned large enough,
// or almost, whatever the share is.
const UsualBase = 50

// Draw says in which arm of an experiment a customer is.
type Draw func(experiment, customer string) Arm

// DrawBy draws by a secret key, half and half: the same customer is always in the same arm of an
// experiment, in every process and after every restart, and nobody who lacks the key can tell in which.
func DrawBy(key []byte) Draw {
	return func(experiment, customer string) Arm {
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(experiment + "\x00" + customer))
		if mac.Sum(nil)[0]&1 == 0 {
			return UsualArm
		}
		return OtherArm
	}
}

// What an experiment compares, as its key says it.
const (
	ofSurveys = "ask"
	ofDelays  = "after"
)

// Compared is an experiment as its key has it. Whoever changes anything of it makes another key, so that no
// figure is ever made of two experiments.
type Compared struct {
	Name         string
	Base         int
	Surveys      bool   // its arms are surveys; else delays
	Usual, Other string // the survey, or the delay
}

// Key is by what an experiment is known wherever something of it is kept.
func (c Compared) Key() string {
	kind := ofDelays
	if c.Surveys {
		kind = ofSurveys
	}
	return strings.Join([]string{c.Name, strconv.Itoa(c.Base), kind, c.Usual, c.Other}, "/")
}

// Of is what an arm does: the survey, or the delay.
func (c Compared) Of(a Arm) string {
	if a == OtherArm {
		return c.Other
	}
	return c.Usual
}

// Holds reports whether a survey is held against another one.
func (c Compared) Holds(flow string) bool { return c.Surveys && (flow == c.Usual || flow == c.Other) }

// ComparedBy reads a key; false where it is none.
func ComparedBy(key string) (c Compared, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 5 || parts[2] != ofSurveys && parts[2] != ofDelays {
		return c, false
	}
	base, err := strconv.Atoi(parts[1])
	return Compared{Name: parts[0], Base: base, Surveys: parts[2] == ofSurveys, Usual: parts[3], Other: parts[4]}, err == nil
}

// Compares is the experiment of a trigger; false where it has none.
func (t *Trigger) Compares() (c Compared, ok bool) {
	x := t.Experiment
	if x == nil {
		return c, false
	}
	c = Compared{Name: x.Name, Base: x.Base, Surveys: x.Ask != "", Usual: t.Ask, Other: x.Ask}
	if !c.Surveys {
		c.Usual, c.Other = spanText(t.After), spanText(x.After)
	}
	return c, true
}

// spanText is a delay; one that is not said is the survey's own.
func spanText(s *recovery.Span) string {
	if s == nil {
		return ""
	}
	return s.String()
}

// Keep is the trigger once its experiment has ended, with one of the arms for everybody.
func (t Trigger) Keep(a Arm) Trigger {
	if x := t.Experiment; x != nil && a == OtherArm {
		if x.Ask != "" {
			t.Ask = x.Ask
		} else {
			t.After = x.After
		}
	}
	t.Experiment = nil
	return t
}

// drawn is the trigger as it is for a customer, with the key of its experiment and their arm.
func (p Policy) drawn(t Trigger, customer string) (_ Trigger, experiment string, arm Arm) {
	c, ok := t.Compares()
	if !ok || p.Draw == nil {
		return t, "", ""
	}
	experiment = c.Key()
	arm = p.Draw(experiment, customer)
	return t.Keep(arm), experiment, arm
}

// alikeSurveys reports whether two surveys are one to the limits: both arms of an experiment are. Else those
// who answered the usual one lately would be left in peace in one of the arms only.
func (t *Trigger) alikeSurveys(a, b string) bool {
	if a == b {
		return true
	}
	x := t.Experiment
	return x != nil && x.Ask != "" && (a == t.Ask && b == x.Ask || a == x.Ask && b == t.Ask)
}
