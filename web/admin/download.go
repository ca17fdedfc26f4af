package admin

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/report"
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
func (s *site) exportable(v Viewer, what storage.Exported) []string {
	some := s.permitted(v, access.ExportData)
	if what != storage.ExportWords {
		return some
	}
	if some == nil {
		return s.permitted(v, access.SeeWords)
	}
	return slices.DeleteFunc(some, func(id string) bool { return !v.Can(access.SeeWords, id) })
}

// reportData is the rows that figures are counted from, as files.
func (s *site) reportData(_ *http.Request, w *words, v Viewer, f *reportFilter) (p reportPage, err error) {
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

// patient gives who reads slowly another minute with each write.
type patient struct {
	http.ResponseWriter
	begun bool
}

func (p *patient) Write(b []byte) (int, error) {
	p.begun = true
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(time.Minute)) // a recorder of tests has none
	return p.ResponseWriter.Write(b)
}

// download sends rows as they are read. A workbook is made whole before it is sent.
func (s *site) download(w http.ResponseWriter, r *http.Request, v Viewer) error {
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
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "data.export", about)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", table.MediaType(format))
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
	to := &patient{ResponseWriter: w}
	if err := s.export(r, to, what, format, f); err != nil {
		if to.begun {
			panic(http.ErrAbortHandler) // what was sent is no whole table: the browser is told so
		}
		w.Header().Del("Content-Disposition")
		return err
	}
	return nil
}

// export writes the rows.
func (s *site) export(r *http.Request, to io.Writer, what storage.Exported, format string, f storage.ExportFilter) error {
	out := bufio.NewWriterSize(to, 1<<16)
	rows, err := table.Create(out, format, what.Columns(), report.Inert)
	if err != nil {
		return err
	}
	if err := s.Store.Export(r.Context(), what, f, rows.Row); err != nil {
		rows.Drop()
		return err
	}
	return errors.Join(rows.Close(), out.Flush())
}

// downloadRoutes are the files.
var downloadRoutes = []route{{"GET /download/{file}", access.ExportData, (*site).download}}
