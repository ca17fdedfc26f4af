package render

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/recovery"
	"github.com/google/uuid"
)

func TestTheDataOfACardsButtons(t *testing.T) {
	id := uuid.NewString()
	acts := []recovery.ActKind{NoMenu}
	for a := range caseLetters {
		acts = append(acts, a)
	}
	for _, act := range acts {
		for _, p := range []Pressed{
			{Hash: 0xfffe, Case: id, Act: act},
			{Case: id, Act: act, Menu: act != NoMenu},
			{Hash: 7, Case: id, Act: act, Menu: act != NoMenu, Choice: strings.Repeat("x", LongestChoice), Mask: 255},
		} {
			data := p.Encode()
			got, ok := DecodePressed(data)
			if !ok || got != p || len(data) > 64 {
				t.Errorf("%+v became %q (%d bytes) and %+v, %v", p, data, len(data), got, ok)
			}
			if _, ok := Decode(data); ok {
				t.Errorf("%q is a survey's button too", data)
			}
		}
	}
	good := Pressed{Hash: 7, Case: id, Act: recovery.ActResolve, Choice: "price", Mask: 3}.Encode()
	for _, bad := range []string{"", "1k", good[:20], good + ".", good + "9", good[:len(good)-1], good[:len(good)-1] + "256", "2" + good[1:], strings.Replace(good, ".price", ".pr-ce", 1), strings.Replace(good, "r.price", "q.price", 1), strings.Replace(good, "r.price", "B.price", 1)} {
		if p, ok := DecodePressed(bad); ok && p.Encode() != bad {
			t.Errorf("%q is taken for %+v", bad, p)
		}
	}
}
