package survey

// QualityItems reads the items of a SERVQUAL or SERVPERF form out of a session's
// answers, for SERVQUAL and SERVPERF: every answered scale question about the service
// that belongs to a dimension, raw and reversed where it is worded negatively. paired
// reports whether every item has an expectation too; without that only SERVPERF means
// anything. The short form and the 22-item form differ in nothing but their flow file.
func QualityItems(f Flow, answers []Answer) (items []Item, paired bool) {
	v := newView(&f, answers, nil)
	paired = true
	for i := range f.Questions {
		q := &f.Questions[i]
		if q.Kind != ScaleQ || q.Dimension == "" || q.Phase == Pre {
			continue
		}
		perception, ok := v.meant(i)
		if !ok {
			continue
		}
		item := Item{Dimension: q.Dimension, Perception: perception}
		expected := false
		if e := f.index(q.Pair); q.Pair != "" && e != NoQuestion {
			item.Expectation, expected = v.meant(e)
		}
		paired = paired && expected
		items = append(items, item)
	}
	return items, paired && len(items) > 0
}

// LoyaltyOf is Loyalty of a session's answers: the questions marked as factors
// attraction, satisfaction (else the primary question) and participation, each on the
// straight line between the ends of its scale. ok is false where one is missing.
func LoyaltyOf(f Flow, answers []Answer) (index, cubeRoot float64, ok bool) {
	v := newView(&f, answers, nil)
	var factors [3]float64
	for k, name := range [3]string{"attraction", "satisfaction", "participation"} {
		i := f.factor(name)
		if i == NoQuestion {
			return 0, 0, false
		}
		x, answered := v.meant(i)
		low, high, bounded := f.Questions[i].span()
		if !answered || !bounded {
			return 0, 0, false
		}
		part, err := Linear(x, low, high)
		if err != nil {
			return 0, 0, false
		}
		factors[k] = part / 100
	}
	index, cubeRoot, err := Loyalty(factors[0], factors[1], factors[2])
	return index, cubeRoot, err == nil
}

// factor is the index of the question that stands for a factor of loyalty.
func (f *Flow) factor(name string) int {
	for i := range f.Questions {
		if f.Questions[i].Factor == name {
			return i
		}
	}
	if name == "satisfaction" {
		return f.primary()
	}
	return NoQuestion
}
