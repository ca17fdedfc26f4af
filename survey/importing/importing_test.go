package importing_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		[]string{"triggers", "{nps} < 7", "table", "signaturepad", "{panel.x}"},
	},
	"Typeform": {`{"title":"Visit","fields":[
		{"ref":"a","type":"opinion_scale","title":"How was it?","properties":{"steps":5,"start_at_one":true,"labels":{"left":"bad","right":"good"}},"validations":{"required":true}},
		{"ref":"b","type":"multiple_choice","title":"Which?","properties":{"allow_multiple_selection":true,"choices":[{"label":"X"},{"label":"Y"}]}},
		{"ref":"c","type":"payment","title":"Pay"},{"ref":"d","type":"email","title":"Mail, {{field:a}}?"}],
		"logic":[{"type":"field"}],"thankyou_screens":[{"title":"Bye"}]}`, "Typeform", 3, []string{"jumps 1", "payment", "last_page Bye", "{{field:a}}"}},
	"Formbricks": {`{"data":{"name":"Fit","questions":[
		{"id":"1","type":"rating","headline":{"default":"How?"},"range":7,"required":true},
		{"id":"2","type":"openText","headline":{"default":"Why?"},"longAnswer":true,"logic":[{"a":1}]},
		{"id":"3","type":"cal","headline":{"default":"Meet"}}]}}`, "Formbricks", 2, []string{"logic", "cal"}},
	"Qualtrics": {`{"SurveyEntry":{"SurveyName":"Statements"},"SurveyElements":[
		{"Element":"FL","Payload":{}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q1","QuestionText":"<b>Where?</b>","QuestionType":"MC","Selector":"SAVR","Choices":{"1":{"Display":"Here"},"2":{"Display":"There"}},"ChoiceOrder":["2","1"]}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q2","QuestionText":"Agree?","QuestionType":"Matrix","Choices":{"1":{"Display":"Tidy"},"2":{"Display":"Quick"}},"Answers":{"1":{"Display":"No"},"2":{"Display":"Maybe"},"3":{"Display":"Yes"}},"DisplayLogic":{}}},
		{"Element":"SQ","Payload":{"DataExportTag":"Q3","QuestionText":"T","QuestionType":"Timing"}}]}`, "Qualtrics", 3, []string{"blocks", "table", "Timing", "display Agree?"}},
	"LimeSurvey": {`<?xml version="1.0"?><document><LimeSurveyDocType>Survey</LimeSurveyDocType>
		<questions><rows><row><qid>1</qid><type>5</type><title>overall</title><mandatory>Y</mandatory><relevance>1</relevance><question><![CDATA[<p>How was it?</p>]]></question></row>
		<row><qid>2</qid><type>L</type><title>which</title><question>Which?</question><relevance>overall &lt; 3</relevance></row>
		<row><qid>3</qid><type>R</type><title>rank</title><question>Rank</question></row></rows></questions>
		<answers><rows><row><qid>2</qid><answer>One</answer></row><row><qid>2</qid><answer>Two</answer></row></rows></answers>
		<surveys_languagesettings><rows><row><surveyls_title>Café</surveyls_title></row></rows></surveys_languagesettings></document>`, "LimeSurvey", 2, []string{"condition", "kind Rank R"}},
	"RapidPro": {
		`{"version":"13","flows":[{"name":"CSAT","language":"por","localization":{"eng":{}},"nodes":[
		{"uuid":"1","actions":[{"type":"send_msg","text":"Hi @contact.first_name","quick_replies":[]},{"type":"send_msg","text":"How was it?","quick_replies":["1","2","3","4","5"]}],
		 "router":{"type":"switch","wait":{"type":"msg","timeout":{"seconds":3600}},"result_name":"Overall","operand":"@input.text",
		  "categories":[{"uuid":"a","name":"Low","exit_uuid":"x"},{"uuid":"b","name":"High","exit_uuid":"y"}],
		  "cases":[{"type":"has_number_lt","arguments":["4"],"category_uuid":"a"},{"type":"has_number_gte","arguments":["4"],"category_uuid":"b"}]},
		 "exits":[{"uuid":"x","destination_uuid":"2"},{"uuid":"y","destination_uuid":"3"}]},
		{"uuid":"2","actions":[{"type":"send_msg","text":"What happened?"},{"type":"set_contact_field","field":{"key":"score"}}],
		 "router":{"type":"switch","wait":{"type":"msg"},"result_name":"Why","categories":[{"uuid":"c","name":"All Responses","exit_uuid":"z"}],"cases":[]},"exits":[{"uuid":"z","destination_uuid":"3"}]},
		{"uuid":"3","actions":[{"type":"send_msg","text":"Thank you."}],"exits":[{"uuid":"w"}]}]},{"name":"Second","nodes":[]}]}`, "RapidPro", 3,
		[]string{"Low, High", "set_contact_field", "{{contact.first_name}}", "other_flows 2 CSAT", "eng"},
	},
	"CSV":         {"key;question;type;options\noverall;How was it?;scale;\nwhich;Which?;choice;A|B\nwhy;Why?;long;\nodd;Odd?;hologram;\n", "CSV", 4, []string{"hologram"}},
	"words alone": {"question\nWhat do you think?\n", "CSV", 2, []string{"no_main"}},
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
		all := said(r)
		for _, want := range c.left {
			if !strings.Contains(all, want) {
				t.Errorf("%s does not say that %q was left out:\n%s", name, want, all)
			}
		}
	}
}

// TestEveryLineHasACode that is known, and every code is used.
func TestEveryLineHasACode(t *testing.T) {
	used := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.leave\("([a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			used[m[1]] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(used)), slices.Sorted(slices.Values(importing.Codes())); !slices.Equal(got, want) {
		t.Errorf("used are %q, known %q", got, want)
	}
}

// said are all lines of what was left out.
func said(r importing.Result) string {
	var all strings.Builder
	for _, l := range r.Left {
		all.WriteString(l.Code + " " + strings.Join(l.Args, " ") + "\n")
	}
	return all.String()
}

// TestAWorkbookOfAFormCanBePublished: an XLSForm by hand, as Kobo writes one.
func TestAWorkbookOfAFormCanBePublished(t *testing.T) {
	r, err := importing.ReadSheets(importing.Sheets{
		"survey": {
			{"type", "name", "label::English (en)", "label::Español (es)", "required", "relevant", "appearance", "constraint", "parameters", "choice_filter"},
			{"start", "start"},
			{"note", "hello", "Welcome to ${place}", "Hola"},
			{"begin_repeat", "visit", "Each visit"},
			{"select_one marks", "overall", "How was it?", "¿Qué tal?", "yes"},
			{"select_multiple Things", "what", "What was not good?", "", "", "${overall} < 3", "", "", "", "x = 1"},
			{"end repeat"},
			{"text", "why", "Why?", "", "", "", "multiline", "string-length(.) > 3"},
			{"range", "times", "How often?", "", "", "", "", "", "start=0 end=9 step=1"},
			{"geopoint", "where", "Where?"},
			{"calculate", "sum"},
		},
		"choices":  {{"list_name", "name", "label::English (en)"}, {"marks", "1", "1"}, {"marks", "2", "2"}, {"marks", "3", "3"}, {"Things", "slow", "Slow"}, {"Things", "dear", "Dear"}},
		"settings": {{"form_title", "default_language"}, {"Visit", "English (en)"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := flowfile.Parse([]byte(r.File))
	if err != nil {
		t.Fatalf("%v\n%s", err, r.File)
	}
	for _, p := range survey.Check(f) {
		if p.Severity == survey.Fatal {
			t.Errorf("%s\n%s", p.Message, r.File)
		}
	}
	if r.From != "XLSForm" || len(f.Questions) != 5 || f.Title["en"] != "Visit" || f.Questions[1].Key != "overall" || f.Questions[1].Kind != survey.ScaleQ || f.Questions[4].MaxValue != 9 {
		t.Errorf("read as %s:\n%s", r.From, r.File)
	}
	for _, want := range []string{"calculated start", "${place}", "Each visit", "${overall} < 3", "checks Why?", "geopoint", "calculated sum", "español (es)", "filtered"} {
		if !strings.Contains(said(r), want) {
			t.Errorf("it is not said that %q was left out:\n%s", want, said(r))
		}
	}
	for _, sheets := range []importing.Sheets{nil, {"survey": nil}, {"survey": {{"type", "name"}}}, {"Sheet1": {{"a"}}}} {
		if r, err := importing.ReadSheets(sheets); !errors.Is(err, importing.ErrUnknown) {
			t.Errorf("%v: %+v, %v", sheets, r, err)
		}
	}
}

func TestWhatIsNoSurveyIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", "{}", "[1]", "<a/>", "hello", "a,b\n1,2\n", `{"pages":[]}`, `{"fields":"x"}`, `{"SurveyElements":[1,null]}`, `{"flows":[{"action_sets":[]}]}`} {
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

// FuzzReadSheets takes the sheets of a workbook as lines with tabs between the cells: whatever somebody
// wrote there, what is made of it can be read.
func FuzzReadSheets(f *testing.F) {
	f.Add("type\tname\tlabel\trelevant\nselect_one marks\toverall\tHow?\t\ntext\twhy\tWhy?\t${overall} < 3\nrange\ttimes\tHow often?\tstart=0 end=9\nbegin_group\tg\tG\nnote\tn\tHello\nend_group",
		"list_name\tname\tlabel\nmarks\t1\t1\nmarks\t2\t2\nmarks\tx\tX", "form_title\tdefault_language\nVisit\tEnglish (en)")
	f.Add("type\tname\tlabel::English (en)\tlabel::Español (es)\trequired\nselect_multiple a or_other\twhat\tWhat?\t¿Qué?\tyes", "list_name\tname\tlabel::English (en)\na\tx\tX\na\tx\tX", "")
	f.Fuzz(func(t *testing.T, survey, choices, settings string) {
		sheets := importing.Sheets{}
		for name, text := range map[string]string{"survey": survey, "choices": choices, "settings": settings} {
			for line := range strings.SplitSeq(text, "\n") {
				sheets[name] = append(sheets[name], strings.Split(line, "\t"))
			}
		}
		r, err := importing.ReadSheets(sheets)
		if err != nil {
			return
		}
		if _, err := flowfile.Parse([]byte(r.File)); err != nil {
			t.Errorf("%v\n%s", err, r.File)
		}
	})
}
