package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	yaml "github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

// importCmd tells of the services that stand in a table.
type importCmd struct {
	outputFlags
	File    string `arg:"" help:"The table: CSV or XLSX."`
	Sheet   string `help:"The sheet of a workbook that holds the table: its name. The first one unless given." placeholder:"NAME"`
	Map     string `help:"A file that says which column is what; what it leaves out is guessed." placeholder:"FILE"`
	Site    string `help:"The site of all rows, unless a column says it." placeholder:"ID"`
	Consent string `help:"On what basis these customers may be asked: contract, consent or legitimate_interest."`
	Ask     string `help:"The survey that they are asked now, within the limits of contact; else the triggers decide." placeholder:"SURVEY"`
	DryRun  bool   `help:"Say what would come of it; nothing is stored, and nobody is asked."`
	Yes     bool   `help:"Do it; without it nothing is done but what --dry-run does."`
}

// mapFile says which column is what.
type mapFile struct {
	Columns map[string]string `yaml:"columns"` // a name or a number, and a field; attribute:NAME keeps it
	Order   string            `yaml:"order"`
	Zone    string            `yaml:"zone"`
	Site    string            `yaml:"site"`
	Sites   map[string]string `yaml:"sites"`
	Consent string            `yaml:"consent"`
	Ask     string            `yaml:"ask"`
	Source  string            `yaml:"source"`
}

// Help says what a map file holds.
func (c *importCmd) Help() string {
	return `A map file:

    columns: {Kundennr: customer, Datum: ended, Leistung: service, Bemerkung: skip}
    order: day.month          # or month/day, year-month-day, excel
    zone: Europe/Berlin       # of the times; the site's unless given
    sites: {Hafen: harbour}   # what the table calls them; site: ID for all rows
    consent: contract

Fields: ` + fieldNames() + `, skip, attribute:NAME.
A sheet that names its columns as one before is read as that one, unless the map file says otherwise.
The same row is the same service, however often it is imported: after an interruption simply run it again.`
}

func fieldNames() string {
	var out []string
	for _, f := range sheet.Fields() {
		if f != sheet.Skip && f != sheet.Attribute {
			out = append(out, string(f))
		}
	}
	return strings.Join(out, ", ")
}

// importMemory is what a process that imports holds at most before it tidies up more often: what a dry run of a
// million customers has to remember is less than half of it.
const importMemory = 160 << 20

// Run imports the file, or says what would come of it.
func (c *importCmd) Run(a *terminal) error {
	path := a.path(c.File)
	source := func() (io.ReadCloser, error) { return os.Open(path) }
	if _, err := os.Stat(path); err != nil {
		return usagef("%s cannot be read. Check the path and the permissions: %w", c.File, err)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(importMemory)
	}
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		var shape *table.Shape
		if c.Sheet != "" {
			sniffed, err := importing.Sniff(source)
			switch {
			case err != nil:
				return fmt.Errorf("%s: %w", c.File, err)
			case sniffed.Format != table.XLSX:
				return usagef("--sheet is for workbooks, and %s is none", c.File)
			}
			shape, sniffed.Sheet = &sniffed, c.Sheet
		}
		found, err := importing.Look(a.ctx, source, shape)
		if found.Elsewhere(err) {
			return fmt.Errorf("%s: %w", c.File, c.elsewhere(found))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		m, err := c.mapped(a, source, found, store)
		if err != nil {
			return err
		}
		if m.Ask != "" {
			if _, err := lookUp(a.ctx, store, m.Ask); err != nil {
				return err
			}
		}
		if !c.JSON {
			if err := a.printMap(found, m); err != nil {
				return err
			}
		}
		if missing := m.Check(); len(missing) > 0 {
			var all []error
			for _, x := range missing {
				all = append(all, x)
			}
			return usagef("this is not known yet; say it in --map, --site or --consent:\n%w", errors.Join(all...))
		}
		asks := asking.New(asking.Config{Store: store, Bot: b, Clock: a.clock})
		door := api.NewDoor(api.Config{Store: store, Bot: b, Asking: asks, Clock: a.clock})
		r := importing.Run{Config: importing.Config{Store: store, Asking: asks, Door: door}, Source: source, Shape: found.Shape, Map: m, Dry: c.DryRun || !c.Yes}
		return c.run(a, &r, found)
	})
}

// elsewhere says in which sheets the table may stand that was not found.
func (c *importCmd) elsewhere(found importing.Found) error {
	all := strings.Join(found.Sheets, ", ")
	if c.Sheet != "" && !slices.ContainsFunc(found.Sheets, func(s string) bool { return strings.EqualFold(s, c.Sheet) }) {
		return fmt.Errorf("the workbook has no sheet of this name. Choose one with --sheet: %s", all)
	}
	return fmt.Errorf("the sheet %s has no rows below the names of its columns. Choose another one with --sheet: %s", cmp.Or(c.Sheet, found.Sheets[0]), all)
}

// mapped is what the columns are: as the map file says, else as it is guessed.
func (c *importCmd) mapped(a *terminal, source importing.Source, found importing.Found, store storage.Store) (sheet.Map, error) {
	m, _, err := importing.Guess(a.ctx, store, found)
	if err != nil {
		return m, err
	}
	var said mapFile
	if c.Map != "" {
		text, err := a.readInput(c.Map)
		if err != nil {
			return m, err
		}
		if err := yaml.UnmarshalWithOptions(text, &said, yaml.Strict()); err != nil {
			return m, usagef("%s: %s", c.Map, yaml.FormatError(err, false, true))
		}
	}
	for name, field := range said.Columns {
		i := slices.IndexFunc(found.Columns, func(x sheet.Column) bool { return strings.EqualFold(x.Name, strings.TrimSpace(name)) })
		if n := 0; i < 0 {
			if _, err := fmt.Sscanf(name, "%d", &n); err != nil || n < 1 || n > len(found.Columns) {
				return m, usagef("%s: there is no column %q", c.Map, name)
			}
			i = n - 1
		}
		attribute, kept := strings.CutPrefix(field, "attribute:")
		switch f := sheet.Field(field); {
		case kept:
			m.Columns[i], m.Names[i] = sheet.Attribute, attribute
		case field == "skip":
			m.Columns[i] = sheet.Skip
		case f != sheet.Skip && f != sheet.Attribute && slices.Contains(sheet.Fields(), f):
			for j := range m.Columns { // what is said replaces what was guessed
				if j != i && m.Columns[j] == f {
					m.Columns[j] = sheet.Skip
				}
			}
			m.Columns[i] = f
		default:
			return m, usagef("%s: there is no field %q. The fields are %s, skip and attribute:NAME", c.Map, field, fieldNames())
		}
	}
	if i := slices.Index(m.Columns, sheet.Ended); i >= 0 {
		days, err := importing.DaysOf(source, found.Shape, i)
		if err != nil {
			return m, err
		}
		m.Order = cmp.Or(sheet.OrderOf(days), m.Order)
	}
	if said.Order != "" {
		if m.Order = sheet.Order(said.Order); !slices.Contains(sheet.Orders(), m.Order) {
			return m, usagef("%s: there is no order %q of days: write day.month, month/day, year-month-day or excel", c.Map, said.Order)
		}
	}
	if said.Sites != nil {
		m.Sites = said.Sites
	}
	for _, x := range []struct {
		to    *string
		given []string
	}{{&m.Zone, []string{said.Zone}}, {&m.Source, []string{said.Source}}, {&m.Site, []string{said.Site, c.Site}}, {&m.Basis, []string{said.Consent, c.Consent}}, {&m.Ask, []string{said.Ask, c.Ask}}} {
		for _, v := range x.given {
			if v != "" {
				*x.to = v
			}
		}
	}
	return m, nil
}

// printMap says how the file is read.
func (a *terminal) printMap(found importing.Found, m sheet.Map) error {
	s := found.Shape
	var what string
	switch {
	case s.Format == table.Text:
		what = fmt.Sprintf("Separated by %q, %s", s.Separator, s.Encoding)
	case len(found.Sheets) > 1: // whoever keeps the table behind a cover sees here why it is not found
		what = fmt.Sprintf("A workbook with %d sheets (--sheet chooses one: %s), of which this is %s", len(found.Sheets), strings.Join(found.Sheets, ", "), cmp.Or(s.Sheet, found.Sheets[0]))
	default:
		what = "A workbook"
	}
	if err := a.printf("%s, %s.\n", what, count(found.Rows, "row")); err != nil {
		return err
	}
	rows := [][]string{{"column", "looks like", "filled", "is"}}
	for i, c := range found.Columns {
		name, is := c.Name, string(m.Columns[i])
		if name == "" {
			name = fmt.Sprint(i + 1)
		}
		switch m.Columns[i] {
		case sheet.Skip:
			is = "not imported"
		case sheet.Attribute:
			is = "attribute:" + m.Names[i]
		case sheet.Ended:
			if m.Order != "" {
				is += ", " + string(m.Order)
			}
		}
		rows = append(rows, []string{name, strings.Join(c.Samples, ", "), fmt.Sprintf("%d %%", c.Filled*100/max(found.Looked, 1)), is})
	}
	return a.printTable(rows)
}

// run goes through the file, and says what became of it.
func (c *importCmd) run(a *terminal, r *importing.Run, found importing.Found) (err error) {
	name := a.path(c.File) + ".refused.csv"
	var file *os.File
	var mend *importing.Mend
	var columns []string
	for _, x := range found.Columns {
		columns = append(columns, x.Name)
	}
	r.Refused = func(f importing.Refusal) error {
		if file == nil {
			if file, err = os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
				return fmt.Errorf("write the rows that are refused: %w", err)
			}
			mend = importing.NewMend(file)
		}
		return mend.Add([4]string{"line", "column", "value", "what to do"}, columns, f, f.Words)
	}
	began, said := time.Now(), time.Now()
	every := time.Minute
	if isTerminal(a.stderr) {
		every = time.Second
	}
	r.Step = func(done int, _ importing.Counts) error {
		if time.Since(said) >= every {
			said = time.Now()
			left := time.Duration(float64(time.Since(began)) / float64(max(done, 1)) * float64(found.Rows-done))
			fmt.Fprintf(a.stderr, "%d of %d rows, %s left\n", done, found.Rows, left.Round(time.Second))
		}
		return nil
	}
	err = r.Do(a.ctx)
	if file != nil {
		err = errors.Join(err, mend.Flush(), file.Close())
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(map[string]any{"dry_run": r.Dry, "map": r.Map, "counts": r.Counts})
	}
	return c.say(a, r, file != nil, name)
}

func (c *importCmd) say(a *terminal, r *importing.Run, refused bool, name string) error {
	n := r.Counts
	did := "Done"
	if r.Dry {
		did = "What this would do"
	}
	if err := a.printf("%s. Rows: %d. New: %d. Known before: %d. Changed: %d. Older than what is known: %d. Refused: %d.\n", did, n.Rows, n.Created, n.Same, n.Changed, n.Older, n.Refused); err != nil {
		return err
	}
	if refused {
		if err := a.printf("The refused rows are in %s, each with what to do. Mend them and import that file.\n", name); err != nil {
			return err
		}
	}
	if !r.Dry {
		return a.printf("Whom the services ask, and whom not, says the page Asking.\n")
	}
	if err := a.printf("Would be asked: %d, of them %d by a link that you hand out.\n", n.Asked, n.ByLink); err != nil {
		return err
	}
	for _, why := range invitation.Reasons() {
		if k := n.Not[string(why)]; k > 0 {
			if err := a.printf("Would not be asked: %d (%s)\n", k, why); err != nil {
				return err
			}
		}
	}
	if c.DryRun {
		return nil
	}
	return a.printf("Nothing is stored yet. With --yes it is done.\n")
}
