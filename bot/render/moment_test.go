package render

import (
	"testing"
	"time"
)

// The dates of plans, as staff type them: now is Wednesday, 27 May 2026, 12:00 in Berlin.
func TestMomentsAsPeopleWriteThem(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.May, 27, 12, 0, 0, 0, berlin)
	for in, want := range map[string]string{
		"2026-05-31 18:00": "2026-05-31 18:00", "2026-5-1": "2026-05-01 18:00", "2026/05/31 9:30": "2026-05-31 09:30",
		"2026年5月31日 18:00": "2026-05-31 18:00", "2026.05.31 18.00": "2026-05-31 18:00", "2026-05-31T18:00": "2026-05-31 18:00",
		"2026－05－31　18：00": "2026-05-31 18:00", "2026年5月31日18：00": "2026-05-31 18:00", "٢٠٢٦-٠٥-٣١ ١٨:٠٠": "2026-05-31 18:00",
		"03.12. 17:00": "2026-12-03 17:00", "03.12.2026 17:00": "2026-12-03 17:00", "3.12.26": "2026-12-03 18:00", "31.5.2026": "2026-05-31 18:00",
		"12.03.": "2027-03-12 18:00", "27.5.": "2026-05-27 18:00", "28/5 9:00": "2026-05-28 09:00", "5/28/2026": "2026-05-28 18:00", "6/6": "2026-06-06 18:00",
		"3 December 17:00": "2026-12-03 17:00", "Dec 3rd, 5 pm": "2026-12-03 17:00", "3 Mar": "2027-03-03 18:00", "May 28, 2026 at 9am": "2026-05-28 09:00",
		"3 de diciembre a las 5 de la tarde": "2026-12-03 17:00", "3 ديسمبر 17:00": "2026-12-03 17:00", "12月3日 下午5点": "2026-12-03 17:00",
		"tomorrow 5pm": "2026-05-28 17:00", "Tomorrow at 5 p.m.": "2026-05-28 17:00", "by tomorrow": "2026-05-28 18:00", "today 17:00": "2026-05-27 17:00",
		"day after tomorrow, 12:30am": "2026-05-29 00:30", "tomorrow noon": "2026-05-28 12:00", "mañana 17:00": "2026-05-28 17:00",
		"mañana a las 9 de la mañana": "2026-05-28 09:00", "pasado mañana": "2026-05-29 18:00", "غدًا الساعة 5 مساءً": "2026-05-28 17:00",
		"明天下午5点": "2026-05-28 17:00", "明天 17点半前": "2026-05-28 17:30", "后天": "2026-05-29 18:00", "今天 17:00": "2026-05-27 17:00",
		"friday": "2026-05-29 18:00", "Fri 9:15": "2026-05-29 09:15", "monday 5pm": "2026-06-01 17:00", "next tuesday": "2026-06-02 18:00",
		"el lunes": "2026-06-01 18:00", "يوم الجمعة 17:00": "2026-05-29 17:00", "下周五 15:00": "2026-06-05 15:00", "这周五": "2026-05-29 18:00", "周一": "2026-06-01 18:00",
		"17:00": "2026-05-27 17:00", "5pm": "2026-05-27 17:00", "at 17h": "2026-05-27 17:00",
		"in 25 min": "2026-05-27 12:25", "in 2 hours": "2026-05-27 14:00", "in an hour": "2026-05-27 13:00", "in 3 days": "2026-05-30 18:00", "in 3 days 9:00": "2026-05-30 09:00",
		"en 2 horas": "2026-05-27 14:00", "بعد ساعتين": "2026-05-27 14:00", "خلال 3 أيام": "2026-05-30 18:00", "2小时后": "2026-05-27 14:00", "3天内": "2026-05-30 18:00", "in a week": "2026-06-03 18:00",
	} {
		if got, ok := ParseMoment(in, now, berlin); !ok || got.In(berlin).Format("2006-01-02 15:04") != want {
			t.Errorf("%q is %s, %v; want %s", in, got.In(berlin).Format("2006-01-02 15:04"), ok, want)
		}
	}
	for _, in := range []string{
		"", "soon", "2026-13-01", "2026-05-31 25:00", "2026-05-31 18:00 sharp", "31.6.", "2026-02-30", // no dates
		"3/12", "3/12/2026", "tomorrow at 5", "tomorrow 5 o'clock", "5", "明天5点", "wednesday", "next friday", // two readings
		"tomorrow friday", "2026-05-31 18:00 19:00", "in 2 hours tomorrow", "13pm", "not tomorrow", "3.12", "99999",
	} {
		if got, ok := ParseMoment(in, now, berlin); ok {
			t.Errorf("%q is %s", in, got.In(berlin))
		}
	}
	// The hour that the clocks skip is no time, and "tomorrow" is the day on the site's wall.
	if got, ok := ParseMoment("tomorrow", time.Date(2026, time.May, 27, 23, 0, 0, 0, time.UTC), berlin); !ok || got.In(berlin).Day() != 29 {
		t.Errorf("tomorrow is %s, %v; want the 29th", got.In(berlin), ok)
	}
}
