package admin

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// ofSteps are the columns of the view that say how long steps of a case took.
var ofSteps = map[string]string{"taken": "minutes_to_acknowledge", "contacted": "minutes_to_contact", "resolved": "minutes_to_resolve"}

// timeQuestion is the question of docs/data.md for how long a step took, with those that still wait.
func (x *caseReader) timeQuestion() string {
	x.Helper()
	guide, err := os.ReadFile("../../docs/data.md")
	if err != nil {
		x.Fatal(err)
	}
	text := regexp.MustCompile("(?s)```sql\n(WITH waits.*?)```").FindSubmatch(guide)
	if text == nil {
		x.Fatal("the guide has no question for times of cases")
	}
	return string(text[1])
}

// took asks it of a step: within how many minutes it happened for a share of the cases, NaN where it has not for so
// many, and how many cases there are. Of cases that wait the view tells the day on which they opened and no moment:
// they are taken to wait since the beginning of that day, or else since its end.
func (x *caseReader) took(q url.Values, step string, share float64, sinceEnd bool) (minutes float64, cases int) {
	x.Helper()
	now, day := x.w.clock.Now().UTC(), 0
	if sinceEnd {
		day = 1440
	}
	waited := fmt.Sprintf("(julianday('%s') - julianday(day_opened)) * 1440 - %d", now.Format("2006-01-02 15:04:05.000"), day)
	if x.driver == "postgres" {
		waited = fmt.Sprintf("extract(epoch FROM TIMESTAMP '%s' - CAST(day_opened AS timestamp)) / 60 - %d", now.Format("2006-01-02 15:04:05.000000"), day)
	}
	text := strings.NewReplacer(
		"minutes_to_acknowledge", ofSteps[step], "1000000000", "CASE WHEN "+waited+" > 0 THEN "+waited+" ELSE 0 END",
		"WHERE NOT test", strings.TrimPrefix(x.sql(q), " "), "0.5", strconv.FormatFloat(1-share, 'f', 1, 64),
	).Replace(x.question)
	var took *float64
	if err := x.db.QueryRowContext(x.Context(), text).Scan(&took, &cases); err != nil {
		x.Fatalf("%v: %s", err, text)
	}
	if took == nil {
		return math.NaN(), cases
	}
	return *took, cases
}

// times compares how long steps took. What the page says lies between what follows if cases that wait opened at the
// beginning and at the end of their day; nearly always both are the same, and then so is the page.
func (x *caseReader) times(q url.Values, rows []map[string]any) {
	x.Helper()
	for _, row := range rows {
		for column, share := range map[string]float64{"median_minutes": 0.5, "ninety_percent_minutes": 0.9} {
			step := fmt.Sprint(row["step"])
			least, cases := x.took(q, step, share, true)
			most, _ := x.took(q, step, share, false)
			if x.cell("times", q, row, "cases", cases); cases < 10 {
				if row[column] != nil {
					x.Errorf("%s of %s of %d cases is told: %v", column, q.Encode(), cases, row)
				}
				continue
			}
			told, ok := row[column].(float64)
			switch {
			case !ok && !math.IsNaN(most), ok && (math.IsNaN(least) || told < least-0.051 || told > most+0.051):
				x.Errorf("%s of %s, %s: told is %v, SQL says %v to %v", column, q.Encode(), step, row[column], least, most)
			case least == most || math.IsNaN(least) && math.IsNaN(most):
				x.compared("times to the minute")
			default:
				x.compared("times within a day")
			}
		}
	}
}
