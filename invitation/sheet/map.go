package sheet

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/survey/words"
)

// Source is the source of events that come from sheets, unless somebody names another.
const Source = "sheet"

// Bases lists on what basis customers may be asked.
func Bases() []string { return []string{"contract", "consent", "legitimate_interest"} }

// Map says what the columns of a sheet are, and what is said of all rows at once.
type Map struct {
	Columns []Field           `json:"columns"`          // by their place
	Names   []string          `json:"names,omitempty"`  // of attributes, by their place
	Order   Order             `json:"order,omitempty"`  // of days
	Zone    string            `json:"zone,omitempty"`   // of times; "" = the site's
	Site    string            `json:"site,omitempty"`   // of all rows
	Sites   map[string]string `json:"sites,omitempty"`  // what the sheet calls them
	Basis   string            `json:"basis"`            // on which all of them may be asked
	Ask     string            `json:"ask,omitempty"`    // the survey; "" = the triggers decide
	Source  string            `json:"source,omitempty"` // "" = Source
	// Since1904 says from when on a workbook counts its days: the order Serial is of it.
	Since1904 bool `json:"since_1904,omitempty"`
}

// SiteNow is a site as rows may name it.
type SiteNow struct {
	ID, Name string
	Zone     *time.Location
}

// Fault is what is wrong with one cell, or with a map.
type Fault struct {
	Column int // of the sheet, from 1; 0 = of none, or of several
	Field  Field
	Code   string // one of Codes
	Value  string // as it stands in the sheet
	Hint   string // what may have been meant
}

// Codes are what may be wrong with a row before the API looks at it, with what to do in plain
// words. {0} is the value, {1} the hint.
var codes = map[string]string{
	"no_customer":  "There is nothing by which the customer is known: fill in the key, the phone or the e-mail.",
	"no_end":       "It is not said when it ended.",
	"no_time":      "%q is no day in the order %s: write it as the others, or choose another order.",
	"excel_day":    "%q is how Excel keeps %s. Others are typed, and Excel may have taken its month for the day: write it as the others.",
	"no_clock":     "%q is no time of day.",
	"no_site":      "It is not said at which site.",
	"unknown_site": "There is no site %q: write it as the list of sites does.",
	"meant_site":   "There is no site %q. Did you mean %q?",
	"no_email":     "%q is no e-mail address.",
	"no_phone":     "%q is no phone number.",
	"language":     "%q is no language such as en or Deutsch.",
	"tier":         "%q is none of MVC, MGC, BZ and normal.",
}

// Codes lists what may be wrong with a row.
func Codes() []string {
	out := make([]string, 0, len(codes))
	for c := range codes {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

func (f Fault) Error() string {
	text := codes[f.Code]
	if n := strings.Count(text, "%"); n == 1 {
		return fmt.Sprintf(text, f.Value)
	} else if n == 2 {
		return fmt.Sprintf(text, f.Value, f.Hint)
	}
	return text
}

// Missing are the reasons for which a map cannot be used yet.
type Missing string

// What a map may lack.
const (
	NoCustomer Missing = "needs_customer" // a key, a phone, an e-mail or a chat account
	NoEnd      Missing = "needs_end"
	NoOrder    Missing = "needs_order"
	NoSite     Missing = "needs_site" // a column, or one for all
	NoBasis    Missing = "needs_basis"
	Twice      Missing = "needs_one" // a field stands for two columns
)

// Misses are all that can be missing.
func Misses() []Missing { return []Missing{NoCustomer, NoEnd, NoOrder, NoSite, NoBasis, Twice} }

var missingWords = map[Missing]string{
	NoCustomer: "say which column is the customer's key, phone or e-mail",
	NoEnd:      "say which column is when the service ended",
	NoOrder:    "say in which order the days are written: day.month, month/day or year-month-day",
	NoSite:     "say which column is the site, or one site for all rows",
	NoBasis:    "say on what basis these customers may be asked: contract, consent or legitimate_interest",
	Twice:      "a field stands for two columns",
}

func (m Missing) Error() string { return missingWords[m] }

func (m *Map) days() days { return days{m.Order, m.Since1904} }

func (m *Map) column(f Field) int { return slices.Index(m.Columns, f) }

// Check says what the map lacks. one is the only site that there is, if there is only one.
func (m *Map) Check() []Missing {
	var out []Missing
	has := func(f ...Field) bool { return slices.ContainsFunc(f, func(x Field) bool { return m.column(x) >= 0 }) }
	if !has(Customer, Phone, Email, Telegram, SlackMail) {
		out = append(out, NoCustomer)
	}
	if !has(Ended) {
		out = append(out, NoEnd)
	} else if m.Order == "" {
		out = append(out, NoOrder)
	}
	if m.Site == "" && !has(Site) {
		out = append(out, NoSite)
	}
	if !slices.Contains(Bases(), m.Basis) {
		out = append(out, NoBasis)
	}
	for i, f := range m.Columns {
		if f.once() && slices.Contains(m.Columns[:i], f) {
			return append(out, Twice)
		}
	}
	return out
}

// Guess is the map that columns suggest. One site is that of all rows.
func Guess(columns []Column, days []string, sites []SiteNow) Map {
	m := Map{Order: OrderOf(days)}
	for _, c := range columns {
		m.Columns, m.Names = append(m.Columns, c.Guess), append(m.Names, attributeName(c.Name))
	}
	if len(sites) == 1 && m.column(Site) < 0 {
		m.Site = sites[0].ID
	}
	return m
}

// Header names a row of names: sheets that name the same columns have the same. "" = they are
// not named.
func Header(columns []Column) string {
	sum, named := sha256.New(), false
	for _, c := range columns {
		name := words.Bare(c.Name)
		named = named || name != ""
		sum.Write([]byte(name + "\x00"))
	}
	if !named {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// attributeName makes of a column's name that of an attribute.
func attributeName(name string) string {
	var b strings.Builder
	for _, r := range words.Bare(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() == 40 {
			break
		}
	}
	return strings.Trim(b.String(), "_")
}

// event is what the API takes.
type event struct {
	Source     string            `json:"source"`
	ID         string            `json:"id"`
	Site       string            `json:"site"`
	Service    string            `json:"service,omitempty"`
	Ended      string            `json:"ended"`
	Staff      string            `json:"staff,omitempty"`
	Ask        string            `json:"ask,omitempty"`
	Customer   customer          `json:"customer"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

type customer struct {
	ID        string              `json:"id"`
	Name      string              `json:"name,omitempty"`
	FirstName string              `json:"first_name,omitempty"`
	Language  string              `json:"language,omitempty"`
	Tier      string              `json:"tier,omitempty"`
	Reach     []map[string]string `json:"reach,omitempty"`
	Consent   map[string]string   `json:"consent"`
}

// Reader makes events of rows.
type Reader struct {
	m     Map
	sites map[string]SiteNow // by what rows call them, folded
	zone  *time.Location
}

// NewReader returns a reader for a map that lacks nothing.
func NewReader(m Map, sites []SiteNow) (*Reader, error) {
	if missing := m.Check(); len(missing) > 0 {
		return nil, missing[0]
	}
	r := &Reader{m: m, sites: map[string]SiteNow{}}
	if m.Zone != "" {
		zone, err := time.LoadLocation(m.Zone)
		if err != nil || m.Zone == "Local" {
			return nil, fmt.Errorf("there is no time zone %q", m.Zone)
		}
		r.zone = zone
	}
	byID := map[string]SiteNow{}
	for _, s := range sites {
		byID[s.ID] = s
		r.sites[words.Bare(s.Name)] = s
	}
	for _, s := range sites {
		r.sites[words.Bare(s.ID)] = s
	}
	for called, id := range m.Sites {
		s, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("there is no site %q", id)
		}
		r.sites[words.Bare(called)] = s
	}
	if _, ok := byID[m.Site]; m.Site != "" && !ok {
		return nil, fmt.Errorf("there is no site %q", m.Site)
	}
	return r, nil
}

// Event is the event of one row, as JSON for the API, or what is wrong with the row.
func (r *Reader) Event(cells []string) (json.RawMessage, []Fault) {
	var faults []Fault
	cell := func(f Field) string {
		i := r.m.column(f)
		if i < 0 || i >= len(cells) {
			return ""
		}
		return oneLine(cells[i])
	}
	fault := func(f Field, code, value, hint string) {
		faults = append(faults, Fault{Column: r.m.column(f) + 1, Field: f, Code: code, Value: value, Hint: hint})
	}
	e := event{Source: cmp.Or(r.m.Source, Source), Service: cell(Service), Staff: cell(Staff), Ask: r.m.Ask, Attributes: map[string]string{}}
	site := r.sites[words.Bare(r.m.Site)]
	if name := cell(Site); r.m.column(Site) >= 0 && (name != "" || r.m.Site == "") {
		var known bool
		switch site, known = r.sites[words.Bare(name)]; {
		case name == "":
			fault(Site, "no_site", "", "")
		case !known && r.meant(name) != "":
			fault(Site, "meant_site", name, r.meant(name))
		case !known:
			fault(Site, "unknown_site", name, "")
		}
	}
	e.Site = site.ID
	zone := cmp.Or(r.zone, site.Zone, time.UTC)
	day, at := cell(Ended), cell(Clock)
	switch t, ok := moment(day, at, r.m.days(), zone); {
	case day == "":
		fault(Ended, "no_end", "", "")
	case ok:
		e.Ended = t.Format(time.RFC3339)
	default:
		if _, right := moment(day, "", r.m.days(), zone); right {
			fault(Clock, "no_clock", at, "")
			break
		}
		if kept, is := moment(day, "", days{Serial, r.m.Since1904}, time.UTC); is && isSerial(day) {
			fault(Ended, "excel_day", day, kept.Format("2006-01-02 15:04"))
			break
		}
		fault(Ended, "no_time", day, string(r.m.Order))
	}
	faults = append(faults, r.customer(&e, cell)...)
	for i, f := range r.m.Columns {
		if f == Attribute && i < len(cells) && i < len(r.m.Names) && r.m.Names[i] != "" {
			if v := oneLine(cells[i]); v != "" {
				e.Attributes[r.m.Names[i]] = v
			}
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if e.ID = cell(ID); e.ID == "" {
		sum := sha256.Sum256([]byte(strings.Join([]string{e.Customer.ID, e.Ended, e.Site, e.Service, e.Staff}, "\x00")))
		e.ID = hex.EncodeToString(sum[:12])
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, []Fault{{Code: "no_customer"}}
	}
	return body, nil
}

// customer reads who was served, and how they are reached.
func (r *Reader) customer(e *event, cell func(Field) string) (faults []Fault) {
	fault := func(f Field, code, value string) {
		faults = append(faults, Fault{Column: r.m.column(f) + 1, Field: f, Code: code, Value: value})
	}
	phone, email, telegram, slack := cell(Phone), strings.ToLower(cell(Email)), cell(Telegram), strings.ToLower(cell(SlackMail))
	if phone != "" && !isPhone(phone) {
		fault(Phone, "no_phone", phone)
	}
	if email != "" && !isEmail(email) {
		fault(Email, "no_email", cell(Email))
	}
	if slack != "" && !isEmail(slack) {
		fault(SlackMail, "no_email", cell(SlackMail))
	}
	c := customer{
		ID: cell(Customer), Name: cell(Name), FirstName: cell(FirstName), Language: language(cell(Language)), Tier: tier(cell(Tier)),
		Consent: map[string]string{"basis": r.m.Basis},
	}
	if v := cell(Language); v != "" && c.Language == "" {
		fault(Language, "language", v)
	}
	if v := cell(Tier); v != "" && c.Tier == "" {
		fault(Tier, "tier", v)
	}
	number := digits(phone)
	if c.ID = cmp.Or(c.ID, number, email, slack); c.ID == "" && telegram != "" {
		c.ID = "telegram-" + telegram
	}
	if c.ID == "" {
		fault(Customer, "no_customer", "")
	}
	if number != "" {
		e.Attributes["phone"] = number
	}
	if email != "" {
		e.Attributes["email"] = email
	}
	if telegram != "" || slack != "" {
		to := cmp.Or(telegram, "customer")
		c.Reach = append(c.Reach, map[string]string{"telegram": to})
		if slack != "" {
			c.Reach = append(c.Reach, map[string]string{"slack_email": slack})
		}
		c.Reach = append(c.Reach, map[string]string{"web": ""})
	}
	e.Customer = c
	return faults
}

// Keys are the keys that a row may give a customer by one of its cells, whatever its column is.
func Keys(cell string) []string {
	cell = oneLine(cell)
	if cell == "" {
		return nil
	}
	keys := []string{cell}
	for _, k := range []string{strings.ToLower(cell), digits(cell), "telegram-" + cell} {
		if k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// FieldOf is the field that a place of an event came from: a JSON Pointer within the event.
func FieldOf(pointer string) Field {
	for _, p := range []struct {
		prefix string
		field  Field
	}{
		{"/customer/id", Customer},
		{"/customer/name", Name},
		{"/customer/first_name", FirstName},
		{"/customer/language", Language},
		{"/customer/tier", Tier},
		{"/customer", Customer},
		{"/attributes/phone", Phone},
		{"/attributes/email", Email},
		{"/ended", Ended},
		{"/service", Service},
		{"/site", Site},
		{"/staff", Staff},
		{"/id", ID},
		{"/attributes", Attribute},
	} {
		if strings.HasPrefix(pointer, p.prefix) {
			return p.field
		}
	}
	return Skip
}

// Place is the column of a field, from 1, and what stands there.
func (m *Map) Place(f Field, cells []string) (column int, value string) {
	i := m.column(f)
	if i >= 0 && i < len(cells) {
		return i + 1, strings.TrimSpace(cells[i])
	}
	return i + 1, ""
}

// meant is the one site that somebody probably wanted to write, "" if none or several are alike.
func (r *Reader) meant(name string) string {
	name = words.Bare(name)
	if utf8.RuneCountInString(name) < 2 {
		return ""
	}
	found := ""
	for called, s := range r.sites {
		if !strings.HasPrefix(called, name) && !strings.HasPrefix(name, called) || s.Name == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = s.Name
	}
	return found
}

// oneLine is a cell without ends of lines and blanks around.
func oneLine(cell string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, cell))
}

// digits is a phone number with nothing between its digits.
func digits(phone string) string {
	out := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, phone)
	if out != "" && strings.HasPrefix(strings.TrimSpace(phone), "+") {
		return "+" + out
	}
	return out
}

var languages = map[string]string{
	"english": "en", "englisch": "en", "ingles": "en", "英文": "en", "英语": "en", "german": "de", "deutsch": "de", "aleman": "de", "德语": "de",
	"chinese": "zh-Hans", "chinesisch": "zh-Hans", "chino": "zh-Hans", "中文": "zh-Hans", "简体中文": "zh-Hans", "汉语": "zh-Hans", "zh": "zh-Hans", "zh-cn": "zh-Hans",
	"spanish": "es", "spanisch": "es", "espanol": "es", "castellano": "es", "西班牙语": "es", "arabic": "ar", "arabisch": "ar", "arabe": "ar", "阿拉伯语": "ar",
	"french": "fr", "franzosisch": "fr", "francais": "fr", "frances": "fr", "法语": "fr", "turkish": "tr", "turkisch": "tr", "russian": "ru", "russisch": "ru",
}

// language is the tag of a language; "" = it is none.
func language(v string) string {
	k := words.Bare(v)
	if tag, ok := languages[k]; ok {
		return tag
	}
	ok := len(v) >= 2 && len(v) <= 12
	for i, part := range strings.Split(strings.ReplaceAll(v, "_", "-"), "-") {
		ok = ok && (len(part) == 2 || i > 0 && len(part) == 4) && strings.IndexFunc(part, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) }) < 0
	}
	if !ok {
		return ""
	}
	return strings.ReplaceAll(v, "_", "-")
}

// tier is a tier as the API writes it; "" = it is none.
func tier(v string) string {
	for _, t := range []string{"MVC", "MGC", "BZ", "normal"} {
		if strings.EqualFold(v, t) {
			return t
		}
	}
	return ""
}
