package admin

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/draft"
)

// TestTwoPeopleAtRandom: two browsers at one draft, each over what it saw a while ago. A field
// that nobody else changed is stored, one that somebody did is asked about and stays as it is,
// and moves, copies and removals of questions go by their names. In the end the file is
// what these rules say, and nothing of it was lost on the way.
func TestTwoPeopleAtRandom(t *testing.T) {
	const seed, steps = 14, 150
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "two", Rev: 1, Same: 1, Source: modelFile}); err != nil {
		t.Fatal(err)
	}
	m := newFlowModel(t)
	random := rand.New(rand.NewPCG(seed, seed))
	seen := [2]map[string]string{m.copyFields(), m.copyFields()}
	met := map[string]int{}
	for i := range steps {
		who := random.IntN(2)
		if random.IntN(3) == 0 {
			seen[who] = m.copyFields() // the page comes anew
		}
		key := m.order[random.IntN(len(m.order))]
		at := "questions/=" + key
		form := url.Values{}
		want := http.StatusSeeOther
		switch random.IntN(8) {
		case 0:
			form.Set("act", "up|"+at)
			m.move(key, -1)
			met["moved"]++
		case 1:
			form.Set("act", "down|"+at)
			m.move(key, 1)
			met["moved"]++
		case 2:
			if len(m.order) < 7 {
				form.Set("act", "copy|"+at)
				m.duplicate(key)
				met["copied"]++
				break
			}
			if key == "main" {
				continue
			}
			form.Set("act", "remove|"+at)
			m.remove(key)
			met["removed"]++
		default:
			field, value := at+"/ask/@en", fmt.Sprintf("Words %d: of \"%s\" # no comment", i, key)
			if random.IntN(4) == 0 {
				field, value = at+"/weight", fmt.Sprint(1+random.IntN(9))
			}
			was, known := seen[who][field]
			if !known {
				continue // it has not seen this question yet
			}
			form.Set(field, value)
			form.Set(field+".was", was)
			switch m.fields[field] {
			case was, value:
				m.fields[field] = value
				seen[who][field] = value
				met["stored"]++
			default:
				want = http.StatusConflict
				met["asked"]++
			}
			if value == was {
				want = http.StatusSeeOther
			}
		}
		r := httptest.NewRequest("POST", "/surveys/two/edit?q="+url.QueryEscape(at), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		h.ask(r, want)
		if i%10 == 9 {
			m.same(h.source("two"))
		}
	}
	m.same(h.source("two"))
	for _, what := range []string{"moved", "copied", "removed", "stored", "asked"} {
		if met[what] == 0 {
			t.Errorf("nothing was %s: %v", what, met)
		}
	}
}

const modelFile = `# By hand.
flow: two
class: transactional
title: Two # of them
questions:
  - {key: main, scale: csat5, primary: true, weight: 1, ask: All in all?}
  # The second.
  - key: speed
    scale: csat5
    weight: 2
    ask: How quick?
  - {key: room, scale: csat5, weight: 3, ask: "And the room?"}
`

// flowModel is what a draft should say: its questions in their order, and their fields.
type flowModel struct {
	*testing.T
	order  []string
	fields map[string]string
}

func newFlowModel(t *testing.T) *flowModel {
	m := &flowModel{T: t, order: []string{"main", "speed", "room"}, fields: map[string]string{}}
	doc, err := draft.Parse(modelFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range m.order {
		m.fields["questions/="+key+"/ask/@en"] = doc.Words("questions/="+key+"/ask", "en")
		m.fields["questions/="+key+"/weight"] = doc.Show("questions/=" + key + "/weight")
	}
	return m
}

func (m *flowModel) copyFields() map[string]string {
	out := map[string]string{}
	for k, v := range m.fields {
		out[k] = v
	}
	return out
}

func (m *flowModel) move(key string, by int) {
	i := slices.Index(m.order, key)
	if j := i + by; j >= 0 && j < len(m.order) {
		m.order[i], m.order[j] = m.order[j], m.order[i]
	}
}

func (m *flowModel) duplicate(key string) {
	name := key + "_copy"
	for i := 2; slices.Contains(m.order, name); i++ {
		name = fmt.Sprintf("%s_copy_%d", key, i)
	}
	m.order = slices.Insert(m.order, slices.Index(m.order, key)+1, name)
	for _, field := range []string{"/ask/@en", "/weight"} {
		m.fields["questions/="+name+field] = m.fields["questions/="+key+field]
	}
}

func (m *flowModel) remove(key string) {
	i := slices.Index(m.order, key)
	m.order = slices.Delete(m.order, i, i+1)
	for _, field := range []string{"/ask/@en", "/weight"} {
		delete(m.fields, "questions/="+key+field)
	}
}

// same fails the test if a file says anything else than the model.
func (m *flowModel) same(source string) {
	m.Helper()
	doc, err := draft.Parse(source)
	if err != nil {
		m.Fatalf("%v\n%s", err, source)
	}
	var order []string
	for _, e := range doc.Elements("questions") {
		order = append(order, strings.TrimPrefix(e, "="))
	}
	if !slices.Equal(order, m.order) {
		m.Fatalf("the questions are %v, want %v\n%s", order, m.order, source)
	}
	for path, want := range m.fields {
		if got := doc.Show(path); got != want {
			m.Fatalf("%s is %q, want %q\n%s", path, got, want, source)
		}
	}
	for _, comment := range []string{"# By hand.", "title: Two # of them"} {
		if !strings.Contains(source, comment) {
			m.Fatalf("%q is gone from\n%s", comment, source)
		}
	}
}

// TestTwoPeopleAtTheSameMoment: whoever stores first, what each of two people wrote at fields of
// their own stands in the end, and every question is there, however they were moved meanwhile.
func TestTwoPeopleAtTheSameMoment(t *testing.T) {
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "two", Rev: 1, Same: 1, Source: modelFile}); err != nil {
		t.Fatal(err)
	}
	const turns = 15
	post := func(at string, form url.Values) int {
		r := httptest.NewRequest("POST", "/surveys/two/edit?q="+url.QueryEscape(at), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		h.pages.ServeHTTP(w, r)
		return w.Code
	}
	var wg sync.WaitGroup
	for _, key := range []string{"speed", "room"} {
		wg.Go(func() {
			at, was := "questions/="+key, map[string]string{"speed": "How quick?", "room": "And the room?"}[key]
			for i := range turns {
				words := fmt.Sprintf("%s, turn %d", key, i)
				if code := post(at, url.Values{at + "/ask/@en": {words}, at + "/ask/@en.was": {was}}); code != http.StatusSeeOther {
					t.Errorf("%s: %d", words, code)
				}
				was = words
				if code := post(at, url.Values{"act": {"up|" + at}}); code != http.StatusSeeOther {
					t.Errorf("moving %s: %d", key, code)
				}
			}
		})
	}
	wg.Wait()
	source := h.source("two")
	doc, err := draft.Parse(source)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	keys := doc.Elements("questions")
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"=main", "=room", "=speed"}) {
		t.Errorf("the questions are %v\n%s", keys, source)
	}
	for _, key := range []string{"speed", "room"} {
		if got, want := doc.Words("questions/="+key+"/ask", "en"), fmt.Sprintf("%s, turn %d", key, turns-1); got != want {
			t.Errorf("%s says %q, want %q\n%s", key, got, want, source)
		}
	}
	if !strings.Contains(source, "# The second.") {
		t.Errorf("a comment is gone from\n%s", source)
	}
}
