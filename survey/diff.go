package survey

import (
	"fmt"
	"slices"
	"strings"
)

// Diff lists what changed from one version of a flow to the next, for the person who
// publishes. A question's key keeps its trend over versions: a key that now means
// something else, or whose scale turned round, is an error, because old and new answers
// would be drawn as one line. Everything else deserves a look.
func Diff(old, new Flow) []Problem {
	d := &checker{flow: &new}
	if old.Class != new.Class {
		d.warn(nil, "class_changed", "The class changed from %s to %s: other waiting times apply.", old.Class, new.Class)
	}
	if (old.Naming == Pseudonymous) != (new.Naming == Pseudonymous) {
		d.warn(nil, "identity_changed", "What staff call the customers of this flow changed: cases that are open stay as they were.")
	}
	if !slices.EqualFunc(old.Bands, new.Bands, func(a, b Band) bool {
		return a.Level == b.Level && a.Low == b.Low && a.High == b.High && a.Unsatisfied == b.Unsatisfied
	}) {
		d.warn(nil, "bands_changed", "The bands changed: the same score may be another level than before.")
	}
	for i := range old.Questions {
		if q := &old.Questions[i]; q.Key != "" && new.index(q.Key) == NoQuestion {
			d.warn(q, "question_removed", "%q is no longer asked. Its trend ends here.", q.Key)
		}
	}
	for i := range new.Questions {
		q := &new.Questions[i]
		k := old.index(q.Key)
		if k == NoQuestion {
			d.warn(q, "question_added", "%q is new. Its trend begins here.", q.Key)
			continue
		}
		d.diffQuestion(&old.Questions[k], q)
	}
	if moved(&old, &new) {
		d.warn(nil, "order_changed", "The questions come in another order. Earlier questions colour later ones.")
	}
	return d.problems
}

func (d *checker) diffQuestion(old, new *Question) {
	switch {
	case old.Kind != new.Kind:
		d.fatal(new, "key_meaning", "%q was a %s question and is now a %s question. Give it a new key.", new.Key, old.Kind, new.Kind)
		return
	case old.Kind == ScaleQ && turned(old, new):
		d.fatal(new, "scale_direction", "The scale of %q was turned round. Give the question a new key, or turn it back.", new.Key)
		return
	case old.Kind == ScaleQ && !sameScale(&old.Scale, &new.Scale):
		d.fatal(new, "key_meaning", "%q is answered on another scale than before. Give it a new key.", new.Key)
		return
	case old.Kind == NumberQ && (old.MinValue != new.MinValue || old.MaxValue != new.MaxValue) && (old.Scored() || new.Scored()):
		d.fatal(new, "key_meaning", "%q is scored over another range than before. Give it a new key.", new.Key)
		return
	case retagged(old, new) == otherTag || old.Reported != new.Reported || old.Phase != new.Phase:
		d.fatal(new, "key_meaning", "%q measures something else than before. Give it a new key.", new.Key)
		return
	}
	if retagged(old, new) == newTag {
		d.warn(new, "tags_changed", "%q is grouped with other questions than before in reports.", new.Key)
	}
	if old.Primary != new.Primary {
		d.warn(new, "primary_changed", "Another question is primary: satisfied means something else than before.")
	}
	if old.Weight != new.Weight {
		d.warn(new, "weight_changed", "The weight of %q changed from %v to %v.", new.Key, old.Weight, new.Weight)
	}
	if changed := changedWords(old.Ask, new.Ask); len(changed) > 0 {
		d.warn(new, "words_changed", "The words of %q changed in %s. If they ask something else, give it a new key.", new.Key, strings.Join(changed, ", "))
	}
	if fmt.Sprint(labels(old)) != fmt.Sprint(labels(new)) {
		d.warn(new, "labels_changed", "The options of %q have other words than before.", new.Key)
	}
	if old.Kind == ChoiceQ {
		for _, c := range old.Choices {
			if !slices.ContainsFunc(new.Choices, func(n Choice) bool { return n.Key == c.Key }) {
				d.warn(new, "choice_removed", "The choice %q of %q is gone.", c.Key, new.Key)
			}
		}
		for _, c := range new.Choices {
			if !slices.ContainsFunc(old.Choices, func(o Choice) bool { return o.Key == c.Key }) {
				d.warn(new, "choice_added", "The choice %q of %q is new.", c.Key, new.Key)
			}
		}
	}
}

// retagging is how the tags of a question changed.
type retagging int8

const (
	sameTags retagging = iota
	newTag             // one was added or taken away
	otherTag           // one was replaced: the question measures something else
)

func retagged(old, new *Question) retagging {
	r := sameTags
	for _, tag := range [4][2]string{{old.Dimension, new.Dimension}, {old.Justice, new.Justice}, {old.Factor, new.Factor}, {old.Measure, new.Measure}} {
		switch {
		case tag[0] == tag[1]:
		case tag[0] != "" && tag[1] != "":
			return otherTag
		default:
			r = newTag
		}
	}
	return r
}

// turned reports whether the same answers now mean or stand the other way round:
// reversed, listed in the other direction, or scored downwards.
func turned(old, new *Question) bool {
	return old.Reverse != new.Reverse || listing(old)*listing(new) < 0 || worth(old)*worth(new) < 0
}

// listing is the direction in which the values are listed: which end is read first
// changes what people answer.
func listing(q *Question) float64 {
	n := len(q.Scale.Options)
	if n == 0 {
		return 0
	}
	return q.Scale.Options[n-1].Value - q.Scale.Options[0].Value
}

// worth is the direction in which flags and scores rise with the value.
func worth(q *Question) float64 {
	low, high, ok := q.span()
	if !ok {
		return 0
	}
	a, b := q.option(low), q.option(high)
	if a.Score != nil && b.Score != nil && *a.Score != *b.Score {
		return *b.Score - *a.Score
	}
	return float64(rank(b.Flag) - rank(a.Flag))
}

// sameScale reports whether two scales give the same answers the same worth.
func sameScale(a, b *Scale) bool {
	return a.Ladder == b.Ladder && slices.EqualFunc(a.Options, b.Options, func(x, y Option) bool {
		return x.Value == y.Value && x.Flag == y.Flag && (x.Score == nil) == (y.Score == nil) && (x.Score == nil || *x.Score == *y.Score)
	})
}

// changedWords lists the languages in which both texts have words that differ.
func changedWords(old, new Text) []string {
	var changed []string
	for _, tag := range sortedKeys(old) {
		if new[tag] != "" && new[tag] != old[tag] {
			changed = append(changed, tag)
		}
	}
	return changed
}

// labels lists the words on a question's buttons in every language.
func labels(q *Question) []Text {
	var all []Text
	for i := range q.Scale.Options {
		all = append(all, q.Scale.Options[i].Label, q.Scale.Options[i].Short)
	}
	return all
}

// moved reports whether the questions that both flows have come in another order.
func moved(old, new *Flow) bool {
	last := -1
	for i := range new.Questions {
		if k := old.index(new.Questions[i].Key); k != NoQuestion {
			if k < last {
				return true
			}
			last = k
		}
	}
	return false
}
