package chat

import (
	"errors"
	"fmt"
	"time"
)

// ErrorKind answers the one question about a failed send: what now?
type ErrorKind string

// The kinds of errors. The zero value is not one of them.
const (
	Temporary   ErrorKind = "temporary"    // certainly not sent; try again after a pause
	RateLimited ErrorKind = "rate_limited" // certainly not sent; try again after RetryAfter
	Unreachable ErrorKind = "unreachable"  // this chat cannot be written to (blocked, kicked, never started)
	Rejected    ErrorKind = "rejected"     // the platform refuses this message for good: our fault
	InDoubt     ErrorKind = "in_doubt"     // it may or may not have been sent
	Revoked     ErrorKind = "revoked"      // the account's credentials are refused: every send will fail
	MovedChat   ErrorKind = "moved"        // not sent; the chat has the address To now
)

// Error is the error of every Sender. Its text names no secret and no customer's
// words.
type Error struct {
	Kind       ErrorKind
	RetryAfter time.Duration // RateLimited: at least this long
	Account    bool          // RateLimited: the whole account must wait, not only the chat
	Edits      bool          // RateLimited: only edits must wait; new messages may go on
	To         Address       // MovedChat: the new address
	Err        error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Kind)
	}
	return fmt.Sprintf("%s: %v", e.Kind, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error. An error of another type counts as InDoubt:
// nothing is known about it.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: InDoubt, Err: err}
}
