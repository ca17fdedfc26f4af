package admin

import "net/http"

// keyRoutes are the page of shortcuts.
var keyRoutes = []route{{pattern: "GET /keys", page: (*site).keys}}

// keyGroup is a part of the shortcuts: the key of its heading, and what they do.
type keyGroup struct {
	Name string
	Keys []keyRow
}

type keyRow struct{ Keys, Does string }

func (s *site) keys(w http.ResponseWriter, r *http.Request, v Viewer) error {
	words := s.words(r, v)
	row := func(keys, does string, args ...any) keyRow { return keyRow{keys, words.t(does, args...)} }
	p := []keyGroup{
		{"keys_everywhere", []keyRow{
			row("?", "key_help"), row("/", "key_search"), row("Esc", "key_escape"), row("g t", "today"), row("g c", "cases"), row("g u", "customers"),
			row("g a", "answers"), row("g r", "reports"), row("g f", "surveys"), row("g p", "people"), row("g s", "settings"),
		}},
		{"keys_list", []keyRow{row("j k", "key_move"), row("Enter", "key_open"), row("t", "key_act"), row("x", "key_mark")}},
		{"keys_flow", []keyRow{row("Alt+N", "key_add"), row("Alt+↑ Alt+↓", "key_order"), row("Ctrl+Z", "flow_undo"), row("Ctrl+Shift+Z", "flow_redo")}},
		{"keys_case", []keyRow{
			row("t", "act_take"), row("r", "key_reply"), row("n", "key_note"), row("Ctrl+Enter", "key_send"), row("e", "act_resolve"), row("a", "act_assign"), row("z", "act_snooze"), row("[ ]", "key_beside"),
		}},
	}
	return s.show(w, r, v, http.StatusOK, "keys.html", frame{Title: words.t("keys_title"), Here: "/help", Back: &link{"/help", words.t("help")}}, p)
}
