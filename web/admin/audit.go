package admin

import (
	"net/http"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

// auditRoutes are the page of who changed what.
var auditRoutes = []route{{pattern: "GET /audit", deed: access.SeeAudit, page: in(settingsPages.auditPage)}}

const auditRows = 50

// auditPageView is a list of changes, newest first.
type auditPageView struct {
	Rows    []auditRow
	Older   string // address of those before, "" = none
	Filters []field
	Found   bool
}

type auditRow struct{ At, Who, Role, From, What, Subject, Before, After string }

func (s settingsPages) auditPage(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if !v.Can(access.SeeAudit, access.EverySite) {
		return notAllowed(nil)
	}
	words, q := s.words(r, v), r.URL.Query()
	f := storage.AuditFilter{Who: q.Get("who"), What: q.Get("what"), Subject: q.Get("subject"), Before: q.Get("before"), Limit: auditRows + 1}
	list, err := s.Store.Audits(r.Context(), f)
	if err != nil {
		return err
	}
	p := auditPageView{Found: f.Who+f.What+f.Subject != "", Filters: []field{
		{Name: "who", Label: words.t("audit_who"), Value: f.Who}, {Name: "subject", Label: words.t("audit_subject"), Value: f.Subject},
	}}
	if len(list) > auditRows {
		list = list[:auditRows]
		q.Set("before", list[auditRows-1].ID)
		p.Older = "/audit?" + q.Encode()
	}
	for _, a := range list {
		what := "audit_" + a.What
		if what = words.t(what); what == "audit_"+a.What {
			what = a.What
		}
		who := a.Who
		if who == "" {
			who = words.t("audit_server")
		}
		p.Rows = append(p.Rows, auditRow{
			At: a.At.Format("2006-01-02 15:04") + " UTC", Who: who, Role: a.Role, From: words.t("from_" + a.From), What: what, Subject: a.Subject, Before: a.Before, After: a.After,
		})
	}
	return s.show(w, r, v, http.StatusOK, "audit.html", frame{Title: words.t("audit"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}, p)
}
