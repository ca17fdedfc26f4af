package figures

import "errors"

// ErrTurn means that others have just the chosen days of a report counted, and that whoever asked has waited long
// enough: a minute later it may be free.
var ErrTurn = errors.New("another such count is under way")
