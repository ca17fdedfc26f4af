package recovery

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey"
)

// Wording is one text of the frame of surveys in words of an organisation's own, or of a site's.
type Wording struct {
	Text     string `json:"text"`     // which: of survey.SiteTexts
	Language string `json:"language"` // of survey.Languages
	Words    string `json:"words"`
}

// How long such words may be, in letters: a button is one line of a phone.
const (
	longestButton  = 40
	longestWording = 1000
)

// LongestWording is how many letters a text may have.
func LongestWording(text string) int {
	if survey.IsButton(text) {
		return longestButton
	}
	return longestWording
}

// Wordings are the texts in words of an organisation's own, each language by itself.
type Wordings map[string]survey.Text

// Wordings are the texts that a site says in its own words or, where it has none, in those of every
// site. Other than lists of rules, what a site has takes the place of each text by itself.
func (p Policy) Wordings(site string) Wordings {
	own := p.Sites[site].Texts
	if len(p.Rules.Texts)+len(own) == 0 {
		return nil
	}
	all := Wordings{}
	for _, list := range [][]Wording{p.Rules.Texts, own} {
		for _, w := range list {
			if all[w.Text] == nil {
				all[w.Text] = survey.Text{}
			}
			all[w.Text][w.Language] = w.Words
		}
	}
	return all
}

// Fault says what is wrong with a text in words of an organisation's own; "" for nothing. hole is a
// placeholder that is not known there.
func (w Wording) Fault() (what WordingFault, hole string) {
	switch {
	case strings.TrimSpace(w.Words) == "":
		return NoWords, ""
	case utf8.RuneCountInString(w.Words) > LongestWording(w.Text):
		return TooManyWords, ""
	case survey.IsButton(w.Text) && strings.ContainsAny(w.Words, "\r\n"):
		return ManyLines, ""
	case strings.ContainsAny(w.Words, "[]"):
		return Brackets, ""
	}
	for _, g := range survey.Gaps(w.Words) {
		if g.Answer || !slices.Contains(survey.FrameGaps(w.Text), g.Name) {
			return UnknownHole, g.Name
		}
	}
	return "", ""
}

// WordingFault is what may be wrong with such words.
type WordingFault string

// The faults.
const (
	NoWords      WordingFault = "none"
	TooManyWords WordingFault = "long"
	ManyLines    WordingFault = "lines"
	Brackets     WordingFault = "brackets"
	UnknownHole  WordingFault = "hole"
)

func checkWordings(list []Wording) []Problem {
	var out []Problem
	seen := map[[2]string]bool{}
	for i, w := range list {
		say := func(key, format string, args ...any) {
			out = append(out, Problem{fmt.Sprintf("texts.%d.%s", i, key), fmt.Sprintf(format, args...)})
		}
		if !slices.Contains(survey.SiteTexts(), w.Text) {
			say("text", "%q is no text that has words of your own; use one of %s.", w.Text, strings.Join(survey.SiteTexts(), ", "))
			continue
		}
		if !slices.Contains(survey.Languages(), w.Language) {
			say("language", "%q is no language that the program speaks; use one of %s. A survey in another language has these texts in its own file.", w.Language, strings.Join(survey.Languages(), ", "))
		}
		if seen[[2]string{w.Text, w.Language}] {
			say("text", "%s stands twice in %s.", w.Text, w.Language)
		}
		seen[[2]string{w.Text, w.Language}] = true
		switch fault, hole := w.Fault(); fault {
		case NoWords:
			say("words", "%s has no words; leave it out to have it as shipped.", w.Text)
		case TooManyWords:
			say("words", "%s has more than %d letters.", w.Text, LongestWording(w.Text))
		case ManyLines:
			say("words", "%s is a button: write it in one line.", w.Text)
		case Brackets:
			say("words", "%s has a bracket; nothing in brackets would be shown as you write it.", w.Text)
		case UnknownHole:
			known := "; it has none"
			if gaps := survey.FrameGaps(w.Text); len(gaps) > 0 {
				known = "; use {" + strings.Join(gaps, "}, {") + "}"
			}
			say("words", "%s names {%s}, which nothing is known for there%s.", w.Text, hole, known)
		}
	}
	return out
}
