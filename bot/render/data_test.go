package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

func TestButtonDataIsReadBackAsWritten(t *testing.T) {
	id := uuid.NewString()
	for _, d := range []Tapped{
		{Verb: VerbPick, Session: id, Question: 0, Option: 0},
		{Verb: VerbToggle, Session: id, Question: MaxIndex, Option: MaxIndex},
		{Verb: VerbMean, Session: id, Question: 3, Option: 1},
		{Verb: VerbDone, Session: id, Question: 3},
		{Verb: VerbSkip, Session: id, Question: 3},
		{Verb: VerbChange, Session: id, Question: 3},
		{Verb: VerbBack, Session: id, Question: 3},
		{Verb: VerbStart, Session: id},
		{Verb: VerbLater, Session: id},
		{Verb: VerbNotNow, Session: id},
		{Verb: VerbLanguage, Language: "zh-Hans"},
	} {
		data := d.Encode()
		got, ok := Decode(data)
		if !ok || got != d {
			t.Errorf("decode(%q) = %+v, %v; want %+v", data, got, ok, d)
		}
		if len(data) > 64 {
			t.Errorf("%q has %d bytes; a button carries 64", data, len(data))
		}
	}
}

func TestDataThatNobodyWroteIsRefused(t *testing.T) {
	good := Tapped{Verb: VerbPick, Session: uuid.NewString(), Question: 1, Option: 2}.Encode()
	for _, data := range []string{
		"", "1", "1p", "2" + good[1:], "1x" + good[2:], good + ".1", good[:len(good)-2], good + "x",
		strings.Replace(good, ".1.", ".01.", 1), strings.Replace(good, ".1.", ".-1.", 1), good[:24] + ".99999.1",
		good[:24], "1g", "1g.", "1g.x", "1gen", "1g.en_US", "1g.-en", strings.Repeat("1", 64), strings.Repeat("p", 65),
		"1p" + strings.Repeat("!", 22) + ".1.1", "1o" + good[2:24] + ".1",
	} {
		if got, ok := Decode(data); ok {
			t.Errorf("decode(%q) = %+v; want it refused", data, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("1p" + strings.Repeat("A", 22) + ".1.2")
	f.Add("1g.zh-Hans")
	f.Add("1o" + strings.Repeat("A", 22))
	f.Fuzz(func(t *testing.T, data string) {
		d, ok := Decode(data)
		if ok && d.Encode() != data {
			t.Errorf("%q is read as %+v, which is written as %q", data, d, d.Encode())
		}
	})
}

// TestEveryTemplateFitsItsButtons draws every question of every template in every
// language and looks at each button.
func TestEveryTemplateFitsItsButtons(t *testing.T) {
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, shipped := range flowfile.Templates() {
		f := snapshot.NewFlow(shipped)
		for _, lang := range append(voice.Languages, "fr") {
			of := Talk{Texts: said, On: platforms()[chat.Telegram], Flow: f, Session: &storage.Session{Session: survey.Session{ID: uuid.NewString(), Lang: lang}}}
			v := of.Question()
			for i := range f.Questions {
				m := Question(v, f, i)
				n++
				if m.Text == "" || strings.ContainsAny(m.Text, "{}") {
					t.Errorf("%s %s question %d in %s: text %q", f.ID, lang, i, m.Lang, m.Text)
				}
				seen := map[string]bool{}
				for _, row := range m.Rows {
					if len(row) > LongestRow {
						t.Errorf("%s %s question %d: a row of %d buttons", f.ID, lang, i, len(row))
					}
					for _, button := range row {
						if len(button.Data) > 64 || button.Text == "" || seen[button.Data] {
							t.Errorf("%s %s question %d: button %+v", f.ID, lang, i, button)
						}
						seen[button.Data] = true
						if _, ok := Decode(button.Data); !ok {
							t.Errorf("%s question %d: data %q cannot be read", f.ID, i, button.Data)
						}
					}
				}
			}
		}
	}
	if n == 0 {
		t.Fatal("no question was drawn")
	}
}

func TestNPSHasTwoRows(t *testing.T) {
	f, _, ok := flowfile.Template("nps_why")
	if !ok {
		t.Fatal("there is no template nps_why")
	}
	said, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	of := Talk{Texts: said, On: platforms()[chat.Telegram], Flow: snapshot.NewFlow(f), Session: &storage.Session{Session: survey.Session{ID: uuid.NewString(), Lang: "en"}}}
	m := Question(of.Question(), of.Flow, 0)
	var rows []string
	for _, row := range m.Rows {
		rows = append(rows, captions(row))
	}
	if diff := cmp.Diff([]string{"0 1 2 3 4 5", "6 7 8 9 10"}, rows); diff != "" {
		t.Error(diff)
	}
	const ends = "0 = Very unlikely\n10 = Very likely"
	if !strings.HasSuffix(m.Text, ends) {
		t.Errorf("the text %q does not end with %q", m.Text, ends)
	}
	if got, want := m.Rows[1][0].Label, "6 of 10"; got != want {
		t.Errorf("a screen reader says %q; want %q", got, want)
	}
}

// captions are the words on a row of buttons.
func captions(row []chat.Button) string {
	all := make([]string, len(row))
	for i, b := range row {
		all[i] = b.Text
	}
	return strings.Join(all, " ")
}
