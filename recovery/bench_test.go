package recovery

import "testing"

// What a sweep does for every open case.
func BenchmarkNextClock(b *testing.B) {
	rules := defaults()
	rules.Hours = Hours{Zone: in0(b, "Europe/Berlin"), Week: office, Holidays: holidays(Date{2026, 4, 3}, Date{2026, 4, 6}, Date{2026, 12, 25})}
	c, _ := OpenCase(rules, Case{ID: "c"}, low, noon)
	for b.Loop() {
		if _, ok := NextClock(rules, c); !ok {
			b.Fatal("nothing falls due")
		}
	}
}

// What a button in a chat does.
func BenchmarkTake(b *testing.B) {
	rules := defaults()
	c, _ := OpenCase(rules, Case{ID: "c"}, low, noon)
	for b.Loop() {
		if _, _, err := Apply(rules, c, Take{}, ann, noon); err != nil {
			b.Fatal(err)
		}
	}
}
