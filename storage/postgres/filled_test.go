package postgres

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// fill makes a database that was used for long, in one bucket: sessions of four answers with
// their keys and a talk of two sent messages, a chat of staff with 20,000 cards that are settled and
// one that is not, and a backlog of 100,000, of which 20,000 wait in one chat. Its parameter is
// the number of sessions. Time begins in 2026 and runs by the minute.
const fill = `
INSERT INTO sessions (bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, ended_at, expires_at,
	composite, level, unsatisfied, test, body)
SELECT 0, s.id, 'i' || n % 1000, 'f', 1, CASE WHEN n % 10 = 0 THEN 'active' ELSE 'completed' END, 'main', 'c' || n % 1000, 'v' || n, '', s.at,
	CASE WHEN n % 10 = 0 THEN NULL ELSE s.at END, CASE WHEN n % 10 = 0 THEN s.at + interval '50 years' END, 3, 0, n % 100 = 0, FALSE, repeat('x', 500)
FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT md5(n::text) AS id, timestamptz '2026-01-01' + n * interval '1 minute' AS at) AS s;
INSERT INTO answers (bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at,
	flow, version, site, service, staff, language, channel, day)
SELECT 0, md5(n::text), 'q' || q, 1, TRUE, 'scale', 3, '', '', 50, 0, 'neutral', FALSE, FALSE, FALSE, timestamptz '2026-01-01' + n * interval '1 minute',
	'f', 1, 'main', '', '', 'en', 'telegram', '2026-01-01'
FROM generate_series(1, {n}) AS n, generate_series(1, 4) AS q;
INSERT INTO seen (bucket, key, at, batch)
SELECT 0, 'web:' || n || ':' || q, timestamptz '2026-01-01' + n * interval '1 minute', n FROM generate_series(1, {n}) AS n, generate_series(1, 4) AS q;
INSERT INTO keyblocks (bucket, id, at, bits)
SELECT 0, 'tg:1:' || lpad(n::text, 16, '0'), timestamptz '2026-01-01' + n * interval '1 hour', decode(repeat('5a', 512), 'hex') FROM generate_series(1, 2000) AS n;
INSERT INTO deliveries (bucket, slot, owner, identity, platform, account, chat, thread, kind, ord, rank, render, hash, wanted, shown, shown_ref,
	shown_sum, base, repeated, state, due, attempts, epoch, error, created)
SELECT 0, d.slot, d.owner, d.identity, 'telegram', '1', d.chat, '', d.kind, d.ord, d.rank, '{}', '', 1, d.shown, d.ref, '', 0, FALSE, d.state, d.at, 0, 1, '', d.at
FROM (
	SELECT 'case:' || n || ':s' AS slot, 'case' || n AS owner, 'staff' AS identity, 'staff' AS chat, 'card' AS kind, 1000000 + n AS ord, 40 AS rank,
		1 AS shown, 'r' || n AS ref, 'sent' AS state, timestamptz '2026-01-01' + n * interval '1 minute' AS at
	FROM generate_series(1, 20000) AS n
	UNION ALL SELECT 'case:new:s', 'new', 'staff', 'staff', 'card', 2000000, 40, 0, '', 'due', timestamptz '2026-01-01'
) AS d;
INSERT INTO talks (bucket, id, identity, platform, account, chat, thread, started, settled, body)
SELECT 0, md5(n::text), 'i' || n % 1000, 'telegram', '1', 'p' || n % 1000, '', s.at, s.at, '1' || repeat('{}', 200)
FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute' AS at) AS s;
INSERT INTO talks (bucket, id, identity, platform, account, chat, thread, started, settled, body)
SELECT 0, id, id, 'telegram', '1', chat, '', timestamptz '2026-01-01', NULL, '1{}'
FROM (SELECT 'b' || n AS id, CASE WHEN n % 5 = 0 THEN 'crowd' ELSE 'w' || n END AS chat FROM generate_series(1, 100000) AS n
	UNION ALL SELECT 'd' || n, 'd' || n FROM generate_series(1, 3) AS n) AS t;
INSERT INTO queue (bucket, platform, account, rank, ord, item, talk, identity, chat, thread, posts, due, epoch)
SELECT 0, 'telegram', '1', 50, 3000000 + n, 'b' || n, TRUE, 'b' || n, CASE WHEN n % 5 = 0 THEN 'crowd' ELSE 'w' || n END, '', TRUE, timestamptz '2026-01-01', NULL
FROM generate_series(1, 100000) AS n
UNION ALL SELECT 0, 'telegram', '1', 40, 4000000 + n, 'case:d' || n || ':s', FALSE, 'staff', 'd' || n, '', TRUE, NULL, 1 FROM generate_series(1, 3) AS n
UNION ALL SELECT 0, 'telegram', '1', 40, 2000000, 'case:new:s', FALSE, 'staff', 'staff', '', TRUE, timestamptz '2026-01-01', NULL;
INSERT INTO underway (bucket, batch, talks)
SELECT 0, n, '1[{"p":"telegram","a":"1","e":1,"t":[["d' || n || '","d' || n || '"]]}]' FROM generate_series(1, 3) AS n;
INSERT INTO asks (bucket, id, customer, event, cause, flow, class, site, state, reason, invitation, test, made, due, sent, body)
SELECT 0, md5(n::text), 'c' || n % 1000, 'till:' || n, 'visit', 'f', 'transactional', 'main', 'scheduled', '', '', FALSE, timestamptz '2026-01-01',
	timestamptz '2026-01-01' + n * interval '1 minute', NULL, '{}' FROM generate_series(1, {n}) AS n;
INSERT INTO events (bucket, name, state, site, customer, test, at, created, changed, hash, body, plan)
SELECT 0, 'till:' || n, 'done', 'main', 'c' || n % 1000, FALSE, s.at, s.at, s.at, '', '{}', CASE WHEN n % 1000 = 0 THEN s.at END
FROM generate_series(1, {n}) AS n CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute' AS at) AS s;
INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag, unsatisfied,
	has_case, test)
SELECT 0, md5(n::text), 'f', 1, CASE WHEN n % 1000 = 0 THEN 'pulse' ELSE 'transactional' END, 'main', '', '', 'en', 'telegram',
	to_char(timestamptz '2026-01-01' + n * interval '1 minute', 'YYYY-MM-DD'), 'completed', 4, 50, 3, '', FALSE, FALSE, FALSE FROM generate_series(1, {n}) AS n;
INSERT INTO case_days (bucket, site, day, seq, first_day, last_day, facts)
SELECT 0, s, d, 1, d, d, repeat('x', 2000) FROM (SELECT to_char(timestamptz '2024-01-01' + n * interval '1 day', 'YYYY-MM-DD') AS d FROM generate_series(0, 730) AS n) AS days,
	unnest(ARRAY['main', 'harbour', 'north']) AS s;
UPDATE case_days SET first_day = '', last_day = '', facts = '' WHERE site = 'main' AND day IN ('2025-12-30', '2025-12-31');
INSERT INTO invitations (bucket, id, flow, version, site, customer, created_at, expires_at, body)
SELECT 0, md5(n::text), 'f', 1, 'main', 'c' || n % 1000, timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2060-01-01', repeat('x', 500) FROM generate_series(1, {n}) AS n;
INSERT INTO asked_cells (bucket, site, day, flow, class, unopened, unsaid, l1, l2, l3, l4, l5, l6, l7)
SELECT 0, s, d, 'f', 'customers', 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM (SELECT to_char(timestamptz '2024-01-01' + n * interval '1 day', 'YYYY-MM-DD') AS d FROM generate_series(0, 730) AS n) AS days,
	unnest(ARRAY['main', 'harbour', 'north']) AS s;
INSERT INTO forgotten (hash, why, day) SELECT md5(n::text), 'erased', timestamptz '2026-01-01' + n * interval '1 hour' FROM generate_series(1, 10000) AS n;
ANALYZE;
`

// TestWhatIsReadOftenStaysCheapAsTheDatabaseFills counts the pages that each statement touches
// which a turn, a send or a look puts. AFTERCARE_FILL is a number of answers, for more than a
// test can afford: `make plans` fills in a million.
func TestWhatIsReadOftenStaysCheapAsTheDatabaseFills(t *testing.T) {
	answers := 40_000
	if n, err := strconv.Atoi(os.Getenv("AFTERCARE_FILL")); err == nil {
		answers = n
	}
	sessions := answers / 4
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{Buckets: 1}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&plan_cache_mode=force_generic_plan&jit=off&max_parallel_workers_per_gather=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(strings.ReplaceAll(fill, "{n}", strconv.Itoa(sessions))); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	const (
		late = "'2060-01-01'" // when all is due
		new  = "md5('7')"
	)
	for i, c := range []struct {
		name, begins, holds, args string
	}{
		{"a session", "SELECT id, case_id, body FROM sessions", "id = $2", "0, " + new},
		{"sessions of somebody", "SELECT body, bucket FROM sessions", "identity = $2", "0, 'i7', 3"},
		{"earlier ones", "SELECT count(*) FROM sessions", "started_at < $4", "0, 'c7', '2059-01-01', " + late},
		{"expiring ones", "SELECT body, bucket FROM sessions", "expires_at <= $2", "0, '2059-01-01', 10"},
		{"a slot", "SELECT bucket, slot", "slot = $2", "0, 'case:7:s'"},
		{"a talk", "SELECT bucket, id, identity", "id = $2", "0, " + new},
		{"the talks in a chat", "SELECT bucket, id, identity", "chat = $2", "0, 'p7'"},
		{"what waits in the chat of staff", "SELECT bucket, platform", "chat = $2", "0, 'staff'"},
		{"what waits in the chats of staff", "SELECT r.*", "queue WHERE bucket = $2", "'{staff,w7}', 0"},
		{"the head of the queue", "SELECT h.*", "(rank, ord, item) >", "'{telegram}', '{1}', '{-1}', '{0}', '{}', 0, 64"},
		{"the middle of the queue", "SELECT h.*", "(rank, ord, item) >", "'{telegram}', '{1}', '{50}', '{3050000}', '{b}', 0, 64"},
		{"what is on its way", "SELECT h.*", "epoch IS NOT NULL", "'{telegram}', '{1}', '{9223372036854775807}', 0, 16384"},
		{"what is in doubt", "SELECT h.*", "epoch IS NOT NULL", "'{telegram}', '{1}', '{9}', 0, 10"},
		{"what is in doubt, and nothing is", "SELECT h.*", "epoch IS NOT NULL", "'{telegram}', '{1}', '{1}', 0, 10"},
		{"the lists of what is being sent", "SELECT batch, talks FROM underway", "batch > 0", "0"},
		{"what of the lists is settled", "SELECT r.*", "settled IS NULL", "'{d1,d2,d3}', 0"},
		{"a list that goes", "DELETE FROM underway q", "r.batch", "'{2,7}', 0"},
		{"what is settled", "DELETE FROM queue q", "r.item", "'{w7,crowd}', '{b7,none}', 0"},
		{"a page of the chat of staff", "SELECT bucket, slot", "ord < $3", "0, 'staff', 1010000, 'telegram', '1', '', 10"},
		{"what failed", "SELECT bucket, slot", "state = 'failed'", "0, 10"},
		{"a message by its reference", "SELECT bucket, slot", "shown_ref = $3", "0, 'staff', 'r7', 'telegram', '1'"},
		{"asks that are due", "SELECT a.bucket", "a.due <= $2", "0, '2026-01-01 03:00', 200"},
		{"asks that are due, and none are", "SELECT a.bucket", "a.due <= $2", "0, '2026-01-01', 200"},
		{"asks of an event", "SELECT a.bucket", "a.event = $2", "0, 'till:7'"},
		{"events that nobody looked at", "SELECT e.", "e.plan IS NOT NULL", "0, 20"},
		{"who was erased since a day", "SELECT hash FROM forgotten", "day >= $1", "'2027-02-20', 'erased'"},
		{"cases of figures of a month", "SELECT h.*", "last_day >= $3", "'{0}', '{main,harbour}', '2025-11-01', '2025-12-31', '{main,harbour}', '2024-11-01', '2026-12-31'"},
		{"what staff say of their work", "SELECT h.*", "s.class = $5", "'{0}', '{main}', '2026-01-01', '2027-12-31', 'pulse', '', '', '', '', '', '', '', '', '', '', 1000"},
		{"a page of what was given", "SELECT s.session, s.day", "(s.day, s.session) >", "0, 0, 0, 'main', '2026-01-02', '', '2060-12-31', 'customers', '', '', '', '', '', '', '', '', '', '', 50"},
		{"a page of services", "SELECT e.body FROM events", "(e.at, e.name) >", "0, '2026-01-02', '', '2060-12-31', '{main}', 50"},
		{"days of cases to put together", "SELECT site, day, seq", "facts = ''", "0, 17"},
		{"invitations of an hour, to be counted", "SELECT body FROM invitations", "flow = $5", "0, 'main', '2026-01-05 03:00', '2026-01-05 04:00', 'f'"},
		{"who was asked in a month", "SELECT h.*", "flow, class, day", "'{0}', '{main,harbour}', '2025-11-01', '2025-11-30', '', '', '', ''"},
		{"days of invitations to count, and none are", "SELECT bucket, day, site, flow, seq", "length(day) = 11", "0, '', '', '', 17"},
		{"a page of the past", "SELECT s.body, s.bucket", "started_at", "PAST"},
		{"the rows of a conversation", "SELECT bucket, session, question", "session = $2", "0, " + new},
		{"the rows of conversations", "SELECT r.*", "answers WHERE bucket = $2", "ARRAY[" + new + "], 0"},
		{"what changed, and nothing did", "SELECT seq, sessions", "seq > $2", "0, 0, 1000"},
		{"a page of a pass", "SELECT id, body FROM sessions", "id > $2", "0, " + new + ", 10"},
		{"a block of keys", "SELECT id, at, bits", "id = $2", "0, 'tg:1:0000000000000007'"},
		{"a key that is a row", "SELECT key FROM seen", "key = $2", "0, 'web:7:1'"},
		{"a step through the keys", "SELECT key, CASE", "FROM seen", "'2025-01-01', '2025-01-01', 0, 0, 'web:7:2', 10"},
		{"a step through the blocks", "SELECT id, CASE", "FROM keyblocks", "'2025-01-01', 0, 'tg:1:0000000000000007', 10"},
		{"deliveries to prune, and none are", "DELETE FROM deliveries", "NOT EXISTS", "0, 0, '2025-01-01', '2025-01-01', 0, 0, 10"},
		{"talks to prune, and none are", "DELETE FROM talks", "NOT EXISTS", "0, 0, '2025-01-01', '2025-01-01', 0, 10"},
	} {
		text := ""
		for _, of := range sqlstore.Texts(dialect()) {
			if strings.HasPrefix(of, c.begins) && strings.Contains(of, c.holds) && (strings.Count(of, "UNION ALL") == 0 || strings.Contains(of, "case_days")) && text == "" {
				text = of
			}
		}
		if text == "" {
			t.Errorf("%s: no such statement", c.name)
			continue
		}
		if c.args == "PAST" {
			c.args = fmt.Sprintf("0, 0, timestamptz '2026-01-01' + %d * interval '1 minute', '', 10", sessions-60)
		}
		if _, err := db.Exec(fmt.Sprintf("PREPARE q%d AS %s", i, text)); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, text)
		}
		explained := fmt.Sprintf("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE q%d(%s)", i, c.args)
		var plan []byte
		if err := db.QueryRow(explained).Scan(&plan); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, text)
		}
		// Once more: the first look at a page writes hints to it.
		if err := db.QueryRow(explained).Scan(&plan); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var of []struct {
			Plan struct {
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
				Rows int `json:"Actual Rows"`
			}
		}
		if err := json.Unmarshal(plan, &of); err != nil {
			t.Fatal(err)
		}
		p := of[0].Plan
		t.Logf("%-35s %5d buffers, %d rows", c.name, p.Hit+p.Read, p.Rows)
		// A row that is found is a page of its own, and so is the entry that leads to it.
		most := 10 + 2*p.Rows
		if strings.Contains(text, "FROM sessions x") { // and whose it is, by its key
			most += 4 * p.Rows
		}
		if strings.Contains(text, "FROM answers a") { // and what they said
			most += 6 * p.Rows
		}
		if p.Hit+p.Read > most {
			t.Errorf("%s: %d buffers for %d rows\n%s", c.name, p.Hit+p.Read, p.Rows, plan)
		}
	}
}
