package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const shop = `
sign: {scheme: hmac-sha256, header: X-Shop-Hmac, encoding: base64}
only: {header.x-shop-topic: [order/fulfilled, order/cancelled]}
map:
  id: body.order.number
  state: {from: header.x-shop-topic, order/fulfilled: done, order/cancelled: cancelled}
  ended: body.order.fulfilled_at
  site: main-street
  customer.id: body.customer.id
  customer.language: {from: body.customer.locale, zh-CN: zh-Hans, else: en}
  customer.reach.slack_email: body.customer.email
  attributes.item: body.order.lines.0.title
  attributes.pieces: body.order.pieces
  measures.duration_min: body.order.minutes
  test: body.test
`

func parsed(t *testing.T, text string) Source {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func head(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestACallBecomesAnEventByPathsAndTables(t *testing.T) {
	s := parsed(t, shop)
	for what, c := range map[string]struct {
		topic, body string
		want        Read
	}{
		"all of it": {
			"order/fulfilled", `{"order":{"number":10442,"fulfilled_at":"2026-11-27T17:42:00+01:00","lines":[{"title":"Cut"}],"pieces":2,"minutes":"37.5"},
				"customer":{"id":881,"locale":"zh-CN","email":"anna@example.com"},"test":false}`,
			Read{Event: []byte(`{"attributes":{"item":"Cut","pieces":2},"customer":{"id":"881","language":"zh-Hans","reach":[{"slack_email":"anna@example.com"}]},` +
				`"ended":"2026-11-27T17:42:00+01:00","id":"10442","measures":{"duration_min":37.5},"site":"main-street","state":"done","test":false}`)},
		},
		"a moment in seconds, a guest, another state": {
			"order/cancelled", `{"order":{"number":"A-1","fulfilled_at":1764261720},"customer":{"locale":"de"}}`,
			Read{Event: []byte(`{"ended":"2025-11-27T16:42:00Z","id":"A-1","site":"main-street","state":"cancelled"}`)},
		},
		"a moment in milliseconds": {
			"order/fulfilled", `{"order":{"number":"A-1","fulfilled_at":1764261720123}}`,
			Read{Event: []byte(`{"ended":"2025-11-27T16:42:00.123Z","id":"A-1","site":"main-street","state":"done"}`)},
		},
		"another topic":       {"order/paid", `{"order":{"number":1}}`, Read{Ignored: true}},
		"no topic":            {"", `{"order":{"number":1}}`, Read{Ignored: true}},
		"a list for a word":   {"order/fulfilled", `{"order":{"number":[1]}}`, Read{Faults: []Fault{{"id", "type", "At body.order.number is an object or a list; a plain value is meant."}}}},
		"no number":           {"order/fulfilled", `{"order":{"number":"1","minutes":"soon"}}`, Read{Faults: []Fault{{"measures.duration_min", "type", `"soon" is no number.`}}}},
		"an endless number":   {"order/fulfilled", `{"order":{"number":"1","minutes":"Inf"}}`, Read{Faults: []Fault{{"measures.duration_min", "type", `"Inf" is no number.`}}}},
		"no truth":            {"order/fulfilled", `{"order":{"number":"1"},"test":"perhaps"}`, Read{Faults: []Fault{{"test", "type", `"perhaps" is neither true nor false.`}}}},
		"no moment":           {"order/fulfilled", `{"order":{"number":"1","fulfilled_at":-5}}`, Read{Faults: []Fault{{"ended", "no_time", "-5 at body.order.fulfilled_at is no moment in seconds or milliseconds."}}}},
		"not JSON":            {"order/fulfilled", `order=1`, Read{Faults: []Fault{{"body", "syntax", "the body is not JSON"}}}},
		"a name twice":        {"order/fulfilled", `{"order":1,"order":2}`, Read{Faults: []Fault{{"body", "syntax", `"order" stands twice in one object`}}}},
		"cut off":             {"order/fulfilled", `{"order":{"number":1}`, Read{Faults: []Fault{{"body", "syntax", "the body is not JSON: it ends too early"}}}},
		"two documents":       {"order/fulfilled", `{} {}`, Read{Faults: []Fault{{"body", "syntax", "something follows the end of the document"}}}},
		"broken letters":      {"order/fulfilled", "{\"order\":\"\xff\"}", Read{Faults: []Fault{{"body", "syntax", "the body is not UTF-8"}}}},
		"deeper than any are": {"order/fulfilled", strings.Repeat("[", 5000), Read{Faults: []Fault{{"body", "syntax", "objects and lists stand in each other more than 32 deep"}}}},
	} {
		t.Run(what, func(t *testing.T) {
			if diff := cmp.Diff(c.want, s.Read(head("X-Shop-Topic", c.topic), []byte(c.body))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestATableWithoutElseRefusesWhatItDoesNotKnow(t *testing.T) {
	s := parsed(t, "sign: {scheme: bearer}\nmap:\n  id: body.id\n  state: {from: body.type, fulfilled: done}\n")
	for body, want := range map[string]string{
		`{"id":1,"type":"paid"}`:      `"paid" at body.type is not in the table, which has no "else".`,
		`{"id":1}`:                    `There is nothing at body.type, and the table has no "else".`,
		`{"id":1,"type":{"a":1}}`:     `At body.type is an object or a list; a plain value is meant.`,
		`{"id":1,"type":"fulfilled"}`: "",
	} {
		r := s.Read(nil, []byte(body))
		got := ""
		if len(r.Faults) > 0 {
			got = r.Faults[0].Detail
		}
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestAMappingThatCannotBeIsRefusedAtItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                       `Start it with "sign:"`,
		"map: {id: body.id}":     "how the system signs",
		"sign: {scheme: bearer}": "which of its members",
		"sign: {scheme: rot13}\nmap: {id: body.id}":                                           `"rot13"`,
		"sign: {scheme: hmac-sha256}\nmap: {id: body.id}":                                     "the header with the signature",
		"sign: {scheme: hmac-sha256, header: 'X Shop'}\nmap: {id: body.id}":                   "no name of a header",
		"sign: {scheme: hmac-sha256, header: X, over: 'a'}\nmap: {id: body.id}":               "has {body} in it, once",
		"sign: {scheme: hmac-sha256, header: X, over: '{time}.{body}'}\nmap: {id: body.id}":   "counts only where it is signed",
		"sign: {scheme: hmac-sha256, header: X, time: T, over: '{body}'}\nmap: {id: body.id}": "counts only where it is signed",
		"sign: {scheme: standard, header: X}\nmap: {id: body.id}":                             "only of hmac-sha256",
		"sign: {scheme: bearer}\nmap: {id: constant}":                                         "system's own number",
		"sign: {scheme: bearer}\nmap: {id: body.id, customer.mail: body.x}":                   `no member "customer.mail"`,
		"sign: {scheme: bearer}\nmap: {id: body.id, attributes.Größe: body.x}":                "no member",
		"sign: {scheme: bearer}\nmap: {id: body.id, state: {done: done}}":                     `needs "from"`,
		"sign: {scheme: bearer}\nmap: {id: body.id, state: {from: topic, done: done}}":        `"topic" is no path`,
		"sign: {scheme: bearer}\nmap: {id: body..id}":                                         "none is empty",
		"sign: {scheme: bearer}\nmap: {id: header.a.b}":                                       "header.x-shop-topic",
		"sign: {scheme: bearer}\nmap: {id: " + strings.Repeat("body.", 20) + "x}":             "at most 16 steps",
		"sign: {scheme: bearer}\nonly: {topic: [a]}\nmap: {id: body.id}":                      `"topic" is no path`,
		"sign: {scheme: bearer}\nmap: {id: body.id, service: [a]}":                            "a word or a text",
		"sign: {scheme: bearer}\nmap: {id: body.id}\neval: x":                                 `"eval"`,
	} {
		_, err := Parse([]byte(text))
		var all Errors
		if !errors.As(err, &all) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v\nwant %q", text, err, want)
		}
	}
}

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func TestStandardWebhooksAreVerifiedAsTheLibrarySignsThem(t *testing.T) {
	const old, now = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	s := Sign{Scheme: Standard}
	body := []byte(`{"id":1}`)
	signed := func(secret, id string, at time.Time) http.Header {
		w, err := webhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := w.Sign(id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		return head("webhook-id", id, "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", sum)
	}
	both := []Secret{{Value: now}, {Value: old, Until: noon.Add(time.Hour)}}
	late := noon.Add(2 * time.Hour)
	twoOfThem := signed(now, "msg_1", noon)
	twoOfThem.Set("webhook-signature", "v1,AAAA v1a,BBBB "+twoOfThem.Get("webhook-signature"))
	other := signed(now, "msg_1", noon)
	other.Set("webhook-id", "msg_2")
	for what, c := range map[string]struct {
		head http.Header
		at   time.Time
		want error
	}{
		"good":                        {signed(now, "msg_1", noon), noon, nil},
		"good by one of several":      {twoOfThem, noon, nil},
		"the secret of before":        {signed(old, "msg_1", noon), noon, nil},
		"the secret of before, later": {signed(old, "msg_1", late), late, ErrSignature},
		"another's secret":            {signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "msg_1", noon), noon, ErrSignature},
		"an id that was not signed":   {other, noon, ErrSignature},
		"a call of long ago":          {signed(now, "msg_1", noon.Add(-Window-time.Second)), noon, ErrMoment},
		"a call of the future":        {signed(now, "msg_1", noon.Add(Window+time.Second)), noon, ErrMoment},
		"unsigned":                    {head(), noon, ErrUnsigned},
		"an endless id":               {signed(now, strings.Repeat("x", 500), noon), noon, ErrUnsigned},
		"no moment":                   {head("webhook-id", "a", "webhook-timestamp", "soon", "webhook-signature", "v1,x"), noon, ErrMoment},
	} {
		id, err := s.Verify(both, c.head, body, c.at)
		if !errors.Is(err, c.want) || err == nil && id != "msg_1" {
			t.Errorf("%s: %q, %v; want %v", what, id, err, c.want)
		}
	}
	if _, err := s.Verify(both, signed(now, "msg_1", noon), []byte(`{"id":2}`), noon); !errors.Is(err, ErrSignature) {
		t.Error("another body:", err)
	}
	if _, err := s.Verify(nil, signed(now, "msg_1", noon), body, noon); !errors.Is(err, ErrSignature) {
		t.Error("no secret at all:", err)
	}
}

func TestAHeaderWithAnHMACIsVerified(t *testing.T) {
	body, secret := []byte(`{"id":1}`), []Secret{{Value: "s3cret"}}
	sum := func(text string) []byte {
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	at := strconv.FormatInt(noon.Unix(), 10)
	past := strconv.FormatInt(noon.Add(-time.Hour).Unix(), 10)
	read := func(sign string) Sign {
		return parsed(t, "sign: "+sign+"\nmap: {id: body.id}\n").Sign
	}
	github := read(`{scheme: hmac-sha256, header: X-Hub-Signature-256, prefix: "sha256="}`)
	plain := read(`{scheme: hmac-sha256, header: X-Shop-Hmac, encoding: base64}`)
	timed := read(`{scheme: hmac-sha256, header: X-Sig, time: X-Time}`)
	slack := read(`{scheme: hmac-sha256, header: X-Sig, prefix: "v0=", time: X-Time, over: "v0:{time}:{body}"}`)
	for what, c := range map[string]struct {
		sign Sign
		head http.Header
		want error
	}{
		"hex with a prefix":       {github, head("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sum(string(body)))), nil},
		"capitals":                {github, head("X-Hub-Signature-256", "sha256="+strings.ToUpper(hex.EncodeToString(sum(string(body))))), nil},
		"without its prefix":      {github, head("X-Hub-Signature-256", hex.EncodeToString(sum(string(body)))), ErrUnsigned},
		"base64":                  {plain, head("X-Shop-Hmac", base64.StdEncoding.EncodeToString(sum(string(body)))), nil},
		"base64 without its tail": {plain, head("X-Shop-Hmac", base64.RawStdEncoding.EncodeToString(sum(string(body)))), nil},
		"half of it":              {plain, head("X-Shop-Hmac", base64.StdEncoding.EncodeToString(sum(string(body))[:16])), ErrSignature},
		"no base64":               {plain, head("X-Shop-Hmac", "%%%"), ErrSignature},
		"of another body":         {plain, head("X-Shop-Hmac", base64.StdEncoding.EncodeToString(sum("{}"))), ErrSignature},
		"unsigned":                {plain, head(), ErrUnsigned},
		"with its moment":         {timed, head("X-Sig", hex.EncodeToString(sum(at+"."+string(body))), "X-Time", at), nil},
		"its moment not signed":   {timed, head("X-Sig", hex.EncodeToString(sum(string(body))), "X-Time", at), ErrSignature},
		"made once more later":    {timed, head("X-Sig", hex.EncodeToString(sum(past+"."+string(body))), "X-Time", past), ErrMoment},
		"a moment that is none":   {timed, head("X-Sig", "00", "X-Time", "now"), ErrMoment},
		"no moment":               {timed, head("X-Sig", "00"), ErrMoment},
		"as a platform has it":    {slack, head("X-Sig", "v0="+hex.EncodeToString(sum("v0:"+at+":"+string(body))), "X-Time", at), nil},
		"a bearer":                {Sign{Scheme: Bearer}, head("Authorization", "Bearer s3cret"), nil},
		"another bearer":          {Sign{Scheme: Bearer}, head("Authorization", "Bearer s3cre"), ErrSignature},
		"no bearer":               {Sign{Scheme: Bearer}, head("Authorization", "Basic s3cret"), ErrUnsigned},
		"nothing that is known":   {Sign{}, head("Authorization", "Bearer s3cret"), ErrUnsigned},
	} {
		if _, err := c.sign.Verify(secret, c.head, body, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	first, _ := plain.Verify(secret, head(), body, noon)
	again, _ := plain.Verify(secret, head("X-Anything", "else"), body, noon)
	if other, _ := plain.Verify(secret, head(), []byte(`{"id":2}`), noon); first != again || first == other {
		t.Error("a call is not known by what it says:", first, again, other)
	}
}

func FuzzRead(f *testing.F) {
	s, err := Parse([]byte(shop))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"order":{"number":1,"lines":[{"title":"x"}]},"customer":{"id":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := s.Read(head("X-Shop-Topic", "order/fulfilled"), body)
		if (r.Event == nil) == (len(r.Faults) == 0) {
			t.Errorf("neither an event nor why not, or both: %+v", r)
		}
	})
}
