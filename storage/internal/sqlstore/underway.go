package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// What a batch began to send of talks is one row of the table underway: a list of their ids. It says
// where to look, and the talks say what is so. Whatever of a talk is being sent, a row names the talk,
// with an epoch that is none later than the one it was claimed under. A row goes in the transaction that
// finds all settled that it names; a process that has not followed all of that asks which talks are.

// underwayQueries are about the lists of what is being sent.
type underwayQueries struct {
	underway                                 string
	unsettledTalks                           *keyed
	addUnderway, changeUnderway, endUnderway *list
}

func newUnderwayQueries(t *texts) underwayQueries {
	return underwayQueries{
		underway:       t.one("SELECT batch, talks FROM underway WHERE bucket = ? AND batch > 0 ORDER BY batch"),
		unsettledTalks: t.keyed("id", "talks", "id", " AND settled IS NULL"),
		addUnderway:    t.insert("underway", "bucket, batch, talks", ""),
		changeUnderway: t.change("underway", "batch", "talks"),
		endUnderway:    t.drop("underway", "batch"),
	}
}

// sendingTalk is a talk as a list names it.
type sendingTalk struct {
	platform, account string
	epoch             int64
	chat, talk        string
}

// listing are the talks of an account that were claimed under one epoch, as a list has them.
type listing struct {
	Platform string      `json:"p"`
	Account  string      `json:"a"`
	Epoch    int64       `json:"e"`
	Talks    [][2]string `json:"t"` // chat and talk
}

// underwayFormat begins each list.
const underwayFormat = '1'

func encodeUnderway(all []sendingTalk) (string, error) {
	var by []listing
	for _, l := range all {
		i := slices.IndexFunc(by, func(g listing) bool { return g.Platform == l.platform && g.Account == l.account && g.Epoch == l.epoch })
		if i < 0 {
			i = len(by)
			by = append(by, listing{Platform: l.platform, Account: l.account, Epoch: l.epoch})
		}
		by[i].Talks = append(by[i].Talks, [2]string{l.chat, l.talk})
	}
	body, err := json.Marshal(by)
	return string(underwayFormat) + string(body), err
}

// scanUnderway reads a row of the table.
func scanUnderway(row scanner) (d sendList, err error) {
	var body string
	if err := row.Scan(&d.id, &body); err != nil {
		return d, err
	}
	if body == "" || body[0] != underwayFormat {
		return d, errors.New("a list of what is being sent has a format that this program does not know")
	}
	var by []listing
	if err := json.Unmarshal([]byte(body[1:]), &by); err != nil {
		return d, fmt.Errorf("decode what is being sent: %w", err)
	}
	for _, g := range by {
		for _, t := range g.Talks {
			d.all = append(d.all, sendingTalk{g.Platform, g.Account, g.Epoch, t[0], t[1]})
		}
	}
	return d, nil
}

// sendList is a row of the table.
type sendList struct {
	id  int64
	all []sendingTalk
}

// underway is what a bucket's lists name. Once it is known it is kept up to date.
type underway struct {
	known  bool
	by     map[string]*namedIn // talks of which something may be being sent
	chats  map[string][]string // the same, by chat
	counts map[int64]int       // how many of by each row names
}

// namedIn is where a talk is named.
type namedIn struct {
	row   int64 // 0 = the row that this batch adds
	epoch int64
	chat  string
}

func (u *underway) add(l sendingTalk, row int64) {
	u.by[l.talk] = &namedIn{row: row, epoch: l.epoch, chat: l.chat}
	u.chats[l.chat] = append(u.chats[l.chat], l.talk)
	u.counts[row]++
}

// remove forgets a talk, and reports whether its row names no other that is open.
func (u *underway) remove(talk string) (row int64, last bool) {
	o := u.by[talk]
	delete(u.by, talk)
	rest := slices.DeleteFunc(u.chats[o.chat], func(t string) bool { return t == talk })
	if u.chats[o.chat] = rest; len(rest) == 0 {
		delete(u.chats, o.chat)
	}
	u.counts[o.row]--
	if last = u.counts[o.row] == 0; last {
		delete(u.counts, o.row)
	}
	return o.row, last
}

// changedLists is what a batch does to the lists.
type changedLists struct {
	begun []sendingTalk // the row that it adds
	ended [][]any       // ids of rows that go
}

// readUnderway loads the bucket's lists. Rows whose talks are all settled go with this batch.
func (w *working) readUnderway() error {
	u := &w.underway
	if u.known {
		return nil
	}
	*u = underway{known: true, by: map[string]*namedIn{}, chats: map[string][]string{}, counts: map[int64]int{}}
	rows, err := w.sendLists()
	if err != nil {
		return err
	}
	var talks []string
	for _, d := range rows {
		for _, l := range d.all {
			talks = append(talks, l.talk)
		}
	}
	slices.Sort(talks)
	unsettled := map[string]bool{}
	err = w.find(w.s.q.unsettledTalks, slices.Compact(talks), func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		unsettled[id] = true
		return err
	})
	if err != nil {
		return err
	}
	for _, d := range rows {
		for _, l := range d.all {
			switch o := u.by[l.talk]; {
			case !unsettled[l.talk] || o != nil && o.epoch <= l.epoch:
			case o != nil:
				w.unlist(l.talk)
				u.add(l, d.id)
			default:
				u.add(l, d.id)
			}
		}
		if u.counts[d.id] == 0 {
			w.lists.ended = append(w.lists.ended, []any{d.id})
		}
	}
	return nil
}

func (w *working) sendLists() ([]sendList, error) {
	return rowsOf(w.ctx, w.tx, scanUnderway, w.s.q.underway, int64(w.bucket))
}

// unlist takes a talk off the lists.
func (w *working) unlist(talk string) {
	if row, last := w.underway.remove(talk); last && row != 0 {
		w.lists.ended = append(w.lists.ended, []any{row})
	}
}

// relist names a talk as it is now in the lists, or takes it off.
func (w *working) relist(t *talk) {
	epoch, sends := t.sending()
	o := w.underway.by[t.id]
	switch {
	case sends && o != nil && o.epoch <= epoch:
		return
	case o != nil:
		w.unlist(t.id)
	}
	if !sends {
		return
	}
	l := sendingTalk{string(t.at.Platform), t.at.Account, epoch, t.at.Chat, t.id}
	w.underway.add(l, 0)
	w.lists.begun = append(w.lists.begun, l)
}

// begun is the row of what the batch begins to send, nil if it is nothing. It has the number of the
// bucket's version: there is no other with it.
func (w *working) begun() ([][]any, error) {
	if len(w.lists.begun) == 0 {
		return nil, nil
	}
	body, err := encodeUnderway(w.lists.begun)
	if err != nil {
		return nil, err
	}
	u := &w.underway
	for _, l := range w.lists.begun {
		u.by[l.talk].row = w.version
	}
	u.counts[w.version] = u.counts[0]
	delete(u.counts, 0)
	return [][]any{{int64(w.bucket), w.version, body}}, nil
}

// strike takes talks that go for good out of the rows that name them.
func (w *working) strike(talks map[string]bool) error {
	rows, err := w.sendLists()
	if err != nil {
		return err
	}
	var ended, changed [][]any
	for _, d := range rows {
		rest := slices.DeleteFunc(slices.Clone(d.all), func(l sendingTalk) bool { return talks[l.talk] })
		switch {
		case len(rest) == len(d.all):
		case len(rest) == 0:
			ended = append(ended, []any{d.id})
		default:
			body, err := encodeUnderway(rest)
			if err != nil {
				return err
			}
			changed = append(changed, []any{d.id, body})
		}
	}
	if _, err := w.alter(w.s.q.changeUnderway, changed); err != nil {
		return err
	}
	_, err = w.alter(w.s.q.endUnderway, ended)
	return err
}

// sending is the lowest epoch under which something of a talk is being sent, if anything is.
func (t *talk) sending() (epoch int64, sends bool) {
	for _, c := range t.slots {
		if c.State == storage.Sending && (!sends || c.Epoch < epoch) {
			epoch, sends = c.Epoch, true
		}
	}
	return epoch, sends
}

// listedTalks reads what a bucket's lists name, each talk once, with the lowest epoch.
func (s *Store) listedTalks(ctx context.Context, b storage.Bucket) ([]sendingTalk, error) {
	rows, err := collect(ctx, s, "what is being sent", s.q.underway, []any{int64(b)}, scanUnderway)
	return distinct(rows), err
}

// distinct is what lists name, each talk once, with the lowest epoch.
func distinct(rows []sendList) (all []sendingTalk) {
	at := map[string]int{}
	for _, d := range rows {
		for _, l := range d.all {
			if i, twice := at[l.talk]; twice {
				all[i].epoch = min(all[i].epoch, l.epoch)
				continue
			}
			at[l.talk] = len(all)
			all = append(all, l)
		}
	}
	return all
}

// countUnsettled counts what waits in a bucket or is being sent, as of one moment.
func (s *Store) countUnsettled(ctx context.Context, b storage.Bucket) (n int, err error) {
	err = s.snapshot(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, s.q.countQueue, int64(b)).Scan(&n); err != nil {
			return err
		}
		rows, err := rowsOf(ctx, tx, scanUnderway, s.q.underway, int64(b))
		if err != nil || len(rows) == 0 {
			return err
		}
		var ids []string
		for _, l := range distinct(rows) {
			ids = append(ids, l.talk)
		}
		talks, err := rowsOf(ctx, tx, scanTalk, s.q.talks.many, s.dialect.Keys(ids), int64(b))
		for _, t := range talks {
			if t.sent && t.queued.item == "" {
				n++
			}
		}
		return err
	})
	return n, err
}

// sending are the deliveries of these talks that are being sent.
func (s *Store) sending(ctx context.Context, b storage.Bucket, talks []sendingTalk) (sending []*deliveryCell, err error) {
	rows := make([]queued, len(talks))
	for i, l := range talks {
		rows[i] = queued{item: l.talk, talk: true}
	}
	found, err := s.found(ctx, b, rows, false)
	if err != nil {
		return nil, err
	}
	for _, q := range rows {
		for _, c := range found[q.item] {
			if c.State == storage.Sending {
				sending = append(sending, c)
			}
		}
	}
	return sending, nil
}

// address is the chat that a list says.
func (l *sendingTalk) address() chat.Address {
	return chat.Address{Platform: chat.Platform(l.platform), Account: l.account, Chat: l.chat}
}

// served is the account that a list says.
func (l *sendingTalk) served() storage.Served {
	return storage.Served{Platform: chat.Platform(l.platform), Account: l.account}
}

// sends reports whether a talk is, or is to be, in the lists.
func (t *talk) sends() bool {
	_, sends := t.sending()
	return sends || t.sent
}
