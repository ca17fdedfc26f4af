package telegram

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

// What a person sends that is neither words nor a file is told of, of whatever kind it is; what
// merely happened in the chat, and what a bot or a group sends, is not.
func TestWhatIsNeitherWordsNorAFileIsSaid(t *testing.T) {
	c := decoder("our_bot")
	for _, in := range []struct {
		message string
		kind    string // "" = nobody sent anything
		says    string
	}{
		{`"location":{"latitude":51.5,"longitude":-0.12}`, "location", "51.5, -0.12"},
		{`"location":{"latitude":51.5,"longitude":-0.12},"venue":{"location":{"latitude":51.5,"longitude":-0.12},"title":"Salon","address":"Main Street 1"}`, "location", "Salon · Main Street 1 · 51.5, -0.12"},
		{`"poll":{"question":"Green?","options":[{"text":"yes"},{"text":"no"}]}`, "poll", "Green? · yes · no"},
		{`"dice":{"emoji":"🎲","value":5}`, "dice", "🎲 5"},
		{`"sticker":{"file_id":"s","set_name":"Cats"}`, "sticker", "Cats"},
		{`"story":{"id":3,"chat":{"id":9}}`, "story", ""},
		{`"contact":{"first_name":"Bob","phone_number":""}`, "contact", "Bob"},
		{`"paid_media":{"star_count":1}`, "unknown", ""},
		{`"checklist":{"title":"x"}`, "unknown", ""},
		{`"a_kind_of_next_year":{"x":1}`, "unknown", ""},
		{`"location":"odd"`, "unknown", ""},
		{`"pinned_message":{"message_id":3}`, "", ""},
		{`"write_access_allowed":{}`, "", ""},
		{`"successful_payment":{"currency":"XTR"}`, "", ""},
		{`"message_auto_delete_timer_changed":{}`, "", ""},
		{`"text":"/start@their_bot x"`, "", ""},
	} {
		raw := `{"update_id":1,"message":{"message_id":7,"date":1772625600,"chat":{"id":9,"type":"private"},"from":{"id":9,"first_name":"Ann"},` + in.message + `}}`
		u, err := c.decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		var want []chat.File
		kind := chat.Other
		if in.kind != "" {
			kind, want = chat.Text, []chat.File{{Kind: in.kind, Name: in.says}}
		}
		if diff := cmp.Diff(want, u.Files); diff != "" || u.Kind != kind {
			t.Errorf("%s is %s (-want +got):\n%s", in.message, u.Kind, diff)
		}
		group := `{"update_id":1,"message":{"message_id":7,"date":1772625600,"chat":{"id":-9,"type":"group"},"from":{"id":9,"first_name":"Ann"},` + in.message + `}}`
		if u, err := c.decode([]byte(group)); err != nil || u.Kind == chat.Text && len(u.Files) > 0 {
			t.Errorf("in a group %s is %+v, %v", in.message, u, err)
		}
	}
}
