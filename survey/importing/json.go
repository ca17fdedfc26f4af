package importing

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// obj is an object of JSON whose shape is another program's business.
type obj map[string]any

func of(v any) obj {
	m, _ := v.(map[string]any)
	return m
}

func (o obj) list(name string) []any {
	l, _ := o[name].([]any)
	return l
}

// text is what stands there in words, in the default language where there are several.
func (o obj) text(names ...string) string {
	for _, name := range names {
		if s := textOf(o[name]); s != "" {
			return s
		}
	}
	return ""
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any:
		for _, key := range []string{"default", "en", "Display", "label", "text", "value"} {
			if s := textOf(v[key]); s != "" {
				return s
			}
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if s, ok := v[k].(string); ok && s != "" {
				return s
			}
		}
	}
	return ""
}

func (o obj) number(name string, or int) int {
	switch v := o[name].(type) {
	case float64:
		return int(v)
	case string:
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return or
}

// json finds out whose survey it is, and reads it.
func (b *building) json(text string) error {
	var top obj
	if err := json.Unmarshal([]byte(text), &top); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if data := of(top["data"]); data != nil && (data["questions"] != nil || data["blocks"] != nil) {
		top = data
	}
	switch {
	case top["SurveyElements"] != nil:
		b.qualtrics(top)
	case top["pages"] != nil || top["elements"] != nil:
		b.surveyJS(top)
	case top["flows"] != nil:
		return b.rapidPro(top)
	case top["fields"] != nil:
		b.typeform(top)
	case top["questions"] != nil || top["blocks"] != nil:
		b.formbricks(top)
	default:
		return ErrUnknown
	}
	return nil
}

func (b *building) surveyJS(top obj) {
	b.from, b.title = "SurveyJS", top.text("title", "name")
	pages := top.list("pages")
	if pages == nil {
		pages = []any{map[string]any(top)}
	}
	for _, key := range []string{"triggers", "calculatedValues", "completedHtmlOnCondition"} {
		if len(top.list(key)) > 0 {
			b.leave("parts", key)
		}
	}
	var walk func(list []any)
	walk = func(list []any) {
		for _, x := range list {
			e := of(x)
			it := item{key: e.text("name"), ask: e.text("title", "name"), optional: e["isRequired"] != true, low: 1, high: 5}
			for _, key := range []string{"visibleIf", "enableIf", "requiredIf"} {
				if s := e.text(key); s != "" {
					b.leave("condition", cut(it.ask), cut(s))
				}
			}
			if len(e.list("validators")) > 0 {
				b.leave("checks", cut(it.ask))
			}
			var words []string
			for _, key := range []string{"choices", "rateValues"} {
				for _, c := range e.list(key) {
					w := textOf(c)
					if m := of(c); m != nil {
						w = m.text("text", "value")
					}
					words = append(words, w)
				}
			}
			it.options = words
			switch kind := e.text("type"); kind {
			case "panel", "page":
				walk(e.list("elements"))
				continue
			case "rating":
				it.kind, it.low, it.high = "scale", e.number("rateMin", 1), e.number("rateMax", e.number("rateMin", 1)+e.number("rateCount", 5)-1)
				it.lowest, it.best = e.text("minRateDescription"), e.text("maxRateDescription")
				if it.low == 0 && it.high == 10 {
					it.kind = "nps"
				}
			case "radiogroup", "dropdown", "buttongroup", "imagepicker":
				it.kind = "one"
			case "checkbox", "tagbox":
				it.kind = "many"
			case "boolean":
				it.kind, it.options = "one", []string{"Yes", "No"}
			case "comment":
				it.kind = "long"
			case "text":
				it.kind = map[string]string{"number": "number", "range": "number", "date": "date", "email": "email", "tel": "phone"}[e.text("inputType")]
				it.low, it.high = e.number("min", 0), e.number("max", 0)
			case "file":
				it.kind = "file"
			case "html":
				it.kind, it.ask = "message", e.text("html")
			case "matrix":
				var columns []string
				for _, c := range e.list("columns") {
					columns = append(columns, textOf(c))
				}
				for _, row := range e.list("rows") {
					b.items = append(b.items, item{key: it.key + "_" + textOf(of(row)["value"]), kind: "scale", ask: it.ask + "\n" + textOf(row), options: columns, low: 1, high: 5, optional: it.optional})
				}
				b.leave("table", cut(it.ask))
				continue
			default:
				b.leave("kind", cut(it.ask), kind)
				continue
			}
			b.items = append(b.items, it)
		}
	}
	for _, p := range pages {
		walk(of(p).list("elements"))
	}
}

func (b *building) typeform(top obj) {
	b.from, b.title = "Typeform", top.text("title")
	if len(top.list("logic")) > 0 {
		b.leave("jumps", len(top.list("logic")))
	}
	var walk func(list []any)
	walk = func(list []any) {
		for _, x := range list {
			f := of(x)
			p, v := of(f["properties"]), of(f["validations"])
			it := item{key: f.text("ref", "id"), ask: f.text("title"), optional: v["required"] != true, low: 1}
			if len(it.key) > 24 {
				it.key = it.ask
			}
			for _, c := range p.list("choices") {
				it.options = append(it.options, of(c).text("label"))
			}
			switch kind := f.text("type"); kind {
			case "group", "inline_group", "contact_info":
				walk(p.list("fields"))
				continue
			case "nps":
				it.kind = "nps"
			case "opinion_scale", "rating":
				it.kind, it.high = "scale", p.number("steps", 5)
				if kind == "opinion_scale" && p["start_at_one"] != true {
					it.low, it.high = 0, it.high-1
				}
				labels := of(p["labels"])
				it.lowest, it.best = labels.text("left"), labels.text("right")
			case "multiple_choice", "picture_choice", "dropdown":
				it.kind = "one"
				if p["allow_multiple_selection"] == true {
					it.kind = "many"
				}
			case "yes_no", "legal":
				it.kind, it.options = "one", []string{"Yes", "No"}
			case "short_text", "website":
				it.kind = "text"
			case "long_text":
				it.kind = "long"
			case "number":
				it.kind, it.low, it.high = "number", v.number("min_value", 0), v.number("max_value", 0)
			case "date":
				it.kind = "date"
			case "email":
				it.kind = "email"
			case "phone_number":
				it.kind = "phone"
			case "file_upload":
				it.kind = "file"
			case "statement":
				it.kind = "message"
			default:
				b.leave("kind", cut(it.ask), kind)
				continue
			}
			b.items = append(b.items, it)
		}
	}
	walk(top.list("fields"))
	for _, screen := range top.list("thankyou_screens") {
		if t := of(screen).text("title"); t != "" {
			b.leave("last_page", cut(t))
		}
	}
}

func (b *building) formbricks(top obj) {
	b.from, b.title = "Formbricks", top.text("name", "title")
	list := top.list("questions")
	for _, block := range top.list("blocks") {
		list = append(list, of(block).list("elements")...)
		if len(of(block).list("logic")) > 0 {
			b.leave("block")
		}
	}
	for _, x := range list {
		q := of(x)
		it := item{key: q.text("headline"), ask: q.text("headline"), optional: q["required"] != true, low: 1, high: q.number("range", 5)}
		it.lowest, it.best = q.text("lowerLabel"), q.text("upperLabel")
		if len(q.list("logic")) > 0 {
			b.leave("logic", cut(it.ask))
		}
		for _, c := range q.list("choices") {
			it.options = append(it.options, of(c).text("label"))
		}
		switch kind := q.text("type"); kind {
		case "rating", "csat", "ces":
			it.kind = "scale"
		case "nps":
			it.kind = "nps"
		case "multipleChoiceSingle", "pictureSelection":
			it.kind = "one"
		case "multipleChoiceMulti":
			it.kind = "many"
		case "openText":
			it.kind = map[string]string{"number": "number", "email": "email", "phone": "phone"}[q.text("inputType")]
			if it.kind == "" && q["longAnswer"] == true {
				it.kind = "long"
			}
			it.low, it.high = 0, 0
		case "consent":
			it.kind, it.options = "one", []string{"Yes", "No"}
		case "cta":
			it.kind = "message"
		case "date":
			it.kind = "date"
		case "fileUpload":
			it.kind = "file"
		case "matrix":
			var columns []string
			for _, c := range q.list("columns") {
				columns = append(columns, textOf(c))
			}
			for _, row := range q.list("rows") {
				b.items = append(b.items, item{key: textOf(row), kind: "scale", ask: it.ask + "\n" + textOf(row), options: columns, low: 1, high: 5, optional: it.optional})
			}
			b.leave("table", cut(it.ask))
			continue
		default:
			b.leave("kind", cut(it.ask), kind)
			continue
		}
		b.items = append(b.items, it)
	}
}

func (b *building) qualtrics(top obj) {
	b.from, b.title = "Qualtrics", of(top["SurveyEntry"]).text("SurveyName")
	ordered := func(p obj, name string) (words []string) {
		all := of(p[name])
		var order []string
		for _, k := range p.list(strings.TrimSuffix(name, "s") + "Order") {
			order = append(order, textOf(k))
		}
		if order == nil {
			for k := range all {
				order = append(order, k)
			}
			slices.SortFunc(order, func(a, b string) int { x, _ := strconv.Atoi(a); y, _ := strconv.Atoi(b); return x - y })
		}
		for _, k := range order {
			if w := textOf(all[k]); w != "" {
				words = append(words, w)
			}
		}
		return words
	}
	for _, x := range top.list("SurveyElements") {
		e := of(x)
		switch e.text("Element") {
		case "SQ":
		case "QG", "BL", "FL", "SO", "SCO", "PROJ", "STAT", "QC", "RS", "PL", "TR", "NT":
			if e.text("Element") == "FL" {
				b.leave("blocks")
			}
			continue
		default:
			continue
		}
		p := of(e["Payload"])
		it := item{key: p.text("DataExportTag"), ask: p.text("QuestionText"), optional: true, low: 1, high: 5, options: ordered(p, "Choices")}
		if of(of(p["Validation"])["Settings"]).text("ForceResponse") == "ON" {
			it.optional = false
		}
		if p["DisplayLogic"] != nil || p["SkipLogic"] != nil {
			b.leave("display", cut(b.words(it.ask)))
		}
		switch kind := p.text("QuestionType"); kind {
		case "MC":
			it.kind = "one"
			if s := p.text("Selector"); strings.HasPrefix(s, "MA") || s == "MSB" {
				it.kind = "many"
			}
			if p.text("Selector") == "NPS" {
				it.kind = "nps"
			}
		case "TE":
			it.kind = "text"
			if s := p.text("Selector"); s == "ML" || s == "ESTB" {
				it.kind = "long"
			}
			if p.text("Selector") == "FORM" {
				for _, row := range it.options {
					b.items = append(b.items, item{key: it.key + "_" + row, kind: "text", ask: row, optional: it.optional})
				}
				b.leave("form", cut(b.words(it.ask)))
				continue
			}
		case "Matrix":
			columns := ordered(p, "Answers")
			for _, row := range it.options {
				b.items = append(b.items, item{key: it.key + "_" + row, kind: "scale", ask: row, options: columns, low: 1, high: 5, optional: it.optional})
			}
			b.leave("table", cut(b.words(it.ask)))
			continue
		case "DB":
			it.kind = "message"
		case "FileUpload":
			it.kind = "file"
		default:
			b.leave("kind", cut(b.words(it.ask)), kind)
			continue
		}
		b.items = append(b.items, it)
	}
}
