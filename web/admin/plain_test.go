package admin

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// plainBrowser is a browser without script: it follows links and presses the buttons of forms that a page
// shows, and nothing else.
type plainBrowser struct {
	t      *testing.T
	h      http.Handler
	cookie map[string]*http.Cookie
	at     *url.URL
	page   string
	code   int
	links  []anchor
	forms  []*plainForm
}

// anchor is a link of a page.
type anchor struct{ at, text string }

// plainForm is a form of a page, as it stands.
type plainForm struct {
	id, method, action, kind string
	hidden                   bool
	fields                   url.Values
	places                   map[string]bool // names of fields that can be filled in
	buttons                  []plainButton
}

// plainButton sends a form; its words name it.
type plainButton struct{ name, value, action, method, text string }

func newPlain(t *testing.T, h http.Handler) *plainBrowser {
	return &plainBrowser{t: t, h: h, cookie: map[string]*http.Cookie{}, at: &url.URL{Path: "/"}}
}

// send asks for something and follows where it is led.
func (p *plainBrowser) send(method, at string, form url.Values) *plainBrowser {
	p.t.Helper()
	to, err := p.at.Parse(at)
	if err != nil {
		p.t.Fatalf("%q: %v", at, err)
	}
	for range 6 {
		r := httptest.NewRequest(method, "http://localhost"+to.RequestURI(), strings.NewReader(form.Encode()))
		r.RemoteAddr = "192.0.2.7:4711"
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for _, c := range p.cookie {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		p.h.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if p.cookie[c.Name] = c; c.MaxAge < 0 {
				delete(p.cookie, c.Name)
			}
		}
		p.at, p.code, p.page = to, w.Code, w.Body.String()
		if w.Code != http.StatusSeeOther && w.Code != http.StatusFound {
			break
		}
		if to, err = to.Parse(w.Header().Get("Location")); err != nil {
			p.t.Fatal(err)
		}
		method, form = http.MethodGet, nil
	}
	p.links, p.forms = nil, nil
	if strings.HasPrefix(p.page, "<!doctype html") || strings.HasPrefix(p.page, "<!DOCTYPE html") {
		p.read()
	}
	return p
}

// read finds what can be pressed on the page.
func (p *plainBrowser) read() {
	d := xml.NewDecoder(strings.NewReader(p.page))
	d.Strict, d.Entity = false, xml.HTMLEntity
	byID := map[string]*plainForm{}
	owner := func(id string) *plainForm {
		if byID[id] == nil {
			byID[id] = &plainForm{id: id, method: "GET", fields: url.Values{}, places: map[string]bool{}}
		}
		return byID[id]
	}
	var form *plainForm
	var open *string        // what gathers words
	var choice, area string // of the select, the textarea that is open
	var of *plainForm
	chose, first := false, ""
	var link *anchor
	var button *plainButton
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.t.Fatalf("%s is no page that can be read: %v\n%s", p.at, err, p.page)
		}
		switch x := token.(type) {
		case xml.CharData:
			if open != nil {
				*open += string(x)
			}
		case xml.StartElement:
			a := map[string]string{}
			has := map[string]bool{}
			for _, attr := range x.Attr {
				a[attr.Name.Local], has[attr.Name.Local] = attr.Value, true
			}
			mine := form
			if has["form"] {
				mine = owner(a["form"])
			}
			switch x.Name.Local {
			case "form":
				form = owner(a["id"])
				if a["id"] == "" {
					delete(byID, "")
				}
				form.action, form.hidden, form.kind = a["action"], has["hidden"], a["enctype"]
				if strings.EqualFold(a["method"], "post") {
					form.method = "POST"
				}
				p.forms = append(p.forms, form)
			case "a":
				link = &anchor{at: a["href"]}
				open = &link.text
				if label := a["aria-label"]; label != "" {
					link.text = label
				}
			case "button":
				if mine == nil || a["type"] == "button" || has["hidden"] {
					break
				}
				button = &plainButton{name: a["name"], value: a["value"], action: a["formaction"], method: a["formmethod"]}
				open, of = &button.text, mine
			case "input":
				if mine == nil || a["name"] == "" {
					break
				}
				switch a["type"] {
				case "checkbox", "radio":
					mine.places[a["name"]] = true
					if has["checked"] {
						value := a["value"]
						if !has["value"] {
							value = "on"
						}
						mine.fields.Add(a["name"], value)
					}
				case "submit":
					mine.buttons = append(mine.buttons, plainButton{name: a["name"], value: a["value"], text: a["value"]})
				default:
					if a["type"] != "hidden" {
						mine.places[a["name"]] = true
					}
					mine.fields.Add(a["name"], a["value"])
				}
			case "select":
				if mine != nil {
					choice, of, chose, first = a["name"], mine, false, ""
					mine.places[choice] = true
				}
			case "option":
				if choice == "" {
					break
				}
				if has["selected"] {
					of.fields.Add(choice, a["value"])
					chose = true
				} else if first == "" {
					first = a["value"]
				}
			case "textarea":
				if mine != nil && a["name"] != "" {
					area, of = a["name"], mine
					mine.places[area] = true
					open = new(string)
				}
			}
		case xml.EndElement:
			switch x.Name.Local {
			case "form":
				form = nil
			case "a":
				if link != nil {
					p.links = append(p.links, *link)
				}
				link, open = nil, nil
			case "button":
				if button != nil {
					of.buttons = append(of.buttons, *button)
				}
				button, open = nil, nil
			case "select":
				if choice != "" && !chose {
					of.fields.Add(choice, first)
				}
				choice = ""
			case "textarea":
				if area != "" {
					of.fields.Add(area, strings.TrimPrefix(*open, "\n"))
				}
				area, open = "", nil
			}
		}
	}
}

// says fails the test unless the page shows these words.
func (p *plainBrowser) says(words ...string) *plainBrowser {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.page, w) {
			p.t.Fatalf("%s (%d) does not say %q\n%s", p.at, p.code, w, p.page)
		}
	}
	return p
}

// open types an address.
func (p *plainBrowser) open(at string) *plainBrowser { p.t.Helper(); return p.send("GET", at, nil) }

// follow presses a link whose words hold these.
func (p *plainBrowser) follow(words string) *plainBrowser {
	p.t.Helper()
	for _, l := range p.links {
		if strings.Contains(strings.Join(strings.Fields(l.text), " "), words) {
			return p.send("GET", l.at, nil)
		}
	}
	p.t.Fatalf("%s has no link %q\n%s", p.at, words, p.page)
	return p
}

// press presses the first button with these words of a form that has all of the fields, filled in as
// given. A value of "-" takes a tick away.
func (p *plainBrowser) press(words string, pairs ...string) *plainBrowser {
	p.t.Helper()
	for _, f := range p.forms {
		if f.hidden {
			continue
		}
		missing := false
		for i := 0; i+1 < len(pairs); i += 2 {
			missing = missing || !f.places[pairs[i]]
		}
		if missing {
			continue
		}
		for _, b := range f.buttons {
			if !strings.Contains(strings.Join(strings.Fields(b.text), " "), words) {
				continue
			}
			form := url.Values{}
			for k, v := range f.fields {
				form[k] = slices.Clone(v)
			}
			for i := 0; i+1 < len(pairs); i += 2 {
				if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "-" {
					form.Del(pairs[i])
				}
			}
			return p.submit(f, b, form)
		}
	}
	p.t.Fatalf("%s (%d) has no button %q with %q\n%s", p.at, p.code, words, pairs, p.page)
	return p
}

func (p *plainBrowser) submit(f *plainForm, b plainButton, form url.Values) *plainBrowser {
	p.t.Helper()
	if b.name != "" {
		form.Set(b.name, b.value)
	}
	action, method := f.action, f.method
	if b.action != "" {
		action = b.action
	}
	if b.method != "" {
		method = strings.ToUpper(b.method)
	}
	if action == "" {
		action = p.at.String()
	}
	if method == "GET" {
		at, _, _ := strings.Cut(action, "#")
		at, _, _ = strings.Cut(at, "?")
		return p.send("GET", at+"?"+form.Encode(), nil)
	}
	return p.send(method, action, form)
}

// pressOne presses the button that sends this value.
func (p *plainBrowser) pressOne(name, value string) *plainBrowser {
	p.t.Helper()
	for _, f := range p.forms {
		for _, b := range f.buttons {
			if b.name == name && b.value == value && !f.hidden {
				return p.submit(f, b, f.fields)
			}
		}
	}
	p.t.Fatalf("%s (%d) has no button for %s=%s\n%s", p.at, p.code, name, value, p.page)
	return p
}

// sentence is the name of a field of the page in which a question stands.
func (p *plainBrowser) sentence() string {
	p.t.Helper()
	for _, f := range p.forms {
		for name := range f.places {
			if strings.HasSuffix(f.fields.Get(name), "?") {
				return name
			}
		}
	}
	p.t.Fatalf("%s asks nothing\n%s", p.at, p.page)
	return ""
}
