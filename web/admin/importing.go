package admin

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/invitation"
	fields "github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/importing"
)

// importRoutes bring services in from a table.
var importRoutes = []route{
	{pattern: "GET /asking/import", deed: access.EditTriggers, page: in(importPages.imports)},
	{pattern: "POST /asking/import", deed: access.EditTriggers, page: in(importPages.takeImport)},
	{pattern: "GET /asking/import/sample.csv", deed: access.EditTriggers, page: in(importPages.importSample)},
	{pattern: "GET /asking/import/{id}", deed: access.EditTriggers, page: in(importPages.importPage)},
	{pattern: "POST /asking/import/{id}", deed: access.EditTriggers, page: in(importPages.importDo)},
	{pattern: "GET /asking/import/{id}/refused.csv", deed: access.EditTriggers, page: in(importPages.importRefused)},
}

// Of these pages.
const (
	uploadTime   = 10 * time.Minute
	refusedShown = 20
)

// desk is where imports are; who may not say what holds everywhere sees none.
func (s importPages) desk(v Viewer) (*importing.Desk, error) {
	if s.Imports == nil {
		return nil, &page.Error{Code: page.NotFound, Title: "import_none", Text: "import_none_text"}
	}
	return s.Imports, mayTrigger(v)
}

// importsPage takes a file, and lists those that were sent.
type importsPage struct {
	Fault string
	Rows  []importRow
}

type importRow struct{ URL, Name, Stage, About string }

func (s importPages) imports(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.showImports(w, r, v, http.StatusOK, "")
}

func (s importPages) showImports(w http.ResponseWriter, r *http.Request, v Viewer, status int, fault string) error {
	d, err := s.desk(v)
	if err != nil {
		return err
	}
	list, err := d.List()
	if err != nil {
		return err
	}
	words, p := s.words(r, v), importsPage{Fault: fault}
	for i := range list {
		x := &list[i]
		p.Rows = append(p.Rows, importRow{
			URL: "/asking/import/" + x.ID, Name: x.Name, Stage: words.t("import_" + string(x.Stage)),
			About: words.t("import_about", x.Found.Rows, x.By, words.moment(s.Clock(), x.Made, s.houseZone())),
		})
	}
	f := frame{Title: words.t("imports"), Here: "/asking", Back: &link{"/asking", words.t("asking")}}
	return s.show(w, r, v, status, "imports.html", f, p)
}

// tableFault says what is wrong with a file.
func tableFault(words *words, e *table.Error) string {
	text := words.t("table_" + string(e.Code))
	switch {
	case e.Line > 0 && e.Column > 0:
		return words.t("table_at", e.Line, e.Column, text)
	case e.Line > 0:
		return words.t("table_line", e.Line, text)
	}
	return text
}

// takeImport keeps the file that is sent.
func (s importPages) takeImport(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, err := s.desk(v)
	if err != nil {
		return err
	}
	c := http.NewResponseController(w)
	_, _ = c.SetReadDeadline(s.Clock().Add(uploadTime)), c.SetWriteDeadline(s.Clock().Add(uploadTime)) // where there are any
	r.Body = http.MaxBytesReader(w, r.Body, importing.MostBytes+maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return s.showImports(w, r, v, http.StatusUnprocessableEntity, s.words(r, v).t("import_no_file"))
		}
		if err != nil {
			return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text", Err: err}
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		x, err := d.Put(r.Context(), fileName(part.FileName()), cmp.Or(v.SignIn, v.Staff), part)
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			err = &table.Error{Code: table.TooLarge}
		}
		if wrong, ok := errors.AsType[*table.Error](err); ok {
			return s.showImports(w, r, v, http.StatusUnprocessableEntity, tableFault(s.words(r, v), wrong))
		}
		if err != nil {
			return err
		}
		http.Redirect(w, r, s.Prefix+"/asking/import/"+x.ID, http.StatusSeeOther)
		return nil
	}
}

// fileName is the name of a file without where it was, and not longer than a line.
func fileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if isControl(c) {
			return -1
		}
		return c
	}, name)
	if letters := []rune(name); len(letters) > 60 {
		name = string(letters[:60]) + "…"
	}
	return name
}

func (s importPages) importSample(w http.ResponseWriter, _ *http.Request, _ Viewer) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="visits.csv"`)
	day := s.Clock().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	_, _ = fmt.Fprintf(w, "customer,first name,ended,service,phone,email\r\nC-881,Anna,%s 17:42,haircut,+49 30 5550112,\r\nC-882,Tom,%s 16:10,colour,,tom@example.com\r\n", day, day)
	return nil // who asks may be gone
}

// importPage is one import, as far as it has got.
type importPage struct {
	At       string // its address
	Stage    string
	Step     int // 2 … 5
	How      string
	Shape    []field
	Missing  []importMissing
	Columns  []importColumn
	Fields   []option
	All      []field // what is said of all rows
	Rows     int
	Good     int    // of them, that are not refused
	Progress int    // per cent
	Far      string // how many rows are done
	Left     string
	Facts    [][2]string
	Why      [][2]string
	Refused  []importRefusal
	More     int
	Wrong    string
	Undo     bool
	Hand     bool
	Gone     bool // the rows are
	Known    bool // what the columns are is known from another sheet
}

// importMissing is what has to be said first. At is the field where it is said; "" = in the columns.
type importMissing struct{ Text, At string }

// importAsks are the fields in which something is said of all rows that may be missing.
var importAsks = map[fields.Missing]string{fields.NoSite: "site", fields.NoBasis: "basis"}

type importColumn struct {
	Name, Samples, Filled string
	Menu                  field
	More                  []field // how its times are written, of the column that has them
}

type importRefusal struct{ Where, Value, What string }

func (s importPages) importOf(r *http.Request, v Viewer) (*importing.Desk, importing.Import, error) {
	d, err := s.desk(v)
	if err != nil {
		return nil, importing.Import{}, err
	}
	x, err := d.Get(r.PathValue("id"))
	return d, x, err
}

func (s importPages) importPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, x, err := s.importOf(r, v)
	if errors.Is(err, storage.ErrNotFound) {
		return s.nothingHere(w, r, v)
	}
	if err != nil {
		return err
	}
	if r.URL.Query().Get("edit") != "" && (x.Stage == importing.Checked || x.Stage == importing.Failed) && !x.Erased {
		x.Stage = importing.Columns
	}
	return s.showImport(w, r, v, http.StatusOK, d, x, nil)
}

func (s importPages) showImport(w http.ResponseWriter, r *http.Request, v Viewer, status int, d *importing.Desk, x importing.Import, missing []fields.Missing) error {
	words := s.words(r, v)
	p := importPage{At: "/asking/import/" + x.ID, Stage: string(x.Stage), Rows: x.Found.Rows, Hand: v.Anywhere(access.AskNow)}
	if !x.Erased { // nothing else is known of it then
		p.How = s.howWritten(words, &x)
	}
	p.Step = map[importing.Stage]int{importing.Columns: 2, importing.Checking: 3, importing.Checked: 3, importing.Running: 4}[x.Stage]
	switch x.Stage {
	case importing.Columns:
		p.Known = x.Remembered && len(missing) == 0
		if err := s.importColumns(r, words, &p, &x); err != nil {
			return err
		}
		if x.Wrong != nil {
			p.Wrong = words.t("import_sheet_empty", cmp.Or(x.Found.Shape.Sheet, x.Found.Sheets[0]))
		}
		for _, m := range missing {
			said := importMissing{Text: words.t("import_" + string(m)), At: importAsks[m]}
			p.Missing = append(p.Missing, said)
			for i := range p.All {
				if p.All[i].Name == said.At {
					p.All[i].Fault = said.Text
				}
			}
		}
	case importing.Checking, importing.Running:
		w.Header().Set("Refresh", "2")
		p.Progress = x.At * 100 / max(x.Found.Rows, 1)
		p.Far = words.t("import_far", x.At, x.Found.Rows)
		if done := x.At - x.ResumeAt; done > 0 {
			p.Left = words.importLeft(s.Clock().Sub(x.Resumed), done, x.Found.Rows-x.At)
		}
	case importing.Failed:
		p.Step, p.Gone, p.Wrong = 3, x.Erased, words.t("import_wrong")
		if x.Erased {
			p.Wrong = words.t("import_erased")
		}
		if x.Wrong != nil {
			p.Wrong = tableFault(words, x.Wrong)
		}
	case importing.Checked:
		p.Good = x.Foretold.Rows - x.Foretold.Refused
		p.counts(words, x.Foretold)
		if err := s.importShown(words, d, &x, &p); err != nil {
			return err
		}
	default:
		p.Step, p.Undo = 5, true
		if x.Erased {
			p.Wrong = words.t("import_erased_after")
		}
		p.counts(words, x.Counts)
		if x.Undone > 0 {
			p.Facts = append(p.Facts, [2]string{words.t("import_undone"), strconv.Itoa(x.Undone)})
		}
		if err := s.importShown(words, d, &x, &p); err != nil {
			return err
		}
	}
	f := frame{Title: words.t("import_of", x.Name), Here: "/asking", Back: &link{"/asking/import", words.t("imports")}, Meta: words.t("import_" + string(x.Stage))}
	return s.show(w, r, v, status, "import.html", f, p)
}

// importLeft says how long the rows that are left take, if each takes as long as those that are done did.
func (w *words) importLeft(took time.Duration, done, left int) string {
	return w.t("import_left", waitWords(w, time.Duration(float64(took)/float64(done)*float64(left))))
}

// howWritten says how a file is written.
func (s importPages) howWritten(words *words, x *importing.Import) string {
	h := x.Found.Shape
	if h.Format == table.XLSX {
		return words.t("import_workbook", cmp.Or(h.Sheet, x.Found.Sheets[0]), x.Found.Rows)
	}
	sep := h.Separator
	if sep == "\t" {
		sep = words.t("import_tab")
	}
	return words.t("import_text", sep, strings.ToUpper(h.Encoding), x.Found.Rows)
}

func (p *importPage) counts(words *words, c importing.Counts) {
	for _, x := range []struct {
		key string
		n   int
	}{{"import_rows", c.Rows}, {"import_created", c.Created}, {"import_same", c.Same}, {"import_changed", c.Changed}, {"import_older", c.Older}, {"import_refused", c.Refused}} {
		if x.n > 0 || x.key == "import_rows" || x.key == "import_created" {
			p.Facts = append(p.Facts, [2]string{words.t(x.key), strconv.Itoa(x.n)})
		}
	}
	if c.Not == nil && c.Asked == 0 {
		return
	}
	p.Why = append(p.Why, [2]string{words.t("import_asked"), strconv.Itoa(c.Asked)})
	if c.ByLink > 0 {
		p.Why = append(p.Why, [2]string{words.t("import_by_link"), strconv.Itoa(c.ByLink)})
	}
	for _, why := range invitation.Reasons() {
		if n := c.Not[string(why)]; n > 0 {
			p.Why = append(p.Why, [2]string{words.t("import_not", words.t("asking_"+string(why))), strconv.Itoa(n)})
		}
	}
}

// refusalText says what is wrong with a row, and what to do.
func refusalText(words *words, r importing.Refusal) string {
	key := "row_" + r.Code
	if text := words.t(key, r.Value, r.Hint); text != key {
		return text
	}
	return r.Words
}

var errEnough = errors.New("enough")

func (s importPages) importShown(words *words, d *importing.Desk, x *importing.Import, p *importPage) error {
	n := 0
	err := d.Refused(x.ID, func(r importing.Refusal) error {
		if n++; n > refusedShown {
			return errEnough
		}
		at := cmp.Or(r.Name, strconv.Itoa(r.Column))
		p.Refused = append(p.Refused, importRefusal{words.t("import_where", r.Line, at), r.Value, refusalText(words, r)})
		return nil
	})
	if errors.Is(err, errEnough) {
		p.More, err = max(x.Counts.Refused, x.Foretold.Refused)-refusedShown, nil
	}
	return err
}

// importColumns draws what the columns are, and what is said of all rows.
func (s importPages) importColumns(r *http.Request, words *words, p *importPage, x *importing.Import) error {
	for _, f := range fields.Fields() {
		p.Fields = append(p.Fields, option{cmp.Or(string(f), "skip"), words.t("column_" + cmp.Or(string(f), "skip"))})
	}
	for i, c := range x.Found.Columns {
		name := cmp.Or(c.Name, words.t("import_column", i+1))
		p.Columns = append(p.Columns, importColumn{
			Name: name, Samples: strings.Join(c.Samples, ", "), Filled: words.t("import_share", c.Filled*100/max(x.Found.Looked, 1)),
			Menu: field{Name: fmt.Sprintf("column%d", i), Label: words.t("import_is", name), Value: cmp.Or(string(x.Map.Columns[i]), "skip"), Options: p.Fields},
		})
	}
	menu := func(name, value string, first string, values []string, say func(string) string) field {
		f := field{Name: name, Label: words.t("import_" + name), Kind: "select", Value: value, Options: []option{{"", words.t(first)}}}
		for _, v := range values {
			f.Options = append(f.Options, option{v, say(v)})
		}
		return f
	}
	var orders []string
	for _, o := range fields.Orders() {
		orders = append(orders, string(o))
	}
	sites, err := importing.Sites(r.Context(), s.Store)
	if err != nil {
		return err
	}
	var ids, zones []string
	names := map[string]string{}
	for _, at := range sites {
		ids, names[at.ID] = append(ids, at.ID), at.Name
		if z := at.Zone.String(); !slices.Contains(zones, z) {
			zones = append(zones, z)
		}
	}
	if !slices.Contains(zones, "UTC") {
		zones = append(zones, "UTC")
	}
	classes, err := bot.Offers{Bot: s.Bot}.Classes(r.Context())
	if err != nil {
		return err
	}
	var flows []string
	for id := range classes {
		flows = append(flows, id)
	}
	slices.Sort(flows)
	same := func(v string) string { return v }
	surveys := s.namer(words)
	written := []field{
		menu("order", string(x.Map.Order), "import_say", orders, func(v string) string { return words.t("order_" + v) }),
		menu("zone", x.Map.Zone, "import_site_zone", zones, same),
	}
	if i := slices.Index(x.Map.Columns, fields.Ended); i >= 0 && i < len(p.Columns) {
		p.Columns[i].More, written = written, nil
	}
	p.All = append(written,
		menu("site", x.Map.Site, "import_by_column", ids, func(v string) string { return names[v] }),
		menu("basis", x.Map.Basis, "import_say", fields.Bases(), func(v string) string { return words.t("basis_" + v) }),
		menu("ask", x.Map.Ask, "import_triggers", flows, surveys.survey),
	)
	h := x.Found.Shape
	yesNo := field{Name: "header", Label: words.t("import_header"), Kind: "select", Value: strconv.FormatBool(h.Header), Options: []option{
		{"true", words.t("import_header_yes")}, {"false", words.t("import_header_no")},
	}}
	if h.Format == table.XLSX {
		f := field{Name: "sheet", Label: words.t("import_sheet"), Kind: "select", Value: cmp.Or(h.Sheet, x.Found.Sheets[0])}
		for _, n := range x.Found.Sheets {
			f.Options = append(f.Options, option{n, n})
		}
		p.Shape = []field{f, yesNo}
		return nil
	}
	sep := field{Name: "separator", Label: words.t("import_separator"), Kind: "select", Value: strconv.Itoa(slices.Index(table.Separators(), h.Separator))}
	for i, v := range table.Separators() {
		if v == "\t" {
			v = words.t("import_tab")
		}
		sep.Options = append(sep.Options, option{strconv.Itoa(i), v})
	}
	enc := field{Name: "encoding", Label: words.t("import_encoding"), Kind: "select", Value: h.Encoding}
	for _, v := range table.Encodings() {
		enc.Options = append(enc.Options, option{v, strings.ToUpper(v)})
	}
	p.Shape = []field{sep, enc, yesNo}
	return nil
}

// importDo takes the next step of an import.
func (s importPages) importDo(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, x, err := s.importOf(r, v)
	if errors.Is(err, storage.ErrNotFound) {
		return s.nothingHere(w, r, v)
	}
	if err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	at, form := "/asking/import/"+x.ID, r.PostForm
	switch form.Get("do") {
	case "shape":
		err = d.Reshape(r.Context(), x.ID, importShape(form, x.Found.Shape))
		if wrong, ok := errors.AsType[*table.Error](err); ok {
			return s.showImports(w, r, v, http.StatusUnprocessableEntity, tableFault(s.words(r, v), wrong))
		}
	case "check":
		m := mapOf(form, x)
		if missing := m.Check(); len(missing) > 0 {
			x.Map, x.Stage = m, importing.Columns
			return s.showImport(w, r, v, http.StatusUnprocessableEntity, d, x, missing)
		}
		err = d.Check(x.ID, m)
	case "run":
		err = d.Run(x.ID, s.audit(v, "import.run", x.Name))
	case "stop":
		err = d.Stop(x.ID)
	case "undo":
		var n int
		if n, err = d.Undo(r.Context(), x.ID); err == nil {
			a := s.audit(v, "import.undo", x.Name)
			a.After = strconv.Itoa(n)
			err = s.Store.PutAudit(r.Context(), a)
		}
	case "forget":
		if at, err = "/asking/import", d.Forget(x.ID); err == nil {
			at += "?done=import_forgotten"
		}
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+at, http.StatusSeeOther)
	return nil
}

// shapeOf is how a file is written, as somebody says.
func importShape(form url.Values, h table.Shape) table.Shape {
	h.Header = form.Get("header") == "true"
	if h.Format == table.XLSX {
		h.Sheet = form.Get("sheet")
		return h
	}
	if i, err := strconv.Atoi(form.Get("separator")); err == nil && i >= 0 && i < len(table.Separators()) {
		h.Separator = table.Separators()[i]
	}
	h.Encoding = form.Get("encoding")
	return h
}

// mapOf is what the columns are, as somebody says.
func mapOf(form url.Values, x importing.Import) fields.Map {
	m := fields.Map{Names: x.Map.Names, Order: fields.Order(form.Get("order")), Zone: form.Get("zone"), Site: form.Get("site"), Basis: form.Get("basis"), Ask: form.Get("ask")}
	if !slices.Contains(fields.Orders(), m.Order) {
		m.Order = ""
	}
	for i := range x.Found.Columns {
		f := fields.Field(form.Get(fmt.Sprintf("column%d", i)))
		if !slices.Contains(fields.Fields(), f) {
			f = fields.Skip
		}
		m.Columns = append(m.Columns, f)
	}
	return m
}

// importRefused are the rows that are not imported, as a table to mend.
func (s importPages) importRefused(w http.ResponseWriter, r *http.Request, v Viewer) error {
	d, x, err := s.importOf(r, v)
	if errors.Is(err, storage.ErrNotFound) {
		return s.nothingHere(w, r, v)
	}
	if err != nil {
		return err
	}
	words := s.words(r, v)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="refused.csv"`)
	var columns []string
	for _, c := range x.Found.Columns {
		columns = append(columns, c.Name)
	}
	_, _ = io.WriteString(w, "\ufeff") // Excel reads letters of all languages by it
	mend := importing.NewMend(w)
	head := [4]string{words.t("import_head_line"), words.t("import_head_column"), words.t("import_head_value"), words.t("import_head_what")}
	if err := d.Refused(x.ID, func(f importing.Refusal) error { return mend.Add(head, columns, f, refusalText(words, f)) }); err != nil {
		return err
	}
	return mend.Flush()
}
