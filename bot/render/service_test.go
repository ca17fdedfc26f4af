package render

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// Every question of every template is a sentence in its language whatever the service is called:
// unknown, named as in a list, or named with its article.
func TestAQuestionIsASentenceWhateverTheServiceIsCalled(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	services := map[string][]string{
		"en": {"", "Haircut", "haircut", "the haircut", "Your cut and colour", "MOT test"}, "zh-Hans": {"", "理发", "剪发和染发"},
		"es": {"", "Corte de pelo", "el corte de pelo", "Masajes", "revisión anual"}, "ar": {"", "قص الشعر", "خدمة التنظيف", "تدليك"},
	}
	broken := map[string]*regexp.Regexp{
		"en":      regexp.MustCompile(`(?i)\b(?:with|was|is|are|expect|about|of) (?:haircut|mot)\b|\b(?:your|the|our) (?:your|the|our)\b`),
		"zh-Hans": regexp.MustCompile(`这次的?这次|我们的我们|的的|这次我们|\p{Han} \p{Han}|  `),
		"es":      regexp.MustCompile(`(?i)\b(?:dejó|fue|sea|con|de) (?:corte|revisión)|\b(?:su|el) (?:su|el|nuestro|masajes)\b`),
		"ar":      regexp.MustCompile(`(?:كانت|تكون) (?:قص|تدليك)|خدمة خدم|خدمة (?:ال)?خدمت`),
	}
	named := 0
	for _, f := range flowfile.Templates() {
		flow := snapshot.NewFlow(f)
		for lang, called := range services {
			for _, service := range called {
				s := &storage.Session{Session: survey.Session{ID: "s", Flow: f.ID, Version: 1, Lang: lang, Open: survey.NoQuestion}, Service: service}
				talk := &Talk{Texts: texts, Flow: flow, Session: s, Site: snapshot.Site{Zone: time.UTC}, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
				for i, q := range f.Questions {
					asked := Withdrawn(talk.Asks(i), flow, i).Text
					if asked == "" || strings.ContainsAny(asked, "{}…") {
						t.Errorf("%s %s in %s, %q: %q", f.ID, q.Key, lang, service, asked)
					}
					if found := broken[lang].FindString(asked); found != "" {
						t.Errorf("%s %s in %s, %q: %q is no sentence, by %q", f.ID, q.Key, lang, service, asked, found)
					}
					if strings.Contains(q.Ask["en"], "{service_name}") {
						named++
						if service != "" && !strings.Contains(asked, service) {
							t.Errorf("%s %s in %s: %q does not name %q", f.ID, q.Key, lang, asked, service)
						}
					}
				}
			}
		}
	}
	if named < 100 {
		t.Errorf("%d questions named a service", named)
	}
}

// What an author wrote before the name of the service stays as it is written.
func TestTheNameOfAServiceIsLeftWhereItsAuthorLedUpToIt(t *testing.T) {
	texts, err := voice.Load()
	if err != nil {
		t.Fatal(err)
	}
	for ask, want := range map[string]string{
		"How was your last {service_name}?":      "How was your last Haircut?",
		"How was the {service_name}?":            "How was the Haircut?",
		"{service_name}: how was it?":            "Haircut: how was it?",
		"How happy are you with {service_name}?": "How happy are you with your Haircut?",
	} {
		f := snapshot.NewFlow(survey.Flow{ID: "f", Version: 1, Languages: []string{"en"}, Questions: []survey.Question{{Key: "q", Kind: survey.TextQ, Ask: survey.Text{"en": ask}}}})
		s := &storage.Session{Session: survey.Session{ID: "s", Flow: "f", Version: 1, Open: survey.NoQuestion}, Service: "Haircut"}
		talk := &Talk{Texts: texts, Flow: f, Session: s, Site: snapshot.Site{Zone: time.UTC}}
		if got := Withdrawn(talk.Asks(0), f, 0).Text; got != want {
			t.Errorf("%q asks %q, want %q", ask, got, want)
		}
	}
}
