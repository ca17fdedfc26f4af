package storagetest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// The parts that names of a crowd are made of. Everybody has a first and a family name, and a number
// that is theirs alone.
var (
	firstNames  = []string{"Anna", "Ann", "José", "Zoë", "Maria", "Øyvind", "Łukasz", "محمد", "Иван", "Jean-Luc", "O'Neil", "Mei", "Şule", "Δημήτρης", "Nguyễn"}
	familyNames = []string{"Smith", "Müller-Lüdenscheidt", "Petrov", "عبد الرحمن", "Garcia Lopez", "Andersson", "Groß", "Anders", "Kowalski", "Smithson", "Al-Hassan"}
)

// Crowd is the name of the i-th of many people.
func Crowd(i int) string {
	if i%13 == 0 { // names that run on
		return []string{"王小明", "李安娜", "김철수", "สมชาย"}[i%4] + fmt.Sprint(i)
	}
	return fmt.Sprintf("%s %s %06d", firstNames[i%len(firstNames)], familyNames[i/len(firstNames)%len(familyNames)], i)
}

// FillCrowd stores n chat accounts and as many customers as they were before names had a place, and
// says so.
func FillCrowd(t testing.TB, db *sql.DB, buckets, n int, moment string) {
	t.Helper()
	run := func(text string) {
		t.Helper()
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%.300s: %v", text, err)
		}
	}
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	for from := 0; from < n; from += 500 {
		var accounts, customers []string
		for i := from; i < min(n, from+500); i++ {
			v := storage.Identity{Person: storage.Person{Platform: chat.Telegram, Account: "1", User: fmt.Sprint(i)}, Name: Crowd(i), Username: fmt.Sprintf("User%d", i), Seen: time.Unix(1, 0).UTC()}
			v.ID, v.Bucket = v.Person.ID(), storage.BucketOf(v.Person.Hash16(), buckets)
			body, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			accounts = append(accounts, fmt.Sprintf("(%d, '%s', '', 'telegram', '1', '%d', '', %s)", v.Bucket, v.ID, i, quoted(string(body))))
			customers = append(customers, fmt.Sprintf("('C-%d', %s, 'normal', %s)", i, quoted(Crowd(i)), moment))
		}
		run("INSERT INTO identities (bucket, id, session, platform, account, person, customer, body) VALUES " + strings.Join(accounts, ", "))
		run("INSERT INTO customers (id, name, tier, created) VALUES " + strings.Join(customers, ", "))
	}
	run("UPDATE revision SET number = 0 WHERE name = 'names'")
}

// FindCrowd looks for people of a crowd of n by what somebody may type, and holds what is found to what
// a look at every name finds.
func FindCrowd(t *testing.T, s storage.Store, n int) {
	t.Helper()
	for _, typed := range []string{
		"anna", "ANN", "jose", "José garcia", "zoe", "mull", "ludensch", "muller lud", "gross", "strasse", "smith", "smithson anna", "oyv", "lukasz ko", "محمد", "الرحمن", "رحمن",
		"иван пет", "jean luc", "neil", "o'neil andersson", "小明", "王小", "明", "安娜", "철수", "ชาย", "000777", "777", "anna smith 000", "ann and anders", "sule", "δημητρ", "dim", "nguyen", "zz", "hassan mei", "%", "_nna", "@user7", "",
	} {
		var want []string
		for i := range n {
			if storage.NameBegins(Crowd(i), typed) {
				want = append(want, fmt.Sprint(i))
			}
		}
		slices.Sort(want)
		var accounts, customers []string
		began := time.Now()
		for _, c := range must(s.CustomersNamed(t.Context(), typed, n+1))(t) {
			customers = append(customers, strings.TrimPrefix(c.ID, "C-"))
		}
		for _, i := range must(s.IdentitiesOf(t.Context(), storage.IdentityQuery{Name: typed}, n+1))(t) {
			accounts = append(accounts, i.Person.User)
		}
		all := time.Since(began)
		slices.Sort(accounts)
		slices.Sort(customers)
		if !slices.Equal(customers, want) {
			t.Errorf("%q finds %d customers, and %d have the name", typed, len(customers), len(want))
		}
		if !slices.Equal(accounts, want) {
			t.Errorf("%q finds %d chat accounts, and %d have the name", typed, len(accounts), len(want))
		}
		began = time.Now()
		some := len(must(s.CustomersNamed(t.Context(), typed, 20))(t)) + len(must(s.IdentitiesOf(t.Context(), storage.IdentityQuery{Name: typed}, 20))(t))
		equal(t, "the first of "+typed, some, 2*min(20, len(want)))
		t.Logf("%-20q %6d people, all in %v, the first twenty in %v", typed, len(want), all.Round(time.Millisecond/10), time.Since(began).Round(time.Millisecond/10))
	}
	for _, q := range []storage.IdentityQuery{{Username: "USER77"}, {User: "77"}, {Platform: chat.Telegram, User: "77"}, {Account: "1", User: "77"}} {
		found := must(s.IdentitiesOf(t.Context(), q, 5))(t)
		if len(found) != 1 || found[0].Person.User != "77" {
			t.Errorf("%+v finds %d", q, len(found))
		}
	}
}

// namesOf are the words by which anybody is found, as the database has them.
func namesOf(t *testing.T, b *bench, typed string) (all []string) {
	t.Helper()
	for _, c := range must(b.store.CustomersNamed(t.Context(), typed, 50))(t) {
		all = append(all, c.ID)
	}
	for _, i := range must(b.store.IdentitiesOf(t.Context(), storage.IdentityQuery{Name: typed}, 50))(t) {
		all = append(all, i.Person.User)
	}
	slices.Sort(all)
	return all
}

// A history of names: whoever is renamed is found by the name that they have, and by no other.
var nameTests = group{
	"people are found by the name that they have": func(t *testing.T, b *bench) {
		who := func(n int, name, username string) *storage.Identity {
			p := storage.Person{Platform: chat.Telegram, Account: "1", User: fmt.Sprint(n)}
			return &storage.Identity{ID: p.ID(), Bucket: storage.BucketOf(p.Hash16(), b.store.Buckets()), Person: p, Name: name, Username: username, Created: b.clock.Now(), Seen: b.clock.Now()}
		}
		put := func(all ...*storage.Identity) {
			t.Helper()
			by := map[storage.Bucket][]storage.Turn{}
			for _, v := range all {
				by[v.Bucket] = append(by[v.Bucket], storage.Turn{Load: storage.Load{Person: v.Person}, Apply: func(storage.Loaded) (storage.Change, error) {
					return storage.Change{Identity: v}, nil
				}})
			}
			for bucket, turns := range by {
				for _, err := range b.store.Advance(t.Context(), bucket, turns) {
					check(t, err)
				}
			}
		}
		put(who(1, "Zoë Quux", "zoe"), who(2, "Zoe\x00 Smith", ""))
		check(t, b.store.PutCustomer(t.Context(), storage.Customer{ID: "C", Name: "Quuxina", Created: b.clock.Now()}))
		equal(t, "zo", fmt.Sprint(namesOf(t, b, "zo")), "[1 2]")
		equal(t, "quux", fmt.Sprint(namesOf(t, b, "quux")), "[1 C]")
		// Twice in one batch, and a name that two of somebody's words have.
		put(who(1, "Anna", "zoe"), who(1, "Annabel Anna Annas", "zoe2"))
		equal(t, "zo after", fmt.Sprint(namesOf(t, b, "zo")), "[2]")
		equal(t, "ann", fmt.Sprint(namesOf(t, b, "ann")), "[1]")
		equal(t, "both", fmt.Sprint(namesOf(t, b, "anna annab")), "[1]")
		equal(t, "the old user name", len(must(b.store.IdentitiesOf(t.Context(), storage.IdentityQuery{Username: "zoe"}, 5))(t)), 0)
		equal(t, "the new user name", len(must(b.store.IdentitiesOf(t.Context(), storage.IdentityQuery{Username: "ZOE2"}, 5))(t)), 1)
		check(t, b.store.PutCustomer(t.Context(), storage.Customer{ID: "C", Name: "李安娜", Created: b.clock.Now()}))
		equal(t, "quux after", fmt.Sprint(namesOf(t, b, "quux")), "[]")
		equal(t, "安", fmt.Sprint(namesOf(t, b, "安")), "[C]")
		// What another process knows of somebody is asked of the database.
		other := b.open(t, Options{Clock: b.clock.Now})
		for _, err := range other.Advance(t.Context(), who(2, "", "").Bucket, []storage.Turn{{Load: storage.Load{Person: who(2, "", "").Person}, Apply: func(in storage.Loaded) (storage.Change, error) {
			v := *in.Identity
			v.Name = "Smithson"
			return storage.Change{Identity: &v}, nil
		}}}) {
			check(t, err)
		}
		put(who(2, "Bob", ""))
		equal(t, "smith", fmt.Sprint(namesOf(t, b, "smith")), "[]")
		equal(t, "bob", fmt.Sprint(namesOf(t, b, "bob")), "[2]")
		erase(t, b.store, storage.Anchor{Customers: []string{"C"}})
		equal(t, "安 after the erasure", fmt.Sprint(namesOf(t, b, "安")), "[]")
	},
}
