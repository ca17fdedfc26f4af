package admin

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
)

// contactForm is whom an organisation leaves in peace, at every site or at one of its own, as sentences
// with numbers in them.
type contactForm struct {
	form
	draft   *triggerDraft
	was     invitation.Contact
	Site    string // "" = every site
	Title   string
	Sites   []option
	Own     bool
	Problem string
	Wrong   []string // that stands at no field
	Tried   *triedTriggers
}

// contactClasses are the classes of surveys, each with a clock of its own.
func contactClasses() []survey.Class {
	return []survey.Class{survey.Transactional, survey.Relationship, survey.Pulse, survey.Recovery, survey.Mystery}
}

// Classes are the rows of the table of clocks.
func (*contactForm) Classes() []survey.Class { return contactClasses() }

// Bases are on what somebody may be asked.
func (*contactForm) Bases() []string { return triggerfile.Bases() }

// path is where the limits stand in the file.
func (c *contactForm) path(at string) string {
	if c.Site == "" {
		return "contact/" + at
	}
	return "sites/" + c.Site + "/contact/" + at
}

// contactKeys are what limits say beside their classes, in the order in which they are written.
var contactKeys = []string{"declined", "cap/offers", "cap/within", "quiet/hours", "quiet/zone", "wait", "reminder/after", "open_case", "consent"}

// contactValues are what limits say, by where it stands in the file; a span of nothing is "0m".
func contactValues(c *invitation.Contact) map[string]string {
	out := map[string]string{
		"declined": c.Declined.String(), "cap/offers": strconv.Itoa(c.CapOffers), "cap/within": c.CapWithin.String(), "wait": c.Wait.String(),
		"reminder/after": c.Remind.String(), "open_case": c.OpenCase, "consent": strings.Join(c.Consent, ", "),
		"quiet/hours": "none", "quiet/zone": invitation.OfCustomer,
	}
	if c.Quiet != (recovery.Interval{}) {
		out["quiet/hours"] = intervalText(c.Quiet)
	}
	if c.QuietSite {
		out["quiet/zone"] = invitation.OfSite
	}
	for _, class := range contactClasses() {
		at, clock := "classes/"+string(class)+"/", c.Classes[class]
		out[at+"every"], out[at+"same_flow"], out[at+"exempt"] = clock.Every.String(), clock.Flow.String(), strconv.FormatBool(clock.Exempt)
	}
	return out
}

// contactOf is the form of the limits of a site, "" = of every site.
func (s triggerPages) contactOf(r *http.Request, v Viewer, t *triggerDraft, site string) (*contactForm, error) {
	words := s.words(r, v)
	all, err := s.Store.Sites(r.Context())
	if err != nil {
		return nil, err
	}
	c := contactFormOf(words, t, site, storage.Present(all))
	if c == nil {
		return nil, &page.Error{Code: page.NotFound, Title: "no_site", Text: "no_site_text"}
	}
	return c, nil
}

func contactFormOf(words *words, t *triggerDraft, site string, sites []storage.Site) *contactForm {
	c := &contactForm{draft: t, Site: site, Title: words.t("every_site"), was: t.policy.At(site)}
	known := site == ""
	c.Sites = []option{{"", c.Title}}
	for _, x := range sites {
		c.Sites = append(c.Sites, option{x.ID, cmp.Or(x.Name, x.ID)})
		if x.ID == site {
			known, c.Title = true, cmp.Or(x.Name, x.ID)
		}
	}
	if !known {
		return nil
	}
	c.Own = site != "" && t.doc.Has("sites/"+site+"/contact")
	c.fields(words)
	at := "contact"
	if site != "" {
		at = "sites/" + site + "/contact"
	}
	wrong := t.wrong(at)
	for _, path := range sortedKeys(wrong) {
		x := c.field(contactField(path))
		if x == nil {
			c.Wrong = append(c.Wrong, wrong[path]...)
			continue
		}
		x.Fault = strings.Join(wrong[path], " ")
	}
	return c
}

// contactField is the field of something that stands in the file.
func contactField(path string) string {
	switch path {
	case "quiet", "quiet/hours":
		return "quiet.from"
	case "reminder", "reminder/times":
		return "reminder.after"
	case "cap":
		return "cap.offers"
	}
	if strings.HasPrefix(path, "consent") {
		return "consent." + triggerfile.Bases()[0]
	}
	return strings.ReplaceAll(path, "/", ".")
}

func (c *contactForm) fields(words *words) {
	now := contactValues(&c.was)
	span := func(at, label string) {
		value := now[at]
		if value == "0m" {
			value = ""
		}
		c.add(field{Name: contactField(at), Label: label, Kind: "lapse", Value: value})
	}
	for _, class := range contactClasses() {
		at, name := "classes/"+string(class)+"/", words.t("limit_class_"+string(class))
		span(at+"every", name+" · "+words.t("limit_every"))
		span(at+"same_flow", name+" · "+words.t("limit_same"))
		c.add(field{Name: contactField(at + "exempt"), Label: words.t("limit_exempt"), Kind: "check", Value: checked(c.was.Classes[class].Exempt)})
	}
	span("declined", words.t("limit_declined"))
	c.add(field{Name: "cap.offers", Label: words.t("limit_cap"), Kind: "number", Value: strings.TrimPrefix(now["cap/offers"], "0")})
	span("cap/within", words.sentences(words.t("limit_cap"), words.t("limit_cap_within")))
	none := c.was.Quiet == (recovery.Interval{})
	c.add(field{Name: "quiet.from", Label: words.t("limit_quiet_from"), Kind: "time", Value: timeText(c.was.Quiet.From, none)})
	c.add(field{Name: "quiet.to", Label: words.t("limit_quiet_from") + " … " + words.t("limit_quiet_to"), Kind: "time", Value: timeText(c.was.Quiet.To, none)})
	c.add(field{Name: "quiet.zone", Label: words.t("limit_zone"), Kind: "select", Value: now["quiet/zone"], Options: []option{
		{invitation.OfCustomer, words.t("limit_zone_customer")}, {invitation.OfSite, words.t("limit_zone_site")},
	}})
	span("wait", words.t("limit_wait"))
	span("reminder/after", words.t("limit_remind"))
	c.add(field{Name: "open_case", Label: words.t("limit_case"), Kind: "select", Value: now["open_case"], Options: []option{
		{invitation.HoldCase, words.t("limit_case_hold")}, {invitation.AskCase, words.t("limit_case_ask")},
	}})
	for _, basis := range triggerfile.Bases() {
		c.add(field{Name: "consent." + basis, Label: words.t("limit_basis_" + basis), Kind: "check", Value: checked(slices.Contains(c.was.Consent, basis))})
	}
}

// wants is what something is to say by the form. What is wrong stands at its field.
func (c *contactForm) wants(words *words, at string) string {
	switch at {
	case "quiet/hours":
		x, err := intervalOf(c.field("quiet.from").Value, c.field("quiet.to").Value)
		if err != nil {
			c.field("quiet.from").Fault = words.t("times_fault")
		}
		return cmp.Or(intervalText(x), "none")
	case "consent":
		var bases []string
		for _, basis := range triggerfile.Bases() {
			if c.field("consent."+basis).Value != "" {
				bases = append(bases, basis)
			}
		}
		return strings.Join(bases, ", ")
	}
	x := c.field(contactField(at))
	switch x.Kind {
	case "lapse":
		span, err := spanOf(x.Value)
		if err != nil {
			x.Fault = words.t("span_fault")
		}
		return span.String()
	case "number":
		n, err := strconv.Atoi(cmp.Or(x.Value, "0"))
		if err != nil || n < 0 {
			x.Fault = words.t("number_fault")
		}
		return strconv.Itoa(n)
	case "check":
		return strconv.FormatBool(x.Value != "")
	}
	return x.Value
}

// settle says what is to change. What is wrong stands at its field.
func (c *contactForm) settle(words *words) (out []change) {
	now, quiet := contactValues(&c.was), false
	var all []string
	for _, class := range contactClasses() {
		for _, key := range []string{"every", "same_flow", "exempt"} {
			all = append(all, "classes/"+string(class)+"/"+key)
		}
	}
	for _, at := range append(all, contactKeys...) {
		want := c.wants(words, at)
		if want == now[at] {
			continue
		}
		switch at {
		case "consent":
			if want != "" {
				want = "[" + want + "]"
			} else if c.Site != "" && len(c.draft.policy.Contact.Consent) > 0 {
				c.field("consent." + triggerfile.Bases()[0]).Fault = words.t("limit_basis_needed")
			}
		case "quiet/hours", "quiet/zone":
			if word, ok := c.draft.doc.Plain(c.path("quiet")).(string); ok && !quiet { // "none", in the place of both
				quiet, out = true, append(out, change{at: c.path("quiet"), yaml: "{hours: " + word + "}"})
			}
		case "reminder/after":
			if times := c.path("reminder/times"); c.draft.doc.Show(times) == "0" && want != "0m" {
				out = append(out, change{at: times, yaml: "1"})
			}
		}
		out = append(out, change{at: c.path(at), yaml: want})
	}
	return out
}

// saveContact stores the limits in the draft, or says whom they would have left in peace.
func (s triggerPages) saveContact(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := mayTrigger(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	for range tries { // somebody else may be first
		done, err := s.contactSaved(w, r, v)
		if errors.Is(err, errTriggersUnreadable) {
			return s.toTriggers(w, r, "/file")
		}
		if err != nil || done {
			return err
		}
	}
	return &page.Error{Code: page.Unavailable, Title: "unavailable", Text: "unavailable_text"}
}

// contactSaved is one try to do so; false = somebody else was first.
func (s triggerPages) contactSaved(w http.ResponseWriter, r *http.Request, v Viewer) (done bool, err error) {
	words, do := s.words(r, v), r.PostForm.Get("do")
	t, err := s.triggerDraftNow(r.Context())
	if err != nil {
		return true, err
	}
	c, err := s.contactOf(r, v, t, r.PostForm.Get("site"))
	if err != nil {
		return true, err
	}
	for i := range c.Fields { // what was wrong in the draft is judged anew
		c.Fields[i].Fault = ""
	}
	if err := c.merged(w, r, words); err != nil {
		return true, err
	}
	changes := c.settle(words)
	if do == "same" && c.Own {
		changes = []change{{at: strings.TrimSuffix(c.path(""), "/")}}
	} else if len(c.Faults()) > 0 {
		return true, s.showTriggers(w, r, v, http.StatusUnprocessableEntity, t, *c)
	}
	source, err := applyTriggers(t.Source, changes)
	if refused, ok := errors.AsType[*draft.Refused](err); ok {
		c.Problem = refused.Error()
		return true, s.showTriggers(w, r, v, http.StatusUnprocessableEntity, t, *c)
	}
	if err != nil {
		return true, err
	}
	if do == "try" {
		if c.Tried, c.Wrong, err = s.triedText(r, v, t.known, source); err != nil {
			return true, err
		}
		return true, s.showTriggers(w, r, v, http.StatusOK, t, *c)
	}
	if source != t.Source {
		if _, stored, err := s.putDraft(r.Context(), v, t.drafted, source, "limit_policy", 0); err != nil || !stored {
			return false, err
		}
	}
	switch {
	case do == "publish":
		return true, s.toTriggers(w, r, "/publish")
	case c.Site != "":
		return true, s.toTriggers(w, r, "?done=rules_drafted&site="+queryEscape(c.Site))
	}
	return true, s.toTriggers(w, r, "?done=rules_drafted")
}
