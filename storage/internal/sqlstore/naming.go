package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// namingQueries find people by names. A word that was typed is a stretch of words that begin with it.
type namingQueries struct {
	putNames, dropNames, putCustomerNames            *list
	dropCustomerName                                 string
	named, namedTwice, customersNamed, customersBoth string
	newCustomer, lockCustomer, changeCustomer        string
	customersAmong                                   string
	everyName, everyCustomer, everyCustomerName      string // for NamesAgree alone
}

func newNamingQueries(t *texts) namingQueries {
	const (
		stretch = "word >= ? AND word < ?"
	)
	// The rows of one page are found first, and then what they lead to.
	mine := func(where string) string {
		return "SELECT n.word, n.id, i.body, i.bucket FROM (SELECT word, id FROM names WHERE " + where + " ORDER BY word, id LIMIT ?) n" +
			" JOIN identities i ON i.bucket = ? AND i.id = n.id ORDER BY n.word, n.id"
	}
	ours := func(where string) string {
		return "SELECT n.word, n.id, c." + strings.Join(columns(customerColumns), ", c.") + " FROM (SELECT word, id FROM customer_names WHERE " + where +
			" ORDER BY word, id LIMIT ?) n JOIN customers c ON c.id = n.id ORDER BY n.word, n.id"
	}
	both := func(where string) string {
		return "SELECT '', b.id%s FROM (SELECT id FROM " + where + stretch + " INTERSECT SELECT id FROM " + where + stretch + ") b"
	}
	return namingQueries{
		putNames:         t.insert("names", "bucket, word, id", "ON CONFLICT (bucket, word, id) DO NOTHING"),
		dropNames:        t.drop("names", "word, id"),
		putCustomerNames: t.insert("customer_names", "word, id", "ON CONFLICT (word, id) DO NOTHING"),
		dropCustomerName: t.one("DELETE FROM customer_names WHERE word = ? AND id = ?"),
		named:            t.one(mine("bucket = ? AND (word, id) > (?, ?) AND word < ?")),
		namedTwice: t.one(fmt.Sprintf(both("names WHERE bucket = ? AND "), ", i.body, i.bucket") +
			" JOIN identities i ON i.bucket = ? AND i.id = b.id WHERE b.id > ? ORDER BY b.id LIMIT ?"),
		customersNamed: t.one(ours("(word, id) > (?, ?) AND word < ?")),
		customersBoth: t.one(fmt.Sprintf(both("customer_names WHERE "), ", c.id, c.name, c.tier, c.created") +
			" JOIN customers c ON c.id = b.id WHERE b.id > ? ORDER BY b.id LIMIT ?"),
		newCustomer:       t.one("INSERT INTO customers (" + customerColumns + ") VALUES (?, '', ?, ?) ON CONFLICT (id) DO NOTHING"),
		lockCustomer:      t.one("SELECT " + customerColumns + " FROM customers WHERE id = ?{lock}"),
		changeCustomer:    t.one("UPDATE customers SET name = ? WHERE id = ?"),
		customersAmong:    t.one("SELECT " + customerColumns + " FROM customers WHERE " + t.dialect.Among("id") + " ORDER BY id{lock}"),
		everyName:         t.one("SELECT word, id FROM names WHERE bucket = ? ORDER BY word, id"),
		everyCustomer:     t.one("SELECT " + customerColumns + " FROM customers ORDER BY id"),
		everyCustomerName: t.one("SELECT word, id FROM customer_names ORDER BY word, id"),
	}
}

// called is by what an identity is found.
type called struct{ name, username string }

func calledOf(i *storage.Identity) called {
	return called{storage.Clean(i.Name), storage.Clean(i.Username)}
}

// words are the rows of names; a user name begins with "@".
func (c called) words() []string {
	all := storage.NameWords(c.name)
	if c.username != "" {
		all = append(all, userWord(c.username))
	}
	return all
}

// mostUserWord is how much of a user name is kept to find it by, in letters: no platform has longer ones.
const mostUserWord = 64

func userWord(username string) string {
	letters := []rune(strings.ToLower(storage.Clean(username)))
	return "@" + string(letters[:min(len(letters), mostUserWord)])
}

// storedAs is by what the database finds an identity, as it is before this transaction.
func (w *working) storedAs(id string) (called, error) {
	if err := w.fetch(identityTable, id); err != nil {
		return called{}, err
	}
	c := w.cell(identityTable, id)
	switch {
	case c == nil:
		return called{}, nil
	case c.row != nil:
		return c.was, nil
	}
	v, err := w.identity(id)
	if err != nil {
		return called{}, err
	}
	return calledOf(v), nil
}

// saveNames writes by what the identities that changed are found.
func (w *working) saveNames() error {
	var gone, fresh [][]any
	t := &w.tables[identityTable]
	for _, id := range t.dirty {
		c, _ := t.shelf.get(id)
		if c.was == c.called {
			continue
		}
		was, now := c.was.words(), c.called.words()
		for _, word := range was {
			if !slices.Contains(now, word) {
				gone = append(gone, []any{word, id})
			}
		}
		for _, word := range now {
			if !slices.Contains(was, word) {
				fresh = append(fresh, []any{int64(w.bucket), word, id})
			}
		}
	}
	if _, err := w.alter(w.s.q.dropNames, gone); err != nil {
		return err
	}
	return w.insert(w.s.q.putNames, fresh)
}

// forgetNames removes by what an identity was found.
func (w *working) forgetNames(i *storage.Identity) error {
	var gone [][]any
	for _, word := range calledOf(i).words() {
		gone = append(gone, []any{word, storage.Clean(i.ID)})
	}
	_, err := w.alter(w.s.q.dropNames, gone)
	return err
}

// end is the end of the stretch of words that begin with one: no word holds what follows it.
func end(word string) string { return word + string(utf8.MaxRune) }

// hit is what one row of names leads to.
type hit[T any] struct {
	word, id string
	of       T
}

func scanHit[T any](scan func(scanner) (T, error)) func(scanner) (hit[T], error) {
	return func(row scanner) (h hit[T], err error) {
		h.of, err = scan(behind{row, []any{&h.word, &h.id}})
		return h, err
	}
}

// behind is a row whose first columns are somebody else's.
type behind struct {
	scanner
	first []any
}

func (b behind) Scan(into ...any) error {
	return b.scanner.Scan(append(slices.Clone(b.first), into...)...)
}

// How many rows are read at a time, at least: of one word in its order, and of two words, which are
// brought together anew for each page.
const (
	namePage = 64
	bothPage = 1000
)

// byName follows the words that were typed to whatever has them, at most limit. one reads those with a
// word, two those with both, page by page.
func byName[T any](typed []string, limit int, one func(word, id, to string, most int) ([]hit[T], error),
	two func(a, b, id string, most int) ([]hit[T], error), fits func(T) bool,
) (all []T, err error) {
	seen := map[string]bool{}
	if len(typed) == 0 {
		return nil, nil
	}
	word, id := typed[0], "" // every word that begins with it is behind
	for {
		var found []hit[T]
		most := max(limit, namePage)
		if len(typed) == 1 {
			found, err = one(word, id, end(typed[0]), most)
		} else {
			most = max(limit, bothPage)
			found, err = two(typed[0], typed[1], id, most)
		}
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			word, id = h.word, h.id
			if seen[h.id] || !fits(h.of) {
				continue
			}
			seen[h.id] = true
			if all = append(all, h.of); len(all) == limit {
				return all, nil
			}
		}
		if len(found) < most {
			break
		}
	}
	return all, nil
}

// identitiesNamed are those of a bucket with these words, at most limit that fit.
func (s *Store) identitiesNamed(ctx context.Context, b storage.Bucket, typed []string, limit int, fits func(storage.Identity) bool) ([]storage.Identity, error) {
	scan := scanHit(scanBody(decodeIdentity))
	return byName(typed, limit, func(word, id, to string, most int) ([]hit[storage.Identity], error) {
		return collect(ctx, s, "names", s.q.named, []any{int64(b), word, id, to, int64(most), int64(b)}, scan)
	}, func(x, y, id string, most int) ([]hit[storage.Identity], error) {
		return collect(ctx, s, "names", s.q.namedTwice, []any{int64(b), x, end(x), int64(b), y, end(y), int64(b), id, int64(most)}, scan)
	}, fits)
}

// CustomersNamed implements storage.Persons.
func (s *Store) CustomersNamed(ctx context.Context, typed string, limit int) ([]storage.Customer, error) {
	scan := scanHit(scanCustomer)
	return byName(storage.TypedWords(typed), limit, func(word, id, to string, most int) ([]hit[storage.Customer], error) {
		return collect(ctx, s, "names", s.q.customersNamed, []any{word, id, to, int64(most)}, scan)
	}, func(x, y, id string, most int) ([]hit[storage.Customer], error) {
		return collect(ctx, s, "names", s.q.customersBoth, []any{x, end(x), y, end(y), id, int64(most)}, scan)
	}, func(c storage.Customer) bool { return storage.NameBegins(c.Name, typed) })
}

// IdentitiesOf implements storage.Persons.
func (s *Store) IdentitiesOf(ctx context.Context, q storage.IdentityQuery, limit int) ([]storage.Identity, error) {
	if q.IsZero() {
		return nil, nil
	}
	found, err := s.identitiesMeant(ctx, q, limit)
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	var all []storage.Identity
	for _, i := range found {
		if q.Fits(i) && len(all) < limit {
			all = append(all, i)
		}
	}
	return all, nil
}

// identitiesMeant are those that a query may mean, found by the narrowest thing it says.
func (s *Store) identitiesMeant(ctx context.Context, q storage.IdentityQuery, limit int) ([]storage.Identity, error) {
	switch {
	case q.ID != "":
		return s.identitiesAt(ctx, s.q.identityByID, q.ID)
	case q.User != "":
		return s.identitiesAt(ctx, s.q.identitiesByUser, storage.Person{Platform: chat.Web, User: q.User}.ID(), q.User)
	case q.Username != "":
		return s.identitiesAt(ctx, s.q.identitiesByUsername, userWord(q.Username))
	case q.Customer != "" && q.Name == "":
		return s.identitiesAt(ctx, s.q.identitiesByKey, q.Customer)
	}
	var all []storage.Identity
	for b := range storage.Bucket(s.buckets) {
		found, err := s.identitiesIn(ctx, b, q, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// identitiesAt are those that have one of these keys, in whatever bucket, by their buckets and ids.
func (s *Store) identitiesAt(ctx context.Context, q *across, keys ...string) (all []storage.Identity, _ error) {
	err := s.reading(ctx, func(db *sql.DB) error {
		all = nil
		return readAcross(ctx, db, s.dialect, q, s.everywhere(keys), func(row scanner) error {
			i, err := scanBody(decodeIdentity)(row)
			all = append(all, i)
			return err
		})
	})
	slices.SortFunc(all, func(a, b storage.Identity) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(all, func(a, b storage.Identity) bool { return a.ID == b.ID }), err
}

// identitiesIn are those of a bucket that have a name, or are on a platform.
func (s *Store) identitiesIn(ctx context.Context, b storage.Bucket, q storage.IdentityQuery, limit int) ([]storage.Identity, error) {
	if q.Name != "" {
		return s.identitiesNamed(ctx, b, storage.TypedWords(q.Name), limit, q.Fits)
	}
	args := []any{int64(b), "", string(q.Platform), string(q.Platform), storage.Clean(q.Account), storage.Clean(q.Account), int64(limit)}
	return collect(ctx, s, "identities", s.q.identitiesOf, args, scanBody(decodeIdentity))
}

// putCustomer writes a customer, and by what they are found. The row is the lock of its names.
func (s *Store) putCustomer(ctx context.Context, tx *sql.Tx, v storage.Customer) error {
	id, tier := storage.Clean(v.ID), storage.Clean(string(v.Tier))
	if _, err := tx.ExecContext(ctx, s.q.newCustomer, id, tier, micro(v.Created)); err != nil {
		return err
	}
	was, err := scanCustomer(tx.QueryRowContext(ctx, s.q.lockCustomer, id))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.q.changeCustomer, storage.Clean(v.Name), id); err != nil {
		return err
	}
	told := storage.TierChange{Customer: id, At: v.Created, Tier: recovery.Tier(tier), Told: storage.TierByInvitation}
	if _, err := s.changeTiers(ctx, tx, []storage.Customer{was}, []storage.TierChange{told}); err != nil {
		return err
	}
	return s.renameCustomer(ctx, tx, id, was.Name, v.Name)
}

func (s *Store) renameCustomer(ctx context.Context, tx *sql.Tx, id, from, to string) error {
	was, now := storage.NameWords(from), storage.NameWords(to)
	for _, word := range was {
		if slices.Contains(now, word) {
			continue
		}
		if _, err := tx.ExecContext(ctx, s.q.dropCustomerName, word, id); err != nil {
			return err
		}
	}
	return s.nameCustomers(ctx, tx, []storage.Customer{{ID: id, Name: to}})
}

// nameCustomers writes by what customers are found.
func (s *Store) nameCustomers(ctx context.Context, tx *sql.Tx, all []storage.Customer) error {
	var rows [][]any
	for _, c := range all {
		for _, word := range storage.NameWords(c.Name) {
			rows = append(rows, []any{word, c.ID})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return strings.Compare(a[0].(string)+"\x00"+a[1].(string), b[0].(string)+"\x00"+b[1].(string))
	})
	var buffer []byte
	return s.q.putCustomerNames.each(&buffer, rows, func(text string, args []any) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
}

// knowServed writes by what customers are found who were told of with an event, and their classes by value: a name
// that is known already stays.
func (s *Store) knowServed(ctx context.Context, tx *sql.Tx, ids []string, tiers []storage.TierChange) error {
	if len(ids) == 0 {
		return nil
	}
	all, err := rowsOf(ctx, tx, scanCustomer, s.q.customersAmong, s.dialect.Keys(ids))
	if err != nil {
		return err
	}
	if _, err := s.changeTiers(ctx, tx, all, tiers); err != nil {
		return err
	}
	return s.nameCustomers(ctx, tx, all)
}

// forgetCustomer removes a customer, and by what they were found.
func (s *Store) forgetCustomer(ctx context.Context, tx *sql.Tx, id string) error {
	list, err := rowsOf(ctx, tx, scanCustomer, s.q.lockCustomer, id)
	if err != nil {
		return err
	}
	for _, c := range list {
		for _, word := range storage.NameWords(c.Name) {
			if _, err := tx.ExecContext(ctx, s.q.dropCustomerName, word, id); err != nil {
				return err
			}
		}
	}
	if _, err := tx.ExecContext(ctx, s.q.dropTiers, id); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, s.q.dropCustomer, id)
	return err
}

// NamesAgree reports words by which people are found who have no such name, and names that nobody is
// found by. It reads everything: tests ask.
func (s *Store) NamesAgree(ctx context.Context) error {
	pair := func(row scanner) (p [2]string, err error) { return p, row.Scan(&p[0], &p[1]) }
	compare := func(where string, want map[[2]string]bool, text string, args ...any) error {
		have, err := collect(ctx, s, "names", text, args, pair)
		if err != nil {
			return err
		}
		for _, p := range have {
			if !want[p] {
				return fmt.Errorf("%s: %s is found by %q, and has no such name", where, p[1], p[0])
			}
			delete(want, p)
		}
		for p := range want {
			return fmt.Errorf("%s: %s is not found by %q", where, p[1], p[0])
		}
		return nil
	}
	for b := range int64(s.buckets) {
		all, err := collect(ctx, s, "identities", s.q.identitiesOf, []any{b, "", "", "", "", "", int64(1 << 30)}, scanBody(decodeIdentity))
		if err != nil {
			return err
		}
		want := map[[2]string]bool{}
		for _, i := range all {
			for _, word := range calledOf(&i).words() {
				want[[2]string{word, i.ID}] = true
			}
		}
		if err := compare(fmt.Sprintf("bucket %d", b), want, s.q.everyName, b); err != nil {
			return err
		}
	}
	all, err := collect(ctx, s, "customers", s.q.everyCustomer, nil, scanCustomer)
	if err != nil {
		return err
	}
	want := map[[2]string]bool{}
	for _, c := range all {
		for _, word := range storage.NameWords(c.Name) {
			want[[2]string{word, c.ID}] = true
		}
	}
	return compare("customers", want, s.q.everyCustomerName)
}
