package page

import (
	"errors"
	"net/http"
)

// Code says what kind of failure an Error is. The set is closed: Codes lists it, and each
// has one HTTP status.
type Code string

// The codes.
const (
	Garbled     Code = "garbled"     // what was sent is no form of ours
	Invalid     Code = "invalid"     // a field holds what it must not
	Forbidden   Code = "forbidden"   // this person may not, or another website asked
	NotFound    Code = "not_found"   // there is no such thing, or not for this person
	Gone        Code = "gone"        // there was such a thing
	TooLarge    Code = "too_large"   // more was sent than is read
	Failed      Code = "failed"      // the program is at fault
	Unavailable Code = "unavailable" // something that is needed is away; trying again helps
)

var statuses = map[Code]int{
	Garbled:     http.StatusBadRequest,
	Invalid:     http.StatusBadRequest,
	Forbidden:   http.StatusForbidden,
	NotFound:    http.StatusNotFound,
	Gone:        http.StatusGone,
	TooLarge:    http.StatusRequestEntityTooLarge,
	Failed:      http.StatusInternalServerError,
	Unavailable: http.StatusServiceUnavailable,
}

// Codes lists all codes.
func Codes() []Code {
	return []Code{Garbled, Invalid, Forbidden, NotFound, Gone, TooLarge, Failed, Unavailable}
}

// Status is the code as HTTP says it.
func (c Code) Status() int { return statuses[c] }

// Error is a failure as a person is told of it.
type Error struct {
	Code  Code
	Field string // name of the form's field that it is about, "" = no one field
	Title string // heads a page that says nothing else
	Text  string // what is wrong and what to do, in plain words; it may be shown to anyone
	Err   error  // why, for the log only; nil where the text says all
}

// Error implements error, for the log.
func (e *Error) Error() string {
	text := string(e.Code)
	for _, more := range []string{e.Field, e.Text} {
		if more != "" {
			text += ": " + more
		}
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns why it is so.
func (e *Error) Unwrap() error { return e.Err }

// AsError is err as a person is told of it: the Error in it or, for any other, a failure of
// the program without words.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: Failed, Err: err}
}
