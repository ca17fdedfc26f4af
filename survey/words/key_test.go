package words

import (
	"strings"
	"testing"
)

func TestAKeyKeepsTheLettersOfANameWithoutTheirMarks(t *testing.T) {
	for name, want := range map[string]string{
		"Salon Schär":                  "salon-schar",
		"Weiß & Söhne":                 "weiss-sohne",
		"STRASSE DES 17. JUNI":         "strasse-des-17-juni",
		"Café de l’Été":                "cafe-de-l-ete",
		"Cafe\u0301":                   "cafe", // the accent as a character of its own
		"Łódź Ørsted Þór":              "lodz-orsted-thor",
		"Ħamrun":                       "hamrun",
		"Niño Peña, S.A.":              "nino-pena-s-a",
		"İstanbul Işık":                "istanbul-isik",
		"Phở 24":                       "pho-24",
		"ＡＢＣ店":                         "abc",
		"北京店":                          "",
		"北京 SKP 店":                     "skp",
		"صالون الجمال":                 "",
		"فرع ٣":                        "3",
		"💇✨":                           "",
		"💇 Bella ✨ Salon":              "bella-salon",
		"Salon \u200eNord\u200f":       "salon-nord",
		"--":                           "",
		"":                             "",
		"a\x00b":                       "a-b",
		strings.Repeat("ß", 100):       strings.Repeat("s", 40),
		strings.Repeat("long ", 20):    strings.TrimRight(strings.Repeat("long-", 8), "-"),
		"Friseur am Alten Markt Wörth": "friseur-am-alten-markt-worth",
	} {
		if got := Key(name, '-', 40); got != want {
			t.Errorf("Key(%q) = %q, want %q", name, got, want)
		}
	}
	if got := Key("Wie war’s, Frau Müller?", '_', 12); got != "wie_war_s_fr" {
		t.Errorf("with another sign between and fewer bytes: %q", got)
	}
}
