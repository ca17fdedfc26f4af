package bot

import (
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/storage"
)

// mostSites is how many sites are offered as buttons. With more of them nobody is asked.
const mostSites = 24

// askSite asks which site the feedback is about, in one tap. Its case is open already:
// who does not answer is heard all the same.
func (t *turn) askSite() {
	sites := t.snap.NamedSites()
	if len(sites) == 0 || len(sites) > mostSites {
		return
	}
	v := t.person()
	m := chat.Message{Text: v.Say("which_site"), Lang: v.Lang}
	for _, id := range sites {
		m.Rows = append(m.Rows, []chat.Button{{Text: t.snap.Sites[id].Name, Data: render.SiteData(t.session.ID, id)}})
	}
	t.want(storage.Want{Slot: named(t.session.ID, "site"), Kind: storage.QuestionD, Render: m})
}

// siteTapped notes which site feedback is about; its case goes to that site's staff.
func (t *turn) siteTapped(u *chat.Update) error {
	t.tapped = true
	if t.identity == nil || t.session == nil || t.session.Identity != t.identity.ID {
		t.session = nil
		t.answer(t.reader(u).Say("not_yours"), true)
		return nil
	}
	for _, id := range t.snap.NamedSites() {
		if render.SiteData(t.session.ID, id) != u.Data {
			continue
		}
		t.session.Site, t.session.Day, t.out.Session = id, "", t.session // the day is that of the site
		if t.desk != nil {
			t.desk.kase.Site, t.out.Case = id, t.desk.kase
		}
		if err := t.configure(); err != nil {
			return err
		}
		v := t.person()
		thanks := v.Say("site_noted", "site", t.snap.Sites[id].Name)
		t.want(storage.Want{
			Slot: named(t.session.ID, "site"), Kind: storage.QuestionD, OnlyIfKnown: true, Render: chat.Message{Text: thanks, Lang: v.Lang},
		})
		t.answer(thanks, false)
		return nil
	}
	t.answer(t.person().Say("unknown_button"), true)
	return nil
}
