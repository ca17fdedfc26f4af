package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// download is what can be had as a file.
type download struct {
	Title, Text string
	Files       []downloadFile
}

// downloadFile is one format of it.
type downloadFile struct{ URL, Text, Title string }

// exportable are the sites whose rows somebody may have, nil = every one.
func (s reportPages) exportable(v Viewer, what storage.Exported) []string {
	if also, more := map[storage.Exported]access.Deed{storage.ExportWords: access.SeeWords, storage.ExportCustomers: access.SeeCustomers}[what]; more {
		return s.permittedAll(v, access.ExportData, also)
	}
	return s.permitted(v, access.ExportData)
}

// reportData is the rows that figures are counted from, as files.
func (s reportPages) reportData(_ *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
	if !v.Anywhere(access.ExportData) || f.keep.Has("site") && !v.Can(access.ExportData, f.keep.Get("site")) {
		p.Lede = w.t("data_none")
		return p, nil
	}
	p.Lede = w.t("data_lede")
	for _, what := range storage.ExportedKinds() {
		if sites := s.exportable(v, what); sites != nil && len(sites) == 0 {
			continue
		}
		d := download{Title: w.t("rows_" + string(what)), Text: w.t("rows_" + string(what) + "_text")}
		for _, format := range table.Written() {
			at := "/download/" + string(what) + "." + format
			only := reportFilter{keep: map[string][]string{"from": {f.From}, "to": {f.To}}}
			d.Files = append(d.Files, downloadFile{only.with(at, "site", f.keep.Get("site"), "flow", f.Flow), strings.ToUpper(format), d.Title})
		}
		p.Downloads = append(p.Downloads, d)
	}
	p.Foot = append(p.Foot, w.t("data_foot"))
	return p, nil
}

// download sends a file of rows.
func (s reportPages) download(w http.ResponseWriter, r *http.Request, v Viewer) error {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	what, q := storage.Exported(name), r.URL.Query()
	if what.Columns() == nil || !slices.Contains(table.Written(), format) {
		return s.nothingHere(w, r, v)
	}
	f := storage.ExportFilter{Sites: s.exportable(v, what), Flow: q.Get("flow"), Since: q.Get("from"), Until: q.Get("to")}
	if at := q.Get("site"); at != "" {
		if f.Sites != nil && !slices.Contains(f.Sites, at) {
			return notAllowed(nil)
		}
		f.Sites = []string{at}
	}
	if f.Sites != nil && len(f.Sites) == 0 {
		return notAllowed(nil)
	}
	for _, day := range []*string{&f.Since, &f.Until} {
		if _, err := time.Parse(time.DateOnly, *day); err != nil {
			*day = ""
		}
	}
	about := strings.Join(strings.Fields(strings.Join([]string{name + "." + format, q.Get("site"), f.Flow, f.Since, f.Until}, " ")), " ")
	if found := strings.TrimSpace(q.Get("q")); found != "" && what == storage.ExportCustomers {
		if len(found) > longestSearch {
			return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text"}
		}
		var err error
		if f.Customers, err = s.customersFound(r, v, found); err != nil {
			return err
		}
		about += " found" // what was searched for may be somebody's name
	}
	return s.sendFile(w, r, v, name, format, about, what.Columns(), func(row func([]any) error) error {
		return s.Store.Export(r.Context(), what, f, row)
	})
}

// downloadRoutes are the files.
var downloadRoutes = []route{{"GET /download/{file}", access.ExportData, in(reportPages.download)}}
