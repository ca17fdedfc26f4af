package survey

import "time"

func textIn(t Text, langs []string) string                       { return "" }
func step(f Flow, s Session, in Input, now time.Time) Transition { return Transition{Session: s} }
func judge(f Flow, answers []Answer, ended bool) Judgement       { return Judgement{} }
func check(f Flow) []Problem                                     { return nil }
