package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// exportRoutes are the rows that figures are counted from, as files.
var exportRoutes = []route{
	{http.MethodGet, "/exports/{kind}", access.ReadRows, (*api).export},
}

// alsoTakes is the scope that a kind takes beside that of all.
var alsoTakes = map[storage.Exported]access.Scope{storage.ExportWords: access.ReadWords, storage.ExportCustomers: access.ReadCustomers}

// export answers with a file of rows. A reader who takes them slowly is served, however long it takes.
func (s *api) export(q *request) (answer, error) {
	what := storage.Exported(q.PathValue("kind"))
	if what.Columns() == nil {
		return answer{}, problemf(notFound, "There is no export of %q. There are %s.", short(string(what)), wordsOf(storage.ExportedKinds()))
	}
	if also := alsoTakes[what]; also != "" && !slices.Contains(q.token.Scopes, string(also)) {
		return answer{}, problemf(forbidden, "The token %q lacks the scope %s, which %s take beside %s.", q.token.Name, also, what, access.ReadRows)
	}
	said, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return answer{}, problemf(invalid, "The address cannot be read after its ?: letters that mean something there are written as %%26 or %%3D.")
	}
	f, err := s.exportFilter(q, what, said)
	if err != nil {
		return answer{}, err
	}
	format, err := formatOf(said, q.Header.Values("Accept"))
	if err != nil {
		return answer{}, err
	}
	return answer{stream: func(w http.ResponseWriter) error { return s.sendRows(w, q, what, format, f, said["site"]) }}, nil
}

// sendRows sends the file, unless too many are being made.
func (s *api) sendRows(w http.ResponseWriter, q *request, what storage.Exported, format string, f storage.ExportFilter, sites []string) error {
	name := string(what) + "." + format
	about := strings.Join(strings.Fields(strings.Join(slices.Concat([]string{name}, sites, []string{f.Flow, f.Since, f.Until}), " ")), " ")
	w.Header().Add("Vary", "Accept")
	err := s.Files.Send(w, q.Request, page.File{
		Name: name, MediaType: table.MediaType(format),
		Note: func() error { return s.Store.PutAudit(q.Context(), s.auditOf(q, "data.export", about, "", "")) },
		Fill: func(to io.Writer) error {
			return table.Fill(to, format, what.Columns(), report.Inert, func(row func([]any) error) error {
				return s.Store.Export(q.Context(), what, f, row)
			})
		},
		Cut: func(err error) {
			s.Log.Warn("api: an export was cut off", "export", name, "err", err, "request", q.Header.Get("X-Request-Id"))
		},
	})
	if errors.Is(err, page.ErrManyFiles) {
		return &problem{code: tooMany, detail: "As many files as are made at a time are being made already.", wait: 5 * time.Second}
	}
	return err
}

// exportFilter says which rows are meant, of the sites that the token may read of.
func (s *api) exportFilter(q *request, what storage.Exported, said url.Values) (f storage.ExportFilter, err error) {
	members := []string{"format", "from", "to", "flow", "site"}
	for name, values := range said {
		if !slices.Contains(members, name) {
			return f, problemf(invalid, "There is no %q to ask by.%s", short(name), meant(name, members))
		}
		if len(values) > 1 && name != "site" {
			return f, problemf(invalid, "%q stands twice in the address.", name)
		}
	}
	if f.Flow = said.Get("flow"); f.Flow != "" && !what.OfFlows() {
		return f, problemf(invalid, "%s are of no survey: leave flow out.", what)
	}
	if err := s.knownFlow(q.Context(), f.Flow); err != nil {
		return f, err
	}
	f.Since, f.Until = said.Get("from"), said.Get("to")
	for _, day := range []struct{ name, of string }{{"from", f.Since}, {"to", f.Until}} {
		if _, err := time.Parse(time.DateOnly, day.of); day.of != "" && err != nil {
			return f, problemf(invalid, "%q is no day. Write %s as 2026-03-05.", short(day.of), day.name)
		}
	}
	if f.Since != "" && f.Until != "" && f.Since > f.Until {
		return f, problemf(invalid, "The days end on %s, before they begin on %s.", f.Until, f.Since)
	}
	if len(q.token.Sites) > 0 {
		f.Sites = q.token.Sites
	}
	if asked := slices.DeleteFunc(slices.Clone(said["site"]), func(id string) bool { return id == "" }); len(asked) > 0 {
		may := f.Sites
		if may == nil {
			may = s.Bot.Configuration().Now().EverySite()
		}
		for _, id := range asked {
			if !slices.Contains(may, id) {
				return f, problemf(notFound, "There is no site %q that this token may read of.", short(id))
			}
		}
		f.Sites = asked
	}
	return f, nil
}

// formatOf is the format that is asked for: by the address, else by the header Accept, else CSV.
func formatOf(said url.Values, accept []string) (string, error) {
	if format := said.Get("format"); said.Has("format") {
		if !slices.Contains(table.Written(), format) {
			return "", problemf(invalid, "There is no format %q. There are %s.", short(format), strings.Join(table.Written(), ", "))
		}
		return format, nil
	}
	best, most := "", 0.0
	for _, one := range strings.Split(strings.Join(accept, ","), ",") {
		media, with, err := mime.ParseMediaType(one)
		if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
			continue
		}
		weight := 1.0
		if q, err := strconv.ParseFloat(with["q"], 64); err == nil {
			weight = q
		}
		if format := formatOfMedia(media); format != "" && weight > most {
			best, most = format, weight
		}
	}
	if best == "" && strings.TrimSpace(strings.Join(accept, "")) == "" {
		best = table.CSV
	}
	if best == "" {
		return "", problemf(notAcceptable, "Accept names none of the formats: text/csv, application/jsonl, and that of XLSX. Or say ?format=csv, xlsx or jsonl.")
	}
	return best, nil
}

// formatOfMedia is the format that a program means; "" = none of ours.
func formatOfMedia(media string) string {
	switch media {
	case "*/*", "text/*":
		return table.CSV
	case "application/*", "application/x-ndjson", "application/ndjson":
		return table.JSONL
	}
	for _, format := range table.Written() {
		if of, _, _ := strings.Cut(table.MediaType(format), ";"); media == of {
			return format
		}
	}
	return ""
}
