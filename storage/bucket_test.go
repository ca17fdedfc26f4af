package storage_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// The vectors are computed from the rule, by another program:
//
//	printf 'telegram\0004242\0001001\000' | sha256sum
//
// The first two bytes decide the bucket, the first sixteen are the id.
var vectors = []struct {
	person storage.Person
	hash   uint16
	id     string
	of4    storage.Bucket
	of64   storage.Bucket
}{
	{storage.Person{Platform: chat.Telegram, Account: "4242", User: "1001"}, 0x35db, "35db7c4e-4ddb-8b47-b5b1-1032d4f4b708", 3, 27},
	{storage.Person{Platform: chat.Telegram, Account: "4242", User: "-1001234567890"}, 0x72e9, "72e95009-d0f5-8861-a719-df25b3d70d12", 1, 41},
	{storage.Person{Platform: chat.Slack, Account: "T01", User: "U02"}, 0x2f98, "2f98840b-95bb-872b-8147-747e4c0c856b", 0, 24},
	{storage.Person{Platform: chat.Web, Account: "", User: "9f86d081884c7d659a2feaa0c55ad015"}, 0x1735, "17355382-badd-8257-b225-cbe11729c740", 1, 53},
	{storage.Person{Platform: chat.Web, Account: "", User: "客户"}, 0x6173, "61735d5b-0e59-8cd0-a421-bb306aa583c1", 3, 51},
	{storage.Person{Platform: "", Account: "", User: ""}, 0x709e, "709e80c8-8487-8241-9e1e-e4dfb9f22a86", 2, 30},
}

func TestHashAndIDOfAPersonAreTheVectors(t *testing.T) {
	for _, v := range vectors {
		if got := v.person.Hash16(); got != v.hash {
			t.Errorf("%+v: hash %#04x, want %#04x", v.person, got, v.hash)
		}
		if got := v.person.ID(); got != v.id {
			t.Errorf("%+v: id %s, want %s", v.person, got, v.id)
		}
		if got := storage.BucketOf(v.person.Hash16(), 1); got != 0 {
			t.Errorf("%+v: bucket %d of 1", v.person, got)
		}
		if got := storage.BucketOf(v.person.Hash16(), 4); got != v.of4 {
			t.Errorf("%+v: bucket %d of 4, want %d", v.person, got, v.of4)
		}
		if got := storage.BucketOf(v.person.Hash16(), 64); got != v.of64 {
			t.Errorf("%+v: bucket %d of 64, want %d", v.person, got, v.of64)
		}
	}
}

func TestAnIDIsAUUIDOfVersion8AndNamesOnePerson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.StringMatching(`[a-z0-9]{0,4}`)
		draw := func(label string) storage.Person {
			return storage.Person{
				Platform: chat.Platform(field.Draw(t, label+" platform")), Account: field.Draw(t, label+" account"), User: field.Draw(t, label+" user"),
			}
		}
		a, b := draw("a"), draw("b")
		id, err := uuid.Parse(a.ID())
		if err != nil || id.Version() != 8 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s: version %d, variant %v, %v", a.ID(), id.Version(), id.Variant(), err)
		}
		if (a == b) != (a.ID() == b.ID()) {
			t.Fatalf("%+v and %+v: ids %s and %s", a, b, a.ID(), b.ID())
		}
		if n := rapid.IntRange(1, 200).Draw(t, "buckets"); int(storage.BucketOf(a.Hash16(), n)) >= n {
			t.Fatalf("a bucket outside of %d", n)
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"plain":                       "plain",
		"a\x00b\x00":                  "ab",
		"bad \xff\xfe bytes":          "bad \ufffd\ufffd bytes",
		"cut \xf0\x9f\x91":            "cut \ufffd\ufffd\ufffd",
		"lone surrogate \xed\xa0\x80": "lone surrogate \ufffd\ufffd\ufffd",
		"real \ufffd":                 "real \ufffd",
		"👩‍👩‍👧 \u202eabc\u200b 中文": "👩‍👩‍👧 \u202eabc\u200b 中文",
	} {
		if got := storage.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}
