package survey

import (
	"net/url"
	"strings"
	"testing"
)

// Whatever somebody answers, a link leads where its author wrote: the answer is one part of the
// path, and one value of the query, whole.
func TestAnAnswerInALinkIsAValueAndNothingElse(t *testing.T) {
	const link = "Look here: https://example.com/orders/{answer of order}/edit?order={answer of order}&table={table}#{answer of order}, please."
	for _, said := range []string{
		"AB-1234", "a&b=c", "../../admin", "..", ".", "x y", "@evil.example", "https://evil.example/", "//evil.example", "#top", "?a=b",
		"{answer of order}", "{table}", "%2e%2e%2f", "a\nb", "订单", "طلب", "\"><script>", "a+b", "a;b", `a\b`, "\u202eevil", "",
	} {
		filled := Fill(link, func(g Gap) string {
			if g.In != InLink {
				t.Errorf("%v stands outside the link", g)
			}
			if !g.Answer {
				return "7&8"
			}
			return said
		})
		address, ok := strings.CutPrefix(filled, "Look here: ")
		address, ok2 := strings.CutSuffix(address, ", please.")
		u, err := url.Parse(address)
		if !ok || !ok2 || err != nil || strings.ContainsAny(address, " \n<>\"'{}") {
			t.Errorf("%q: %q, %v", said, filled, err)
			continue
		}
		want := said
		if said == "." || said == ".." { // a browser would leave the folder
			want = ""
		}
		if u.Host != "example.com" || u.Scheme != "https" || u.User != nil || len(strings.Split(u.EscapedPath(), "/")) != 4 {
			t.Errorf("%q leads to %q", said, address)
		}
		if q := u.Query(); len(q) != 2 || q.Get("order") != want || q.Get("table") != "7&8" || u.Fragment != want || u.Path != "/orders/"+want+"/edit" {
			t.Errorf("%q: query %v, path %q, fragment %q", said, u.Query(), u.Path, u.Fragment)
		}
	}
}

func TestPlacesOfGaps(t *testing.T) {
	for words, want := range map[string]Place{
		"{x}": InWords, "a {x} b": InWords, "http {x}": InWords, "https://{x}": InHost, "https://{x}.example.com/": InHost,
		"https://example.com{x}": InHost, "https://example.com/{x}": InLink, "HTTPS://example.com?{x}": InLink, "https://example.com#{x}": InLink,
		"https://example.com/a {x}": InWords, "(https://example.com/a) {x}": InWords, "见 https://example.com/a，{x}": InWords, "xhttp://a/{x}": InLink,
	} {
		gaps := Gaps(words)
		if len(gaps) != 1 || gaps[0].In != want {
			t.Errorf("%q: %+v, want the place %d", words, gaps, want)
		}
	}
	for words, want := range map[string]string{
		"{answer of n} {answer of  n} {answer  n} {} {a b} {x": "<n> <n> {answer  n} {} {a b} {x", "no gaps": "no gaps", "{{x}}": "{<x>}",
	} {
		if got := Fill(words, func(g Gap) string { return "<" + g.Name + ">" }); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

// The order of options is one's own, and the same whenever one looks.
func TestShuffledOptionsStay(t *testing.T) {
	q := Question{Key: "q", Kind: ChoiceQ, Shuffle: true}
	for _, key := range strings.Split("abcdef", "") {
		q.Choices = append(q.Choices, Choice{Key: key})
	}
	q.Choices[1].Other, q.Choices[5].Exclusive = true, true
	seen := map[string]bool{}
	for _, id := range strings.Split("0123456789abcdefghij", "") {
		s := Session{ID: id}
		order := ""
		for _, o := range s.Shown(&q) {
			order += q.Choices[o].Key
		}
		if order[1] != 'b' || order[5] != 'f' {
			t.Errorf("%s: what takes words or stands alone moved: %s", id, order)
		}
		again := ""
		for _, o := range s.Shown(&q) {
			again += q.Choices[o].Key
		}
		if again != order {
			t.Errorf("%s: %s, then %s", id, order, again)
		}
		seen[order] = true
	}
	if len(seen) < 10 {
		t.Errorf("20 people see %d orders", len(seen))
	}
}
