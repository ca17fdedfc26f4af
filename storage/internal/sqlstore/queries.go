package sqlstore

import (
	"strings"
)

// The columns of each table, in the order in which rows are written and read. Records
// are kept whole as JSON in body; the other columns are there because a query asks
// for them.
const (
	identityColumns   = "bucket, id, session, platform, account, person, customer, body"
	invitationColumns = "bucket, id, flow, version, site, customer, created_at, expires_at, body"
	sessionColumns    = "bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, ended_at, expires_at, composite, level, unsatisfied, test, body"
	answerColumns     = "bucket, session, question, revision, value, choices, text, files, skipped, dropped, at"
	caseColumns       = "bucket, id, number, session, identity, site, customer, state, priority, opened_at, tell_at, body, due, rules, holder, unposted"
	caseEventColumns  = "bucket, id, case_id, at, kind, person, detail, note"
	feedbackColumns   = "bucket, id, kind, session, identity, customer, site, owner, case_id, text, at, announced"
	wordsColumns      = "bucket, id, session, case_id, inbound, text, files, at"
	// What changes while a delivery is on its way; its key and created come before.
	stateColumns    = "platform, account, chat, thread, shown, shown_ref, shown_sum, base, repeated, state, due, attempts, tried, epoch, error"
	deliveryColumns = "bucket, slot, owner, identity, platform, account, chat, thread, kind, ord, render, hash, wanted, shown, shown_ref, shown_sum, base, repeated, state, due, attempts, tried, epoch, error, created"
	parkedColumns   = "bucket, key, platform, account, person, payload, error, at"

	staffChatColumns    = "name, sites, platform, account, chat, thread, created, linked, gone, why, announced"
	installationColumns = "platform, account, name, sealed, scopes, installer, installed"
)

// feedbackRead is feedback without its bucket, as it is read.
const feedbackRead = "id, kind, session, identity, customer, site, owner, case_id, text, at, announced"

func columns(list string) []string { return strings.Split(list, ", ") }

// queries is every statement of the store. ord > 0, epoch >= 0, key > ” and number > 0
// hold for every row: they name the index that is meant (see the migrations).
type queries struct {
	// The bucket's row is the lock under which everything of the bucket is written.
	lockBucket, updateBucket, insertBucket, countBuckets string
	protocol                                             string
	// Keys of updates that were handled.
	insertKeys          *list
	deleteKey, keyBatch string
	// Records: id, link, body by id. A link is the id of what is loaded next.
	identities, sessions, invitations, cases *keyed
	sessionIDs                               *keyed
	putIdentities, putSessions               *list
	putInvitations, putCases                 *list
	insertAnswers, insertEvents, insertWords *list
	// Deliveries.
	slots, slotStates, unsettled                                  *keyed
	putDeliveries, putStates, heads, doubtful                     *list
	transcript, failed                                            string
	answers, caseEvents, expiring                                 string
	casesOf                                                       map[caseList]string
	casesDue, casesBefore, casesHeld, casesUnposted               string
	past                                                          string
	earlier, shown                                                *sized
	countDue, countFailed, countParked, sumBuckets                string
	flows, rules                                                  *versions
	flowsNewest                                                   string
	putSite, sites, putCustomer, customer                         string
	putAccount, accounts, putMove, moves                          string
	revision, raise                                               string
	putInstallation, installations, dropInstallation              string
	putStaff, staffList, lockStaff, dropStaff                     string
	putStaffCode, useStaffCode, dropStaffCodes                    string
	putStaffLink, staffLinks, dropStaffLinks                      string
	putStaffChat, staffChats, lockStaffChat                       string
	dropStaffChat, linkStaffChat, chatGone, chatBack              string
	chatAnnounced, putChatCode, useChatCode, dropChatCodes        string
	addOpened, insertFeedback                                     *list
	casesOpened, unannouncedCounts, unannouncedCases, pruneOpened string
	feedback, unannouncedFeedback, feedbackAnnounced              string
	sessionsOf                                                    string
	putParked, parked, parkedOne                                  string
	isParked, unpark, dropParked                                  string
	acquire, release                                              string
	pruneKeys, pruneDeliveries                                    string
	all, boot                                                     []string
}

const unsettledStates = "('due','sending')"

// perRow ends a question about another table that is put for each row, as it stands.
const perRow = " LIMIT 1 OFFSET 0"

func newQueries(d Dialect) *queries {
	t := &texts{dialect: d}
	record := func(table, link string) *keyed { return t.keyed("id, "+link+", body", table, "id", "") }
	put := func(table, cols string, key ...string) *list { return t.put(table, key, columns(cols)) }
	insert := func(table, cols, tail string) *list {
		return t.rows(table, columns(cols), tail)
	}
	// Of whom nobody will show anything yet.
	withoutRender := strings.Replace(deliveryColumns, " render,", " '' AS render,", 1)
	q := &queries{
		lockBucket:   t.one("UPDATE buckets SET version = version + ? WHERE bucket = ? AND protocol = " + protocol + " RETURNING cases, ord, version"),
		updateBucket: t.one("UPDATE buckets SET cases = ?, ord = ?, sessions = sessions + ?, answers = answers + ? WHERE bucket = ?"),
		insertBucket: t.one("INSERT INTO buckets (bucket, cases, ord, sessions, answers, protocol) VALUES (?, 0, 0, 0, 0, " + protocol + ") ON CONFLICT (bucket) DO NOTHING"),
		protocol:     t.one("SELECT protocol FROM buckets WHERE bucket = ?"),
		countBuckets: t.one("SELECT count(*) FROM buckets"),

		// What RETURNING yields was not seen before.
		insertKeys: insert("seen", "bucket, key, at, batch", "ON CONFLICT (bucket, key) DO NOTHING RETURNING key"),
		deleteKey:  t.one("DELETE FROM seen WHERE bucket = ? AND key = ?"),
		keyBatch:   t.one("SELECT batch FROM seen WHERE bucket = ? AND key = ?"),

		identities:  record("identities", "session"),
		sessions:    record("sessions", "case_id"),
		invitations: record("invitations", "site"),
		cases:       record("cases", "session"),
		sessionIDs:  t.keyed("id", "sessions", "id", ""),

		putIdentities:  put("identities", identityColumns, "bucket", "id"),
		putSessions:    put("sessions", sessionColumns, "bucket", "id"),
		putInvitations: put("invitations", invitationColumns, "bucket", "id"),
		putCases:       put("cases", caseColumns, "bucket", "id"),
		// Answers have no ON CONFLICT: a revision that exists already is a mistake of
		// whoever made it, and must not vanish.
		insertAnswers: insert("answers", answerColumns, ""),
		insertEvents:  insert("case_events", caseEventColumns, "ON CONFLICT (bucket, id) DO NOTHING"),
		insertWords:   insert("words", wordsColumns, "ON CONFLICT (bucket, id) DO NOTHING"),

		slots:      t.keyed(deliveryColumns, "deliveries", "slot", ""),
		slotStates: t.keyed(withoutRender, "deliveries", "slot", ""),
		// What else waits in the chats of claimed deliveries: only what Claim looks at.
		unsettled: t.keyed("slot, identity, platform, account, chat, thread, ord, shown_ref, state, epoch", "deliveries", "chat",
			" AND ord > 0 AND state IN "+unsettledStates),
		putDeliveries: put("deliveries", deliveryColumns, "bucket", "slot"),
		// Only rows that were read under the bucket's lock: every one of them conflicts.
		putStates: t.states(),

		transcript: t.one("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND ord > 0 AND platform = ? AND account = ? AND thread = ? ORDER BY ord, slot"),
		// The lowest unsettled delivery of each chat, edits aside, if it is due. The inner question is put
		// so that only the index by chat can answer it: by account it would look at the whole
		// backlog for each of its deliveries. OFFSET 0 keeps it a question for each delivery: made a
		// join while the table was empty, it would be one of everything with everything.
		heads: t.asked([]string{"platform", "account"}, func(of func(string) string) string {
			return "SELECT " + withoutRender + " FROM deliveries d" +
				" WHERE platform = " + of("platform") + " AND account = " + of("account") +
				" AND bucket = ? AND epoch >= 0 AND state IN " + unsettledStates + " AND state = 'due' AND due <= ?" +
				" AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.bucket = ? AND e.chat = d.chat AND e.ord > 0 AND e.state IN " + unsettledStates +
				" AND e.ord < d.ord AND e.shown_ref = '' AND NOT (e.platform <> d.platform OR e.account <> d.account OR e.thread <> d.thread)" + perRow + ")" +
				" ORDER BY ord LIMIT ?"
		}),
		// The condition on the kind names the index. A chat's messages may lie in any bucket.
		shown: t.each("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND chat = ? AND shown_ref = ? AND kind IN ('card','relay') AND platform = ? AND account = ?"),
		doubtful: t.asked([]string{"platform", "account", "epoch"}, func(of func(string) string) string {
			return "SELECT " + deliveryColumns + " FROM deliveries" +
				" WHERE platform = " + of("platform") + " AND account = " + of("account") + " AND deliveries.epoch < " + of("epoch") +
				" AND bucket = ? AND deliveries.epoch >= 0 AND state IN " + unsettledStates + " AND state = 'sending'" +
				" ORDER BY ord LIMIT ?"
		}),
		failed: t.one("SELECT " + deliveryColumns + " FROM deliveries" +
			" WHERE bucket = ? AND state = 'failed' ORDER BY due DESC, slot LIMIT ?"),

		answers:    t.one("SELECT " + answerColumns + " FROM answers WHERE bucket = ? AND session = ? ORDER BY at, revision, question"),
		casesOf:    t.caseLists(),
		caseEvents: t.one("SELECT id, case_id, at, kind, person, detail, note FROM case_events WHERE bucket = ? AND case_id = ? ORDER BY at, id"),
		expiring: t.one("SELECT body, bucket FROM sessions WHERE bucket = ? AND expires_at IS NOT NULL AND expires_at <= ?" +
			" ORDER BY expires_at, id LIMIT ?"),
		casesDue:      t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?"),
		casesBefore:   t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND rules IS NOT NULL AND rules < ? ORDER BY rules, id LIMIT ?"),
		casesHeld:     t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND holder = ? AND holder > '' ORDER BY id LIMIT ?"),
		casesUnposted: t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND unposted ORDER BY opened_at, id LIMIT ?"),
		past: t.one("SELECT s.body, s.bucket, (SELECT c.body FROM cases c WHERE c.bucket = ? AND c.id = s.case_id AND c.session = s.id) FROM sessions s" +
			" WHERE s.bucket = ? AND s.id > ? AND s.started_at >= ? ORDER BY s.id LIMIT ?"),
		sessionsOf: t.one("SELECT body, bucket FROM sessions WHERE bucket = ? AND identity = ? AND identity > '' ORDER BY started_at DESC, id DESC LIMIT ?"),
		// Sessions that are only tests never count.
		earlier: t.each("SELECT count(*) FROM sessions WHERE bucket = ? AND customer = ? AND started_at >= ? AND started_at < ?" +
			" AND unsatisfied AND NOT test"),

		countDue:    t.one("SELECT count(*) FROM deliveries WHERE bucket = ? AND platform > '' AND epoch >= 0 AND state IN " + unsettledStates),
		countFailed: t.one("SELECT count(*) FROM deliveries WHERE bucket = ? AND state = 'failed'"),
		countParked: t.one("SELECT count(*) FROM parked"),
		sumBuckets:  t.one("SELECT sum(sessions), sum(answers), sum(cases) FROM buckets"),

		flows: t.versions("flow", "flow_heads", "flows"),
		rules: t.versions("name", "rule_heads", "rules"),
		flowsNewest: t.one("SELECT f.flow, f.version, f.source, f.published FROM flows f" +
			" JOIN flow_heads h ON h.flow = f.flow AND h.version = f.version ORDER BY f.flow"),

		putSite: t.one("INSERT INTO sites (id, name, zone, language, signs, created) VALUES (?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (id) DO UPDATE SET name = excluded.name, zone = excluded.zone, language = excluded.language, signs = excluded.signs"),
		sites: t.one("SELECT id, name, zone, language, signs, created FROM sites ORDER BY id"),
		putCustomer: t.one("INSERT INTO customers (id, name, tier, created) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (id) DO UPDATE SET name = excluded.name, tier = excluded.tier"),
		customer: t.one("SELECT id, name, tier, created FROM customers WHERE id = ?"),
		putAccount: t.one("INSERT INTO accounts (platform, id, name, seen) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (platform, id) DO UPDATE SET name = excluded.name, seen = excluded.seen"),
		accounts: t.one("SELECT platform, id, name, seen FROM accounts ORDER BY platform, id"),
		putMove: t.one("INSERT INTO moves (platform, account, chat, thread, to_platform, to_account, to_chat, to_thread)" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (platform, account, chat, thread) DO UPDATE SET" +
			" to_platform = excluded.to_platform, to_account = excluded.to_account, to_chat = excluded.to_chat, to_thread = excluded.to_thread"),
		moves: t.one("SELECT platform, account, chat, thread, to_platform, to_account, to_chat, to_thread FROM moves"),

		revision: t.one("SELECT number FROM revision WHERE name = 'configuration'"),
		raise:    t.one("UPDATE revision SET number = number + 1 WHERE name = 'configuration'"),

		putInstallation: t.one("INSERT INTO installations (" + installationColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account) DO UPDATE SET name = excluded.name, sealed = excluded.sealed," +
			" scopes = excluded.scopes, installer = excluded.installer, installed = excluded.installed"),
		installations:    t.one("SELECT " + installationColumns + " FROM installations WHERE platform = ? ORDER BY account"),
		dropInstallation: t.one("DELETE FROM installations WHERE platform = ? AND account = ?"),

		putStaff: t.one("INSERT INTO staff (id, name, roles, created, gone) VALUES (?, ?, ?, ?, NULL)" +
			" ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, gone = NULL"),
		staffList:      t.one("SELECT id, name, roles, created, gone FROM staff ORDER BY id"),
		lockStaff:      t.one("SELECT id FROM staff WHERE id = ? AND gone IS NULL{lock}"),
		dropStaff:      t.one("UPDATE staff SET gone = ? WHERE id = ? RETURNING id"),
		putStaffCode:   t.one("INSERT INTO staff_codes (hash, staff, expires, used) VALUES (?, ?, ?, '')"),
		useStaffCode:   t.one("UPDATE staff_codes SET used = ? WHERE hash = ? AND expires > ? AND (used = '' OR used = ?) RETURNING staff"),
		dropStaffCodes: t.one("DELETE FROM staff_codes WHERE staff = ?"),
		putStaffLink: t.one("INSERT INTO staff_links (platform, account, person, staff, linked) VALUES (?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account, person) DO UPDATE SET staff = excluded.staff, linked = excluded.linked"),
		staffLinks:     t.one("SELECT platform, account, person, staff FROM staff_links"),
		dropStaffLinks: t.one("DELETE FROM staff_links WHERE staff = ?"),

		addOpened: insert("cases_opened", "bucket, site, minute, p1, p2, p3", "ON CONFLICT (bucket, site, minute) DO UPDATE SET"+
			" p1 = cases_opened.p1 + excluded.p1, p2 = cases_opened.p2 + excluded.p2, p3 = cases_opened.p3 + excluded.p3"),
		insertFeedback: insert("feedback", feedbackColumns, "ON CONFLICT (bucket, id) DO NOTHING"),
		casesOpened:    t.one("SELECT site, minute, p1, p2, p3 FROM cases_opened WHERE bucket = ? AND minute >= ? ORDER BY minute, site"),
		unannouncedCounts: t.one("SELECT site, priority, count(*) FROM cases WHERE bucket = ? AND tell_at IS NOT NULL AND tell_at <= ?" +
			" GROUP BY site, priority ORDER BY site, priority"),
		unannouncedCases: t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND site = ? AND tell_at IS NOT NULL AND tell_at <= ?" +
			" ORDER BY priority, opened_at, id LIMIT ?"),
		pruneOpened:         t.one("DELETE FROM cases_opened WHERE bucket = ? AND minute < ?"),
		feedback:            t.one("SELECT " + feedbackRead + " FROM feedback WHERE bucket = ? AND id > '' ORDER BY at DESC, id DESC LIMIT ?"),
		unannouncedFeedback: t.one("SELECT " + feedbackRead + " FROM feedback WHERE bucket = ? AND announced IS NULL ORDER BY id LIMIT ?"),
		feedbackAnnounced:   t.one("UPDATE feedback SET announced = ? WHERE bucket = ? AND id = ?"),

		putStaffChat: t.one("INSERT INTO staff_chats (" + staffChatColumns + ") VALUES (?, ?, '', '', '', '', ?, NULL, NULL, '', FALSE)" +
			" ON CONFLICT (name) DO UPDATE SET sites = excluded.sites"),
		staffChats:    t.one("SELECT " + staffChatColumns + " FROM staff_chats ORDER BY name"),
		lockStaffChat: t.one("SELECT name FROM staff_chats WHERE name = ?{lock}"),
		dropStaffChat: t.one("DELETE FROM staff_chats WHERE name = ? RETURNING name"),
		linkStaffChat: t.one("UPDATE staff_chats SET platform = ?, account = ?, chat = ?, thread = ?, linked = ?, gone = NULL, why = '', announced = FALSE" +
			" WHERE name = ? RETURNING name"),
		chatGone:      t.one("UPDATE staff_chats SET gone = ?, why = ?, announced = FALSE WHERE name = ? AND gone IS NULL"),
		chatBack:      t.one("UPDATE staff_chats SET gone = NULL, why = '', announced = FALSE WHERE name = ? AND gone IS NOT NULL"),
		chatAnnounced: t.one("UPDATE staff_chats SET announced = TRUE WHERE name = ?"),
		putChatCode:   t.one("INSERT INTO chat_codes (hash, name, expires, used) VALUES (?, ?, ?, '')"),
		useChatCode:   t.one("UPDATE chat_codes SET used = ? WHERE hash = ? AND expires > ? AND (used = '' OR used = ?) RETURNING name"),
		dropChatCodes: t.one("DELETE FROM chat_codes WHERE name = ?"),

		// Only VALUES asks the clock, so that no UPDATE holds a volatile function:
		// excluded.expires - ttl is now.
		acquire: t.one("INSERT INTO leases (name, holder, epoch, expires) VALUES (?, ?, 1, {now} + ?)" +
			" ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires," +
			" epoch = CASE WHEN leases.holder = excluded.holder THEN leases.epoch ELSE leases.epoch + 1 END" +
			" WHERE leases.holder = excluded.holder OR leases.expires <= excluded.expires - ? RETURNING epoch"),
		// The row stays: its epoch must never be used again.
		release: t.one("UPDATE leases SET holder = '', expires = 0 WHERE name = ? AND holder = ?"),

		putParked: t.one("INSERT INTO parked (" + parkedColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (bucket, key) DO UPDATE SET error = excluded.error, at = excluded.at"),
		parked:     t.one("SELECT " + parkedColumns + " FROM parked ORDER BY at DESC, bucket, key LIMIT ?"),
		parkedOne:  t.one("SELECT " + parkedColumns + " FROM parked WHERE bucket = ? AND key = ?"),
		isParked:   t.one("SELECT count(*) FROM parked WHERE bucket = ? AND key = ?"),
		unpark:     t.one("DELETE FROM seen WHERE bucket = ? AND key = ? AND batch = ?"),
		dropParked: t.one("DELETE FROM parked WHERE bucket = ? AND key = ?"),

		pruneKeys: t.one("DELETE FROM seen WHERE bucket = ? AND key IN" +
			" (SELECT key FROM seen WHERE bucket = ? AND at < ? AND key > '' ORDER BY at LIMIT ?)"),
		// An owner is the session or the case that a slot's name begins with.
		pruneDeliveries: t.one("DELETE FROM deliveries WHERE bucket = ? AND slot IN" +
			" (SELECT d.slot FROM deliveries d WHERE d.bucket = ? AND d.state IN ('sent','failed') AND d.due < ?" +
			" AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.bucket = ? AND s.id = d.owner AND s.ended_at IS NULL" + perRow + ")" +
			" AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.bucket = ? AND c.id = d.owner AND c.state NOT IN " + restingStates() + perRow + ")" +
			" ORDER BY d.due LIMIT ?)"),
	}
	q.all, q.boot = t.all, t.boot
	return q
}

// Texts are every statement of the store as a dialect spells it, for the tests that ask
// an engine how it would run them.
func Texts(d Dialect) []string { return newQueries(d).all }
