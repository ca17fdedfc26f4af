package survey

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTypedAnswersToAScale(t *testing.T) {
	thumbs := ladderScale("thumbs2", []float64{0, 1}, [][2]string{{"Not satisfied", "不满意"}, {"Satisfied", "满意"}}, []float64{15, 70}, "US")
	thumbs.Options[0].Symbol, thumbs.Options[1].Symbol = "👎", "👍️"
	nps := nps11()
	nps.Options[0].Label = both("0 - Not at all likely", "0 完全不可能")
	const none, unclear = -1, -2
	for _, row := range []struct {
		scale Scale
		words string
		value float64
		is    int
	}{
		{csat5(), "2", 2, 0},
		{csat5(), " 2. ", 2, 0},
		{csat5(), "2/5", 2, 0},
		{csat5(), "2 / 5", 2, 0},
		{csat5(), "2 of 5", 2, 0},
		{csat5(), "2 out of 5", 2, 0},
		{csat5(), "2 stars", 2, 0},
		{csat5(), "two stars", 2, 0},
		{csat5(), "Two", 2, 0},
		{csat5(), "1 star", 1, 0},
		{csat5(), "2分", 2, 0},
		{csat5(), "两颗星", 2, 0},
		{csat5(), "dos estrellas", 2, 0},
		{csat5(), "٢", 2, 0},
		{csat5(), "ثلاث نجوم", 3, 0},
		{csat5(), "२", 2, 0},
		{csat5(), "⭐⭐⭐", 3, 0},
		{csat5(), "★★☆☆☆", 2, 0},
		{csat5(), "２／５", 2, 0},
		{csat5(), "very dissatisfied", 1, 0},
		{csat5(), "VERY  Dissatisfied!", 1, 0},
		{csat5(), "ｖｅｒｙ ｄｉｓｓａｔｉｓｆｉｅｄ", 1, 0},
		{csat5(), "“Satisfied”", 4, 0},
		{csat5(), "很不满意。", 1, 0},
		{csat5(), "\u200fneutral\u200b", 3, 0},
		{csat5(), "6", 0, unclear},
		{csat5(), "0", 0, unclear},
		{csat5(), "2.5", 0, unclear},
		{csat5(), "-2", 0, unclear},
		{csat5(), "2/7", 0, unclear},
		{csat5(), "ten", 0, unclear},
		{csat5(), "★★★★★★", 0, unclear},
		{csat5(), "2 people were rude", 0, none},
		{csat5(), "I am satisfied with the haircut", 0, none},
		{csat5(), "1/2/3", 0, none},
		{csat5(), "inf", 0, none},
		{csat5(), strings.Repeat("2", 500), 0, none},
		{ladder7(), "4/7", 4, 0},
		{nps, "0", 0, 0},
		{nps, "10", 10, 0},
		{nps, "7/10", 7, 0},
		{nps, "not at all likely", 0, 0},
		{nps, "11", 0, unclear},
		{thumbs, "👍", 1, 0},
		{thumbs, "👎", 0, 0},
		{thumbs, "满意", 1, 0},
		{thumbs, "不满意", 0, 0},
		// People see words and would count the buttons: only a sign makes a number clear.
		{expect5(), "-1", -1, 0},
		{expect5(), "−2", -2, 0},
		{expect5(), "+1", 1, 0},
		{expect5(), "0", 0, 0},
		{expect5(), "2", 0, unclear},
		{resolved3(), "2", 0, unclear},
		{resolved3(), "partly", 1, 0},
		{resolved3(), "yes", 2, 0},
		// A sign before a digit is praise, or nothing that can be counted.
		{csat5(), "+1", 0, unclear},
		{csat5(), "-1", 0, unclear},
		{csat5(), "＋２", 0, unclear},
		{nps, "+5", 0, unclear},
		// Whatever keyboard it comes from.
		{csat5(), "2️⃣", 2, 0},
		{csat5(), "②", 2, 0},
		{csat5(), "❷", 2, 0},
		{csat5(), ":two:", 2, 0},
		{csat5(), ":star::star:", 2, 0},
		{csat5(), "5⭐", 5, 0},
		{nps, "🔟", 10, 0},
		{csat5(), "0x1", 0, none},
		{csat5(), "2e0", 0, none},
		{csat5(), "½", 0, none},
		{csat5(), "4½", 0, none},
		{thumbs, "👍🏻", 1, 0},
		{thumbs, "👎👎👎", 0, 0},
		{thumbs, ":thumbsup::skin-tone-4:", 1, 0},
		{thumbs, "👍👎", 0, none},
	} {
		q := scaleQ("q", row.scale, 1)
		options, m := q.matchScale(row.words, "en")
		option := append(options, 0)[0]
		switch {
		case row.is == none && m != noMatch, row.is == unclear && m != notClear:
			t.Errorf("%s %q: option %d, %d", row.scale.Key, row.words, option, m)
		case row.is == 0 && (m != oneOption || q.Scale.Options[option].Value != row.value):
			t.Errorf("%s %q: option %d, %d, want %v", row.scale.Key, row.words, option, m, row.value)
		}
	}
}

func TestTypedAnswersToAChoice(t *testing.T) {
	reasons := choiceQ("reason", 3, "slow", "rude", "dear", "other")
	reasons.Choices[0].Label = both("Too slow, too late", "太慢,响应不及时")
	reasons.Choices[2].Label = both("Price / value", "价格")
	contact := choiceQ("contact", 1)
	for key, label := range map[string]Text{"here": both("Yes, in this chat", "可以,就在这里联系"), "phone": both("Yes, by phone", "可以,请打电话"), "no": both("No, thanks", "不用了")} {
		contact.Choices = append(contact.Choices, Choice{Key: key, Label: label})
	}
	slices.SortFunc(contact.Choices, func(a, b Choice) int { return strings.Compare(a.Key, b.Key) })
	for _, row := range []struct {
		q     Question
		words string
		keys  string
		is    matched
	}{
		{reasons, "the rude", "rude", oneOption},
		{reasons, "2", "", notClear}, // no number is shown: it is asked back
		{reasons, "1, 3", "slow dear", oneOption},
		{reasons, "3 1", "slow dear", oneOption},
		{reasons, "1、3", "slow dear", oneOption},
		{reasons, "Too slow, too late", "slow", oneOption},
		{reasons, "too slow, price", "slow dear", oneOption},
		{reasons, "太慢,价格", "slow dear", oneOption},
		{reasons, "the rude\nthe rude", "rude", oneOption},
		{reasons, "1 2 3 4", "", tooManyOpt},
		{reasons, "9", "", notClear},
		{reasons, "the waiter", "", noMatch},
		{reasons, "1, the waiter", "", noMatch},
		{reasons, ",", "", noMatch},
		{contact, "no", "no", oneOption},
		{contact, "NO THANKS", "no", oneOption},
		{contact, "nope", "no", oneOption},
		{contact, "sure", "", notClear},
		{contact, "by phone", "phone", oneOption},
		{contact, "yes", "", notClear},
		{contact, "可以", "", notClear},
		{contact, "不用了", "no", oneOption},
		{contact, "1, 2", "", noMatch},
		{reasons, "1 and 3", "slow dear", oneOption},
		{reasons, "1️⃣ 3️⃣", "slow dear", oneOption},
		{reasons, "the rude & price", "rude dear", oneOption},
		{reasons, "Too slow, too late and the rude", "slow rude", oneOption},
		{reasons, "太慢,响应不及时和价格", "slow dear", oneOption},
		{reasons, "the rude y price", "rude dear", oneOption},
		{reasons, "+1", "", notClear},
	} {
		options, m := row.q.matchChoices(row.words, "en")
		if got := strings.Join(row.q.keys(options), " "); m != row.is || m == oneOption && got != row.keys {
			t.Errorf("%q: %q, %d, want %q, %d", row.words, got, m, row.keys, row.is)
		}
	}
}

// The same words can be two options in two languages; the person's own language wins.
func TestOwnLanguageWins(t *testing.T) {
	q := choiceQ("q", 1, "a", "b")
	q.Choices[0].Label, q.Choices[1].Label = Text{"en": "Gift", "sv": "Gåva"}, Text{"en": "Poison", "sv": "Gift"}
	for lang, want := range map[string]int{"en": 0, "sv": 1} {
		if options, m := q.matchChoices("gift", lang); m != oneOption || options[0] != want {
			t.Errorf("%s: %v, %d, want %d", lang, options, m, want)
		}
	}
	if _, m := q.matchChoices("gift", "fr"); m != notClear {
		t.Errorf("a third language: %d, want a question back", m)
	}
}

// A label with an emoji is named by its words, by its emoji, and by both; and by what the flow
// adds.
func TestLabelsWithEmoji(t *testing.T) {
	q := choiceQ("q", 1, "a", "b", "c")
	q.Choices[0].Label, q.Choices[0].Also = Text{"en": "😡 Awful"}, []string{"terrible", "Pésimo"}
	q.Choices[1].Label = Text{"en": "Great 🎉🎉"}
	q.Choices[2].Label = Text{"en": "2 weeks"}
	for said, want := range map[string]int{
		"awful": 0, "😡": 0, "😡😡": 0, "Awful 😡": 0, "AWFUL!": 0, "terrible": 0, "pesimo": 0, ":rage:": 0, "great": 1, "🎉": 1, "🎉🎉🎉": 1, "2 weeks": 2,
	} {
		if options, m := q.matchChoices(said, "en"); m != oneOption || options[0] != want {
			t.Errorf("%q: %v, %d, want %d", said, options, m, want)
		}
	}
	for _, said := range []string{"awful great", "😡🎉", "2", "1", "wonderful"} {
		if options, m := q.matchChoices(said, "en"); m == oneOption {
			t.Errorf("%q is %v", said, options)
		}
	}
}

// Plain words of judgement are answers on scales that take them, and name the same option
// however many there are.
func TestPlainWordsOfJudgement(t *testing.T) {
	five, seven, two := csat5(), ladder7(), ladderScale("thumbs2", []float64{0, 1}, [][2]string{{"Not satisfied", "不满意"}, {"Satisfied", "满意"}}, []float64{15, 70}, "US")
	for said, want := range map[string][3]float64{
		"terrible": {1, 1, 0}, "非常不满意": {1, 1, 0}, "😡": {1, 1, 0}, "bad": {2, 2, 0}, "👎": {2, 2, 0}, "not happy": {2, 2, 0}, "mal": {2, 2, 0}, "سيئ": {2, 2, 0},
		"ok": {3, 4, -1}, "还行": {3, 4, -1}, "good": {4, 6, 1}, "👍🏽": {4, 6, 1}, "bien": {4, 6, 1}, "جيد": {4, 6, 1}, "great!!!": {5, 7, 1}, "非常满意": {5, 7, 1}, "ممتاز": {5, 7, 1},
	} {
		for i, scale := range []Scale{five, seven, two} {
			q := scaleQ("q", scale, 1)
			if _, m := q.matchScale(said, "en"); m == oneOption && bare(said) != bare("非常不满意") && bare(said) != "good" {
				t.Errorf("%s takes %q although it takes no plain words", scale.Key, said)
			}
			q.Scale.PlainWords = true
			options, m := q.matchScale(said, "en")
			switch {
			case want[i] < 0 && m != notClear, want[i] >= 0 && (m != oneOption || q.Scale.Options[options[0]].Value != want[i]):
				t.Errorf("%s %q: %v, %d, want %v", scale.Key, said, options, m, want[i])
			}
			q.Reverse = true
			if _, m := q.matchScale(said, "en"); m != notClear {
				t.Errorf("%s, reversed, %q: %d", scale.Key, said, m)
			}
		}
	}
}

func TestContactsDatesAndNumbers(t *testing.T) {
	for words, want := range map[string]string{
		"+49 170 1234567": "+491701234567", "0049 170 1234567": "+491701234567", "(030) 123-4567": "0301234567",
		"０３０ １２３ ４５６７": "0301234567", "+1 (234) 567.8901": "+12345678901",
		"12345": "", "+0301234567": "", "1234567890123456": "", "call me": "", "+49 170 CALL": "", "1+2345678": "", "": "",
	} {
		if got, ok := parsePhone(words); got != want && ok || ok != (want != "") {
			t.Errorf("phone %q: %q, %v, want %q", words, got, ok, want)
		}
	}
	for words, ok := range map[string]bool{
		" ann@example.org ": true, "a.b+c@mail.example.co.uk": true, "ann@例子.公司": true,
		"ann": false, "ann@example": false, "@example.org": false, "ann@@example.org": false, "ann@example..org": false,
		"ann@-example.org": false, "a b@example.org": false, ".ann@example.org": false, "ann@example.o": false,
		strings.Repeat("a", 65) + "@example.org": false, "<ann@example.org>": false,
	} {
		if got, is := parseEmail(words); is != ok || is && got != strings.TrimSpace(words) {
			t.Errorf("e-mail %q: %q, %v, want %v", words, got, is, ok)
		}
	}
	for words, want := range map[string]string{
		"2026-07-31": "2026-07-31", "2026/7/3": "2026-07-03", "2026.07.03": "2026-07-03", "2026年7月3日": "2026-07-03", "２０２６-０７-０３": "2026-07-03",
		"2024-02-29": "2024-02-29", "2026-02-29": "", "2026-13-01": "", "2026-00-10": "", "03.07.2026": "", "7/3/2026": "", "2026-7": "", "today": "", "-026-07-03": "",
	} {
		if got, ok := parseDate(words); got != want || ok != (want != "") {
			t.Errorf("date %q: %q, %v, want %q", words, got, ok, want)
		}
	}
	for said, want := range map[string]string{
		"+44 (0)20 7946 0000": "+442079460000", "+49 (0) 30 901820": "+4930901820", "0044 (0) 20 7946 0000": "+442079460000", "+44 020 7946 0000": "+442079460000",
		"+39 (0)6 1234567": "+39061234567", "+39 06 1234567": "+39061234567", "(020) 7946 0000": "02079460000", "tel:+44-20-7946-0000": "+442079460000",
		"+44‑20‑7946‑0000": "+442079460000", "+44 20 7946 0000 ext 5": "+442079460000 ext. 5", "020 7946 0000 x12": "02079460000 ext. 12", "+\u200b44 20 7946 0000": "+442079460000",
		"011 44 20 7946 0000": "+442079460000|01144207946" + "0000", "+1 (212) 555-0100": "+12125550100",
	} {
		if got := strings.Join(phones(said), "|"); got != want {
			t.Errorf("phone %q: %q, want %q", said, got, want)
		}
	}
	for said, want := range map[string]string{
		"ann@example.com.": "ann@example.com", "ann@example.com\u200b": "ann@example.com", "mailto:Ann@Example.com": "Ann@Example.com", "mailto:ann@example.com?subject=x": "ann@example.com",
		"ann＠example．com": "ann@example.com", "ann@example.com/": "ann@example.com", "“ann@example.com”": "ann@example.com", "\u202aann@example.com\u202c": "ann@example.com", "a\u00adnn@example.com": "ann@example.com",
	} {
		if got, ok := parseEmail(said); !ok || got != want {
			t.Errorf("e-mail %q: %q, %v, want %q", said, got, ok, want)
		}
	}
	for said, want := range map[string]string{
		"my mail is ann@example.com": "ann@example.com", "Ann <ann@example.com>": "ann@example.com", "ann@example.com or bob@example.com": "ann@example.com|bob@example.com", "call me": "", "ann@example.com": "",
	} {
		if got := strings.Join(emails(said), "|"); got != want {
			t.Errorf("addresses in %q: %q, want %q", said, got, want)
		}
	}
	for said, want := range map[string]string{
		"05/04/2018": "2018-04-05|2018-05-04?", "31.07.2026": "2026-07-31", "7/31/2026": "2026-07-31", "5/5/2026": "2026-05-05", "31 July 2026": "2026-07-31", "July 31st, 2026": "2026-07-31",
		"31 de julio de 2026": "2026-07-31", "٣١ يوليو ٢٠٢٦": "2026-07-31", "2026年7月31号": "2026-07-31", "2569-01-31": "2026-01-31?", "1447-05-07": "?", "1404/11/11": "?", "令和8年1月31日": "2026-01-31",
		"民国115年1月31日": "2026-01-31", "0026-01-31": "?", "31/02/2026": "?", "31 July": "?", "5/4/18": "?",
	} {
		found, sure := dates(said)
		got := strings.Join(found, "|")
		if !sure {
			got += "?"
		}
		if got != want {
			t.Errorf("date %q: %q, want %q", said, got, want)
		}
	}
	wide := Question{Kind: NumberQ, MinValue: 0, MaxValue: 10000000}
	for said, want := range map[string][]float64{
		"1,000": {1000, 1}, "12,500": {12500, 12.5}, "2.500": {2500, 2.5}, "1,234.50": {1234.5}, "1.234,50": {1234.5}, "1 234": {1234}, "1'234'567": {1234567}, "٢٬٥٠٠": {2500}, "٢٫٥": {2.5},
		"1,00,000": {100000}, "0,500": {0.5}, "1234,567": {1234.567}, "1\u202f234,5": {1234.5}, "£12.50": {12.5}, "12 €": {12}, "$1,234,567": {1234567}, "12,34,56": nil, "1.00.000": nil,
		"0x1p4": nil, "1e3": nil, "-0": {0}, "+3": nil, "1 2": nil, "3-4": nil, "half": nil, "": nil, ",": nil, "1,": {1}, "1.234.567": {1234567}, "1,234.567.890": nil,
	} {
		if got := wide.quantities(said); !slices.Equal(got, want) {
			t.Errorf("number %q: %v, want %v", said, got, want)
		}
	}
	age := Question{Kind: NumberQ, MinValue: 1, MaxValue: 120}
	if got := age.quantities("1,000"); !slices.Equal(got, []float64{1}) {
		t.Errorf("an age of 1,000 is %v", got)
	}
	q := Question{Kind: NumberQ, MinValue: -10, MaxValue: 100}
	for words, want := range map[string]float64{"42": 42, "-3": -3, "4,5": 4.5, "٤٢": 42, "100 points": 100, "seven": 7} {
		if got, ok := q.parseQuantity(words); !ok || got != want {
			t.Errorf("number %q: %v, %v, want %v", words, got, ok, want)
		}
	}
	for _, words := range []string{"101", "-11", "1.2.3", "1,2,3", "NaN", "1e999", "forty", ""} {
		if got, ok := q.parseQuantity(words); ok {
			t.Errorf("number %q: %v", words, got)
		}
	}
}

func TestTextFallsBackByTheRule(t *testing.T) {
	text := Text{"en": "Hello", "zh-Hans": "您好", "zh-Hant": "您好嗎", "pt-BR": "Olá", "fr": ""}
	for _, row := range []struct {
		langs []string
		want  string
	}{
		{[]string{"zh-Hans"}, "您好"},
		{[]string{"zh"}, "您好"},
		{[]string{"zh-CN"}, "您好"},
		{[]string{"zh_TW"}, "您好嗎"},
		{[]string{"zh-HK", "en"}, "您好嗎"},
		{[]string{"pt"}, "Olá"},
		{[]string{"pt-PT", "en"}, "Olá"},
		{[]string{"EN-gb"}, "Hello"},
		{[]string{"fr", "en"}, "Hello"},
		{[]string{"ar", "es"}, ""},
		{[]string{""}, ""},
		{nil, ""},
	} {
		if got := text.In(row.langs...); got != row.want {
			t.Errorf("In(%v) = %q, want %q", row.langs, got, row.want)
		}
	}
	if got := Text(nil).In("en"); got != "" {
		t.Errorf("no text has the words %q", got)
	}
}

func TestCleanWords(t *testing.T) {
	for words, want := range map[string]string{
		" a\x00b ": "ab", "a\r\nb\rc": "a\nb\nc", "\xff\xfe": "\uFFFD", "👩‍👩‍👧 ok": "👩‍👩‍👧 ok", "\u202eabc": "\u202eabc", "\x00": "",
	} {
		if got := Clean(words); got != want {
			t.Errorf("Clean(%q) = %q, want %q", words, got, want)
		}
	}
}

func TestRotationIsTheSessionsOwn(t *testing.T) {
	f := sevenQuestions()
	if got := order(&f, ""); !slices.IsSorted(got) {
		t.Errorf("without an id: %v", got)
	}
	// Fixed for ever: a session that was opened by an older release keeps its order.
	if got, want := order(&f, "00000000-0000-4000-8000-000000000001"), []int{0, 5, 2, 1, 6, 4, 3, 7, 8, 9}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	first := map[int]int{}
	for i := range 6000 {
		o := order(&f, time.Unix(int64(i), 0).String())
		if o[0] != 0 || !slices.Equal(o[7:], []int{7, 8, 9}) {
			t.Fatalf("what does not rotate moved: %v", o)
		}
		first[o[1]]++
	}
	for q := 1; q <= 6; q++ {
		if first[q] < 850 || first[q] > 1150 {
			t.Errorf("question %d came first %d times of 6000", q, first[q])
		}
	}
	pre := paired()
	slices.Reverse(pre.Questions)
	if got := order(&pre, "x"); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("what is asked before the service comes at %v", got)
	}
}

// A choice that goes with no other takes the others away, and the other way round; words go
// with the choice that takes them, and what was ticked before stays so.
func TestChoicesThatExcludeAndChoicesWithWords(t *testing.T) {
	q := choiceQ("q", 3, "bread", "soup", "none", "else")
	q.Choices[2].Exclusive, q.Choices[3].Other = true, true
	f := flow("f", primaryQ(scaleQ("overall", csat5(), 1)), q)
	open := Step(f, Step(f, Session{ID: "s", Status: New, Open: NoQuestion}, Open{}, noon).Session, Pick{0, 4}, noon).Session
	for _, row := range []struct{ toggles, want []int }{
		{[]int{0, 1}, []int{0, 1}}, {[]int{0, 1, 2}, []int{2}}, {[]int{2, 0}, []int{0}}, {[]int{2, 2}, nil}, {[]int{0, 1, 3, 2, 1}, []int{1}},
	} {
		s := open
		for _, o := range row.toggles {
			s = Step(f, s, Toggle{1, o}, noon).Session
		}
		if !slices.Equal(s.Toggled, row.want) {
			t.Errorf("%v: %v, want %v", row.toggles, s.Toggled, row.want)
		}
	}
	ticked := Step(f, open, Toggle{1, 1}, noon).Session
	none := Step(f, open, Toggle{1, 2}, noon).Session
	for _, row := range []struct {
		s    Session
		keys string
	}{{open, "else"}, {ticked, "soup else"}, {none, "else"}} {
		a := Step(f, row.s, Write{Text: "the else: the view"}, noon).Answer
		if a == nil || a.Text != "the view" || strings.Join(a.Choices, " ") != row.keys {
			t.Errorf("%v: %+v", row.s.Toggled, a)
		}
	}
	if a := Step(f, open, Write{Text: "the soup: the view"}, noon).Answer; a != nil {
		t.Errorf("a choice without words took some: %+v", a)
	}
}
