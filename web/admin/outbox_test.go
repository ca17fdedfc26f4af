package admin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
)

func TestWhatGotStuckIsTriedAgainAndGivenUpFromThePage(t *testing.T) {
	h := newHouse(t, someone)
	if body := h.get("/outbox", 200); !strings.Contains(body, "Nothing is stuck.") {
		t.Errorf("an empty outbox says\n%s", body)
	}
	for _, slot := range []string{"case:a", "case:b", "case:c"} {
		h.giveUp(slot, "the channel is archived")
	}
	h.giveUp("case:d", "too long <b>")
	update := `{"Key":"k1","From":{"Platform":"telegram","Account":"bot","Chat":"7"},"User":{"ID":"7"},"Text":"a customer's words"}`
	h.park("k1", update, "no such thing")
	h.park("k2", `not json`, "no such thing")

	body := h.get("/outbox", 200)
	for _, want := range []string{
		"0 on their way, 4 given up, 2 that could not be handled.", "3 messages for the same reason:", "the channel is archived",
		"too long &lt;b&gt;", "The card of a case", "Something that somebody sent", "no such thing",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "customer's words") || strings.Contains(body, "customer&#39;s words") {
		t.Error("the page shows a customer's words")
	}

	at := h.post("/outbox/retry", url.Values{"why": {"the channel is archived"}}, 303).Header().Get("Location")
	if !strings.Contains(h.get(at, 200), "1 given up, 2 that could") {
		t.Error("those of one reason were not tried again together")
	}
	if !strings.Contains(h.get("/outbox/drop?id=case:d", 200), "cannot be brought back") {
		t.Error("nobody is told that it is for good")
	}
	h.post("/outbox/drop", url.Values{"id": {"case:d"}}, 303)
	h.post("/outbox/drop", url.Values{"id": {"case:d"}}, 410) // twice
	h.get("/outbox/drop?id=case:d", 410)
	h.get("/outbox/drop?id=nonsense", 410)
	h.post("/outbox/retry", url.Values{"id": {"case:d"}}, 303) // harmless

	if at := h.post("/outbox/retry", url.Values{"id": {"k2"}}, 303).Header().Get("Location"); !strings.Contains(h.get(at, 200), "some of it failed again") {
		t.Error("what failed again is called well")
	}
	h.post("/outbox/drop", url.Values{"id": {"k2"}}, 303)
	h.post("/outbox/retry", url.Values{"id": {"k1"}}, 303)
	if counts, err := h.store.Counts(t.Context()); err != nil || counts.Failed != 0 || counts.Parked != 0 {
		t.Errorf("at the end: %+v, %v", counts, err)
	}
	for _, form := range []url.Values{{}, {"id": {""}}, {"what": {"x"}}} {
		h.post("/outbox/retry", form, 400)
	}
}

func TestTheOutboxIsForThoseWhoMayMendEverything(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l", Grants: access.Grants{"harbour": access.Admin}})
	h.giveUp("case:a", "gone")
	h.get("/outbox", 403)
	h.get("/outbox/drop?id=case:a", 403)
	for _, at := range []string{"/outbox/retry", "/outbox/drop"} {
		h.post(at, url.Values{"id": {"case:a"}}, 403)
	}
	if counts, err := h.store.Counts(t.Context()); err != nil || counts.Failed != 1 {
		t.Errorf("an admin of one site changed it: %+v, %v", counts, err)
	}
}
