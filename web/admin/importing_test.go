package admin

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/personal"
	fields "github.com/aftercare/aftercare/invitation/sheet"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
	"github.com/aftercare/aftercare/web/importing"
)

func init() {
	f := frame{Title: "Import visits.csv", Here: "/asking", Back: &link{"/asking/import", "Import a sheet"}}
	menu := field{Name: "order", Label: "Days are written", Kind: "select", Options: []option{{"", "please say"}, {"day.month", "day.month"}}}
	fixtures = append(fixtures,
		fixture{"imports.html", "empty", f, importsPage{}},
		fixture{"imports.html", "full", f, importsPage{Fault: "Line 2, column 2: A quote opens here.", Rows: []importRow{{"/asking/import/x", "visits.csv", "checked", "9 rows"}}}},
		fixture{"import.html", "empty", f, importPage{At: "/asking/import/x", Stage: "failed", Step: 3, Wrong: "The file has no rows."}},
		fixture{"import.html", "columns", f, importPage{
			At: "/asking/import/x", Stage: "columns", Step: 2, How: "Separated by ;", Missing: []importMissing{{"Say which.", ""}, {"Say why.", "order"}}, Rows: 9, All: []field{menu},
			Shape:   []field{{Name: "separator", Label: "Separator", Kind: "select", Options: []option{{"0", ","}}}},
			Columns: []importColumn{{"Kundennr", "C-1, C-2", "100 %", field{Name: "column0", Label: "Kundennr is our", Options: []option{{"skip", "Don’t import"}}}, []field{{Name: "zone", Label: "Times are in the zone", Options: []option{{"", "of the site"}}}}}},
		}},
		fixture{"import.html", "a sheet without rows", f, importPage{
			At: "/asking/import/x", Stage: "columns", Step: 2, How: "Workbook", Wrong: "The sheet “Cover” has no rows.",
			Shape: []field{{Name: "sheet", Label: "Sheet", Kind: "select", Options: []option{{"Cover", "Cover"}, {"Visits", "Visits"}}}},
		}},
		fixture{"import.html", "running", f, importPage{At: "/asking/import/x", Stage: "running", Step: 4, Progress: 40, Far: "rows: 482 of 1204", Left: "about 20 s left"}},
		fixture{"import.html", "full", f, importPage{
			At: "/asking/import/x", Stage: "done", Step: 5, How: "Separated by ;", Facts: [][2]string{{"Rows", "9"}},
			Refused: []importRefusal{{"Line 3, Datum:", "gestern", "This is no day."}}, More: 2, Undo: true, Hand: true,
		}},
		fixture{"import.html", "checked", f, importPage{At: "/asking/import/x", Stage: "checked", Step: 3, Facts: [][2]string{{"Rows", "9"}}, Why: [][2]string{{"Would be asked", "4"}}, Rows: 9, Good: 8}},
	)
}

// What is left of an import is said in the words of the reader.
func TestWhatIsLeftOfAnImportIsSaidInWords(t *testing.T) {
	for _, tt := range []struct {
		lang       string
		took       time.Duration
		done, left int
		want       string
	}{
		{"en", 10 * time.Second, 100, 200, "about 20 s left"},
		{"en", time.Minute, 100, 200, "about 2 min left"},
		{"zh-Hans", 10 * time.Second, 100, 200, "大约还需 20秒"},
		{"zh-Hans", time.Minute, 100, 1000, "大约还需 10分钟"},
	} {
		if got := tongues()[tt.lang].importLeft(tt.took, tt.done, tt.left); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.lang, got, tt.want)
		}
	}
}

// send uploads a file as the page's form does.
func (b *visit) send(name, content string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		b.w.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	r := httptest.NewRequest("POST", "/asking/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w
}

// The first evening of a salon: a list is sent, its columns are said, it is checked, imported,
// called off, and nothing of the file is left. What is wrong is said where it is.
func TestAListOfCustomersIsImportedAndAsked(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	asks := asking.New(asking.Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now})
	door := api.NewDoor(api.Config{Store: w.store, Bot: w.bot, Asking: asks, Clock: w.clock.Now})
	dir := filepath.Join(t.TempDir(), "imports")
	desk := importing.NewDesk(importing.Config{Store: w.store, Asking: asks, Door: door}, dir, w.clock.Now, nil)
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now, Imports: desk, PublicURL: "https://care.example"}
	b := &visit{w: w, h: New(c)}
	has := func(what, page string, want ...string) {
		t.Helper()
		for _, x := range want {
			if !strings.Contains(page, x) {
				t.Fatalf("%s, without %q:\n%s", what, x, page)
			}
		}
	}
	day := w.clock.Now().AddDate(0, 0, -1).Format("02.01.2006")
	list := "Kundennr;Vorname;Ende;Leistung\n" + strings.Repeat("C-1;Anna;"+day+" 10:00;cut\n", 2) + "C-2;<b>Tom</b>;" + day + " 11:00;cut\nC-3;Li;" + day + " 12:00;cut\nC-4;Max;morgen;cut\n"
	has("the page", body(b.get("/asking/import")), `enctype="multipart/form-data"`, `href="/asking/import/sample.csv"`)
	has("the example", body(b.get("/asking/import/sample.csv")), ",")
	if got := b.send("bad.csv", "a,b\n1,\"2\n"); got.Code != 422 || !strings.Contains(got.Body.String(), "Line 2, column 2: A quote opens here") {
		t.Errorf("a broken file: %d\n%s", got.Code, got.Body)
	}
	sent := b.send(`C:\lists\visits.csv`, list)
	at := sent.Header().Get("Location")
	if sent.Code != 303 || !strings.HasPrefix(at, "/asking/import/") {
		t.Fatalf("sent: %d, %q\n%s", sent.Code, at, sent.Body)
	}
	page := body(b.get(at))
	has("columns", page, "Import visits.csv", "5 rows", "&lt;b&gt;Tom", `<option value="customer" selected>`, `<option value="ended" selected>`, `<option value="day.month" selected>`, `<option value="one_tap_csat">One-tap CSAT</option>`)
	form := url.Values{"do": {"check"}, "column0": {"customer"}, "column1": {"first_name"}, "column2": {"ended"}, "column3": {"service"}, "order": {"day.month"}, "site": {"main"}, "ask": {"one_tap_csat"}}
	if got := b.post(at, form); got.Code != 422 || !strings.Contains(got.Body.String(), `<a href="#basis">Say on what basis`) || !strings.Contains(got.Body.String(), `id="basis-fault"`) ||
		strings.Contains(got.Body.String(), `id="site-fault"`) {
		t.Errorf("without a basis: %d\n%s", got.Code, got.Body)
	}
	form.Set("basis", "contract")
	work := func(do string, f url.Values) string {
		t.Helper()
		if got := b.post(at, f); got.Code >= 400 {
			t.Fatalf("%s: %d\n%s", do, got.Code, got.Body)
		}
		if err := desk.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		return body(b.get(at))
	}
	page = work("check", form)
	has("checked", page, "What would happen", "<dt>New</dt><dd>3</dd>", "<dt>Known before, the same</dt><dd>1</dd>", "<dt>Would be asked</dt><dd>3</dd>", "Line 6, Ende:", "morgen", "Import 4 rows")
	if csv := body(b.get(at + "/refused.csv")); !strings.Contains(csv, "6,Ende,morgen,This is no day") {
		t.Errorf("to mend:\n%s", csv)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
	page = work("run", url.Values{"do": {"run"}})
	has("done", page, "What happened", "<dt>New</dt><dd>3</dd>", "Call off what is not sent yet")
	if left, _ := filepath.Glob(filepath.Join(dir, "*.sheet")); len(left) > 0 {
		t.Errorf("left of the file: %q", left)
	}
	has("the receipt", body(b.get("/audit")), "Imported a sheet")
	page = work("undo", url.Values{"do": {"undo"}})
	has("called off", page, "<dt>Called off</dt><dd>3</dd>")
	w.clock.add(25 * time.Hour)
	if err := desk.Work(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("after a day: %q", left)
	}
	if code := w.as("robin").get("/asking/import").Code; code != 404 && code != 403 {
		t.Errorf("a lead may import: %d", code)
	}
	// Everything that may be wrong has its words.
	for _, lang := range []string{"en", "zh-Hans"} {
		words := tongues()[lang]
		for _, code := range fields.Codes() {
			if words.by["row_"+code] == "" {
				t.Errorf("%s: nothing is said of %q", lang, code)
			}
		}
	}
}

// A workbook that opens with a cover is not thrown away: its sheets are offered, and the table is read from the one
// that somebody chooses.
func TestAWorkbookWithACoverIsImported(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	desk := importing.NewDesk(importing.Config{Store: w.store}, filepath.Join(t.TempDir(), "imports"), w.clock.Now, nil)
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now, Imports: desk, PublicURL: "https://care.example"})}
	for what, cover := range map[string][]string{"empty": nil, "of one row": {"Report"}} {
		book := excelize.NewFile()
		if _, err := book.NewSheet("Visits"); err != nil {
			t.Fatal(err)
		}
		for at, row := range map[string][]string{"Visits": {"Customer", "Ended"}, "Sheet1": cover} {
			if err := book.SetSheetRow(at, "A1", &row); err != nil {
				t.Fatal(err)
			}
		}
		if err := book.SetSheetRow("Visits", "A2", &[]string{"C-1", "2026-11-30"}); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := book.Write(&file); err != nil {
			t.Fatal(err)
		}
		sent := b.send("till.xlsx", file.String())
		at := sent.Header().Get("Location")
		if sent.Code != 303 {
			t.Errorf("a cover that is %s: %d\n%s", what, sent.Code, sent.Body)
			continue
		}
		page := body(b.get(at))
		for _, want := range []string{"The sheet “Sheet1” has no rows below", `<option value="Sheet1" selected>`, `<option value="Visits">`, `value="shape"`, `value="forget"`} {
			if !strings.Contains(page, want) {
				t.Errorf("a cover that is %s, without %q:\n%s", what, want, page)
			}
		}
		b.post(at, url.Values{"do": {"shape"}, "sheet": {"Visits"}, "header": {"true"}})
		if page := body(b.get(at)); !strings.Contains(page, `<option value="customer" selected>`) || strings.Contains(page, "has no rows") {
			t.Errorf("the other sheet, behind a cover that is %s:\n%s", what, page)
		}
		b.post(at, url.Values{"do": {"shape"}, "sheet": {"Sheet1"}, "header": {"true"}})
		if page := body(b.get(at)); !strings.Contains(page, "The sheet “Sheet1” has no rows below") {
			t.Errorf("the cover once more, which is %s:\n%s", what, page)
		}
	}
}

// Whoever sent a workbook is told that it is gone because of somebody who stood in it, in a sheet that nobody imports,
// and is shown nothing of it.
func TestAWorkbookThatAnErasureRemovedSaysSo(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	c := importing.Config{Store: w.store, Hashes: bot.Privacy(w.bot).Hashes}
	desk := importing.NewDesk(c, filepath.Join(t.TempDir(), "imports"), w.clock.Now, nil)
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now, Imports: desk, PublicURL: "https://care.example"})}
	book := excelize.NewFile()
	if _, err := book.NewSheet("Former"); err != nil {
		t.Fatal(err)
	}
	for at, row := range map[string][]string{"Sheet1": {"Kundennummer", "Ended"}, "Former": {"C-2", "Tomislav"}} {
		if err := book.SetSheetRow(at, "A1", &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SetSheetRow("Sheet1", "A2", &[]string{"C-1", "2026-11-30"}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		t.Fatal(err)
	}
	at := b.send("till.xlsx", file.String()).Header().Get("Location")
	of, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"C-2"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Privacy(w.bot).Erase(t.Context(), of, personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest}); err != nil {
		t.Fatal(err)
	}
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{at, at + "?edit=1"} {
		got := b.get(address)
		page := body(got)
		if got.Code != 200 || !strings.Contains(page, "till.xlsx") || !strings.Contains(page, "Sheets that are not imported count too, also hidden ones.") {
			t.Errorf("%s: %d\n%s", address, got.Code, page)
		}
		for _, gone := range []string{"Kundennummer", "Former", "C-1", "Separated by", `value="check"`, "?edit=1"} {
			if strings.Contains(page, gone) {
				t.Errorf("%s still shows %q:\n%s", address, gone, page)
			}
		}
	}
}
