package telegram

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

var updatesFlag = flag.Int("updates", 20_000, "how many generated updates are decoded")

// generated is an update of any form: fields that there are, and values that fit or not.
func generated(random *rand.Rand, id int) []byte {
	var value func(depth int) any
	names := []string{
		"message", "edited_message", "callback_query", "my_chat_member", "chat", "from", "text", "entities", "date", "id", "message_id",
		"type", "data", "photo", "voice", "document", "contact", "reply_to_message", "migrate_to_chat_id", "new_chat_member", "status", "first_name",
	}
	texts := []string{"", "private", "/start x", "\x00", "\u202e", "🙂👨‍👩‍👧", "<b>", strings.Repeat("x", 5000), "kicked", "member", "bot_command", "1"}
	value = func(depth int) any {
		switch n := random.IntN(10); {
		case depth > 6 || n < 3:
			return texts[random.IntN(len(texts))]
		case n < 5:
			return random.Int64()>>random.IntN(60) - 5
		case n == 5:
			return nil
		case n == 6:
			list := make([]any, random.IntN(4))
			for i := range list {
				list[i] = value(depth + 1)
			}
			return list
		default:
			object := map[string]any{}
			for range random.IntN(6) {
				object[names[random.IntN(len(names))]] = value(depth + 1)
			}
			return object
		}
	}
	object := map[string]any{"update_id": id, names[random.IntN(4)]: value(0), names[random.IntN(4)]: value(0)}
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err) // plain values only
	}
	if random.IntN(4) == 0 && len(raw) > 0 { // not even JSON
		raw[random.IntN(len(raw))] ^= byte(1 + random.IntN(255))
	}
	return raw
}

// Whatever arrives, decoding ends at once, does not panic, and keeps nothing.
func TestAMillionUpdatesAreDecoded(t *testing.T) {
	c := decoder("our_bot")
	random := rand.New(rand.NewPCG(1, 2))
	began, slowest, read, most := time.Now(), time.Duration(0), 0, uint64(0)
	for i := range *updatesFlag {
		raw := generated(random, i+1)
		at := time.Now()
		if u, err := c.decode(raw); err == nil {
			read++
			if u.Kind == "" || u.Key == "" {
				t.Fatalf("incomplete: %+v", u)
			}
		}
		slowest = max(slowest, time.Since(at))
		if i%10_000 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if slowest > 10*time.Second || most > 256<<20 { // a busy machine takes its time
		t.Errorf("the slowest took %v, the heap held %d MB", slowest, most>>20)
	}
	t.Attr("figure", fmt.Sprintf("%d generated updates, %d of them readable, in %.1f s; the slowest took %v; heap at most %d MB; no panic",
		*updatesFlag, read, time.Since(began).Seconds(), slowest.Round(time.Microsecond), most>>20))
}

// The secret is compared before anything is read of a delivery.
func TestMutatedSecretsAreRefused(t *testing.T) {
	const secret, mutations = "a-secret-of-a-webhook_0123456789", 10_000
	handled := 0
	hook := NewWebhook(decoder("our_bot"), secret, func(context.Context, []chat.Update) ([]chat.Answer, error) {
		handled++
		return nil, nil
	})
	random := rand.New(rand.NewPCG(1, 2))
	for i := range mutations {
		given := []byte(secret)
		switch i % 4 {
		case 0:
			given[random.IntN(len(given))] ^= byte(1 + random.IntN(127))
		case 1:
			given = given[:random.IntN(len(given))]
		case 2:
			given = append(given, given[:1+random.IntN(len(given))]...)
		case 3:
			at := random.IntN(len(given))
			given = append(given[:at:at], append([]byte{byte(' ' + random.IntN(95))}, given[at:]...)...)
		}
		r := httptest.NewRequest(http.MethodPost, "/hooks/telegram", unreadable{t})
		r.Header["X-Telegram-Bot-Api-Secret-Token"] = []string{string(given)}
		out := httptest.NewRecorder()
		hook.ServeHTTP(out, r)
		if out.Code != http.StatusUnauthorized {
			t.Fatalf("mutation %d, %q: %d", i, given, out.Code)
		}
	}
	if handled > 0 {
		t.Errorf("%d deliveries were handled", handled)
	}
	t.Attr("figure", fmt.Sprintf("%d mutations refused, no body read", mutations))
}

// unreadable is a body that must not be looked at.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, http.ErrBodyReadAfterClose
}
