package webchat

import (
	"testing"
	"time"
)

// A line between days names the day as people do: today, a day of the last week by its name, an
// earlier one by its date in words, in each language; never as a machine writes it.
func TestDaysAreNamedAsPeopleDo(t *testing.T) {
	now := time.Date(2026, 3, 11, 15, 0, 0, 0, time.UTC)
	s := &site{words: newDictionary(), Config: Config{Clock: func() time.Time { return now }}}
	for lang, want := range map[string][4]string{
		"en":      {"Today", "Friday", "Wednesday, March 4", "December 31, 2025"},
		"zh-Hans": {"今天", "星期五", "3月4日（星期三）", "2025年12月31日"},
		"es":      {"Hoy", "viernes", "miércoles 4 de marzo", "31 de diciembre de 2025"},
		"ar":      {"اليوم", "الجمعة", "الأربعاء 4 مارس", "31 ديسمبر 2025"},
	} {
		for i, at := range []time.Time{now, now.AddDate(0, 0, -5), now.AddDate(0, 0, -7), time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC)} {
			if got := s.day(at, Visitor{}, s.words[s.words.choose(lang)]); got != want[i] {
				t.Errorf("%s: %s is %q, want %q", lang, at.Format(time.DateOnly), got, want[i])
			}
		}
	}
}
