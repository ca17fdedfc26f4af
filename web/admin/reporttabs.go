package admin

import "net/http"

// The groups of reports: each is named by report_group_NAME.
const (
	groupSatisfied = "satisfied"
	groupDrives    = "drives"
	groupRecovery  = "recovery"
	groupStays     = "stays"
	groupCompare   = "compare"
	groupData      = "data"
)

// reports are the reports in the order in which they are offered, those of a group side by side: the name, which is
// the address and is called report_NAME, and how the page is made.
var reports = []struct {
	group, name string
	make        func(*site, *http.Request, *words, Viewer, *reportFilter) (reportPage, error)
}{
	{groupSatisfied, "level", (*site).reportLevel},
	{groupSatisfied, "alarms", (*site).reportAlarms},
	{groupSatisfied, "expectation", (*site).reportExpectation},
	{groupSatisfied, "quality", (*site).reportQuality},
	{groupSatisfied, "silence", (*site).reportSilence},
	{groupDrives, "drivers", (*site).reportDrivers},
	{groupDrives, "standards", (*site).reportStandards},
	{groupDrives, "improvement", (*site).reportImprovement},
	{groupRecovery, "recovery", (*site).reportRecovery},
	{groupRecovery, "complaints", (*site).reportComplaints},
	{groupStays, "measures", (*site).reportMeasures},
	{groupStays, "loyalty", (*site).reportLoyalty},
	{groupStays, "value", (*site).reportValue},
	{groupStays, "lost", (*site).reportLost},
	{groupCompare, "compare", (*site).reportCompare},
	{groupCompare, "staff", (*site).reportStaff},
	{groupData, "words", (*site).reportWords},
	{groupData, "digest", (*site).reportDigest},
	{groupData, "data", (*site).reportData},
}

// reportTab leads to a report, or to the first one of a group.
type reportTab struct {
	URL, Text string
	Here      bool
}

// reportTabs are the groups of reports, and the reports of the group that one of them stands in. They keep the filters.
func (w *words) reportTabs(f *reportFilter, name string) (groups, tabs []reportTab) {
	here := ""
	for _, one := range reports {
		if one.name == name {
			here = one.group
		}
	}
	last := ""
	for _, one := range reports {
		at := f.with("/reports/" + one.name)
		if one.group != last {
			groups = append(groups, reportTab{at, w.t("report_group_" + one.group), one.group == here})
			last = one.group
		}
		if one.group == here {
			tabs = append(tabs, reportTab{at, w.t("report_" + one.name), one.name == name})
		}
	}
	return groups, tabs
}
