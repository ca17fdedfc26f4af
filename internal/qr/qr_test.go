package qr

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/skip2/go-qrcode"
)

const someLink = "https://t.me/some_bot?start=q1Zx0123456789abcdefghij"

func TestTheCodeOnTheTerminalIsTheCode(t *testing.T) {
	q, want := codeAndBitmap(t)
	var got [][]bool
	for line := range strings.Lines(q.Terminal(false)) {
		var upper, lower []bool
		for _, r := range strings.TrimSuffix(line, "\n") {
			upper = append(upper, r == '▀' || r == '█')
			lower = append(lower, r == '▄' || r == '█')
		}
		got = append(got, upper, lower)
	}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Error(diff)
	}
	coloured := q.Terminal(true)
	if n := strings.Count(coloured, "\x1b[0m"); n != strings.Count(coloured, "\n") {
		t.Errorf("%d lines give the colours back, of %d", n, strings.Count(coloured, "\n"))
	}
}

func TestTheCodeAsSVGIsTheCode(t *testing.T) {
	q, want := codeAndBitmap(t)
	svg := q.SVG()
	if err := xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })); err != nil {
		t.Fatalf("%v in %s", err, svg)
	}
	if strings.Contains(svg, "style") || strings.Contains(svg, "script") {
		t.Errorf("a strict policy would refuse this: %s", svg)
	}
	got := make([][]bool, len(want))
	for y := range got {
		got[y] = make([]bool, len(want))
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg, -1) {
		if m[3] != m[4] {
			t.Errorf("%s is no rectangle", m[0])
		}
		for i := range number(t, m[3]) {
			got[number(t, m[2])][number(t, m[1])+i] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if box := fmt.Sprintf(`viewBox="0 0 %d %d"`, len(want), len(want)); !strings.Contains(svg, box) {
		t.Errorf("no %s in %s", box, svg)
	}
}

func codeAndBitmap(t *testing.T) (Code, [][]bool) {
	t.Helper()
	q, err := New(someLink)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qrcode.New(someLink, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	return q, want.Bitmap()
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
