package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// A day begins with the number of its form, and each case with a separator of records; fields are divided by
// one of units.
const (
	factsForm = "1"
	aRecord   = "\x1e"
	aUnit     = "\x1f"
	dayEnd    = aRecord + aRecord // between days: within one a case stands behind each separator
	factNames = 20                // fields of a case
)

var (
	escapeFact   = strings.NewReplacer(`\`, `\\`, aRecord, `\r`, aUnit, `\u`)
	unescapeFact = strings.NewReplacer(`\\`, `\`, `\r`, aRecord, `\u`, aUnit)
)

// factsOf are cases as a day keeps them, in the order of their ids.
func factsOf(list []storage.FigureCase) (first, last, text string) {
	slices.SortFunc(list, func(a, b storage.FigureCase) int { return cmp.Compare(a.ID, b.ID) })
	var all strings.Builder
	all.WriteString(factsForm)
	for i := range list {
		c := &list[i]
		if first == "" || c.Day < first {
			first = c.Day
		}
		last = max(last, c.Day)
		since := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return strconv.FormatInt(t.UnixMicro()-c.OpenedAt.UnixMicro(), 36)
		}
		missed := make([]string, len(c.Missed))
		for j, m := range c.Missed {
			missed[j] = string(m)
		}
		asked := ""
		if c.Asked {
			asked = "1"
		}
		for j, field := range [factNames]string{
			c.ID, c.Day, c.Flow, c.Service, c.Staff, c.Language, c.Channel, strconv.Itoa(c.Level), strconv.FormatInt(c.OpenedAt.UnixMicro(), 36),
			since(c.Taken), since(c.Contacted), since(c.Resolved), since(c.EndedAt), strings.Join(missed, ","), strconv.Itoa(c.Reopens), c.Cause,
			asked, string(c.Settled) + "," + string(c.Recovered), c.Identity, c.Customer,
		} {
			if j == 0 {
				all.WriteString(aRecord)
			} else {
				all.WriteString(aUnit)
			}
			all.WriteString(escapeFact.Replace(field))
		}
	}
	return first, last, all.String()
}

// errFacts says that a day is not of this program's form.
var errFacts = errors.New("a day of cases has another form")

// readFacts adds those of the cases that a day at a site keeps that a filter asks for, until the list has so many.
func readFacts(list []storage.FigureCase, f *storage.FigureFilter, site, text string, most int) ([]storage.FigureCase, error) {
	text, ok := strings.CutPrefix(text, factsForm)
	if !ok || text != "" && text[0] != aRecord[0] {
		return list, errFacts
	}
	for text != "" && len(list) < most {
		record := text[1:]
		if end := strings.IndexByte(record, aRecord[0]); end >= 0 {
			record, text = record[:end], record[end:]
		} else {
			text = ""
		}
		var err error
		if list, err = readCase(list, f, site, record); err != nil {
			return list, err
		}
	}
	return list, nil
}

// readCase adds a case if a filter asks for it. It is made where it stands.
func readCase(list []storage.FigureCase, f *storage.FigureFilter, site, record string) ([]storage.FigureCase, error) {
	var fields [factNames]string
	escaped := strings.IndexByte(record, '\\') >= 0
	for n := range fields {
		end := strings.IndexByte(record, aUnit[0])
		if (end < 0) != (n == factNames-1) {
			return list, errFacts
		}
		if fields[n] = record; end >= 0 {
			fields[n], record = record[:end], record[end+1:]
		}
		if escaped {
			fields[n] = unescapeFact.Replace(fields[n])
		}
	}
	list = append(list, storage.FigureCase{})
	c := &list[len(list)-1]
	c.ID, c.Day, c.Site, c.Flow, c.Service, c.Staff, c.Language, c.Channel = fields[0], fields[1], site, fields[2], fields[3], fields[4], fields[5], fields[6]
	c.Cause, c.Asked, c.Identity, c.Customer = fields[15], fields[16] != "", fields[18], fields[19]
	if !fitsCase(f, c) {
		return list[:len(list)-1], nil
	}
	n := factNumbers{}
	c.Level, c.Reopens = int(n.read(fields[7], 10)), int(n.read(fields[14], 10))
	opened := n.read(fields[8], 36)
	c.OpenedAt = time.UnixMicro(opened).UTC()
	for i, at := range [...]*time.Time{&c.Taken, &c.Contacted, &c.Resolved, &c.EndedAt} {
		if since := fields[9+i]; since != "" {
			*at = time.UnixMicro(opened + n.read(since, 36)).UTC()
		}
	}
	if n.err != nil {
		return list[:len(list)-1], fmt.Errorf("%w: %w", errFacts, n.err)
	}
	if fields[13] != "" {
		for clock := range strings.SplitSeq(fields[13], ",") {
			c.Missed = append(c.Missed, recovery.Clock(clock))
		}
	}
	settled, recovered, _ := strings.Cut(fields[17], ",")
	c.Settled, c.Recovered = recovery.Settled(settled), recovery.Recovered(recovered)
	return list, nil
}

// factNumbers reads numbers of a case, and keeps the first error.
type factNumbers struct{ err error }

func (r *factNumbers) read(field string, base int) int64 {
	if len(field) == 1 && '0' <= field[0] && field[0] <= '9' {
		return int64(field[0] - '0')
	}
	n, err := strconv.ParseInt(field, base, 64)
	r.err = cmp.Or(r.err, err)
	return n
}

// fitsCase reports whether a case is one of those that a filter asks for, but for its site.
func fitsCase(f *storage.FigureFilter, c *storage.FigureCase) bool {
	is := func(want, got string) bool { return want == "" || storage.Clean(want) == got }
	return f.From <= c.Day && c.Day <= f.To && is(f.Flow, c.Flow) && is(f.Service, c.Service) && is(f.Staff, c.Staff) && is(f.Language, c.Language) && is(f.Channel, c.Channel)
}
