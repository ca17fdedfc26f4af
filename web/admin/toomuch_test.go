package admin

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/report"
)

var (
	tags    = regexp.MustCompile(`<[^>]*>`)
	rateOfN = regexp.MustCompile(`(\d+) % \(\d+–\d+\) of (\d+)`)
	ofN     = regexp.MustCompile(`\b(\d+) of (\d+): too few for a rate|\b(\d+) of (\d+)\s+too few for a rate`)
	moved   = regexp.MustCompile(`(up|down) \d+ points \((−?\d+) to (−?\d+)\)`)
	times   = regexp.MustCompile(`[\d.]+ times as often \(([\d.]+) to ([\d.]+)\)`)
	oneRow  = regexp.MustCompile(`(?s)<tr>.*?</tr>`)
	numbers = regexp.MustCompile(`<td class="num">(\d+)</td>`)
	drawn   = regexp.MustCompile(`<p class="by"><span>[^<]*</span><span class="meta">(\d+) answers?</span>`)
	totals  = regexp.MustCompile(`(\d+) answers? of \d+ customer|(\d+) invitations? were made|of (\d+) times asked`)
)

func asInt(s string) int { n, _ := strconv.Atoi(s); return n }

// apart reports whether what is left of a total tells of few people.
func apart(left int) bool { return left > 0 && left < report.FewestCounted }

// textOf is what a page says.
func textOf(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

// tooMuch lists what a page shows and may not: a rate under ten, counts of under five, something compared
// under thirty, a change whose range holds 0.
func tooMuch(page string) (faults []string) {
	text := textOf(page)
	for _, m := range rateOfN.FindAllStringSubmatch(text, -1) {
		if asInt(m[2]) < report.FewestRated {
			faults = append(faults, "a rate of too few: "+m[0])
		}
	}
	for _, m := range ofN.FindAllStringSubmatch(text, -1) {
		if asInt(m[2]+m[4]) < report.FewestCounted {
			faults = append(faults, "counts of too few: "+m[0])
		}
	}
	for _, m := range moved.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[2], "−") != strings.HasPrefix(m[3], "−") || m[2] == "0" || m[3] == "0" {
			low, high := m[2], m[3]
			if low != "0" && high != "0" || low == "0" && high == "0" { // an end that rounds to 0 may lie on its side of it
				faults = append(faults, "called a change: "+m[0])
			}
		}
	}
	for _, m := range times.FindAllStringSubmatch(text, -1) {
		low, _ := strconv.ParseFloat(m[1], 64)
		high, _ := strconv.ParseFloat(m[2], 64)
		if low < 1 && high > 1 {
			faults = append(faults, "called a change: "+m[0])
		}
	}
	for _, row := range oneRow.FindAllString(page, -1) {
		if m := numbers.FindStringSubmatch(row); m != nil && strings.Contains(row, "against all others") && asInt(m[1]) < report.FewestPlain {
			faults = append(faults, "compared, of "+m[1]+": "+tags.ReplaceAllString(row, " "))
		}
	}
	if of := totals.FindStringSubmatch(text); of != nil {
		left, any := asInt(of[1]+of[2]+of[3]), false
		for _, m := range drawn.FindAllStringSubmatch(page, -1) {
			any = true
			left -= asInt(m[1])
			if asInt(m[1]) < report.FewestRated {
				faults = append(faults, "drawn, of too few: "+m[0])
			}
		}
		if any && apart(left) {
			faults = append(faults, fmt.Sprintf("the levels of %d who are not drawn follow from the others", left))
		}
	}
	for _, none := range []string{"NaN", "+Inf", "%!"} {
		if strings.Contains(page, none) {
			faults = append(faults, "no number: "+none)
		}
	}
	return faults
}

// tooMuchIn lists what a table shows and may not. all is of how many it is, 0 = not known.
func tooMuchIn(rows [][]string, all int) (faults []string) {
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	head, shown := strings.Join(rows[0], ","), 0
	say := func(row []string, what string) { faults = append(faults, fmt.Sprintf("%s: %q", what, row)) }
	opened, answered := 0, 0
	for _, row := range rows[1:] {
		n := func(name string) int { return asInt(row[at[name]]) }
		has := func(name string) bool { return row[at[name]] != "" }
		switch head {
		case strings.Join(rateColumns, ","), strings.Join(targetColumns, ","), strings.Join(intentColumns, ","), strings.Join(standingColumns, ","),
			strings.Join(moveColumns, ","), strings.Join(classColumns, ","):
			shown += n("n")
			if i, ok := at["state"]; ok {
				if row[i] != string(report.Open) && min(n("n"), n("customers")) < report.FewestRated {
					say(row, "judged, of too few")
				}
				row = row[:len(rateColumns)]
			}
			few := min(n("n"), n("customers"))
			switch {
			case row[at["shown"]] == string(report.Hidden):
				if first := at["shown"] + 1; strings.Join(row[first:first+6], "") != "" {
					say(row, "what is hidden is told")
				}
			case few < report.FewestCounted || n("k") > n("n"):
				say(row, "of too few")
			case has("rate") && few < report.FewestRated:
				say(row, "a rate of too few")
			}
		case strings.Join(kindColumns, ","):
			shown += n("customers")
			if has("customers") && n("customers") < report.FewestCounted || has("rate") && n("customers") < report.FewestRated || row[1] == string(report.Hidden) && has("unsatisfied") {
				say(row, "of too few")
			}
		case strings.Join(driverColumns, ","), strings.Join(shareColumns, ","), strings.Join(planeColumns, ","):
			of := n("n")
			i, told := at["r"], report.FewestCorrelated
			if head == strings.Join(shareColumns, ",") {
				i, told = at["share_of_explained"], report.FewestShared
			}
			if row[at["n"]] != "" && of < report.FewestCounted || row[i] != "" && of < told {
				say(row, "of too few customers")
			}
		case strings.Join(meanColumns, ","), strings.Join(pairColumns, ","), strings.Join(dimensionColumns, ","), strings.Join(quadrantColumns, ","), strings.Join(gapColumns, ","):
			few := min(n("n"), n("customers"))
			if has("n") && few < report.FewestCounted || has("mean") && few < report.FewestMeant {
				say(row, "a mean of too few")
			}
		case strings.Join(per1000Columns, ","):
			shown += n("asked")
			if has("asked") && n("asked") < report.FewestCounted || has("per_1000") && n("asked") < report.FewestPlain {
				say(row, "of too few")
			}
		case strings.Join(causeColumns, ","):
			shown += n("cases")
			if n("cases") < report.FewestCounted || has("of_cases") && all > 0 && all < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(stepColumns, ","):
			switch row[0] {
			case "opened":
				opened = n("cases")
			case "answered":
				answered = n("cases")
			case "recovered", "settled":
				if has("cases") && apart(answered) {
					say(row, fmt.Sprintf("what %d said", answered))
				}
			}
			if opened < report.FewestCounted || has("of_cases") && opened < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(promiseColumns, ","):
			if due := n("met") + n("missed"); has("met") && apart(due) || has("rate") && due < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(timeColumns, ","):
			if n("cases") < report.FewestCounted || has("median_minutes") && n("cases") < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(dueColumns, ","):
			if min(n("broken_n"), n("broken_customers")) < report.FewestPlain || min(n("met_n"), n("met_customers")) < report.FewestPlain {
				say(row, "compared, of too few")
			}
		case strings.Join(reasonColumns, ","):
			if n("answers") < report.FewestCounted {
				say(row, "of too few")
			}
		case strings.Join(returnColumns, ","), strings.Join(afterColumns, ","):
			if has("customers") && n("customers") < report.FewestCounted || has("share") && n("customers") < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(watchedColumns, ","): // of days of its own, that no total on the page is of
			if few := min(n("n"), n("customers")); has("n") && few < report.FewestCounted || (has("rate") || has("upper_limit")) && few < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(alarmColumns, ","):
			if n("n") < report.FewestCounted || has("rate") && n("n") < report.FewestRated {
				say(row, "of too few")
			}
		case strings.Join(digestColumns, ","): // settings, and no figure
		case strings.Join(monthColumns(), ","):
			all := 0
			for _, cell := range row[1:] {
				all += asInt(cell)
			}
			if all > 0 && all < report.FewestCounted {
				say(row, "of too few customers")
			}
		case strings.Join(tenthColumns, ","), strings.Join(impactColumns, ","): // from fifty customers on, and of a rate
		case strings.Join(mvcColumns, ","): // work
		case strings.Join(silentColumns, ","): // work, for who may see these customers
		default:
			say(rows[0], "nobody knows how to look at such a table")
		}
	}
	if all > 0 && shown > 0 && apart(all-shown) {
		faults = append(faults, fmt.Sprintf("%d of %d are shown: what the others have follows", shown, all))
	}
	return faults
}

// TestWhatMayNotBeShownIsFound shows the look a page and a table of each fault.
func TestWhatMayNotBeShownIsFound(t *testing.T) {
	for _, page := range []string{
		"<b>50 %</b><span>(20–80) of 9</span>",
		"3 of 4: too few for a rate",
		"up 5 points (−1 to 11)", "down 5 points (−11 to 2)",
		"1.4 times as often (0.8 to 2.1)",
		`<tr><th>x</th><td class="num">29</td><td>10 % (4–27)<br>against all others: no clear change</td></tr>`,
		`43 answers of 40 customers <p class="by"><span>Main</span><span class="meta">40 answers</span>`,
		`43 answers of 40 customers <p class="by"><span>Main</span><span class="meta">9 answers</span>`,
		"(NaN–NaN)",
	} {
		if len(tooMuch(page)) == 0 {
			t.Errorf("nothing is found in %q", page)
		}
	}
	if got := tooMuch(`50 % (26–74) of 12, up 5 points (0 to 11), 40 answers of 40 customers <p class="by"><span>Main</span><span class="meta">40 answers</span>`); got != nil {
		t.Errorf("what may be shown is a fault: %q", got)
	}
	for i, c := range []struct {
		head []string
		row  string
		all  int
	}{
		{rateColumns, "a,hidden,1,,,,,", 0},
		{rateColumns, "a,few,1,4,4,,,", 0},
		{moveColumns, "first,lost,hidden,1,,,,,,", 0},
		{moveColumns, "first,lost,few,1,9,9,0.1,0,1,", 0},
		{kindColumns, "value,few,1,1,2,4,,,", 0},
		{kindColumns, "value,few,1,1,2,9,0.1,0,1", 0},
		{kindColumns, "value,hidden,,,2,,,,", 0},
		{afterColumns, "satisfied,30,4,,,", 0},
		{classColumns, "MVC,few,1,9,9,0.1,0,1,,", 0},
		{monthColumns(), "2026-03,1,1,2,0", 0},
		{rateColumns, "a,few,1,12,3,,,", 0},
		{rateColumns, "a,few,1,9,9,0.1,0,1", 0},
		{rateColumns, "a,plain,9,40,40,0.1,0,1", 43},
		{targetColumns, "a,counted,0,9,9,,,,customers,unsatisfied,15,2026-01-01,2026-02-01,met", 0},
		{meanColumns, "f,q,9,9,5.0,1.0,9.0", 0},
		{meanColumns, "f,q,40,9,5.0,1.0,9.0", 0},
		{per1000Columns, "a,4,1,,,", 0},
		{per1000Columns, "a,29,1,5.0,1.0,9.0", 0},
		{causeColumns, "slow,4,,,", 0},
		{causeColumns, "slow,6,0.600000,0.6,0.6", 9},
		{causeColumns, "slow,12,0.900000,0.9,0.9", 13},
		{stepColumns, "opened,4,", 0},
		{promiseColumns, "taken,3,1,2,,,", 0},
		{promiseColumns, "taken,3,3,2,0.5,0.1,0.9", 0},
		{timeColumns, "taken,9,4.0,", 0},
		{reasonColumns, "price,4,,,,,", 0},
		{returnColumns, "30,4,,,", 0},
		{returnColumns, "30,9,0.5,0.2,0.8", 0},
		{dueColumns, "Wash,29,29,40,40,2.0,1.1,3.6,0.2,0.1,0.3", 0},
		{dueColumns, "Wash,40,40,40,9,2.0,1.1,3.6,0.2,0.1,0.3", 0},
		{[]string{"a", "table", "of", "somebody", "else"}, "1,2,3,4,5", 0},
	} {
		if len(tooMuchIn([][]string{c.head, strings.Split(c.row, ",")}, c.all)) == 0 {
			t.Errorf("nothing is found in table %d: %s", i, c.row)
		}
	}
	way := [][]string{stepColumns, {"opened", "12", "1.000000"}, {"answered", "3", "0.250000"}, {"recovered", "2", "0.166667"}}
	if len(tooMuchIn(way, 0)) == 0 {
		t.Error("what three customers said may be told")
	}
}
