package storage

// CellChoices is what customers chose on the days of a filter, added up by day.
type CellChoices struct {
	// Ready reports whether every day was counted once: else the rest is of some of them.
	Ready  bool
	Sums   []CellChoice
	Months []CellChoiceMonth // those that the filter touches, whole
}

// CellChoice is how many conversations of each level took a choice of a question, at all sites and in all months of the
// filter; "" = how many answered it, of one site and month each.
type CellChoice struct {
	Site, Month, Flow, Question, Choice string
	Levels                              [7]int64
}

// CellChoiceMonth is what is needed of a whole month for the width of intervals of one question's shares.
type CellChoiceMonth struct {
	Site, Month, Flow, Question string
	Customers                   int            // who answered it
	Most                        int            // how often one of them did, at most
	M                           int64          // answers
	MM                          int64          // sum over customers of the square of how often each answered
	Choices                     []CellLikeness // in the order of their keys
}

// CellLikeness is how alike a customer's answers are about one choice: sums over customers.
type CellLikeness struct {
	Choice string
	K      int64 // how often it was taken
	MK     int64 // of how often each answered, times how often each took it
	KK     int64 // of the square of how often each took it
}
