package sheet

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// Columns are found by their names in four languages, and by what stands in them; who is not
// sure does not import.
func TestColumnsAreGuessed(t *testing.T) {
	for _, c := range []struct {
		name, cells string
		want        Field
	}{
		{"Kundennr", "C-881|C-882", Customer},
		{"Kunden-Nr.", "17|18", Customer},
		{"Datum", "27.11.2026 17:42|26.11.2026", Ended},
		{"Leistung", "Haarschnitt", Service},
		{"Filiale", "Hafen", Site},
		{"Telefon", "+49 30 555 01 12", Phone},
		{"Bemerkung", "nett", Skip},
		{"Date", "2026-11-27", Ended},
		{"Stylist", "Maya", Staff},
		{"Receipt no.", "A-1", ID},
		{"E-Mail", "anna@example.com", Email},
		{"E-Mail", "yes|no", Skip},
		{"门店", "外滩店", Site},
		{"手机号", "13800138000", Phone},
		{"结束时间", "2026/11/27 17:42", Ended},
		{"服务项目", "剪发", Service},
		{"姓名", "王芳", Name},
		{"Teléfono", "+34 600 123 456", Phone},
		{"Fecha y hora", "27/11/2026 17:42", Ended},
		{"Sucursal", "Centro", Site},
		{"Número de cliente", "9", Customer},
		{"", "a@b.example|c@d.example", Email},
		{"", "2026-11-27 10:00", Ended},
		{"", "17|18", Skip},
		{"Visit end", "28.11.2026 16:30", Ended},
		{"Gegangen", "28.11.2026 16:30|27.11.2026 16:30|26.11.2026 16:30|25.11.2026 16:30|31.11.2026 09:15", Ended}, // one day that there is not
		{"Bemerkung", "28.11.2026|nett|gut|–", Skip},
		{"Telegram", "@anna_k", Skip}, // no bot may write to a name
		{"Telegram", "4711|4712", Telegram},
		{"Ende", "46353.7375", Ended},
		{"Language", "Deutsch|en", Language},
	} {
		var rows [][]string
		for cell := range strings.SplitSeq(c.cells, "|") {
			rows = append(rows, []string{cell})
		}
		// A time of day stands beside its day.
		if got := Look([]string{c.name}, rows)[0].Guess; got != c.want {
			t.Errorf("%q with %s is %q, not %q", c.name, c.cells, got, c.want)
		}
	}
	columns := Look([]string{"Datum", "Uhrzeit", "Kunde", "Kundennr"}, [][]string{{"27.11.2026", "17:42", "", "C-1"}, {"26.11.2026", "09:00", "Anna", "C-2"}})
	var got []Field
	for _, c := range columns {
		got = append(got, c.Guess)
	}
	if want := []Field{Ended, Clock, Skip, Customer}; !slices.Equal(got, want) {
		t.Errorf("of two keys and a day with its time: %q, not %q", got, want)
	}
	if c := columns[2]; c.Filled != 1 || !slices.Equal(c.Samples, []string{"Anna"}) {
		t.Errorf("what stands in it: %+v", c)
	}
}

// An order of days is found where only one is possible, and asked where two are.
func TestOrderOfDaysIsNeverGuessed(t *testing.T) {
	for days, want := range map[string]Order{
		"27.11.2026|01.12.2026":          DayMonth,
		"01.12.2026":                     DayMonth, // who writes dots writes the day first
		"11/27/2026|12/01/2026":          MonthDay,
		"27/11/2026":                     DayMonth,
		"01/02/2026|03/04/2026":          "",
		"01-02-26":                       "",
		"2026-11-27|2026/01/02 10:00":    YearDay,
		"2026年11月27日":                    YearDay,
		"27 Nov 2026|1. Dezember 2026":   YearDay,
		"46353.7375|46354":               Serial,
		"46353|27.11.2026":               "",
		"":                               "",
		"gestern":                        "",
		"28.11.2026|31.11.2026":          DayMonth, // one day that there is not
		"31.11.2026":                     "",
		"11/27/2026|27.11.2026":          "",
		"Nov 27, 2026 5:42 PM|12/1/2026": "",
	} {
		if got := OrderOf(strings.Split(days, "|")); got != want {
			t.Errorf("%s: %q, not %q", days, got, want)
		}
	}
}

func TestMomentsAreReadAsTheyWereMeant(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day, at string
		o       Order
		want    string
	}{
		{"27.11.2026 17:42", "", DayMonth, "2026-11-27T17:42:00+01:00"},
		{"27.11.26, 17:42 Uhr", "", DayMonth, "2026-11-27T17:42:00+01:00"},
		{"27.07.2026", "9.05", DayMonth, "2026-07-27T09:05:00+02:00"},
		{"11/27/2026 5:42 PM", "", MonthDay, "2026-11-27T17:42:00+01:00"},
		{"11/27/2026 12:05 am", "", MonthDay, "2026-11-27T00:05:00+01:00"},
		{"2026-11-27T17:42:31Z", "", DayMonth, "2026-11-27T17:42:31Z"},
		{"2026-11-27 17:42:31.123+08:00", "", YearDay, "2026-11-27T17:42:31+08:00"},
		{"2026年11月27日 下午5:42", "", YearDay, "2026-11-27T17:42:00+01:00"},
		{"46353.7375", "", Serial, "2026-11-27T17:42:00+01:00"},
		{"46353", "0.7375", Serial, "2026-11-27T17:42:00+01:00"},
		{"27 de noviembre 2026 17:42", "", DayMonth, "2026-11-27T17:42:00+01:00"},
		{"27-Nov-2026", "", MonthDay, "2026-11-27T00:00:00+01:00"},
		{"31.02.2026", "", DayMonth, ""},
		{"13/13/2026", "", MonthDay, ""},
		{"27.11.2026 25:00", "", DayMonth, ""},
		{"46353", "", DayMonth, ""},
		{"heute", "", DayMonth, ""},
	} {
		got := ""
		if m, ok := moment(c.day, c.at, days{order: c.o}, berlin); ok {
			got = m.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s %s as %s: %q, not %q", c.day, c.at, c.o, got, c.want)
		}
	}
	// The same day in a workbook that counts from 1904 is 1462 days less.
	if m, ok := moment("44891.7375", "", days{Serial, true}, berlin); !ok || m.Format(time.RFC3339) != "2026-11-27T17:42:00+01:00" {
		t.Errorf("since 1904: %s, %t", m, ok)
	}
}

func sites() []SiteNow {
	return []SiteNow{{"harbour", "Hafen", time.UTC}, {"old-town", "Altstadt", time.FixedZone("", 3600)}}
}

// A row becomes the event that the API takes; the same row is the same event, wherever it stands.
func TestRowsBecomeEvents(t *testing.T) {
	m := Map{
		Columns: []Field{Customer, Ended, Service, Site, Phone, Attribute, FirstName}, Names: []string{"", "", "", "", "", "item", ""},
		Order: DayMonth, Basis: "contract", Sites: map[string]string{"AS": "old-town"}, Ask: "one_tap_csat",
	}
	r, err := NewReader(m, sites())
	if err != nil {
		t.Fatal(err)
	}
	body, faults := r.Event([]string{" C-1 ", "27.11.2026 17:42", "Haarschnitt", "as", "+49 (30) 555-0112", "a\nb", "Anna"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	id := e.ID
	e.ID = ""
	got, _ := json.Marshal(e)
	const want = `{"source":"sheet","id":"","site":"old-town","service":"Haarschnitt","ended":"2026-11-27T17:42:00+01:00","ask":"one_tap_csat",` +
		`"customer":{"id":"C-1","first_name":"Anna","consent":{"basis":"contract"}},"attributes":{"item":"a b","phone":"+49305550112"}}`
	if string(got) != want || len(id) != 24 {
		t.Errorf("the event:\n%s\n%s, id %q", got, want, id)
	}
	again, _ := r.Event([]string{"C-1", "27.11.2026 17:42", "Haarschnitt", "Altstadt", "", "", ""})
	_ = json.Unmarshal(again, &e)
	other, _ := r.Event([]string{"C-1", "27.11.2026 17:43", "Haarschnitt", "Altstadt", "", "", ""})
	var o event
	_ = json.Unmarshal(other, &o)
	if e.ID != id || o.ID == id {
		t.Errorf("the same service is %q and %q, another %q", id, e.ID, o.ID)
	}
	for cells, code := range map[string]string{
		"|27.11.2026|x|Hafen":                        "no_customer",
		"C-1||x|Hafen":                               "no_end",
		"C-1|11/27/2026|x|Hafen":                     "no_time",
		"C-1|27.11.2026|x|":                          "no_site",
		"C-1|27.11.2026|x|Hafn":                      "unknown_site",
		"C-1|27.11.2026|x|Haf":                       "meant_site",
		"C-1|27.11.2026|x|Hafen 2":                   "meant_site",
		"C-1|27.11.2026|x|H":                         "unknown_site",
		"C-1|27.11.2026|x|Hafen|ask her":             "no_phone",
		"|27.11.2026|x|Hafen|+49 30 555 01 12":       "", // the phone is the key
		"C-1|27.11.2026":                             "no_site",
		"=HYPERLINK(1)|27.11.2026|@SUM(1)|Hafen":     "", // words, and never a formula
		"C-1|46353.73|x|Hafen":                       "excel_day",
		"C-1|27.11.2026 17:42\x00|x|Hafen":           "no_time",
		strings.Repeat("x", 300) + "|27.11.2026||AS": "", // the API says so
	} {
		_, faults := r.Event(strings.Split(cells, "|"))
		got := ""
		if len(faults) > 0 {
			got = faults[0].Code
			if faults[0].Error() == "" || faults[0].Column == 0 {
				t.Errorf("%q: nothing is said: %+v", cells, faults[0])
			}
		}
		if got != code {
			t.Errorf("%q: %q, not %q", cells, got, code)
		}
	}
	if column, value := m.Place(FieldOf("/customer/id"), []string{"C-1"}); column != 1 || value != "C-1" {
		t.Errorf("the place of the customer: %d, %q", column, value)
	}
}

func TestMapSaysWhatItLacks(t *testing.T) {
	m := Map{Columns: []Field{Skip, Name, Name}}
	if got, want := m.Check(), []Missing{NoCustomer, NoEnd, NoSite, NoBasis, Twice}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	m = Map{Columns: []Field{Customer, Ended}, Site: "harbour", Basis: "consent"}
	if got, want := m.Check(), []Missing{NoOrder}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	for _, x := range Misses() {
		if x.Error() == "" {
			t.Errorf("nothing is said of %q", x)
		}
	}
	m.Order, m.Site = DayMonth, "nowhere"
	if _, err := NewReader(m, sites()); err == nil {
		t.Error("a site that there is not is taken")
	}
}

// Whatever stands in a row, it becomes an event or a fault with a sentence.
func FuzzRows(f *testing.F) {
	f.Add("C-1", "27.11.2026 17:42", "17:42", "day.month")
	f.Add("=1+1", "46353.5", "0.5", "excel")
	f.Add("\x00", "9999-99-99T99:99", "下午5:42", "year-month-day")
	f.Fuzz(func(t *testing.T, key, day, at, order string) {
		m := Map{Columns: []Field{Customer, Ended, Clock, Phone, Email, Language, Attribute}, Names: []string{"", "", "", "", "", "", "x"}, Order: Order(order), Site: "harbour", Basis: "consent"}
		Look([]string{key, day}, [][]string{{day, at}, {at, key}})
		OrderOf([]string{day, at, key})
		r, err := NewReader(m, sites())
		if err != nil {
			return
		}
		body, faults := r.Event([]string{key, day, at, key, day, at, key})
		if (body == nil) == (len(faults) == 0) || body != nil && !json.Valid(body) {
			t.Errorf("%q, %q, %q: %s, %v", key, day, at, body, faults)
		}
		for _, f := range faults {
			if f.Error() == "" {
				t.Errorf("nothing is said of %+v", f)
			}
		}
	})
}

// A day that a workbook keeps as a number is told as people see it there: they would look for 46356.4 in vain.
func TestADayOfExcelAmongTypedOnesIsToldAsItIsSeen(t *testing.T) {
	for _, since1904 := range []bool{false, true} {
		day := map[bool]string{false: "46356.4", true: "44894.4"}[since1904]
		for _, o := range []Order{DayMonth, MonthDay, YearDay} {
			r, err := NewReader(Map{Columns: []Field{Customer, Ended}, Names: make([]string, 2), Order: o, Since1904: since1904, Site: "old-town", Basis: "contract"}, sites())
			if err != nil {
				t.Fatal(err)
			}
			_, faults := r.Event([]string{"C-1", day})
			if len(faults) != 1 || faults[0].Code != "excel_day" || faults[0].Hint != "2026-11-30 09:36" || !strings.Contains(faults[0].Error(), "2026-11-30 09:36") {
				t.Errorf("among days written %s: %+v", o, faults)
			}
		}
	}
}
