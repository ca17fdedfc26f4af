package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// listedAtOnce is how many rows of a list are read at a time.
const listedAtOnce = 500

// listFile is a list of the pages as a file: all of it, as narrowed as the page is.
type listFile struct {
	deed    access.Deed // which the page takes, beside that of files
	columns []string
	rows    func(s *site, r *http.Request, v Viewer, sites []string, row func([]any) error) error
}

// listFiles are the lists that can be had. What customers are known of is rows that others have as well: downloads.
var listFiles = map[string]listFile{
	"cases": {
		access.SeeCases, []string{"case", "site", "group", "state", "priority", "reasons", "opened", "holder", "due", "ended"}, (*site).casesFile,
	},
	whoCaptive: {
		access.SeeCustomers, []string{"customer", "reason", "level", "answered", "last_visit", "site", "visits", "tier"}, leavingFile(whoCaptive),
	},
	whoLost: {
		access.SeeCustomers, []string{"customer", "since", "usual_days", "level", "answered", "last_visit", "site", "visits", "tier"}, leavingFile(whoLost),
	},
	"asking": {
		access.SeeAsking, []string{"made", "site", "customer", "service", "trigger", "flow", "by", "state", "reason", "sent", "case", "test"}, (*site).askingFile,
	},
}

// listFileRoutes are the lists as files.
var listFileRoutes = []route{{"GET /list/{file}", access.ExportData, (*site).listFile}}

// permittedAll are the sites at which the viewer may do each of these; nil = every one.
func (s *site) permittedAll(v Viewer, deeds ...access.Deed) (some []string) {
	for _, d := range deeds {
		if some == nil {
			some = s.permitted(v, d)
			continue
		}
		some = slices.DeleteFunc(some, func(id string) bool { return !v.Can(d, id) })
	}
	return some
}

// filesOf are the links to a list as a file, in each format; nil where the viewer may have none of it.
func (s *site) filesOf(w *words, v Viewer, at, title string, q url.Values, deed access.Deed) (files []downloadFile) {
	if some := s.permittedAll(v, access.ExportData, deed); some != nil && len(some) == 0 {
		return nil
	}
	for _, format := range table.Written() {
		to := at + "." + format
		if len(q) > 0 {
			to += "?" + q.Encode()
		}
		files = append(files, downloadFile{to, strings.ToUpper(format), w.t(title)})
	}
	return files
}

// listFile sends a list as it is read.
func (s *site) listFile(w http.ResponseWriter, r *http.Request, v Viewer) error {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	list, ok := listFiles[name]
	if !ok || !slices.Contains(table.Written(), format) {
		return s.nothingHere(w, r, v)
	}
	sites, at := s.permittedAll(v, access.ExportData, list.deed), r.URL.Query().Get("site")
	if at != "" {
		if !v.Can(access.ExportData, at) || !v.Can(list.deed, at) {
			return notAllowed(nil)
		}
		sites = []string{at}
	}
	if sites != nil && len(sites) == 0 {
		return notAllowed(nil)
	}
	about := []string{"list of " + name + "." + format}
	for _, key := range listFilters {
		about = append(about, strings.Fields(r.URL.Query().Get(key))...)
	}
	return s.sendFile(w, r, v, name, format, strings.Join(about, " "), list.columns, func(row func([]any) error) error {
		return list.rows(s, r, v, sites, row)
	})
}

// sendFile notes who has a file and sends it.
func (s *site) sendFile(
	w http.ResponseWriter, r *http.Request, v Viewer, name, format, about string, columns []string, each func(row func([]any) error) error,
) error {
	err := s.Files.Send(w, r, page.File{
		Name: name + "." + format, MediaType: table.MediaType(format), Wait: true,
		Note: func() error { return s.Store.PutAudit(r.Context(), s.audit(v, "data.export", about)) },
		Fill: func(to io.Writer) error { return table.Fill(to, format, columns, report.Inert, each) },
		Cut:  func(err error) { s.Log.Warn("admin: a file was cut off", "file", name+"."+format, "err", err) },
	})
	if errors.Is(err, page.ErrManyFiles) {
		return &page.Error{Code: page.Unavailable, Title: "many_files", Text: "many_files_text"}
	}
	return err
}

// rowMoment is a time as a row has it: with the zone of its site, or nothing.
func (s *site) rowMoment(t time.Time, at string) any {
	if t.IsZero() {
		return nil
	}
	return t.In(s.at(at).Zone).Format(time.RFC3339)
}

// casesFile hands out the cases of the list, group by group in the order of the page.
func (s *site) casesFile(r *http.Request, v Viewer, sites []string, row func([]any) error) error {
	q := caseQuery(r)
	rank, _ := strconv.Atoi(strings.TrimPrefix(q.Get("priority"), "P"))
	reason, state := q.Get("reason"), q.Get("state")
	one := func(group string, k *storage.Case) error {
		var priority, due, ended any
		if k.Decision.Opens {
			priority = k.Decision.Priority.String()
		}
		if p, ok := k.NextPromise(); ok {
			due = s.rowMoment(p.Due, k.Site)
		}
		if ended = s.rowMoment(k.EndedAt, k.Site); k.State.Active() {
			ended = nil
		}
		var why []string
		for _, x := range k.Decision.Reasons {
			why = append(why, string(x))
		}
		return row([]any{k.Name(), k.Site, group, string(k.State), priority, strings.Join(why, " "), s.rowMoment(k.OpenedAt, k.Site), k.Holder.Name, due, ended})
	}
	for _, g := range groupFilters(v.Staff) {
		if state != "" && state != g.key || g.key == "waiting" && v.Staff == "" {
			continue
		}
		f := g.filter
		f.Sites, f.Reason, f.Limit = sites, reason, listedAtOnce
		if rank >= 1 && rank <= 3 {
			f.Priority = recovery.Priority(rank)
		}
		if err := s.eachStanding(r.Context(), f, func(k *storage.Case) error { return one(g.key, k) }); err != nil {
			return err
		}
	}
	if state != "closed" {
		return nil
	}
	for k, err := range storage.AllCases(r.Context(), s.Store, storage.CaseFilter{States: closedStates, Sites: sites, Limit: listedAtOnce}) {
		if err == nil && fitsClosed(&k, recovery.Priority(rank), reason) {
			err = one("closed", &k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fitsClosed reports whether a case that is over is among those that the list is narrowed to.
func fitsClosed(k *storage.Case, rank recovery.Priority, reason string) bool {
	if rank >= 1 && rank <= 3 && k.Decision.Priority != rank {
		return false
	}
	return reason == "" || slices.ContainsFunc(k.Decision.Reasons, func(x recovery.Reason) bool { return strings.HasPrefix(string(x), reason) })
}

// eachStanding reads cases that stand somewhere, f.Limit at a time.
func (s *site) eachStanding(ctx context.Context, f storage.StandingFilter, each func(*storage.Case) error) error {
	for {
		cases, err := s.Store.Standing(ctx, f)
		if err != nil {
			return err
		}
		for i := range cases {
			if err := each(&cases[i]); err != nil {
				return err
			}
		}
		if len(cases) < f.Limit {
			return nil
		}
		f.After = cases[len(cases)-1].Place()
	}
}

// askingFile hands out who was asked, and who was not and why, of the days of the page, the newest first.
func (s *site) askingFile(r *http.Request, v Viewer, sites []string, row func([]any) error) error {
	if sites == nil {
		sites = s.Bot.Configuration().Now().EverySite()
	}
	f := storage.AskFilter{Sites: sites, Since: s.Clock().AddDate(0, 0, -askingDays), State: outcomeOf(r), Limit: listedAtOnce}
	return eachAsk(r.Context(), s.Store, f, func(x *storage.Ask) error {
		var sent any
		if !x.Sent.IsZero() {
			sent = s.rowMoment(x.Sent, x.Site)
		}
		name := ""
		if v.Can(access.SeeCases, x.Site) {
			name = x.With["case"]
		}
		return row([]any{s.rowMoment(x.Made, x.Site), x.Site, x.Customer, x.Service, x.Trigger, x.Flow, x.By, x.State, x.Reason, sent, name, x.Test})
	})
}

// eachAsk reads asks f.Limit at a time. Many may be made at one moment: those of the last are read again with the next,
// and told once.
func eachAsk(ctx context.Context, from storage.Asking, f storage.AskFilter, each func(*storage.Ask) error) error {
	for told := map[string]bool{}; ; {
		list, err := from.Asks(ctx, f)
		if err != nil || len(list) == 0 {
			return err
		}
		last, fresh := list[len(list)-1].Made, 0
		for i := range list {
			if told[list[i].ID] {
				continue
			}
			fresh++
			if err := each(&list[i]); err != nil {
				return err
			}
		}
		if len(list) < f.Limit {
			return nil
		}
		if fresh == 0 { // more were made at this moment than are read at once
			f.Limit *= 2
			continue
		}
		told = map[string]bool{}
		for i := range list {
			if list[i].Made.Equal(last) {
				told[list[i].ID] = true
			}
		}
		f.Before = last.Add(time.Microsecond)
	}
}

// customersFound are the names in rows of those whom a search of the page finds.
func (s *site) customersFound(r *http.Request, v Viewer, query string) ([]string, error) {
	people, err := bot.LookUpPeople(r.Context(), s.Bot, query)
	if err == nil && len(people) == 0 {
		people, _, err = bot.PeopleNamed(r.Context(), s.Bot, query)
	}
	names := []string{}
	for _, d := range people {
		if seen, _ := visible(v, d); nothing(seen) {
			continue
		}
		names = append(names, d.Keys...)
		for _, i := range d.Identities {
			names = append(names, i.ID)
		}
	}
	return names, err
}
