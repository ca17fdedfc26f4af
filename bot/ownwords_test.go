package bot

import (
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
)

// A page says of the customer's own words that they were delivered where staff are shown them, and
// that they are kept where nobody is.
func TestOwnWordsAreDeliveredOnceStaffAreShownThem(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		s := &story{world: newWorldOf(t, 1), staff: room, team: make(map[string]customer), old: make(map[string]string)}
		setStaff(s.bot, room)
		if deaf {
			setStaff(s.bot)
		}
		for _, step := range []string{
			"invite Ann platform=web flow=one_tap_csat site=main-street", "start", "say Is there parking?", // beside the question
			"tap 1", "say And I waited.", // once there is a case
		} {
			s.do(step)
		}
		own := 0
		for _, d := range s.transcript(s.who.address) {
			if l := d.Render.Layout; l != nil && l.Part == chat.PartOwn {
				if own++; l.Told == deaf {
					t.Errorf("deaf %v: %q is told: %v", deaf, d.Render.Text, l.Told)
				}
			}
		}
		if own < 2 {
			t.Errorf("deaf %v: the page shows %d own messages", deaf, own)
		}
	}
}
