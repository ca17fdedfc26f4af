// Package privacy says what is kept of people, where, and what becomes of it: the one list
// of every column of the database (Columns), and the classes of data that an organisation
// keeps for as long as it says (Class, Retention).
package privacy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Class is data of people that is kept for one length of time.
type Class string

// The classes. Databases hold their texts.
const (
	Words         Class = "words"         // what somebody wrote: texts and files of answers, other words, what staff wrote back
	Conversations Class = "conversations" // who answered, and when: what is left is the marks
	Cases         Class = "cases"         // whose case it was, and what was done and noted
	Invitations   Class = "invitations"   // that nobody opened
	Messages      Class = "messages"      // as they were shown in chats
	Parked        Class = "parked"        // updates that could not be handled
	People        Class = "people"        // names, chat accounts, the organisation's own keys
)

// classes are all, in the order in which they are shown, with plain words for each.
var classes = []struct {
	class  Class
	what   string // is kept
	since  string // from when the days count
	leaves string // behind
}{
	{Words, "what customers wrote and sent, and what staff wrote to them", "the end of the conversation, once its case is closed", "marks and choices"},
	{Conversations, "who answered, when, and about which service", "the end of the conversation, once its case is closed", "marks and choices, with the day, site, service, survey, language, channel and who served"},
	{Cases, "whose case it was, notes, plans and history", "the opening of a case that is closed now", "its number, urgency, cause and outcome, with the day and site"},
	{Invitations, "invitations that nobody opened", "when the link ran out", "nothing"},
	{Messages, "messages as the chats show them", "when the message was last sent", "nothing"},
	{Parked, "updates that could not be handled", "when they came", "nothing"},
	{People, "names and chat accounts, and your own keys of customers", "when they were last heard of, once nothing else of them is left", "that they said stop, if they did, as a code that names nobody"},
}

// Classes lists every class, in the order in which they are shown.
func Classes() []Class {
	all := make([]Class, len(classes))
	for i, c := range classes {
		all[i] = c.class
	}
	return all
}

// What says in plain words what the class is; Since from when its days count; Leaves what is
// left when they are over.
func (c Class) What() string   { return c.row().what }
func (c Class) Since() string  { return c.row().since }
func (c Class) Leaves() string { return c.row().leaves }

func (c Class) row() (r struct{ what, since, leaves string }) {
	for _, k := range classes {
		if k.class == c {
			r.what, r.since, r.leaves = k.what, k.since, k.leaves
		}
	}
	return r
}

// ParseClass reads a class.
func ParseClass(text string) (Class, error) {
	c := Class(strings.ToLower(strings.TrimSpace(text)))
	if slices.Contains(Classes(), c) {
		return c, nil
	}
	var names []string
	for _, k := range Classes() {
		names = append(names, string(k))
	}
	return "", fmt.Errorf("there is no class of data %q. The classes are %s", text, strings.Join(names, ", "))
}

// MessageDays is how long messages are kept while nobody says otherwise: people reply to
// them, and buttons under them are pressed.
const MessageDays = 30

// MostDays bounds a length of time: a hundred years.
const MostDays = 36525

// Retention is how many days each class is kept. A class that is not in it is kept for good,
// and messages for MessageDays.
type Retention map[Class]int

// Set returns a copy in which a class is kept for so many days; 0 = for good.
func (r Retention) Set(c Class, days int) (Retention, error) {
	if days < 0 || days > MostDays {
		return nil, errors.New("say a number of days from 1 to 36525")
	}
	n := maps.Clone(r)
	if n == nil {
		n = Retention{}
	}
	if n[c] = days; days == 0 {
		delete(n, c)
	}
	return n, nil
}

// Days is how long a class is kept; false = for good.
func (r Retention) Days(c Class) (int, bool) {
	if days, ok := r[c]; ok && days > 0 {
		return days, true
	}
	if c == Messages {
		return MessageDays, true
	}
	return 0, false
}

// Before is the time before which data of the class goes; zero = nothing goes.
func (r Retention) Before(c Class, now time.Time) time.Time {
	days, ok := r.Days(c)
	if !ok {
		return time.Time{}
	}
	return now.AddDate(0, 0, -days)
}
