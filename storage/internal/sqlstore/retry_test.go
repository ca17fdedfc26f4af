package sqlstore

import (
	"errors"
	"testing"

	"github.com/aftercare/aftercare/storage"
)

// TestWhatMayBeRepeatedIsNotRefused: a refusal is for good. What may be stored all the same, and what somebody else
// made at the same moment, is asked for again.
func TestWhatMayBeRepeatedIsNotRefused(t *testing.T) {
	cause := errors.New("the cause")
	for name, c := range map[string]struct {
		fault Fault
		err   error
		want  error // of a turn
		other error // of whatever is no turn
	}{
		"refused":          {Refused, cause, storage.ErrRefused, storage.ErrRefused},
		"refused in doubt": {Refused, errDoubt{cause}, storage.ErrUnavailable, storage.ErrUnavailable},
		"taken":            {Taken, cause, storage.ErrRefused, storage.ErrUnavailable},
		"taken in doubt":   {Taken, errDoubt{cause}, storage.ErrUnavailable, storage.ErrUnavailable},
		"broken":           {Broken, cause, storage.ErrUnavailable, storage.ErrUnavailable},
	} {
		s := &Store{dialect: Dialect{Fault: func(error) Fault { return c.fault }, Describe: error.Error}}
		for what, got := range map[string][2]error{"a turn": {s.failed(c.err), c.want}, "anything else": {s.unreadable(c.err), c.other}} {
			if !errors.Is(got[0], got[1]) {
				t.Errorf("%s: %s gets %v, want %v", name, what, got[0], got[1])
			}
		}
	}
}
