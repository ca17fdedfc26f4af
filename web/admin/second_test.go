package admin

import (
	"crypto/hmac"
	"crypto/sha1" // what authenticator apps compute
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

func init() {
	code := codeField(tongues()["en"])
	fixtures = append(fixtures,
		fixture{"code.html", "full", frame{Title: "A code, too", Bare: true}, codePage{code, "x", "sealed"}},
		fixture{"second.html", "empty", frame{Title: "Codes"}, secondPage{form: code, Secret: "ABCD EFGH", QR: qrPicture{2, "M0 0h1v1h-1z"}}},
		fixture{"second.html", "full", frame{Title: "Codes"}, secondPage{On: true, Left: 9}},
		fixture{"second.html", "codes", frame{Title: "Codes"}, secondPage{On: true, Left: 10, Codes: []string{"abcd-efgh-jkmn", "pqrs-tuvw-xyza"}}},
	)
}

// plainSealer seals nothing, and opens what it sealed for the same place.
type plainSealer struct{}

func (plainSealer) Seal(place, value string) string {
	return base32.StdEncoding.EncodeToString([]byte(place + "\x01" + value))
}

func (plainSealer) Open(place, sealed string) (string, error) {
	plain, err := base32.StdEncoding.DecodeString(sealed)
	value, ok := strings.CutPrefix(string(plain), place+"\x01")
	if err != nil || !ok {
		return "", errors.New("not sealed for this")
	}
	return value, nil
}

// phone is an authenticator app, as RFC 6238 has it.
func phone(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, now.Unix()/30)
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[from:])&0x7fffffff)%1_000_000)
}

// Codes at sign-in, from turning them on to losing the phone: the password alone lets nobody in
// then, no code counts twice, and a link for a new password turns them off.
func TestCodesAtSignIn(t *testing.T) {
	s := newStreet(t)
	s.config.Sealer = plainSealer{}
	s.pages = New(s.config)
	b := s.owner()
	hidden := func(page, name string) string {
		t.Helper()
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("no field %s in\n%s", name, page)
		}
		return html.UnescapeString(m[1])
	}
	page := b.do("GET", "/me/codes", nil).Body.String()
	secret := regexp.MustCompile(`<code dir="ltr">([A-Z2-7 ]+)</code>`).FindStringSubmatch(page)[1]
	sealed := hidden(page, "sealed")
	if w := b.do("POST", "/me/codes", url.Values{"sealed": {sealed}, "code": {"000000"}}); w.Code != 422 || !strings.Contains(w.Body.String(), strings.TrimSpace(secret)) {
		t.Fatalf("a wrong code turns codes on, or the secret is another one: %d", w.Code)
	}
	on := b.do("POST", "/me/codes", url.Values{"sealed": {sealed}, "code": {phone(t, secret, s.now)}})
	kept := regexp.MustCompile(`<li><code>([^<]+)</code>`).FindAllStringSubmatch(on.Body.String(), -1)
	if on.Code != 200 || len(kept) != 10 {
		t.Fatalf("turning codes on: %d, %d codes\n%s", on.Code, len(kept), on.Body)
	}
	if strings.Contains(b.do("GET", "/me/codes", nil).Body.String(), kept[0][1]) {
		t.Error("a code for a lost phone is shown again")
	}

	on = b.do("POST", "/me/codes/recovery", nil)
	made := kept[0][1]
	if kept = regexp.MustCompile(`<li><code>([^<]+)</code>`).FindAllStringSubmatch(on.Body.String(), -1); on.Code != 200 || len(kept) != 10 || kept[0][1] == made {
		t.Fatalf("other codes for a lost phone: %d, %d codes\n%s", on.Code, len(kept), on.Body)
	}

	half := func(other *browser) string {
		t.Helper()
		w := other.signIn("robin", password)
		if w.Code != 200 || other.in() {
			t.Fatalf("the password alone: %d, in: %v\n%s", w.Code, other.in(), w.Body)
		}
		return hidden(w.Body.String(), "half")
	}
	try := func(other *browser, half, code string, want int) {
		t.Helper()
		if w := other.do("POST", "/login/code", url.Values{"half": {half}, "code": {code}}); w.Code != want || other.in() != (want == 303) {
			t.Errorf("the code %s: %d, in: %v, want %d", code, w.Code, other.in(), want)
		}
	}
	try(s.browser(), half(s.browser()), phone(t, secret, s.now), 422) // it turned them on: used
	s.now = s.now.Add(time.Minute)
	try(s.browser(), half(s.browser()), phone(t, secret, s.now), 303)
	try(s.browser(), half(s.browser()), phone(t, secret, s.now), 422)
	try(s.browser(), half(s.browser()), strings.ToUpper(kept[3][1]), 303)
	try(s.browser(), half(s.browser()), kept[3][1], 422)
	late := half(s.browser())
	s.now = s.now.Add(codeLife)
	try(s.browser(), late, phone(t, secret, s.now), 422)
	try(s.browser(), "forged", phone(t, secret, s.now), 422)
	guess := half(s.browser())
	waits := false
	for range freeCodeTries + 2 {
		waits = waits || s.browser().do("POST", "/login/code", url.Values{"half": {guess}, "code": {"123456"}}).Code == 429
	}
	if !waits {
		t.Error("codes can be guessed without a wait")
	}

	s.now = s.now.Add(time.Hour)
	if w := b.do("POST", "/me/codes/remove", nil); w.Code != 303 || !strings.Contains(w.Header().Get("Location"), "/prove") {
		t.Errorf("codes are turned off without a proof: %d to %q", w.Code, w.Header().Get("Location"))
	}
	at := "/reset/" + s.link(storage.ResetLink, idOf(t, s.store, "robin"), time.Hour)
	if w := s.browser().do("POST", at, url.Values{"password": {"a morning in April"}}); w.Code != 303 {
		t.Fatalf("another password: %d\n%s", w.Code, w.Body)
	}
	other := s.browser()
	if w := other.signIn("robin", "a morning in April"); w.Code != 303 || !other.in() {
		t.Errorf("who lost everything is locked out: %d", w.Code)
	}
}
