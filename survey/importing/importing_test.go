package importing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/importing"
)

// foreign are surveys as other programs write them, made by hand after their formats.
var foreign = map[string]struct {
	text, from string
	questions  int
	left       []string // something that is said of each
}{
	"SurveyJS": {
		`{"title":"NPS","pages":[{"elements":[
		{"type":"rating","name":"nps","title":"How likely?","rateMin":0,"rateMax":10,"isRequired":true},
		{"type":"rating","name":"speed","title":"Speed","minRateDescription":"slow","maxRateDescription":"fast"},
		{"type":"checkbox","name":"what","title":{"default":"What, {panel.x}?"},"choices":["A",{"value":"b","text":"B"}],"visibleIf":"{nps} < 7"},
		{"type":"matrix","name":"m","title":"Rate","columns":["No","So-so","Yes"],"rows":["Shop",{"value":"staff","text":"Staff"}]},
		{"type":"panel","elements":[{"type":"comment","name":"why","title":"Why?"}]},
		{"type":"signaturepad","name":"sign","title":"Sign"}]}],"triggers":[{"type":"complete"}]}`, "SurveyJS", 6,
		[]string{"triggers", "condition ({nps} < 7)", "table", "signaturepad", "{panel.x}"},
	},
	"Typeform": {`{"title":"Visit","fields":[
		{"ref":"a","type":"opinion_scale","title":"How was it?","properties":{"steps":5,"start_at_one":true,"labels":{"left":"bad","right":"good"}},"validations":{"required":true}},
		{"ref":"b","type":"multiple_choice","title":"Which?","properties":{"allow_multiple_selection":true,"choices":[{"label":"X"},{"label":"Y"}]}},
		{"ref":"c","type":"payment","title":"Pay"},{"ref":"d","type":"email","title":"Mail, {{field:a}}?"}],
		"logic":[{"type":"field"}],"thankyou_screens":[{"title":"Bye"}]}`, "Typeform", 3, []string{"1 rules", "payment", "last page", "{{field:a}}"}},
	"Formbricks": {`{"data":{"name":"Fit","questions":[
		{"id":"1","type":"rating","headline":{"default":"How?"},"range":7,"required":true},
		{"id":"2","type":"openText","headline":{"default":"Why?"},"longAnswer":true,"logic":[{"a":1}]},
		{"id":"3","type":"cal","headline":{"default":"Meet"}}]}}`, "Formbricks", 2, []string{"logic", "cal"}},
	"Qualtrics": {`{"SurveyEntry":{"SurveyName":"Statements"},"SurveyElements":[
		{"Element":"FL","Payload":{}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q1","QuestionText":"<b>Where?</b>","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"Here"},"2":{"Display":"There"}},"ChoiceOrder":["2","1"]}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q2","QuestionText":"Agree?","QuestionType":"Matrix","Choices":{"1":{"Display":"Tidy"},"2":{"Display":"Quick"}},"Answers":{"1":{"Display":"No"},"2":{"Display":"Maybe"},"3":{"Display":"Yes"}},"DisplayLogic":{}}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q3","QuestionText":"T","QuestionType":"Timing"}}]}`, "Qualtrics", 3, []string{"blocks", "table", "Timing", "display or skip"}},
	"LimeSurvey": {`<?xml version="1.0"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>
		<questions><rows><row><qid>1</qid><type>5</type><title>overall</title><mandatory>Y</mandatory><relevance>1</relevance><question><![CDATA[<p>How was it?</p>]]></question></row>
		<row><qid>2</qid><type>L</type><title>which</title><question>Which?</question><relevance>overall &lt; 3</relevance></row>
		<row><qid>3</qid><type>R</type><title>rank</title><question>Rank</question></row></rows></questions>
		<answers><rows><row><qid>2</qid><answer>One</answer></row><row><qid>2</qid><answer>Two</answer></row></rows></answers>
		<surveys_languagesettings><rows><row><surveyls_title>Café</surveyls_title></row></rows></surveys_languagesettings></document>`, "LimeSurvey", 2, []string{"condition", `"R"`}},
	"CSV":         {"key;question;type;options\noverall;How was it?;scale;\nwhich;Which?;choice;A|B\nwhy;Why?;long;\nodd;Odd?;hologram;\n", "CSV", 4, []string{"hologram"}},
	"words alone": {"question\nWhat do you think?\n", "CSV", 2, []string{"main question was put first"}},
}

func TestWhatComesFromElsewhereCanBePublished(t *testing.T) {
	for name, c := range foreign {
		r, err := importing.Read(c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f, err := flowfile.Parse([]byte(r.File))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, r.File)
			continue
		}
		for _, p := range survey.Check(f) {
			if p.Severity == survey.Fatal {
				t.Errorf("%s: %s\n%s", name, p.Message, r.File)
			}
		}
		if r.From != c.from || len(f.Questions) != c.questions {
			t.Errorf("%s is read as %s with %d questions:\n%s", name, r.From, len(f.Questions), r.File)
		}
		all := strings.Join(r.Left, "\n")
		for _, want := range c.left {
			if !strings.Contains(all, want) {
				t.Errorf("%s does not say that %q was left out:\n%s", name, want, all)
			}
		}
	}
}

func TestWhatIsNoSurveyIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", "{}", "[1]", "<a/>", "hello", "a,b\n1,2\n", `{"pages":[]}`, `{"fields":"x"}`, `{"SurveyElements":[1,null]}`} {
		if r, err := importing.Read(text); !errors.Is(err, importing.ErrUnknown) {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, c := range foreign {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := importing.Read(text); err == nil {
			if _, err := flowfile.Parse([]byte(r.File)); err != nil {
				t.Error(err)
			}
		}
	})
}
