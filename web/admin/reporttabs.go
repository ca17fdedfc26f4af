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

// reportMaker makes the page of a report, of its filters.
type reportMaker func(*site, *http.Request, *words, Viewer, *reportFilter) (reportPage, error)

// reports are the reports in the order in which they are offered, those of a group side by side: the name, which is
// the address and is called report_NAME, and how the page is made.
var reports = []struct {
	group, name string
	make        reportMaker
}{
	{groupSatisfied, "level", of(reportPages.reportLevel)},
	{groupSatisfied, "alarms", of(reportPages.reportAlarms)},
	{groupSatisfied, "expectation", of(givenPages.reportExpectation)},
	{groupSatisfied, "quality", of(givenPages.reportQuality)},
	{groupSatisfied, "silence", of(reportPages.reportSilence)},
	{groupDrives, "drivers", of(reportPages.reportDrivers)},
	{groupDrives, "standards", of(standardPages.reportStandards)},
	{groupDrives, "experiments", of(reportPages.reportExperiments)},
	{groupDrives, "improvement", of(improvementPages.reportImprovement)},
	{groupRecovery, "recovery", of(reportPages.reportRecovery)},
	{groupRecovery, "return", of(reportPages.reportReturn)},
	{groupRecovery, "complaints", of(reportPages.reportComplaints)},
	{groupStays, "measures", of(reportPages.reportMeasures)},
	{groupStays, "loyalty", of(reportPages.reportLoyalty)},
	{groupStays, "value", of(reportPages.reportValue)},
	{groupStays, "lost", of(reportPages.reportLost)},
	{groupCompare, "compare", of(reportPages.reportCompare)},
	{groupCompare, "staff", of(reportPages.reportStaff)},
	{groupData, "words", of(saidPages.reportWords)},
	{groupData, "digest", of(reportPages.reportDigest)},
	{groupData, "data", of(reportPages.reportData)},
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
		at := f.with("/reports/"+one.name, justDays, "") // each asks for itself
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
