package sqlstore

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var update = flag.Bool("update", false, "write the golden body of the newest format, if there is none")

// goldenTalk is a talk that has of everything: what a program stores differently, and what it leaves out.
func goldenTalk() *talk {
	at := time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)
	t := &talk{
		id: "01a22438-2a86-87e5-90e1-44df89da8edb", identity: "8ee6ca4b-16c1-8a31-b33b-776679dfc732", started: at, mixed: true,
		at: chat.Address{Platform: chat.Telegram, Account: "4242", Chat: "1000905", Thread: "7"},
	}
	for i, d := range []storage.Delivery{
		{Slot: "i:" + t.id, Kind: storage.NoticeD, Hash: "5b42832e3573c36b219a2b66", ShownSum: "5b42832e3573c36b219a2b66", ShownRef: "187", State: storage.Sent, Wanted: 1, Shown: 1},
		{
			Slot: "q:" + t.id + ":0", Kind: storage.QuestionD, Hash: "494205152f2c7ba123c16dd8", ShownSum: "a7a46e4ef98b1885e1c51b21", ShownRef: "0188", State: storage.Due,
			Wanted: 3, Shown: 2, Base: 1, Repeated: true, Attempts: 4, Tried: at.Add(time.Second), Epoch: 3, Error: "im Zweifel: „Zeit“",
		},
		{Slot: "q:" + t.id + ":1", Kind: storage.QuestionD, Hash: "not hex", ShownSum: "nor this", ShownRef: "1749.0001", State: storage.Sent, Wanted: 2, Shown: 2, Rank: storage.Plain + 1},
		{Slot: "q:" + t.id + ":2", Kind: storage.QuestionD, Hash: "3f56499ef3b5b986bbff2771", State: storage.Sending, Wanted: 1, Attempts: 1, Tried: at.Add(time.Hour), Epoch: 3},
		{Slot: "t:" + t.id, Kind: storage.NoticeD, State: storage.Sent},
	} {
		created := at.Add(time.Duration(i) * time.Minute)
		d.Identity, d.Address, d.Created, d.Due, d.Ord = t.identity, t.at, created, created.Add(time.Millisecond), created.UnixMicro()+int64(i)
		if d.Rank == 0 {
			d.Rank = storage.Plain
		}
		t.slots = append(t.slots, &deliveryCell{Delivery: d, talk: t, render: []byte([]string{
			`{"text":"Hallo Ann. Wie war es?","lang":"de"}`,
			`{"text":"How was part 1 of haircut?\n✓ You answered: 5 – Very satisfied","rows":[[{"text":"Change","data":"1cAaIkOCqGh-WQ4UTfidqO2w.1","label":"Change the answer to: How was part 1 of haircut?"}]],"lang":"en"}`,
			`{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`,
			`{"text":"How was part 2 of haircut?\n\n1 = Very dissatisfied\n2 = Dissatisfied","rows":[[{"text":"1","data":"1pAaIkOCqGh-WQ4UTfidqO2w.2.0","label":"1 of 5, Very dissatisfied"},{"text":"2","data":"1pAaIkOCqGh-WQ4UTfidqO2w.2.1","label":"2 of 5, Dissatisfied"}],[{"text":"Back","data":"1bAaIkOCqGh-WQ4UTfidqO2w.2"}]],"lang":"en"}`,
			`{}`,
		}[i])})
	}
	// As it stood when the queue had what is being sent as well: an edit that waits keeps its place.
	t.queued = t.queue(queued{item: t.id, rank: int64(storage.Plain), ord: 1772600947123459})
	return t
}

// TestTalksOfEveryFormatAreUnderstood: databases are full of bodies that earlier programs wrote. Each golden
// body says the same talk, and the newest is what this program writes. A golden body that is there never changes.
func TestTalksOfEveryFormatAreUnderstood(t *testing.T) {
	want := goldenTalk()
	newest := filepath.Join("testdata", "talk."+string(talkFormat))
	if _, err := os.Stat(newest); *update && os.IsNotExist(err) {
		if err := os.WriteFile(newest, []byte(hex.Dump(want.encode(want.queued))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for format := byte('1'); format <= talkFormat; format++ {
		golden := goldenBody(t, "talk."+string(format))
		got := &talk{id: want.id, identity: want.identity, at: want.at, started: want.started}
		body, packed := golden, []byte(nil)
		if format > '1' {
			body, packed = nil, golden
		}
		if err := got.decode(0, body, packed); err != nil {
			t.Fatalf("format %c: %v", format, err)
		}
		if diff := cmp.Diff(deliveriesOf(want), deliveriesOf(got), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("format %c (-stored, +understood):\n%s", format, diff)
		}
		if got.mixed != want.mixed || got.queued != want.queued {
			t.Errorf("format %c: mixed %v, queued %+v; want %v, %+v", format, got.mixed, got.queued, want.mixed, want.queued)
		}
		if again := got.encode(got.queued); format == talkFormat && !bytes.Equal(again, golden) {
			t.Errorf("format %c is written in another spelling:\n%s", format, hex.Dump(again))
		}
	}
	for _, bad := range []string{"", "3", "x", "2", "2\x80", "2\x00\x02\x01", "2\x00\x00\x00"} {
		if err := new(talk).decode(0, nil, []byte(bad)); err == nil {
			t.Errorf("%q is understood", bad)
		}
	}
}

// goldenBody is a file of testdata: text, or bytes as hexdump -C shows them.
func goldenBody(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("00000000  ")) {
		return bytes.TrimSpace(text)
	}
	var body []byte
	for line := range strings.Lines(string(text)) {
		if len(line) < 58 {
			continue
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(line[10:58], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, raw...)
	}
	return body
}

func deliveriesOf(t *talk) []storage.Delivery {
	list, err := t.deliveries()
	if err != nil {
		panic(err)
	}
	return list
}

// TestDamagedTalksAreRefused: no damage of a body does more than be said.
func TestDamagedTalksAreRefused(t *testing.T) {
	golden := goldenBody(t, "talk.2")
	for i := range golden {
		decode := func(body []byte) error { return (&talk{id: goldenTalk().id}).decode(0, nil, body) }
		_ = decode(golden[:i]) // it may end between two slots
		for bit := range 8 {
			damaged := bytes.Clone(golden)
			damaged[i] ^= 1 << bit
			_ = decode(damaged) // it may say something else, or that it is damaged
		}
	}
}

// TestAnAnswerChangesLittleOfItsTalk: what is written to Postgres' log of a body is what stands before
// its common end with the one before.
func TestAnAnswerChangesLittleOfItsTalk(t *testing.T) {
	k := goldenTalk()
	before := k.encode(k.queued)
	c := k.slots[3]
	c.State, c.Shown, c.ShownRef, c.ShownSum = storage.Sent, c.Wanted, "4711", c.Hash
	after := k.encode(k.queued)
	if n := changed(before, after); n > 150 {
		t.Errorf("settling a message changes %d bytes of %d", n, len(after))
	}
}

// changed is how much of b stands before where a and b begin to be the same.
func changed(a, b []byte) int {
	end := 0
	for end < min(len(a), len(b)) && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return len(b) - end
}

func FuzzPack(f *testing.F) {
	f.Add([]byte("known words"), []byte(`{"text":"known words, and known words again and again"}`))
	f.Add([]byte{}, []byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Fuzz(func(t *testing.T, known, text []byte) {
		packed := pack(nil, known, text)
		r := &reading{rest: packed}
		if got := r.unpack(known); r.bad || len(r.rest) > 0 || !bytes.Equal(got, text) {
			t.Fatalf("%q became %q (%v)", text, got, r)
		}
		r = &reading{rest: text} // whatever it is
		_ = r.unpack(known)
	})
}
