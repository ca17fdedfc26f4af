package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// doing is an act of a member of staff, who has this role everywhere, on the only case.
func (w *world) doing(act recovery.Act, id string, role access.Role) Doing {
	w.t.Helper()
	k := w.onlyCase()
	if role != access.Outsider {
		w.hire(id, strings.ToUpper(id[:1])+id[1:], role)
	}
	return Doing{Bucket: k.Bucket, Case: k.ID, Act: act, By: id}
}

func (w *world) act(d Doing) (storage.Case, *Refused) {
	w.t.Helper()
	k, err := w.bot.Act(w.t.Context(), d)
	refused, ok := errors.AsType[*Refused](err)
	if err != nil && !ok {
		w.t.Fatalf("act %T: %v", d.Act, err)
	}
	return k, refused
}

func TestWhoActsElsewhereDoesWhatAButtonDoes(t *testing.T) {
	w, ann := lowTap(t, staffTG, staffSlack)
	k, refused := w.act(w.doing(recovery.Take{}, "bob", access.Agent))
	if refused != nil || k.State != recovery.Taken || k.Holder.ID != "bob" {
		t.Fatalf("the case is %s, held by %q; refused: %v", k.State, k.Holder.ID, refused)
	}
	w.settle(staffTG)
	w.settle(staffSlack)
	for name, title := range map[string]string{"Telegram": w.transcript(staffTG)[0].Render.Title, "Slack": w.transcript(staffSlack)[0].Render.Title} {
		if !strings.Contains(title, "Bob, contact by") {
			t.Errorf("the card on %s says %q", name, title)
		}
	}
	words := w.doing(recovery.Contact{Means: recovery.InChat, Text: "We are sorry. May we call you?"}, "bob", access.Agent)
	words.Key = "form-1"
	w.act(words)
	w.act(words) // the form was sent twice
	w.settle(ann.address)
	n := 0
	for _, d := range w.transcript(ann.address) {
		if strings.Contains(d.Render.Text, "May we call you?") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the customer sees the words %d times, want once", n)
	}
	if k := w.onlyCase(); k.Round.Contacted.IsZero() {
		t.Error("the case does not know that its customer was contacted")
	}
}

func TestARefusalElsewhereSpeaksTheLanguageOfWhoActs(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	w.act(w.doing(recovery.Take{}, "bob", access.Agent))
	w.now = w.now.Add(3 * time.Second)
	for lang, want := range map[string]string{"": "Bob has had it for 3 seconds.", "en": "Bob has had it for 3 seconds.", "zh-Hans": "Bob", "xx": "Bob has had it"} {
		d := w.doing(recovery.Take{}, "amy", access.Agent)
		d.Language = lang
		k, refused := w.act(d)
		if refused == nil {
			t.Fatalf("%q: a second one took the case", lang)
		}
		if refused.Code != recovery.AlreadyTaken || k.Holder.ID != "bob" {
			t.Errorf("%q: refused for %s, held by %q", lang, refused.Code, k.Holder.ID)
		}
		if english := strings.Contains(refused.Text, "has had it"); !strings.Contains(refused.Text, want) || english == (lang == "zh-Hans") {
			t.Errorf("%q: the words are %q", lang, refused.Text)
		}
	}
}

func TestOnlyStaffActAndAttemptsAreWrittenDown(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	refuses := func(name string, d Doing, want recovery.Code) {
		t.Helper()
		_, refused := w.act(d)
		if refused == nil {
			t.Errorf("%s took a case", name)
			return
		}
		if refused.Code != want || refused.Text == "" {
			t.Errorf("%s: refused for %s with the words %q, want %s", name, refused.Code, refused.Text, want)
		}
	}
	refuses("nobody's id", w.doing(recovery.Take{}, "mallory", access.Outsider), recovery.NotStaff)
	refuses("a viewer", w.doing(recovery.Take{}, "mallory", access.Viewer), recovery.MayNotAct)
	elsewhere := storage.Staff{ID: "mallory", Name: "Mallory", Roles: access.Grants{"nanjing": access.Lead}, Created: w.now}
	if err := w.store.PutStaff(t.Context(), elsewhere); err != nil {
		t.Fatal(err)
	}
	refuses("another site's lead", w.doing(recovery.Take{}, "mallory", access.Outsider), recovery.NotStaff)
	if err := w.store.DropStaff(t.Context(), "mallory", w.now); err != nil {
		t.Fatal(err)
	}
	refuses("who is gone", w.doing(recovery.Take{}, "mallory", access.Outsider), recovery.NotStaff)
	k := w.onlyCase()
	if k.State != recovery.Open {
		t.Errorf("the case is %s", k.State)
	}
	events, err := w.store.CaseEvents(t.Context(), k.Bucket, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, e := range events {
		if e.Kind == eventAttempted && e.By == "mallory" && strings.HasPrefix(e.Detail, string(recovery.ActTake)) {
			tried++
		}
	}
	if tried != 4 {
		t.Errorf("%d attempts are in the history, want 4", tried)
	}
}

// Customers' and the program's acts are not for staff to do in their name.
func TestStaffDoNotActInTheNameOfOthers(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	for _, a := range []recovery.Act{recovery.CustomerWrote{Text: "It is fine now."}, recovery.FollowedUp{}, recovery.ClockStruck{}} {
		if _, refused := w.act(w.doing(a, "bob", access.Admin)); refused == nil {
			t.Errorf("an admin did %s", a.Kind())
		}
	}
}

func TestActingOnNoCaseSaysSo(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	d := w.doing(recovery.Take{}, "bob", access.Agent)
	d.Case = "0190b1c2-0000-7000-8000-000000000000"
	if _, err := w.bot.Act(t.Context(), d); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the error is %v", err)
	}
	d.Act = nil
	if _, err := w.bot.Act(t.Context(), d); err == nil {
		t.Error("doing nothing was no error")
	}
}
