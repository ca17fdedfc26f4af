package admin

import (
	"net/http"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
)

// maxForm is the size in bytes up to which a form is read.
const maxForm = 64 << 10

// field is one field of a form as its page draws it (part "field").
type field struct {
	Name    string   // of the control, and its id
	Label   string   // above it
	Hint    string   // below it, "" for none
	Value   string   // what stands in it
	Was     string   // what was stored when the page was made; it comes back in NAME.was
	Kind    string   // type of the input: "" is text; "select" offers Options; "area" has several lines, "lapse" is a length of time
	Options []option // of a select
	Fill    string   // autocomplete, "" for none
	Usually string   // the unit that a length of time has in the form while it is empty; "" is days
	Fault   string   // what is wrong with the value, in the reader's words; "" for nothing
	Theirs  string   // what somebody else stored meanwhile, where there is a Conflict; "" if they emptied it

	Conflict bool // whether Fault says that somebody else changed the field meanwhile, and not that the value is wrong
}

// option is one entry of a select.
type option struct{ Value, Text string }

// form is a form that is shown again with what was written, and with what is wrong with it.
type form struct {
	Fields []field
}

// Faults are the fields that something is wrong with: the summary above the form links to them.
func (f form) Faults() (out []field) {
	for _, x := range f.Fields {
		if x.Fault != "" {
			out = append(out, x)
		}
	}
	return out
}

// field is the one with this name, nil if there is none.
func (f *form) field(name string) *field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Of is a field of the form by its name, for its page.
func (f *form) Of(name string) *field { return f.field(name) }

// add is one more field, that shows what is in force.
func (f *form) add(x field) {
	x.Was = x.Value
	f.Fields = append(f.Fields, x)
}

// merged puts what was posted into fields that show what is stored now: what another changed meanwhile
// and this form did not touch stays, and where both did it is asked at the field. Fields whose names
// begin alike may be one list.
func (f *form) merged(w http.ResponseWriter, r *http.Request, words *words, lists ...string) error {
	now := map[string]string{}
	for _, x := range f.Fields {
		now[x.Name] = x.Value
	}
	if err := f.read(w, r); err != nil {
		return err
	}
	f.readChecks(r.PostForm)
	meanwhile := words.t("changed_meanwhile")
	for _, list := range lists {
		f.together(list, now, meanwhile)
	}
	for i := range f.Fields {
		f.Fields[i].merge(now[f.Fields[i].Name], meanwhile)
	}
	return nil
}

// read puts what was posted into the fields. A field that was not posted keeps its value: a
// page of another release posts others.
func (f *form) read(w http.ResponseWriter, r *http.Request) error {
	if err := page.ReadForm(w, r, maxForm); err != nil {
		e := page.AsError(err)
		return &page.Error{Code: e.Code, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	for i := range f.Fields {
		x := &f.Fields[i]
		if posted, ok := r.PostForm[x.Name]; ok {
			x.Value = strings.TrimSpace(lines(posted[0]))
			if was, ok := r.PostForm[x.Name+".was"]; ok {
				x.Was = lines(was[0])
			}
		}
		if n, ok := r.PostForm[x.Name+".n"]; ok && x.Kind == "lapse" && !r.PostForm.Has(x.Name) {
			x.Value = lapseOf(n[0], r.PostForm.Get(x.Name+".unit"))
			if was, ok := r.PostForm[x.Name+".was"]; ok {
				x.Was = lines(was[0])
			}
		}
	}
	return nil
}

// lines is a text whose lines end as stored ones do: browsers post another end.
func lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// merge is the value to store of a field of which now is stored: two people who change
// different fields both have their way, and who changes what another has changed meanwhile
// is asked at the field.
func (x *field) merge(now, fault string) string {
	switch {
	case x.Value == x.Was || x.Value == now: // not touched here, or the same was wanted
		x.Value = now
	case now != x.Was && x.Fault == "":
		x.Fault, x.Theirs, x.Conflict, x.Was = fault, now, true, now
	}
	return x.Value
}
