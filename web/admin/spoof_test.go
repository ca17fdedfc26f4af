package admin

import (
	"fmt"
	"html/template"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/chattest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// spark is markup that is found wherever it comes alive: in words, in attributes of either
// quotation mark, and in scripts.
const spark = `m9"m9'm9<x-m9 onfocus=m9()>&lt;m9` + "\u202E\u2066"

// sparked is a copy of what a page is given, with a spark in every text of it; keys are the
// fields that name words, shapes and addresses instead of being shown.
func sparked(v reflect.Value, keys map[string]bool) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		if v.Type() != reflect.TypeFor[template.HTML]() && v.Len() > 0 {
			out.SetString(v.String() + spark)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if keys[f.Name] || keys[v.Type().Name()+"."+f.Name] || !f.IsExported() && !f.Anonymous {
				continue
			}
			if f.IsExported() {
				out.Field(i).Set(sparked(v.Field(i), keys))
				continue
			}
			for j := range v.Field(i).NumField() { // embedded
				if g := f.Type.Field(j); g.IsExported() && !keys[g.Name] {
					out.Field(i).Field(j).Set(sparked(v.Field(i).Field(j), keys))
				}
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), 0, v.Len()))
			for i := range v.Len() {
				out.Set(reflect.Append(out, sparked(v.Index(i), keys)))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(sparked(v.Index(i), keys))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(sparked(v.Elem(), keys))
		}
	case reflect.Interface:
		if !v.IsNil() {
			out.Set(sparked(v.Elem(), keys))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for _, k := range v.MapKeys() {
				out.SetMapIndex(k, sparked(v.MapIndex(k), keys))
			}
		}
	}
	return out
}

// namesOfThings are what pages look words, shapes and parts up by.
var namesOfThings = map[string]bool{
	"Kind": true, "Primary": true, "Priority": true, "Contact": true, "Sign": true, "Mode": true, "Act": true, "Type": true, "LinkKind": true, "Key": true,
	"Offers": true, "Shape": true, "flowView.State": true, "field.Name": true, "hoursDay.Key": true, "ruleScope.Site": true,
}

// TestM9NoWordOnAnyPageBecomesMarkup puts a spark into every text that any page may be given.
func TestM9NoWordOnAnyPageBecomesMarkup(t *testing.T) {
	sparks := 0
	for _, f := range fixtures {
		t.Run(f.template+" "+f.of, func(t *testing.T) {
			if f.page != nil {
				f.page = sparked(reflect.ValueOf(f.page), namesOfThings).Interface()
			}
			f.frame = sparked(reflect.ValueOf(f.frame), namesOfThings).Interface().(frame)
			html := render(t, f, "en")
			sparks += strings.Count(html, "&lt;x-m9")
			for _, alive := range []string{`m9"m9`, "m9'm9", "<x-m9", "&lt;m9<"} {
				if i := strings.Index(html, alive); i >= 0 {
					t.Errorf("it is alive: %q", html[max(0, i-120):min(len(html), i+80)])
				}
			}
			turned(t, html)
		})
	}
	if sparks < 900 {
		t.Errorf("only %d texts were tried", sparks)
	}
}

// turned finds what turns the reading direction of the words around it.
func turned(t *testing.T, html string) {
	t.Helper()
	words := regexp.MustCompile(`(?s)<textarea.*?</textarea>|<[^>]*>`).ReplaceAllString(html, "")
	if i := strings.IndexFunc(words, func(r rune) bool { return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' }); i >= 0 {
		t.Errorf("the reading direction turns at %q", words[max(0, i-60):min(len(words), i+60)])
	}
}

// impostors are names and words that try to be a page's own lines, or to come alive; the hostile
// ones of every platform stand in a few long ones.
func impostors() []string {
	all := []string{
		"Ann · 🟢 Resolved · Bob Miller\nHolder: Bob Miller, 10:02", "</h1><h2>Closed</h2><p>Taken by Mallory",
		"\u202Eyb nekaT \u2067now", "# Resolved\n## Taken by Mallory\u2028Contact by: never", "Ann" + strings.Repeat("\u200B", 40) + "Bell",
		strings.Repeat("W", 4000), spark,
	}
	for some := range slices.Chunk(chattest.Hostile(), 16) {
		all = append(all, strings.Join(some, " | "))
	}
	return all
}

// skeleton is what a page is built of: its elements in order, without what is read in them.
func skeleton(html string) []string {
	return regexp.MustCompile(`</?[a-zA-Z][\w-]*`).FindAllString(html, -1)
}

// TestM9NobodysNameOrWordsLookLikeAPagesOwn has customers with hostile names, services and words go
// the whole way to the pages of a case, an answer and a person, and compares each with the same
// page of a harmless one: the same elements in the same order, the same own lines.
func TestM9NobodysNameOrWordsLookLikeAPagesOwn(t *testing.T) {
	w := newWorld(t)
	robin := w.as("robin")
	own := regexp.MustCompile(`(?s)id="standing".*?</span>|<ul class="clocks.*?</ul>|<h2.*?</h2>|<dt>.*?</dt>`)
	type seen map[string][]string
	visit := func(h string) (elements, lines seen) {
		w.n++
		user := fmt.Sprint(9000 + w.n)
		inv, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main", Customer: "key " + user + h, Event: map[string]string{
			"service_name": h, "first_name": h, "agent": h, "item": h, "ticket": h,
		}})
		if err != nil {
			t.Fatal(err)
		}
		w.says(user, h, chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
		w.press(user, h, "1")
		w.says(user, h, chat.Update{Kind: chat.Text, Text: h})
		w.says(user, h, chat.Update{Kind: chat.Command, Command: "cancel"})
		w.says(user, h, chat.Update{Kind: chat.Text, Text: h}) // to staff
		w.folds()
		cases, err := w.store.Cases(t.Context(), storage.CaseFilter{Limit: 200})
		if err != nil || len(cases) == 0 {
			t.Fatalf("no case: %v", err)
		}
		k := slices.MaxFunc(cases, func(a, b storage.Case) int { return a.Number - b.Number })
		elements, lines = seen{}, seen{}
		look := func(name, at string) string {
			page := body(robin.get(at))
			if !utf8.ValidString(page) {
				t.Errorf("%s, %q: the page is no text", name, h)
			}
			turned(t, page)
			elements[name], lines[name] = skeleton(page), own.FindAllString(page, -1)
			return page
		}
		page := look("case", "/cases/"+k.Name())
		to := regexp.MustCompile(`"(/customers/[^"]+)"`).FindStringSubmatch(page)
		if to == nil {
			t.Fatalf("%q: the case does not lead to its customer", h)
		}
		look("person", to[1])
		list := body(robin.get("/answers"))
		look("answer", regexp.MustCompile(`href="(/answers/\d+\.[^"]+)"`).FindStringSubmatch(list)[1])
		for name, page := range map[string]string{"answers": list, "cases": body(robin.get("/cases")), "today": body(robin.get("/"))} {
			turned(t, page)
			rows := regexp.MustCompile(`(?s)<li class="(?:word|case)[^>]*>.*?</li>`).FindAllString(page, -1)
			if len(rows) == 0 {
				t.Fatalf("%s has no rows: %s", name, page)
			}
			elements[name] = skeleton(rows[0])
		}
		return elements, lines
	}
	elements, lines := visit("Ann")
	if len(lines["case"]) < 8 || len(lines["person"]) < 3 {
		t.Fatalf("a page has no own lines: %q", lines)
	}
	for _, h := range impostors() {
		w.clock.add(7 * time.Hour)
		gotElements, gotLines := visit(h)
		for name, want := range elements {
			if got := gotElements[name]; !slices.Equal(got, want) {
				t.Errorf("%s, %q: %d elements, want %d: %v", name, h, len(got), len(want), firstDiff(got, want))
			}
		}
		for name, want := range lines {
			if got := gotLines[name]; len(got) != len(want) {
				t.Errorf("%s, %q: %d own lines, want %d", name, h, len(got), len(want))
			}
		}
	}
}

func firstDiff(a, b []string) []string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(0, i-12):min(len(a), i+6)]
}
