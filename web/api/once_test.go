package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// glass seals nothing, and shows where it would.
type glass struct{}

func (glass) Seal(place, value string) string { return place + "\n" + value }

func (glass) Open(place, sealed string) (string, error) {
	value, ok := strings.CutPrefix(sealed, place+"\n")
	if !ok {
		return "", errors.New("sealed for another place")
	}
	return value, nil
}

// keyed sends a request with a key.
func (c *till) keyed(key, method, path, token, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set(keyHeader, key)
	}
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	if w.Code >= 400 {
		fits(c.t, "Problem", w.Body.Bytes())
	}
	return w
}

// keys has the till honour keys, on a store of its own choice.
func (c *till) keys(store storage.Store) {
	c.api = New(Config{Store: store, Bot: c.bot, Asking: c.asking, Endpoints: c.desk, Sealer: glass{}, Clock: func() time.Time { return c.now }})
}

const someHook = `{"name":"Desk","url":"https://desk.example/hook","events":["case.opened"]}`

// A request that is sent again with its key is answered as before, word for word, and has no second effect;
// without a key, with another, or by another token it is another request.
func TestARequestWithAKeyHasOneEffect(t *testing.T) {
	c := newTill(t)
	c.keys(c.store)
	token, other := c.token(nil, access.ManageHooks), c.token(nil, access.ManageHooks)
	first := c.keyed(`"8e03-1"`, "POST", "/webhooks", token, someHook)
	if first.Code != http.StatusCreated || first.Header().Get("Idempotency-Replayed") != "" {
		t.Fatalf("first: %d %s", first.Code, first.Body)
	}
	for _, key := range []string{`"8e03-1"`, `8e03-1`, ` "8e03-1" `} {
		again := c.keyed(key, "POST", "/webhooks", token, someHook)
		if again.Code != first.Code || again.Body.String() != first.Body.String() || again.Header().Get("Idempotency-Replayed") != "true" ||
			again.Header().Get("Content-Type") != first.Header().Get("Content-Type") {
			t.Errorf("%s again: %d %s", key, again.Code, again.Body)
		}
	}
	if len(c.desk.all) != 1 {
		t.Errorf("there are %d endpoints", len(c.desk.all))
	}
	if w := c.keyed(`"8e03-1"`, "POST", "/webhooks", token, strings.Replace(someHook, "Desk", "Other", 1)); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "key_reused") {
		t.Errorf("with another body: %d %s", w.Code, w.Body)
	}
	for n, x := range []struct{ key, token, path string }{{`"8e03-2"`, token, ""}, {`"8e03-1"`, other, ""}, {"", token, ""}, {"", token, ""}} {
		if w := c.keyed(x.key, "POST", "/webhooks", x.token, someHook); w.Code != http.StatusCreated || len(c.desk.all) != n+2 {
			t.Errorf("%+v: %d, %d endpoints: %s", x, w.Code, len(c.desk.all), w.Body)
		}
	}
	id := c.desk.all[0].ID
	if w := c.keyed(`"8e03-1"`, "POST", "/webhooks/"+id+"/test", token, ""); w.Code != http.StatusOK {
		t.Errorf("the same key at another address: %d %s", w.Code, w.Body)
	}
	for _, bad := range []string{`""`, `"` + strings.Repeat("x", 256) + `"`, "a\tb", "ä"} {
		if w := c.keyed(bad, "POST", "/webhooks", token, someHook); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("the key %.20q: %d", bad, w.Code)
		}
	}
	c.now = c.now.Add(storage.KeptFor + time.Minute)
	if w := c.keyed(`"8e03-1"`, "POST", "/webhooks", token, someHook); w.Code != http.StatusCreated || w.Header().Get("Idempotency-Replayed") != "" {
		t.Errorf("a day later: %d", w.Code)
	}
}

// What was refused had no effect: the key is free for the request as it was meant.
func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	c := newTill(t)
	c.keys(c.store)
	token := c.token(nil, access.ManageHooks)
	if w := c.keyed("k", "POST", "/webhooks", token, `{"name":"Desk"}`); w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := c.keyed("k", "POST", "/webhooks", token, someHook); w.Code != http.StatusCreated {
		t.Errorf("as it was meant: %d %s", w.Code, w.Body)
	}
}

// While a request is under way the same is told to wait. Who died in its middle is replaced after a minute,
// at whatever point that was: one endpoint is there, and it has one secret more.
func TestAKeyOutlivesWhoeverDiesWhileAnswering(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.ManageHooks)
	for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
		for n, dies := 1, true; dies; n++ {
			store := storagetest.Crashing(c.store, n, when)
			c.keys(store)
			c.desk.all = nil
			key := "crash " + itoa(int(when)) + " " + itoa(n)
			w := c.keyed(key, "POST", "/webhooks", token, someHook)
			select {
			case <-store.Dead():
			default:
				if dies = false; w.Code != http.StatusCreated || n < 4 {
					t.Errorf("nobody died at call %d: %d %s", n, w.Code, w.Body)
				}
			}
			c.keys(c.store)
			again := c.keyed(key, "POST", "/webhooks", token, someHook)
			if again.Code == http.StatusConflict {
				if again.Header().Get("Retry-After") != "1" || !strings.Contains(again.Body.String(), "in_progress") {
					t.Errorf("call %d: under way it says %s", n, again.Body)
				}
				c.now = c.now.Add(underWay + time.Second)
				again = c.keyed(key, "POST", "/webhooks", token, someHook)
			}
			if again.Code != http.StatusCreated || len(c.desk.all) != 1 {
				t.Errorf("a crash at call %d: %d, %d endpoints: %s", n, again.Code, len(c.desk.all), again.Body)
			}
		}
	}
}

// A request that failed may have had its effect, so its key is not free: the same again waits, and then goes on
// with what it began. Here what was done cannot be written down any more, for the sender hung up.
func TestAFailureLeavesItsKeyBegun(t *testing.T) {
	c := newTill(t)
	token := c.token(nil, access.ManageHooks)
	c.keyed("", "POST", "/webhooks", token, someHook)
	path := "/webhooks/" + c.desk.all[0].ID + "/rotate"
	began := c.now
	c.keys(lostAudits{c.store})
	if w := c.keyed("k", "POST", path, token, ""); w.Code != http.StatusInternalServerError {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	c.keys(c.store)
	if w := c.keyed("k", "POST", path, token, ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "in_progress") {
		t.Errorf("at once: %d %s", w.Code, w.Body)
	}
	c.now = c.now.Add(underWay + time.Second)
	if w := c.keyed("k", "POST", path, token, ""); w.Code != http.StatusOK || !c.desk.since.Equal(began) {
		t.Errorf("%d %s: it is rotated unless it was since %v, and not since %v", w.Code, w.Body, c.desk.since, began)
	}
}

// lostAudits is a store that writes no audit.
type lostAudits struct{ storage.Store }

func (lostAudits) PutAudit(context.Context, storage.Audit) error { return context.Canceled }

// A secret that was rotated by somebody who died is not rotated again: the one that receivers have would go.
func TestASecretIsRotatedOnceByAKey(t *testing.T) {
	c := newTill(t)
	c.keys(c.store)
	token := c.token(nil, access.ManageHooks)
	c.keyed("", "POST", "/webhooks", token, someHook)
	path := "/webhooks/" + c.desk.all[0].ID + "/rotate"
	r := httptest.NewRequest("POST", base+path, nil)
	key := storage.KeptAnswer{Token: token[:12], Key: hashed("POST", r.URL.Path, "k"), Body: hashed(""), Began: c.now}
	if _, begun, err := c.store.BeginAnswer(context.Background(), key, c.now); err != nil || !begun {
		t.Fatal(begun, err)
	}
	began := c.now
	c.now = c.now.Add(underWay + time.Second)
	if w := c.keyed("k", "POST", path, token, ""); w.Code != http.StatusOK || !c.desk.since.Equal(began) {
		t.Errorf("%d %s: it is rotated unless it was since %v, and not since %v", w.Code, w.Body, c.desk.since, began)
	}
	if w := c.keyed("other", "POST", path, token, ""); w.Code != http.StatusOK || !c.desk.since.IsZero() {
		t.Errorf("another: %d, since %v", w.Code, c.desk.since)
	}
}
