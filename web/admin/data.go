package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/privacy"
)

// Backups are made on the server, one at a time, and stay there.
type Backups interface {
	// Begin begins one, unless one is being made or there is no place for it.
	Begin()
	// State says how far it is.
	State() BackupState
}

// BackupState is what is known of backups that this process made.
type BackupState struct {
	Where   string // the directory for them; "" = none is set
	Running bool
	Dir     string // of the last one that is whole
	Rows    int64
	Bytes   int64
	Ended   time.Time // of the last one; zero = none was made
	Fault   string    // why it is not whole
}

// dataRoutes are how long what is kept, and copies of it.
var dataRoutes = []route{
	{pattern: "GET /settings/data", deed: access.BackUp, page: in(settingsPages.data)},
	{pattern: "POST /settings/data/backup", deed: access.BackUp, page: in(settingsPages.backUp)},
	{pattern: "POST /settings/data/retention", deed: access.SetRetention, page: in(settingsPages.saveRetention)},
}

// dataPage is both.
type dataPage struct {
	form    // days of each class
	Backup  *backupView
	Classes []keptClass
	Asks    []goes // what will go, before it does
	Values  [][2]string
}

type backupView struct {
	Where, Fault, Dir, About string
	Running                  bool
}

// keptClass is a class of data with its field.
type keptClass struct {
	Field              field
	What, Since, Leave string
}

// goes is how much of a class is older than it is to be kept.
type goes struct {
	What string
	Text string
}

func (s settingsPages) retentionForm(words *words, now privacy.Retention) form {
	var f form
	for _, c := range privacy.Classes() {
		x := field{Name: string(c), Label: words.t("class_" + string(c)), Hint: words.t("class_since", words.t("since_"+string(c)), words.t("leaves_"+string(c)))}
		if days, ok := now[c]; ok && days > 0 {
			x.Value = strconv.Itoa(days)
		} else if c == privacy.Messages {
			x.Value = strconv.Itoa(privacy.MessageDays)
		}
		x.Was = x.Value
		f.Fields = append(f.Fields, x)
	}
	return f
}

func (s settingsPages) data(w http.ResponseWriter, r *http.Request, v Viewer) error {
	now, err := s.Store.RetentionDays(r.Context())
	if err != nil {
		return err
	}
	return s.showData(w, r, v, http.StatusOK, dataPage{form: s.retentionForm(s.words(r, v), now)})
}

func (s settingsPages) showData(w http.ResponseWriter, r *http.Request, v Viewer, status int, p dataPage) error {
	words := s.words(r, v)
	if s.Backups != nil {
		b := s.Backups.State()
		p.Backup = &backupView{Where: b.Where, Fault: b.Fault, Dir: b.Dir, Running: b.Running}
		if !b.Ended.IsZero() && b.Fault == "" {
			p.Backup.About = words.t("backup_about", words.moment(s.Clock(), b.Ended, s.houseZone()), b.Rows, (b.Bytes+1<<20-1)>>20)
		}
	}
	return s.show(w, r, v, status, "data.html", frame{Title: words.t("data"), Here: "/settings", Back: &link{"/settings", words.t("settings")}}, p)
}

func (s settingsPages) backUp(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if s.Backups == nil {
		return s.nothingHere(w, r, v)
	}
	s.Backups.Begin()
	return s.done(w, r, s.audit(v, "data.backup", ""), "/settings/data")
}

// saveRetention says first what will go, and sets the days when that was seen.
func (s settingsPages) saveRetention(w http.ResponseWriter, r *http.Request, v Viewer) error {
	ctx, words := r.Context(), s.words(r, v)
	now, err := s.Store.RetentionDays(ctx)
	if err != nil {
		return err
	}
	p := dataPage{form: s.retentionForm(words, now)}
	if err := p.read(w, r); err != nil {
		return err
	}
	next := now
	changed := map[privacy.Class]int{}
	for i := range p.Fields {
		x, c := &p.Fields[i], privacy.Class(p.Fields[i].Name)
		stored := s.retentionForm(words, now).Fields[i].Value
		if x.merge(stored, words.t("changed_meanwhile")); x.Value == stored || x.Fault != "" {
			continue
		}
		days := 0
		if x.Value != "" {
			if days, err = strconv.Atoi(x.Value); err != nil || days < 1 || days > privacy.MostDays {
				x.Fault = words.t("days_fault", privacy.MostDays)
				continue
			}
		}
		if next, err = next.Set(c, days); err != nil {
			return fmt.Errorf("set the days of %s: %w", c, err)
		}
		changed[c] = days
	}
	switch {
	case len(p.Faults()) > 0:
		return s.showData(w, r, v, http.StatusUnprocessableEntity, p)
	case len(changed) == 0:
		http.Redirect(w, r, s.Prefix+"/settings/data", http.StatusSeeOther)
		return nil
	case !s.proved(w, r, v, "/settings/data"):
		return nil
	case r.PostForm.Get("seen") == "":
		old, err := bot.Privacy(s.Bot).Old(ctx, next)
		if err != nil {
			return err
		}
		for _, o := range old {
			if days, ok := changed[o.Class]; ok {
				what := words.t("goes_never")
				if days > 0 || o.Class == privacy.Messages {
					what = words.t("goes_now", o.Days, o.Count)
				}
				p.Asks = append(p.Asks, goes{words.t("class_" + string(o.Class)), what})
			}
		}
		for _, x := range p.Fields {
			p.Values = append(p.Values, [2]string{x.Name, x.Value})
		}
		return s.showData(w, r, v, http.StatusOK, p)
	}
	for c, days := range changed {
		if err := s.Store.SetRetentionDays(ctx, c, days); err != nil {
			return err
		}
		a := s.audit(v, "data.retention", string(c))
		a.Before, a.After = daysText(now[c]), daysText(days)
		if err := s.Store.PutAudit(ctx, a); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.Prefix+"/settings/data?done=data_saved", http.StatusSeeOther)
	return nil
}

// daysText is a length of time in the words of the product.
func daysText(days int) string {
	if days == 0 {
		return "for good"
	}
	return strconv.Itoa(days) + " days"
}
