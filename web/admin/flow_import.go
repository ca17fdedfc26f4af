package admin

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/survey/importing"
)

// Bounds of a workbook that is read as a form.
const (
	mostFormSheets = 20
	mostFormRows   = 5000
)

// surveyFile begins with a file that somebody chose: a flow file, or another program's survey.
func (s surveyPages) surveyFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	r.Body = http.MaxBytesReader(w, r.Body, maxFlowForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text", Err: err}
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, newFlowPage{Fault: words.t("flow_pick_fault")})
		}
		if err != nil {
			return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text", Err: err}
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		body, err := io.ReadAll(part)
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return s.showNewFlow(w, r, v, http.StatusRequestEntityTooLarge, newFlowPage{Fault: words.t("flow_too_long")})
		}
		if err != nil {
			return &page.Error{Code: page.Garbled, Title: "bad_form", Text: "bad_form_text", Err: err}
		}
		if !bytes.HasPrefix(body, []byte("PK\x03\x04")) {
			return s.fromFile(w, r, v, strings.ReplaceAll(string(body), "\r\n", "\n"))
		}
		sheets, err := workbook(body)
		if wrong, ok := errors.AsType[*table.Error](err); ok {
			return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, newFlowPage{Fault: tableFault(words, wrong)})
		}
		if err != nil {
			return err
		}
		made, err := importing.ReadSheets(sheets)
		if err != nil {
			return s.showNewFlow(w, r, v, http.StatusUnprocessableEntity, newFlowPage{Fault: words.t("flow_no_xlsform")})
		}
		return s.showNewFlow(w, r, v, http.StatusOK, words.imported(made))
	}
}

// workbook reads the sheets of a workbook that a form is written in.
func workbook(body []byte) (importing.Sheets, error) {
	names, _, err := table.Workbook(bytes.NewReader(body), table.Shape{Format: table.XLSX})
	if err != nil {
		return nil, err
	}
	out := importing.Sheets{}
	for _, name := range names[:min(len(names), mostFormSheets)] {
		if !slices.Contains([]string{"survey", "choices", "settings"}, strings.ToLower(strings.TrimSpace(name))) {
			continue
		}
		rows, err := table.Open(bytes.NewReader(body), table.Shape{Format: table.XLSX, Sheet: name})
		if err != nil {
			return nil, err
		}
		for len(out[name]) < mostFormRows {
			var row table.Row
			if row, err = rows.Next(); err != nil {
				break
			}
			out[name] = append(out[name], row.Cells)
		}
		if shut := rows.Close(); err == nil || errors.Is(err, io.EOF) {
			err = shut
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// imported is what an import made, before anything is stored.
func (w *words) imported(made importing.Result) newFlowPage {
	p := newFlowPage{Made: made.File, From: made.From}
	for _, l := range made.Left {
		args := make([]any, 0, len(l.Args))
		for _, a := range l.Args {
			args = append(args, a)
		}
		p.Left = append(p.Left, w.t("left_"+l.Code, args...))
	}
	return p
}
