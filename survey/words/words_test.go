package words

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestFoldingIsDoneOnceForAll(t *testing.T) {
	for words, want := range map[string][2]string{
		" Very  GOOD! ":           {"very good", "very good"},
		"Sí":                      {"sí", "si"},
		"Si\u0301":                {"sí", "si"},
		"Ótimo":                   {"ótimo", "otimo"},
		"راضٍ جدًا":               {"راضٍ جدًا", "راض جدا"},
		"أسـوأ":                   {"أسـوأ", "اسوا"},
		"②":                       {"②", "2"},
		"❺":                       {"❺", "5"},
		"🔟":                       {"🔟", "10"},
		"2️⃣":                     {"2⃣", "2"},
		"２":                       {"2", "2"},
		"٢":                       {"2", "2"},
		"👍🏽":                      {"👍🏽", "👍"},
		"❤️":                      {"❤", "❤"},
		":+1:":                    {"👍", "👍"},
		":thumbsup::skin-tone-3:": {"👍", "👍"},
		":two:":                   {"2⃣", "2"},
		":star::star:":            {"⭐⭐", "⭐⭐"},
		"10:30:45":                {"10:30:45", "10:30:45"},
		":nosuchname: ok":         {"nosuchname: ok", "nosuchname: ok"},
		"Straße":                  {"straße", "strasse"},
		"हिन्दी":                  {"हिन्दी", "हिन्दी"},
		"№":                       {"№", "№"},
		"\u200e“Bien”\u200b":      {"bien", "bien"},
		"4½":                      {"4½", "41⁄2"},
		"ｶﾞ":                      {"ｶﾞ", "ガ"},
	} {
		if got := Fold(words); got != want[0] {
			t.Errorf("Fold(%q) = %q, want %q", words, got, want[0])
		}
		if got := Bare(words); got != want[1] {
			t.Errorf("Bare(%q) = %q, want %q", words, got, want[1])
		}
	}
}

func FuzzFolding(f *testing.F) {
	for _, s := range []string{"Sí", ":+1::+1:", "٢", "👍🏽", "a\u0301", "…½", "\u0344"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if once := Bare(s); Bare(once) != once && !strings.Contains(once, ":") {
			t.Errorf("%q is %q, then %q", s, once, Bare(once))
		}
		Complains(s)
		Stops(s)
		Lead(s)
		last := 0
		for _, p := range Several(s) {
			if p.From < last || p.To < p.From || p.To > len(s) {
				t.Fatalf("%q: a piece from %d to %d", s, p.From, p.To)
			}
			last = p.To
		}
		Length(s)
		Judgement(s)
	})
}

func TestJudgements(t *testing.T) {
	for words, want := range map[string]Grade{
		"bad": Bad, "Terrible!": Worst, "非常不满意": Worst, "👎": Bad, "👍🏻": Good, "😡😡😡": Worst, "it was ok": Middling, "It was very good.": Best,
		"great": Best, "good": Good, "GOOD!!!": Good, "not happy": Bad, "不好": Bad, "还行": Middling, "muy mal": Worst, "pesimo": Worst, "más o menos": Middling,
		"muy satisfecha": Best, "غير راضي": Bad, "راضي": Good, "ممتاز": Best, ":+1:": Good, ":-1:": Bad, "i'm happy": Good, "fue excelente": Best, "服务很好": Best,
		"not bad": NoGrade, "bad hair day": NoGrade, "I am satisfied with the haircut": NoGrade, "goodbye": NoGrade, "": NoGrade, "2": NoGrade, "+1": NoGrade, "no": NoGrade,
		"the waiter": NoGrade, "hahaha": NoGrade, "好像没有": NoGrade, "👍👎": NoGrade, "is it good?": NoGrade, "bien sûr que non": NoGrade,
	} {
		if got := Judgement(words); got != want {
			t.Errorf("%q is judged %d, want %d", words, got, want)
		}
	}
}

// Every word of the lists is found, in one kind of judgement only, and none is written twice.
func TestTheListsAreClosed(t *testing.T) {
	if got := Languages(); !slices.Equal(got, []string{"ar", "en", "es", "zh-Hans"}) {
		t.Errorf("there are lists in %v", got)
	}
	known := []string{worst, bad, middling, good, best, opening, because, but, and, or, yes, no, denial, stop, around, end, complain, about, praise, unsure, polite, months, refuses, giving, yea, nay, dayBefore, yesterday, today, tomorrow, dayAfter}
	for _, l := range all().lists {
		for kind := range l.words {
			if !slices.Contains(known, kind) {
				t.Errorf("%s has the kind %q, which nothing reads", l.language, kind)
			}
		}
		for _, kind := range known {
			seen := map[string]bool{}
			for _, w := range l.words[kind] {
				if w == "" || seen[w] && kind != months {
					t.Errorf("%s has %q twice among %s, or an empty word", l.language, w, kind)
				}
				seen[w] = true
			}
			if len(l.words[kind]) == 0 {
				t.Errorf("%s has no words for %s", l.language, kind)
			}
		}
		if n := len(l.words[months]); n != 24 {
			t.Errorf("%s has %d names of months", l.language, n)
		}
	}
	grades := []string{worst, bad, middling, good, best}
	for i, kind := range grades {
		for w := range all().whole[kind] {
			for _, other := range grades[i+1:] {
				if all().whole[other][w] {
					t.Errorf("%q is %s and %s", w, kind, other)
				}
			}
			if Judgement(w) != Grade(i+1) || Judgement(strings.ToUpper(w)+"!") != Grade(i+1) {
				t.Errorf("%q is judged %d", w, Judgement(w))
			}
		}
	}
	for w := range all().whole[stop] {
		if all().whole[end][w] || Stops(w) != WillStop || Stops(strings.ToUpper(w)+".") != WillStop {
			t.Errorf("%q: %d", w, Stops(w))
		}
	}
	for w := range all().whole[end] {
		if Stops(w) != MayStop {
			t.Errorf("%q: %d", w, Stops(w))
		}
	}
	for w := range all().whole[complain] {
		if is, more := Complains(w); is != WillComplain || more {
			t.Errorf("%q alone: %d, %v", w, is, more)
		}
		for _, behind := range []string{": the floor was dirty", " - the floor", "\nthe floor was dirty"} {
			if is, more := Complains(w + behind); is != WillComplain || !more {
				t.Errorf("%q: %d, %v", w+behind, is, more)
			}
		}
	}
}

func TestStopping(t *testing.T) {
	for words, want := range map[string]Halt{
		"STOP": WillStop, "stop.": WillStop, "Stop!!": WillStop, "“stop”": WillStop, "Unsubscribe": WillStop, "opt-out": WillStop, "退订": WillStop, "darme de baja": WillStop,
		"إلغاء الاشتراك": WillStop, "الغاء الاشتراك": WillStop, "🛑": WillStop, "ＳＴＯＰ": WillStop, "please stop": WillStop,
		"cancel": MayStop, "enough": MayStop, "基本": GoesOn, "够了": MayStop, "basta": MayStop, "كفى": MayStop, "baja": MayStop,
		"stop sending me this": WillStop, "Please stop messaging me.": WillStop, "don't write to me any more": WillStop, "dont write to me anymore!!": WillStop,
		"Could you please stop sending me messages? Thanks": WillStop, "ok, stop": WillStop, "STOP NOW": WillStop, "Don’t contact me ever again": WillStop,
		"please do not send me this again": WillStop, "I don't want any more surveys, thank you": WillStop,
		"Por favor, no me escriban más": WillStop, "dejen de mandarme esto ya": WillStop, "no me contacten nunca más": WillStop, "deja de escribirme por favor, gracias": WillStop,
		"请不要再给我发消息了": WillStop, "麻烦你们别再联系我了，谢谢": WillStop, "请别再发了": WillStop, "我不想再收到调查了": WillStop, "你们能不能别再烦我了": WillStop,
		"من فضلكم لا تكتبوا لي بعد الآن": WillStop, "توقفوا عن مراسلتي رجاءً": WillStop, "لا ترسلوا لي هذا مرة أخرى": WillStop,
		"please stop the music": GoesOn, "stop sending me the wrong order": GoesOn, "don't write to me in Spanish": GoesOn, "can you stop by tomorrow": GoesOn,
		"don't contact me by phone, write": GoesOn, "please": GoesOn, "please, thanks": GoesOn, "never again": GoesOn, "I asked them to stop": GoesOn, "no me escriban en inglés": GoesOn,
		"nunca más": GoesOn, "请停止施工": GoesOn, "电梯停止了": GoesOn, "谢谢": GoesOn, "你们": GoesOn, "لا تكتبوا لي بالإنجليزية": GoesOn, "شكرا": GoesOn, "توقف المصعد": GoesOn,
		"no more, thanks": GoesOn, "just enough": GoesOn, "stop the noise": GoesOn, "the bus stop": GoesOn, "I want to stop smoking": GoesOn, "don't stop": GoesOn, "": GoesOn, "stopped": GoesOn, "no": GoesOn,
	} {
		if got := Stops(words); got != want {
			t.Errorf("%q: %d, want %d", words, got, want)
		}
	}
}

func TestComplaining(t *testing.T) {
	for words, want := range map[string]Complaint{
		"complaint": WillComplain, "Complaint: the floor was dirty": WillComplain, "I want to complain about the waiter": WillComplain, "I have a complaint, the soup was cold": WillComplain,
		"complaint about the noise": WillComplain, "投诉": WillComplain, "我要投诉": WillComplain, "我要投诉服务员": WillComplain, "投诉：太慢": WillComplain, "投诉你们的服务员": WillComplain,
		"quiero quejarme": WillComplain, "queja: tardaron mucho": WillComplain, "tengo una queja del camarero": WillComplain, "شكوى": WillComplain, "شكوى من النادل": WillComplain, "أريد أن أشتكي": WillComplain,
		"Complaint handled really well, thank you": MayComplain, "投诉处理得很好,谢谢你们": MayComplain, "queja resuelta muy rápido, gracias": MayComplain, "شكوى تم حلها بسرعة، شكرا": MayComplain,
		"complaint department please": MayComplain, "投诉电话": MayComplain, "I have a complaint no more, thank you": MayComplain,
		"I have no complaints": NoComplaint, "complaints": NoComplaint, "no complaint": NoComplaint, "hello": NoComplaint, "": NoComplaint, "complaintive": NoComplaint,
	} {
		if got, _ := Complains(words); got != want {
			t.Errorf("%q: %d, want %d", words, got, want)
		}
	}
}

func TestLeads(t *testing.T) {
	for _, row := range []struct {
		words, mark, rest string
		takesBack         bool
	}{
		{"2, it was too cold", "2", "it was too cold", false},
		{"2 - too cold", "2", "too cold", false},
		{"2: slow", "2", "slow", false},
		{"2. Too cold", "2", "Too cold", false},
		{"2\nIt was cold.", "2", "It was cold.", false},
		{"👎 — cold", "👎", "cold", false},
		{"very dissatisfied because it took hours", "very dissatisfied", "because it took hours", false},
		{"good but slow", "good", "but slow", true},
		{"good, but slow", "good", "but slow", true},
		{"很不满意,因为等了两个小时", "很不满意", "因为等了两个小时", false},
		{"2因为太慢", "2", "因为太慢", false},
		{"mal porque tardó", "mal", "porque tardó", false},
		{"سيئ لأن الطعام بارد", "سيئ", "لأن الطعام بارد", false},
		{"bueno pero lento", "bueno", "pero lento", true},
		{"2.5, meh", "2.5", "meh", false},
	} {
		mark, rest, takesBack, ok := Lead(row.words)
		if !ok || mark != row.mark || rest != row.rest || takesBack != row.takesBack {
			t.Errorf("%q: %q, %q, %v, %v", row.words, mark, rest, takesBack, ok)
		}
	}
	for _, words := range []string{"2", "2 people were rude", "2.5", "1,000", "good? no way", "10:30", "2,", "", "-2"} {
		if mark, rest, _, ok := Lead(words); ok {
			t.Errorf("%q: %q, %q", words, mark, rest)
		}
	}
}

func TestPoliteWords(t *testing.T) {
	for words, want := range map[string]string{
		"yes please": "yes", "2, thanks!": "2", "Good, thank you.": "good", "好谢谢": "好", "bien, gracias": "bien", "جيد شكرا": "جيد",
	} {
		if got, ok := Polite(words); !ok || got != want {
			t.Errorf("%q: %q, %v, want %q", words, got, ok, want)
		}
	}
	for _, words := range []string{"thanks", "yes", "", "displease"} {
		if got, ok := Polite(words); ok {
			t.Errorf("%q: %q", words, got)
		}
	}
}

func TestSeveral(t *testing.T) {
	for words, want := range map[string]string{
		"Food & drinks, Service": "Food|drinks|Service", "1 and 3": "1|3", "price y servicio": "price|servicio", "السعر والخدمة": "السعر|الخدمة", "价格和服务": "价格|服务",
		"1、3": "1|3", "candy and sandals": "candy|sandals", "padre e hijo": "padre|hijo", "one": "one", ", ,": "", "wait + price": "wait|price", "价格以及服务": "价格|服务",
	} {
		var got []string
		for _, p := range Several(words) {
			got = append(got, strings.TrimSpace(words[p.From:p.To]))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func TestLengthIsWhatPeopleSee(t *testing.T) {
	for words, want := range map[string]int{
		"": 0, "abc": 3, "👨‍👩‍👧‍👦👨‍👩‍👧‍👦": 2, "e\u0301": 1, "👍🏽": 1, "🇩🇪🇫🇷": 2, "❤️": 1, "中文": 2, "2️⃣": 1, "🏴󠁧󠁢󠁥󠁮󠁧󠁿": 1, "راضٍ": 3,
	} {
		if got := Length(words); got != want {
			t.Errorf("%q has %d characters, want %d", words, got, want)
		}
	}
}

func TestEveryNameOfAnEmojiIsPlain(t *testing.T) {
	if len(emoji()) < 1500 {
		t.Errorf("only %d names are known", len(emoji()))
	}
	for name, symbol := range emoji() {
		if strings.ContainsFunc(name, unicode.IsSpace) || Emoji(":"+name+":") != symbol || Fold(symbol) != symbol {
			t.Errorf("%q is %q, and %q folds to %q", name, Emoji(":"+name+":"), symbol, Fold(symbol))
		}
	}
	for name, want := range map[string]string{"+1": "👍", "thumbsup": "👍", "-1": "👎", "rage": "😡", "star": "⭐", "heart": "❤️", "slightly_smiling_face": "🙂", "slightly_frowning_face": "🙁", "ok_hand": "👌"} {
		if Unit(Bare(emoji()[name])) != Bare(want) {
			t.Errorf("%s is %q, want %q", name, emoji()[name], want)
		}
	}
}
