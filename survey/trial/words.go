package trial

import (
	"errors"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey"
)

// NoticeWords are the engine's notices in the terminal.
func NoticeWords(code survey.NoticeCode) string {
	words := map[survey.NoticeCode]string{
		survey.NoticeEnded:      "This survey has ended.",
		survey.NoticeTooLate:    "That answer can no longer be changed.",
		survey.NoticeNotOpen:    "That question is not open now.",
		survey.NoticeUnclear:    "That is no answer to this question.",
		survey.NoticeTooLong:    "That is too long. Please make it shorter.",
		survey.NoticeTooMany:    "Those are too many options.",
		survey.NoticeTooFew:     "Those are too few options.",
		survey.NoticeNotWhole:   "That is not a whole number in the range.",
		survey.NoticeDayRange:   "That day is not between those that are asked for.",
		survey.NoticeBadForm:    "That does not match the pattern.",
		survey.NoticeHandedOn:   "Passed to staff; the question is left open.",
		survey.NoticeNothing:    "Choose at least one option, or skip.",
		survey.NoticeBadNumber:  "That is not a number in the range.",
		survey.NoticeBadDate:    "That is not a date. Write it as 2026-01-31.",
		survey.NoticeBadPhone:   "That is not a phone number. Write it with the country code, as +44 20 7946 0000.",
		survey.NoticeBadEmail:   "That is not an e-mail address.",
		survey.NoticeNeedFile:   "A file is expected here. Write a name for it, or skip.",
		survey.NoticeFileTooBig: "That file is too big.",
		survey.NoticePaused:     "Kept for later.",
		survey.NoticeKept:       "Passed to staff; the question stays open.",
		survey.NoticeFirst:      "There is no question before this one.",
		survey.NoticeUnchanged:  "That is the answer already.",
		survey.NoticeWaiting:    "Now the service takes place; the rest comes after it.",
	}
	if w, ok := words[code]; ok {
		return w
	}
	return strings.ReplaceAll(string(code), "_", " ")
}

// ReadingWords is what words may mean, in one line.
func ReadingWords(r survey.Reading) string {
	a := r.Answer()
	return AnswerWords(&a)
}

// AnswerWords is an answer in one line.
func AnswerWords(a *survey.Answer) string {
	switch {
	case a.Left != "":
		return "left: " + strings.ReplaceAll(string(a.Left), "_", " ")
	case a.Skipped:
		return "skipped"
	case a.Value != nil:
		return strconv.FormatFloat(*a.Value, 'g', -1, 64)
	case len(a.Choices) > 0:
		return strings.Join(a.Choices, ", ")
	case a.Text == "" && len(a.Files) > 0:
		return "a file"
	}
	return strings.ReplaceAll(a.Text, "\n", " / ")
}

// ErrAnswer means that something is no answer at all.
var ErrAnswer = errors.New("write a value, a list of choices, skip, or {text: …}")

// AnswerOf is an answer as files and programs write it: a value, a list of choices, the word skip, or
// {text: …} for words that would mean something else. ErrAnswer.
func AnswerOf(v any) (Answer, error) {
	switch v := v.(type) {
	case map[string]any:
		word, ok := Word(v["text"])
		if !ok || len(v) != 1 {
			return Answer{}, ErrAnswer
		}
		return Answer{Words: []string{word}}, nil
	case []any:
		a := Answer{Words: []string{}}
		for _, item := range v {
			word, ok := Word(item)
			if !ok {
				return Answer{}, ErrAnswer
			}
			a.Words = append(a.Words, word)
		}
		return a, nil
	}
	word, ok := Word(v)
	if !ok {
		return Answer{}, ErrAnswer
	}
	return Answer{Words: []string{word}, Skip: word == "skip"}, nil
}

// Word is a scalar as it is written.
func Word(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
