package telegram_test

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

// given is a file that Ann sent to the bot, as the bot was told of it.
func (w *world) given(in *inbox, ann *telegramtest.User, kind string) chat.File {
	w.t.Helper()
	ann.Write(ann.Chat(), telegramtest.Written{File: kind})
	u := in.next(w.t)
	if len(u.Files) != 1 {
		w.t.Fatalf("%s: %+v", kind, u)
	}
	return u.Files[0]
}

func TestAFileIsShownByItsReference(t *testing.T) {
	w := newWorld(t)
	ann, in := w.ann(), newInbox()
	w.poll(in.handle)
	staff := w.NewSupergroup("Staff", 7)
	topic := w.address(staff)
	topic.Thread = "7"
	card, err := w.client.Send(t.Context(), topic, chat.Message{Title: "A-1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"photo", "voice", "audio", "video", "document"} {
		m := chat.Message{Text: kind + " from <Ann> (A-1)", Replies: card, Files: []chat.File{w.given(in, ann, kind)}}
		ref, err := w.client.Send(t.Context(), topic, m, "")
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		got := w.last(staff)
		if got.File != kind || got.Text != m.Text || chat.Ref(itoa(got.ReplyTo)) != card || got.Thread != 7 {
			t.Errorf("%s is shown as %+v", kind, got)
		}
		m.Text = strings.Repeat("😀", 2000)
		for range 2 { // the second is not modified
			if again, err := w.client.Send(t.Context(), topic, m, ref); err != nil || again != ref {
				t.Errorf("%s edited: %q, %v", kind, again, err)
			}
		}
		if got := w.last(staff); got.Edits != 1 || got.File != kind || !strings.HasPrefix(got.Text, "😀😀") || !strings.HasSuffix(got.Text, "…") {
			t.Errorf("the edited %s: %+v", kind, got)
		}
	}
	bare := w.given(in, ann, "photo")
	w.mustSend(staff, chat.Message{Files: []chat.File{bare}}, "")
	if got := w.last(staff); got.File != "photo" || got.Text != "" {
		t.Errorf("without words: %+v", got)
	}
}

func TestAFileThatCannotBeShownIsNamed(t *testing.T) {
	w := newWorld(t)
	ann, in := w.ann(), newInbox()
	w.poll(in.handle)
	staff := w.NewGroup("Staff")
	round := w.given(in, ann, "video_note")
	photo := w.given(in, ann, "photo")
	for name, files := range map[string][]chat.File{
		"another bot's": {{Kind: "document", ID: "AgAC", Name: "bill.pdf"}},
		"another kind":  {round},
		"no kind":       {{Kind: "sticker", ID: photo.ID}},
		"two":           {photo, photo},
	} {
		m := chat.Message{Text: "from Ann", Files: files}
		ref := w.mustSend(staff, m, "")
		want := "from Ann"
		for _, f := range files {
			want += "\n" + f.Sign()
		}
		if got := w.last(staff); got.File != "" || got.Text != want {
			t.Errorf("%s: %+v", name, got)
		}
		m.Text = "from Bob"
		if again := w.mustSend(staff, m, ref); again != ref {
			t.Errorf("%s: the edit was posted anew", name)
		}
		if got := w.last(staff); got.Text != strings.Replace(want, "Ann", "Bob", 1) || got.Edits != 1 {
			t.Errorf("%s, edited: %+v", name, got)
		}
	}
	// Where a message with a file stood, words alone are posted anew.
	ref := w.mustSend(staff, chat.Message{Text: "x", Files: []chat.File{photo}}, "")
	if again := w.mustSend(staff, chat.Message{Text: "words"}, ref); again == ref {
		t.Error("a photo became words")
	}
	// The group may allow words only.
	w.Inject(telegramtest.Fault{Method: "sendPhoto", Code: 400, Description: "Bad Request: not enough rights to send photos to the chat"})
	w.mustSend(staff, chat.Message{Text: "no photos here", Files: []chat.File{photo}}, "")
	got := w.last(staff)
	if got.File != "" {
		t.Errorf("got.File is %q, want none", got.File)
	}
	if got.Text != "no photos here\n📷" {
		t.Errorf("got.Text is %q, want %q", got.Text, "no photos here\n📷")
	}
	// A chat that is closed is not asked for more.
	staff.Refuse(403, "Forbidden: bot was kicked from the group chat")
	if _, err := w.send(staff, chat.Message{Text: "x", Files: []chat.File{photo}}, ""); kindOf(err) != chat.Unreachable {
		t.Errorf("%v", err)
	}
}
