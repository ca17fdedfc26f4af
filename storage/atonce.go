package storage

import "errors"

// mostMeetings is how often a change is tried that meets changes of others.
const mostMeetings = 10

// Repeated does what reads something and writes it in the place of what it read, until nobody else has changed it in
// between. Its error is ErrChanged if somebody always had.
func Repeated(does func() error) (err error) {
	for range mostMeetings {
		if err = does(); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return err
}
