package figures

import (
	"time"

	"github.com/aftercare/aftercare/report"
)

// ReportState is whether a report has figures.
type ReportState string

// The states.
const (
	ReportCounted ReportState = "counted"
	ReportEmpty   ReportState = "empty"    // nothing lies in these days
	ReportMany    ReportState = "too_many" // more than Most rows lie in them
	ReportNotYet  ReportState = "not_yet"  // it is being made in the background
	ReportOneSite ReportState = "one_site" // it is made of one site, or of all: which one was not said
)

// Report is what a report says, for programs: the figures of its page under the rule for small numbers, what they are
// of by its key.
type Report struct {
	Name     string
	State    ReportState
	From, To string    // days; "" of one that is made in the background
	Made     time.Time // when it was; zero = now
	Finding  string    // the sentence on top
	Figures  []Told
	Tables   []ReportTable
}

// Told is a figure of a report by its key: a share, or another number.
type Told struct {
	Key    string
	Share  *report.Clustered
	Change *report.Difference // of a share to what it is compared with; nil = it is not compared
	Number *Number
}

// Number is a figure that is no share: a mean, or a number on 1,000.
type Number struct {
	Value  float64
	Within *report.Interval // nil = none
	N      int              // of how many; 0 = it is of none
}

// ReportTable is a table of a report: that below a chart. A cell is a string, an int, a float64, a bool, or nil where
// nothing may be shown.
type ReportTable struct {
	ID      string
	Columns []string
	Rows    [][]any
}

// ReportReader is who a report is for.
type ReportReader struct {
	Sites   []string // of these alone; nil = of every site
	Trusted bool     // it may tell of single members of staff
}
