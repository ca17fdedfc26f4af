package survey

// order is the order in which a session meets the flow's questions: what is asked
// before the service first, and each rotation group shuffled over its own places by
// the session's id. A session without an id keeps the order of the file.
func order(f *Flow, id string) []int {
	o := make([]int, 0, len(f.Questions))
	for i := range f.Questions {
		if f.Questions[i].Phase == Pre {
			o = append(o, i)
		}
	}
	pre := len(o)
	for i := range f.Questions {
		if f.Questions[i].Phase != Pre {
			o = append(o, i)
		}
	}
	if id != "" {
		rotate(f, o[:pre], id)
		rotate(f, o[pre:], id)
	}
	return o
}

// rotate shuffles each group among the places that its members hold in o.
func rotate(f *Flow, o []int, id string) {
	var places []int
	for first, q := range o {
		group := f.Questions[q].Rotate
		if group == "" || isPlaced(f, o[:first], group) {
			continue
		}
		places = places[:0]
		for i := first; i < len(o); i++ {
			if f.Questions[o[i]].Rotate == group {
				places = append(places, i)
			}
		}
		shuffle(o, places, seed(id, group))
	}
}

// isPlaced reports whether a group already had its turn.
func isPlaced(f *Flow, before []int, group string) bool {
	for _, q := range before {
		if f.Questions[q].Rotate == group {
			return true
		}
	}
	return false
}

// seed is FNV-1a of the session's id and the group's name, so that groups turn
// independently.
func seed(id, group string) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range [2]string{id, group} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xFF) * 1099511628211
	}
	return h
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014). It is written out
// here because the order must stay the same over versions of Go.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Shown is the order in which the choices of q are shown: that of the list, or one that the
// session's id decides, in which a choice that takes words, or goes with no other, stays where
// it is.
func (s *Session) Shown(q *Question) []int {
	shown := make([]int, len(q.Choices))
	for i := range shown {
		shown[i] = i
	}
	if !q.Shuffle || s.ID == "" {
		return shown
	}
	var places []int
	for i := range q.Choices {
		if !q.Choices[i].Other && !q.Choices[i].Exclusive {
			places = append(places, i)
		}
	}
	shuffle(shown, places, seed(s.ID, "options of "+q.Key))
	return shown
}

// shuffle exchanges what stands at these places of o.
func shuffle(o, places []int, state uint64) {
	for i := len(places) - 1; i > 0; i-- {
		state += 0x9E3779B97F4A7C15
		k := int(mix(state) % uint64(i+1))
		o[places[i]], o[places[k]] = o[places[k]], o[places[i]]
	}
}
