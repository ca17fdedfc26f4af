package webchat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

// A room's buttons and their forms are plain forms: this is all of what a browser without
// script does.
func TestARoomsFormsWorkWithoutScript(t *testing.T) {
	card := chat.Message{Title: "Open · <Ann>", State: "open", Rows: [][]chat.Button{{
		{Text: "Take", Data: "1kT", Style: "primary"},
		{Text: "Reply", Data: "1kC", Form: &chat.Form{
			Title: "Reply", Submit: "Send", Note: "<b>Ann</b> reads this.", Fields: []chat.Field{
				{Name: "text", Label: "Your answer", Expects: chat.ExpectsLong},
				{Name: "cost", Label: "Cost", Optional: true, Max: 20},
				{Name: "how", Label: "How", Options: []chat.Option{{Value: "a", Text: "A"}, {Value: "b", Text: "B"}}, Value: "b"},
			},
		}},
	}}}
	var got []chat.Update
	var answer []chat.Answer
	h := New(Config{
		Rooms: []Room{{ID: "staff", User: chat.User{ID: "robin"}}},
		Handle: func(_ context.Context, us []chat.Update) ([]chat.Answer, error) {
			got = append(got, us...)
			return answer, nil
		},
		State: func(context.Context, chat.Address) (string, error) { return "1", nil },
		Transcript: func(context.Context, chat.Address, int64, int) ([]Item, error) {
			return []Item{{Slot: "case:1", Ord: 1, Version: 1, Message: card}, {Slot: "said:1", Ord: 2, Version: 1, Message: chat.Message{Text: "more", Under: "case:1"}}}, nil
		},
	})
	page := func(method, body string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequest(method, "/room/staff", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	shown := page("GET", "").Body.String()
	for _, want := range []string{
		`name="data" value="1kT"`, `<summary class="button ">Reply</summary>`, "&lt;b&gt;Ann&lt;/b&gt; reads this.", `name="f.text" rows="3"`,
		`name="f.cost" type="text"`, `<option value="b" selected>B</option>`, `↩ <bdi>Open · &lt;Ann&gt;</bdi>`,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if w := page("POST", form("nonce", "n1", "on", "case:1", "data", "1kT")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/room/staff" {
		t.Errorf("a tap is answered with %d to %q", w.Code, w.Header().Get("Location"))
	}
	answer = []chat.Answer{{Text: "Write something first.", Alert: true, Field: "text"}}
	w := page("POST", form("nonce", "n1", "on", "case:1", "data", "1kC", "f.text", "sorry <Ann>\r\n", "f.cost", "2"))
	if again := w.Body.String(); w.Code != 200 || !strings.Contains(again, `data-key="1kC" open`) || !strings.Contains(again, "sorry &lt;Ann&gt;") || !strings.Contains(again, "Write something first.") {
		t.Errorf("what was refused is not offered again: %d\n%s", w.Code, again)
	}
	for i := range got {
		got[i].At = got[0].At
		got[i].Key, _, _ = strings.Cut(got[i].Key, ".")
	}
	from := chat.Update{Key: "web:room:staff:n1", From: staffRoom, User: chat.User{ID: "robin"}, On: "case:1", At: got[0].At}
	tap, filled := from, from
	tap.Kind, tap.Data = chat.Tap, "1kT"
	filled.Kind, filled.Data, filled.Fields = chat.Filled, "1kC", map[string]string{"text": "sorry <Ann>\n", "cost": "2"}
	if diff := cmp.Diff([]chat.Update{tap, filled}, got); diff != "" {
		t.Error(diff)
	}
}
