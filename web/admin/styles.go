package admin

// styles are the files of static that style one kind of page beyond what every page has, by its template.
var styles = map[string]string{
	"asking.html": "chart.css", "improvement.html": "chart.css", "report.html": "chart.css", "today.html": "chart.css",
	"card.html":   "card.css",
	"answer.html": "case.css", "case.html": "case.css", "customer.html": "case.css",
	"demo.html":         "demo.css",
	"file_publish.html": "editor.css", "flow.html": "editor.css", "flow_compare.html": "editor.css",
	"flow_edit.html": "editor.css", "flow_file.html": "editor.css", "flow_new.html": "editor.css",
	"flow_paths.html": "editor.css", "flow_words.html": "editor.css", "rule_versions.html": "editor.css",
	"help.html":  "prose.css",
	"hours.html": "forms.css", "people.html": "forms.css", "reporting.html": "forms.css", "routes.html": "forms.css",
	"rules.html": "forms.css", "snippets.html": "forms.css", "texts.html": "forms.css", "trigger.html": "forms.css",
	"triggers.html": "forms.css",
}
