package survey

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"
)

// fuzzFlow has every kind of question.
func fuzzFlow() Flow {
	e := scaleQ("expected", quality7(), 0)
	e.Phase = Pre
	p := primaryQ(scaleQ("overall", quality7(), 1))
	p.Pair = "expected"
	f := flow("fuzz", e, p,
		asked(choiceQ("reason", 3, "slow", "rude", "dear"), when("primary", Unsatisfied)),
		scaleQ("nps", nps11(), 0.5), scaleQ("gap", expect5(), 0),
		Question{Key: "hello", Kind: MessageQ, Ask: both("Hello", "您好")},
		asked(textQ("why"), when("judgement", Unsatisfied)),
		Question{Key: "age", Kind: NumberQ, MinValue: 1, MaxValue: 120, Ask: both("Age", "年龄")},
		Question{Key: "phone", Kind: ContactQ, Contact: "phone", Ask: both("Phone", "电话")},
		Question{Key: "mail", Kind: ContactQ, Contact: "email", Ask: both("E-mail", "邮箱")},
		Question{Key: "picture", Kind: FileQ, Ask: both("Picture", "照片")},
		Question{Key: "date", Kind: DateQ, Ask: both("Date", "日期")},
		choiceQ("contact_ok", 1, "here", "no"))
	f.Questions[4].Reported = "gap"
	return f
}

// fuzzInput reads one input from two bytes and the words.
func fuzzInput(kind, arg byte, words string) Input {
	question, option := int(arg&15)-1, int(arg>>4)-1
	switch kind % 14 {
	case 0:
		return Pick{Question: question, Option: option}
	case 1:
		return Toggle{Question: question, Option: option}
	case 2:
		return Done{Question: question}
	case 3:
		return Attach{Files: []File{{Kind: words, ID: words, Size: int64(arg)}}, Text: words}
	case 4:
		return Skip{Question: question}
	case 5:
		return Back{}
	case 6:
		return Change{Question: question}
	case 7:
		return Decline{}
	case 8:
		return Pause{}
	case 9:
		return Resume{}
	case 10:
		return Expire{}
	case 11:
		return Speak{Lang: words}
	case 12:
		return Open{}
	}
	return Write{Text: words}
}

// FuzzStep plays any inputs, with any words, on any session, also one that no Step
// could have made: nothing panics, the argument stays as it was, a final status stays.
func FuzzStep(f *testing.F) {
	f.Add([]byte("\x0c\x00\x0d\x00\x00\x21\x00\x32"), "two stars", `{}`)
	f.Add([]byte("\x0c\x00\x00\x11\x09\x00\x00\x12\x0d\x00\x0d\x00"), "+49 (0)170 12345", `{}`)
	f.Add([]byte("\x0d\x00\x06\x02\x05\x00"), "２/５\x00\u200b", `{"status":"active","open":1,"order":[1,0,99,-4],"toggled":[7],"answers":[{"q":"overall","v":3},{"q":"overall"},{"q":"x"}]}`)
	f.Add([]byte("\x0d\x00\x03\x04"), "\xff\xfe", `{"status":"completed","open":6,"editing":true}`)
	flow := fuzzFlow()
	f.Fuzz(func(t *testing.T, script []byte, words, session string) {
		s := Session{ID: "fuzz", Open: NoQuestion}
		if json.Unmarshal([]byte(session), &s) != nil {
			s = Session{ID: "fuzz", Open: NoQuestion}
		}
		now := noon
		for len(script) >= 2 && len(script) < 200 {
			in := fuzzInput(script[0], script[1], words)
			before, err := json.Marshal(s)
			if err != nil {
				return // a session that cannot be stored, such as one with a year above 9999
			}
			tr := Step(flow, s, in, now)
			if after, _ := json.Marshal(s); string(before) != string(after) {
				t.Fatalf("%T changed its argument", in)
			}
			if s.Status.Final() && tr.Session.Status != s.Status {
				t.Fatalf("%s became %s", s.Status, tr.Session.Status)
			}
			if !reflect.DeepEqual(tr, Step(flow, s, in, now)) {
				t.Fatalf("%T gives another result the second time", in)
			}
			if a := tr.Answer; a != nil && (!utf8.ValidString(a.Text) || utf8.RuneCountInString(a.Text) > MaxText || len(a.Files) > MaxFiles) {
				t.Fatalf("stored %+v", *a)
			}
			s = tr.Session
			now = now.Add(time.Duration(script[1]) * time.Second)
			script = script[2:]
		}
	})
}

// FuzzTyped reads any words as an answer to any kind of question.
func FuzzTyped(f *testing.F) {
	for _, words := range []string{"2", "2/5", "two stars", "★★☆", "-1", "２ 分", "很满意", "slow, dear", "2026-02-30", "a@b.cd", "+1 (234) 567-8901", "1e309", "٣", "1/0"} {
		f.Add(words)
	}
	flow := fuzzFlow()
	f.Fuzz(func(t *testing.T, words string) {
		folded := fold(words)
		if fold(folded) != folded {
			t.Errorf("folding %q twice: %q, then %q", words, folded, fold(folded))
		}
		for i := range flow.Questions {
			q := &flow.Questions[i]
			if found, m := q.matchScale(words, "en"); m == oneOption && (len(found) != 1 || found[0] < 0 || found[0] >= len(q.Scale.Options)) {
				t.Errorf("%q is option %v of %s", words, found, q.Key)
			}
			options, m := q.matchChoices(words, "zh-Hans")
			if m == oneOption && (len(options) == 0 || len(options) > max(q.Max, 1)) {
				t.Errorf("%q is %v of %s", words, options, q.Key)
			}
			if x, ok := q.parseQuantity(words); ok && !finite(x) {
				t.Errorf("%q is the number %v", words, x)
			}
		}
		if date, ok := parseDate(words); ok {
			if _, err := time.Parse(time.DateOnly, date); err != nil {
				t.Errorf("%q is the date %q", words, date)
			}
		}
		if number, ok := parsePhone(words); ok && (len(number) < 7 || len(number) > len("+123456789012345 ext. 123456")) {
			t.Errorf("%q is the number %q", words, number)
		}
		if again, ok := parseEmail(words); ok {
			if twice, still := parseEmail(again); !still || twice != again {
				t.Errorf("%q is the address %q, which is one (%t): %q", words, again, still, twice)
			}
		}
		if clean := Clean(words); Clean(clean) != clean || !utf8.ValidString(clean) {
			t.Errorf("%q is cleaned to %q", words, clean)
		}
	})
}
