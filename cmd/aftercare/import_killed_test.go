package main

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// importer is a member of staff who imports a sheet by the pages of a server.
type importer struct {
	t    *testing.T
	base string
	http *http.Client
}

var (
	passwordShown = regexp.MustCompile(`(\w{4}-){3}\w{4}`)
	progressShown = regexp.MustCompile(`<progress id="pr" max="100" value="(\d+)"`)
)

// signedIn is an owner of a machine's server.
func signedIn(t *testing.T, m *machine) *importer {
	t.Helper()
	password := passwordShown.FindString(m.must("admin", "create", "robin", "--display", "Robin Park"))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	i := &importer{t: t, base: "http://" + m.address, http: &http.Client{Jar: jar, Timeout: patience}}
	if page := i.post("/login", url.Values{"name": {"robin"}, "password": {password}}); strings.Contains(page, `name="password"`) {
		t.Fatalf("nobody is signed in:\n%s", page)
	}
	return i
}

func (i *importer) body(r *http.Response, err error) string {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode >= http.StatusBadRequest {
		i.t.Fatalf("%s: %s, %v\n%s", r.Request.URL, r.Status, err, body)
	}
	return string(body)
}

func (i *importer) post(path string, form url.Values) string {
	i.t.Helper()
	return i.body(i.http.PostForm(i.base+path, form))
}

func (i *importer) get(path string) string {
	i.t.Helper()
	return i.body(i.http.Get(i.base + path))
}

// send sends a sheet, and returns the address of its import.
func (i *importer) send(name, content string) string {
	i.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		i.t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = form.Close()
	r, err := i.http.Post(i.base+"/asking/import", form.FormDataContentType(), &body)
	if err == nil {
		defer r.Body.Close()
	}
	if err != nil || !strings.HasPrefix(r.Request.URL.Path, "/asking/import/") {
		i.t.Fatalf("the sheet is not taken: %v", err)
	}
	return r.Request.URL.Path
}

// until waits until an import is behind a share of its rows, or no longer under way, and
// returns its page.
func (i *importer) until(at string, percent int) (page string, going bool) {
	i.t.Helper()
	// A page costs as much as some rows of the import: looked for all the time, it would be most of the work.
	for deadline := time.Now().Add(10 * patience); ; time.Sleep(50 * time.Millisecond) {
		page = i.get(at)
		found := progressShown.FindStringSubmatch(page)
		if found == nil {
			return page, false
		}
		if n, err := strconv.Atoi(found[1]); err == nil && n >= percent {
			return page, true
		}
		if time.Now().After(deadline) {
			i.t.Fatalf("the import does not go on:\n%s", page)
		}
	}
}

// A sheet is imported while the real process is killed with -9, again and again, and started
// anew: the import goes on by itself, every row is there once, and every customer is asked once.
func TestAnImportThatIsKilledAsksNobodyTwice(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			// Three steps at least: each kill is in another one. Where so many rows are imported faster than
			// somebody looks, there are more of them.
			for rows := atLength(1500, 2000); importsKilled(t, db.url(t), rows) < 2 && !t.Failed(); rows *= 3 {
				if rows > 40_000 {
					t.Fatalf("%d rows are imported before a process was killed twice", rows)
				}
			}
		})
	}
}

// importsKilled imports a sheet of so many rows, and returns how often it was killed while it did so.
func importsKilled(t *testing.T, database string, rows int) (killed int) {
	t.Helper()
	var sheet strings.Builder
	sheet.WriteString("Kundennr;Ende;Leistung\n")
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format("2006-01-02")
	for n := range rows {
		fmt.Fprintf(&sheet, "C-%d;%s %02d:%02d;cut\n", n, yesterday, n/60%24, n%60)
	}
	m := newMachine(t, map[string]string{"DATABASE_URL": database, "LOG_LEVEL": "info"})
	m.env["PUBLIC_URL"] = "http://" + m.address
	m.must("site", "add", "main", "--name", "Main Street")
	server := m.serve()
	staff := signedIn(t, m)
	at := staff.send("visits.csv", sheet.String())
	staff.post(at, url.Values{
		"do": {"check"}, "column0": {"customer"}, "column1": {"ended"}, "column2": {"service"}, "order": {"year-month-day"},
		"site": {"main"}, "basis": {"contract"}, "ask": {"one_tap_csat"},
	})
	staff.until(at, 101)
	staff.post(at, url.Values{"do": {"run"}})
	for _, percent := range []int{1, 35, 68} {
		_, going := staff.until(at, percent)
		server.kill()
		if server = m.serve(); going {
			killed++
		}
	}
	page, _ := staff.until(at, 101)
	if !strings.Contains(page, fmt.Sprintf("<dt>Rows</dt><dd>%d</dd>", rows)) || strings.Contains(page, "Refused") {
		t.Errorf("at the end:\n%s", page)
	}
	store := openStore(t, m)
	asked := func() (handed, all int) {
		counts, err := store.CountAsks(t.Context(), time.Now().AddDate(0, 0, -2))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			if all += c.N; c.State == "handed_out" {
				handed += c.N
			}
		}
		return handed, all
	}
	for deadline := time.Now().Add(10 * patience); ; time.Sleep(50 * time.Millisecond) {
		handed, all := asked()
		if handed == rows && all == rows {
			break
		}
		if all > rows || time.Now().After(deadline) {
			t.Fatalf("%d customers: %d asks, %d handed out", rows, all, handed)
		}
	}
	server.stop()
	for _, c := range []string{"C-0", "C-499", "C-500", "C-1000", fmt.Sprint("C-", rows-1)} {
		offers, err := store.Offers(t.Context(), []string{c})
		if err != nil || len(offers[c]) != 1 || offers[c][0].Decided != 1 {
			t.Errorf("%s was asked %+v, %v", c, offers[c], err)
		}
	}
	return killed
}
