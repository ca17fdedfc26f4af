package survey

import (
	"strings"
	"testing"
	"time"
)

func opened(f Flow) Session {
	return Step(f, Session{ID: "6f2a", Status: New, Open: NoQuestion}, Open{}, noon).Session
}

func notices(tr Transition) []NoticeCode {
	var all []NoticeCode
	for _, e := range tr.Effects {
		if n, ok := e.(Notice); ok {
			all = append(all, n.Code)
		}
	}
	return all
}

func TestEditWindowEndsAfterFifteenMinutes(t *testing.T) {
	f := oneTap()
	s := Step(f, opened(f), Pick{0, 4}, noon).Session
	for late, want := range map[time.Duration]int{0: 2, EditWindow: 2, EditWindow + time.Microsecond: 1} {
		a, _ := Step(f, s, Pick{0, 3}, noon.Add(late)).Session.Answer("overall")
		if a.Revision != want {
			t.Errorf("after %v: revision %d, want %d", late, a.Revision, want)
		}
	}
	// A change that was begun in time must also be finished in time.
	editing := Step(f, s, Change{0}, noon.Add(EditWindow)).Session
	tr := Step(f, editing, Pick{0, 0}, noon.Add(EditWindow+time.Second))
	if a, _ := tr.Session.Answer("overall"); a.Revision != 1 || tr.Session.Open != NoQuestion || notices(tr)[0] != NoticeTooLate {
		t.Errorf("a change finished too late: %+v, %+v, %v", a, tr.Session, notices(tr))
	}
}

func TestTimesAreUTCToTheMicrosecond(t *testing.T) {
	f := oneTap()
	local := time.Date(2026, 3, 2, 20, 0, 0, 123456789, time.FixedZone("here", 8*3600))
	tr := Step(f, Session{Status: New}, Open{}, local)
	want := time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)
	if s := tr.Session; s.Started != want || s.Expires != want.Add(DefaultExpires) {
		t.Errorf("started %v, expires %v", s.Started, s.Expires)
	}
	tr = Step(f, tr.Session, Pick{0, 4}, local)
	if s := tr.Session; s.Last != want || s.Ended != want || tr.Answer.At != want {
		t.Errorf("last %v, ended %v, answered %v", s.Last, s.Ended, tr.Answer.At)
	}
}

func TestExpiryByTheClockOnly(t *testing.T) {
	f := oneTap()
	f.Expires = time.Hour
	s := opened(f)
	if got := Step(f, s, Expire{}, noon.Add(time.Hour-time.Microsecond)).Session.Status; got != Active {
		t.Errorf("too early: %s", got)
	}
	if got := Step(f, s, Expire{}, noon.Add(time.Hour)).Session.Status; got != Expired {
		t.Errorf("in time: %s", got)
	}
	skipped := Step(f, s, Skip{0}, noon).Session
	if skipped.Status != Completed {
		t.Errorf("everything skipped: %s", skipped.Status)
	}
	if got := Step(f, Session{Status: New}, Expire{}, noon).Session.Status; got != New {
		t.Errorf("a session that has no end: %s", got)
	}
	if got := Step(f, Session{Status: New, Expires: noon}, Expire{}, noon).Session.Status; got != Expired {
		t.Errorf("an invitation that was never opened: %s", got)
	}
}

func TestWaitingForTheServiceHasTimeOfItsOwn(t *testing.T) {
	f := paired()
	s := Step(f, opened(f), Pick{0, 4}, noon).Session
	if s.Status != Waiting || s.Expires != noon.Add(MaxWait) {
		t.Fatalf("%s until %v", s.Status, s.Expires)
	}
	later := noon.Add(300 * 24 * time.Hour)
	s = Step(f, s, Resume{}, later).Session
	if s.Status != Active || s.Expires != later.Add(DefaultExpires) || s.Open != 1 {
		t.Errorf("%s until %v, open %d", s.Status, s.Expires, s.Open)
	}
}

func TestWordsThatFollowATextExtendIt(t *testing.T) {
	f := threeQuestions()
	s := opened(f)
	for range 3 {
		s = Step(f, s, Pick{s.Open, 0}, noon).Session
	}
	s = Step(f, s, Write{Text: "It hurt."}, noon).Session
	tr := Step(f, s, Write{Text: "And it took an hour."}, noon.Add(ExtendWindow))
	if a, _ := tr.Session.Answer("why_bad"); a.Text != "It hurt.\nAnd it took an hour." || a.Revision != 2 || tr.Session.Open != s.Open {
		t.Errorf("extended: %+v, open %d", a, tr.Session.Open)
	}
	tr = Step(f, s, Write{Text: "And it took an hour."}, noon.Add(ExtendWindow+time.Microsecond))
	if a, _ := tr.Session.Answer("why_bad"); a.Revision != 1 || notices(tr)[0] != NoticeKept {
		t.Errorf("too late: %+v, %v", a, notices(tr))
	}
	tr = Step(f, s, Write{Text: strings.Repeat("x", MaxText)}, noon)
	if a, _ := tr.Session.Answer("why_bad"); a.Revision != 1 {
		t.Errorf("longer than an answer may be: %d characters", len(a.Text))
	}
	if tr = Step(f, s, Write{Text: "the no"}, noon); tr.Answer == nil || tr.Answer.Question != "contact_ok" {
		t.Errorf("an answer to the open question: %+v", tr.Answer)
	}
}

func TestLongTextIsRefusedKindlyAndAskedAgain(t *testing.T) {
	f := flow("f", primaryQ(scaleQ("overall", csat5(), 1)), textQ("why"))
	for _, s := range []Session{opened(f), Step(f, opened(f), Pick{0, 0}, noon).Session} {
		tr := Step(f, s, Write{Text: strings.Repeat("长", 10000)}, noon)
		if tr.Answer != nil {
			t.Errorf("it was taken as an answer: %+v", tr)
		}
		if len(tr.Effects) != 2 {
			t.Fatalf("len(tr.Effects) is %v, want 2: %+v", len(tr.Effects), tr.Effects)
		}
		if tr.Effects[0] != (Notice{NoticeTooLong, s.Open}) {
			t.Errorf("tr.Effects[0] is %v, want %v", tr.Effects[0], Notice{NoticeTooLong, s.Open})
		}
		if tr.Effects[1] != (Ask{s.Open, true}) {
			t.Errorf("tr.Effects[1] is %v, want %v", tr.Effects[1], Ask{s.Open, true})
		}
	}
	s := Step(f, opened(f), Pick{0, 0}, noon).Session
	if tr := Step(f, s, Write{Text: strings.Repeat("长", MaxText)}, noon); tr.Answer == nil {
		t.Errorf("as long as it may be: %v", notices(tr))
	}
}

func TestFilesHaveALimit(t *testing.T) {
	f := flow("f", Question{Key: "p", Kind: FileQ, Ask: both("p", "p")})
	s := opened(f)
	many := make([]File, MaxFiles+1)
	for _, files := range [][]File{{{ID: "a", Size: MaxFileSize + 1}}, many} {
		if tr := Step(f, s, Attach{Files: files}, noon); tr.Answer != nil || notices(tr)[0] != NoticeFileTooBig {
			t.Errorf("%d files: %+v", len(files), tr)
		}
	}
	if tr := Step(f, s, Attach{Files: []File{{ID: "a", Size: MaxFileSize}}}, noon); tr.Answer == nil || tr.Session.Status != Completed {
		t.Errorf("a file of the largest size: %+v", tr)
	}
}

// Unknown inputs and sessions of no known status leave everything as it is.
func TestStepIsTotal(t *testing.T) {
	f := oneTap()
	if tr := Step(f, opened(f), nil, noon); len(tr.Effects) != 0 || tr.Session.Status != Active {
		t.Errorf("no input: %+v", tr)
	}
	if tr := Step(Flow{}, Session{}, Open{}, noon); tr.Session.Status != Completed {
		t.Errorf("a flow without questions: %+v", tr.Session)
	}
	if tr := Step(f, Session{Status: "lost", Open: 3}, Pick{0, 0}, noon); tr.Session.Status != "lost" {
		t.Errorf("an unknown status became %s", tr.Session.Status)
	}
}
