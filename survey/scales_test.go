package survey

// The scales and flows that the tests of this package are written with. The shipped
// ones are data of package flowfile; these are their likenesses.

import "fmt"

func num(x float64) *float64 { return &x }

func ladderScale(key string, values []float64, labels [][2]string, scores []float64, flags string) Scale {
	s := Scale{Key: key, Ladder: true}
	for i, v := range values {
		s.Options = append(s.Options, Option{Value: v, Label: Text{"en": labels[i][0], "zh-Hans": labels[i][1]}, Score: num(scores[i]), Flag: flagOf(flags[i])})
	}
	return s
}

func flagOf(letter byte) Flag {
	switch letter {
	case 'U':
		return Unsatisfied
	case 'N':
		return Neutral
	case 'S':
		return Satisfied
	case 'D':
		return Delighted
	}
	return NoFlag
}

var sevenNames = [][2]string{{"Very dissatisfied", "很不满意"}, {"Dissatisfied", "不满意"}, {"Somewhat dissatisfied", "不太满意"}, {"Neutral", "一般"}, {"Somewhat satisfied", "较满意"}, {"Satisfied", "满意"}, {"Very satisfied", "很满意"}}

func ladder7() Scale {
	return ladderScale("ladder7", []float64{1, 2, 3, 4, 5, 6, 7}, sevenNames, []float64{0, 15, 25, 35, 50, 70, 100}, "UUUNSSD")
}

func csat5() Scale {
	return ladderScale("csat5", []float64{1, 2, 3, 4, 5}, [][2]string{sevenNames[0], sevenNames[1], sevenNames[3], sevenNames[5], sevenNames[6]}, []float64{0, 15, 35, 70, 100}, "UUNSD")
}

func quality7() Scale {
	return ladderScale("quality7", []float64{1, 2, 3, 4, 5, 6, 7}, [][2]string{{"Very poor", "非常差"}, {"Poor", "差"}, {"Rather poor", "较差"}, {"Average", "一般"}, {"Fairly good", "较好"}, {"Good", "好"}, {"Excellent", "非常好"}}, []float64{0, 15, 25, 35, 50, 70, 100}, "UUUNSSD")
}

func expect5() Scale {
	return ladderScale("expect5", []float64{-2, -1, 0, 1, 2}, [][2]string{{"Much worse than I expected", "远不如预期"}, {"Somewhat worse than I expected", "不如预期"}, {"As I expected", "符合预期"}, {"Better than I expected", "好于预期"}, {"Much better than I expected", "远超预期"}}, []float64{0, 25, 70, 90, 100}, "UUSDD")
}

func nps11() Scale {
	s := Scale{Key: "nps11", MinText: Text{"en": "Not at all likely"}, MaxText: Text{"en": "Extremely likely"}}
	for v := range 11 {
		label := fmt.Sprint(v)
		s.Options = append(s.Options, Option{Value: float64(v), Label: Text{"en": label, "zh-Hans": label}, Score: num(float64(v) * 10), Flag: flagOf("UUUUUUUNNSS"[v])})
	}
	return s
}

func resolved3() Scale {
	return Scale{Key: "resolved3", Options: []Option{
		{Value: 2, Label: Text{"en": "Yes, fully", "zh-Hans": "已完全解决"}, Flag: Satisfied},
		{Value: 1, Label: Text{"en": "Partly", "zh-Hans": "部分解决"}, Flag: Neutral},
		{Value: 0, Label: Text{"en": "No", "zh-Hans": "没有解决"}, Flag: Unsatisfied},
	}}
}

func both(en, zh string) Text { return Text{"en": en, "zh-Hans": zh} }

func scaleQ(key string, s Scale, weight float64) Question {
	return Question{Key: key, Kind: ScaleQ, Scale: s, Weight: weight, Ask: both("How was "+key+"?", key+"怎么样?")}
}

func choiceQ(key string, max int, keys ...string) Question {
	q := Question{Key: key, Kind: ChoiceQ, Max: max, Optional: true, Ask: both("Which "+key+"?", key+"是哪些?")}
	for _, k := range keys {
		q.Choices = append(q.Choices, Choice{Key: k, Label: both("The "+k, k+"项")})
	}
	return q
}

func textQ(key string) Question {
	return Question{Key: key, Kind: TextQ, Optional: true, Long: true, Ask: both("Tell us about "+key+".", "请谈谈"+key+"。")}
}

func when(subject string, flags ...Flag) *Cond { return &Cond{Subject: subject, Flags: flags} }

func not(c *Cond) *Cond { return &Cond{Not: c} }

func flow(id string, questions ...Question) Flow {
	return Flow{ID: id, Version: 1, Class: Transactional, Title: both(id, id), Languages: []string{"en", "zh-Hans"}, Questions: questions}
}

func primaryQ(q Question) Question { q.Primary = true; return q }

func dimensioned(q Question, dimension, rotate string) Question {
	q.Dimension, q.Rotate = dimension, rotate
	return q
}

func asked(q Question, c *Cond) Question { q.When = c; return q }

// oneTap, threeQuestions and sevenLevels have the shape of the templates T1 to T3.
func oneTap() Flow {
	return flow("one_tap", primaryQ(scaleQ("overall", csat5(), 1)),
		asked(choiceQ("reason", 3, "slow", "rude", "dear", "other"), when("primary", Unsatisfied, Neutral)),
		asked(textQ("why_bad"), when("judgement", Unsatisfied)),
		asked(choiceQ("contact_ok", 1, "here", "phone", "no"), when("judgement", Unsatisfied)))
}

func threeQuestions() Flow {
	return flow("three", primaryQ(scaleQ("overall", csat5(), 0.5)),
		dimensioned(scaleQ("speed", csat5(), 0.25), Responsiveness, "attributes"),
		dimensioned(scaleQ("people", csat5(), 0.25), Assurance, "attributes"),
		asked(textQ("why_bad"), when("judgement", Unsatisfied)),
		asked(textQ("why_good"), not(when("judgement", Unsatisfied))),
		asked(choiceQ("contact_ok", 1, "here", "phone", "no"), when("judgement", Unsatisfied)))
}

func sevenLevels() Flow {
	expect := scaleQ("vs_expect", expect5(), 0)
	expect.Reported = "gap"
	promise := scaleQ("promise", resolved3(), 0)
	promise.Critical, promise.When = []float64{0}, &Cond{Subject: "vs_expect", Below: num(0)}
	return flow("seven", primaryQ(scaleQ("overall", ladder7(), 1)), expect,
		asked(choiceQ("exp_source", 2, "past", "wom", "ads"), &Cond{Subject: "vs_expect", Below: num(0)}), promise,
		asked(textQ("why_bad"), when("judgement", Unsatisfied)),
		asked(choiceQ("contact_ok", 1, "here", "phone", "no"), when("judgement", Unsatisfied)))
}
