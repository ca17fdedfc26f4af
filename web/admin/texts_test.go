package admin

import (
	"context"
	"errors"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// readShown is what the page says that customers read, by the text.
func readShown(page string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(page, `<section class="sheet stack tight"`)[1:] {
		name := regexp.MustCompile(`<(?:textarea|input) id="([^"]+)"`).FindStringSubmatch(part)
		said := regexp.MustCompile(`(?s)<(?:div class="bubble said"|span class="button")[^>]*>(.*?)</(?:div|span)>`).FindStringSubmatch(part)
		if name != nil && said != nil {
			out[name[1]] = html.UnescapeString(said[1])
		}
	}
	return out
}

// Texts are said as the page shows them, byte for byte, before they are stored and after; those of a
// site take the place of those of every site, one by one; an empty field is the shipped text again.
func TestTextsAreSaidAsThePageShowsThem(t *testing.T) {
	b := newRuleDesk(t)
	const messages, buttons = "/settings/texts?lang=en&group=messages", "/settings/texts?lang=en&group=buttons"
	shipped := readShown(body(b.get(messages)))
	tried := b.do(messages, "try", "invitation", "Hello {first_name}, how was {business_name}?", "thanks_satisfied", "You made our day, {first_name}.")
	if _, err := b.w.store.Rules(t.Context(), 0); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("a look stores: %v", err)
	}
	want := readShown(tried)
	if !strings.HasPrefix(want["invitation"], "Hello Anna, how was Harbour?") || want["thanks_neutral"] != shipped["thanks_neutral"] || want["thanks_neutral"] == "" {
		t.Fatalf("%q", want)
	}
	if out := b.save(messages, "invitation", "Hello {first_name}, how was {business_name}?", "thanks_satisfied", "You made our day, {first_name}."); !strings.Contains(out, `href`) {
		t.Error(out)
	}
	b.save(buttons, "later", "Another time")
	if got := readShown(body(b.get(messages))); got["invitation"] != want["invitation"] || got["thanks_satisfied"] != "You made our day, Anna." {
		t.Errorf("stored, it is %q", got)
	}
	last, err := b.w.store.Audits(t.Context(), storage.AuditFilter{Limit: 9})
	if err != nil || !slices.ContainsFunc(last, func(a storage.Audit) bool {
		return a.What == "rules.publish" && strings.Contains(a.After, "You made our day") && strings.Contains(a.Before, "as shipped")
	}) {
		t.Errorf("%+v, %v", last, err)
	}

	inv, err := b.w.bot.Invite(context.Background(), bot.InviteRequest{Flow: "one_tap_csat", Site: "harbour"})
	if err != nil {
		t.Fatal(err)
	}
	b.w.says("7", "Anna", chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	if said := saidTo(t, b.w, "7"); !strings.HasPrefix(said[0], want["invitation"]) {
		t.Errorf("the greeting is %q, and the page shows %q", said[0], want["invitation"])
	}
	b.w.says("7", "Anna", chat.Update{Kind: chat.Text, Text: "another TIME"})
	if said := strings.Join(saidTo(t, b.w, "7"), "\n"); !strings.Contains(said, "Kept for you until") {
		t.Errorf("the words of the button are not understood: %q", said)
	}
	b.w.says("7", "Anna", chat.Update{Kind: chat.Command, Command: "start"})
	b.w.press("7", "Anna", "Another time")
	b.w.says("7", "Anna", chat.Update{Kind: chat.Command, Command: "start"})
	b.w.press("7", "Anna", "5")
	b.w.says("7", "Anna", chat.Update{Kind: chat.Command, Command: "cancel"})
	if said := saidTo(t, b.w, "7"); !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "You made our day, Anna.") }) {
		t.Errorf("the thanks are not among %q", said)
	}

	// A site has its own of one, and the others of every site.
	b.save(messages+"&site=main", "thanks_satisfied", "Main Street thanks you.")
	p, _ := b.inForce()
	if w := p.Wordings("main"); w["thanks_satisfied"]["en"] != "Main Street thanks you." || w["invitation"]["en"] == "" {
		t.Errorf("%v", w)
	}
	if w := p.Wordings("harbour"); w["thanks_satisfied"]["en"] != "You made our day, {first_name}." {
		t.Errorf("%v", w)
	}
	b.do(messages+"&site=main", "shipped")
	b.do(messages, "shipped")
	b.do(buttons, "shipped")
	if p, text := b.inForce(); p.Wordings("main") != nil || strings.Contains(text, "texts") {
		t.Errorf("something is left:\n%s", text)
	}
	if got := readShown(body(b.get(messages))); got["invitation"] != shipped["invitation"] {
		t.Errorf("as shipped it is %q", got["invitation"])
	}
}

// saidTo is what a customer was sent, in order.
func saidTo(t *testing.T, w *world, user string) (all []string) {
	t.Helper()
	rows, err := w.store.Transcript(t.Context(), 0, chat.Address{Platform: chat.Telegram, Account: "42", Chat: user})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rows {
		all = append(all, d.Render.Text)
	}
	return all
}

// What is wrong with words is said at their field, and nothing is stored; every text can be worded in
// every language, on a page of its group.
func TestTextsThatCannotBeSaidAreRefused(t *testing.T) {
	b := newRuleDesk(t)
	for _, c := range []struct{ group, text, words, says string }{
		{"messages", "thanks_neutral", "Call {phone_number}.", "Nothing is known for {phone_number} here."},
		{"messages", "thanks_neutral", "Thanks [you].", "Leave brackets out"},
		{"messages", "thanks_neutral", strings.Repeat("a", 1001), "at most 1000 letters"},
		{"buttons", "skip", "Skip\nit", "in one line"},
		{"buttons", "skip", strings.Repeat("a", 41), "at most 40 letters"},
		{"buttons", "skip", "Skip {first_name}", "Nothing is known for {first_name} here."},
		{"hints", "type_number", "From {min} to {most}.", "Known are {min}, {max}."},
	} {
		out := b.save("/settings/texts?lang=es&group="+c.group, c.text, c.words)
		if !strings.Contains(out, html.EscapeString(c.says)) || !strings.Contains(out, `id="`+c.text+`-fault"`) {
			t.Errorf("%s %q: it is not said that %q\n%s", c.text, c.words, c.says, out)
		}
	}
	if _, err := b.w.store.Rules(t.Context(), 0); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("something is stored: %v", err)
	}
	seen := map[string]bool{}
	for _, group := range textGroups {
		for _, lang := range survey.Languages() {
			for name, shown := range readShown(body(b.get("/settings/texts?lang=" + lang + "&group=" + group))) {
				seen[name] = true
				if shown == "" || strings.Contains(shown, "{") {
					t.Errorf("%s in %s is shown as %q", name, lang, shown)
				}
			}
		}
	}
	for _, name := range survey.SiteTexts() {
		if !seen[name] {
			t.Errorf("%s is on no page", name)
		}
	}
}
