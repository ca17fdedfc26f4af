package sqlstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// encode is v as JSON that every engine stores, by the rule of storage.Clean.
// encoding/json writes invalid UTF-8 as \ufffd by itself, and so NUL is all that is
// left to remove. cleaned says that v and its JSON differ.
func encode(v any) (body []byte, cleaned bool, err error) {
	body, err = json.Marshal(v)
	if err != nil {
		return nil, false, err
	}
	cleaned = unclean(body)
	if bytes.Contains(body, []byte(`\u0000`)) {
		body = dropNUL(body)
	}
	return body, cleaned, nil
}

// unclean reports whether encoding changed the text, or must.
func unclean(body []byte) bool {
	return bytes.Contains(body, []byte(`\ufffd`)) || bytes.Contains(body, []byte(`\u0000`))
}

// dropNUL removes the escape \u0000 from JSON, but not from behind another backslash.
func dropNUL(body []byte) []byte {
	out := body[:0]
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			out = append(out, body[i])
			continue
		}
		if bytes.HasPrefix(body[i:], []byte(`\u0000`)) {
			i += len(`\u0000`) - 1
			continue
		}
		out = append(out, body[i], body[i+1])
		i++
	}
	return out
}

// orNull is a time for a column that may be NULL.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micro(t)
}

// cell is one record of the working set: as it is stored, so that whoever loads it
// gets a copy of its own.
type cell struct {
	body    []byte // empty once it is decoded and stored
	link    string // id of what is loaded next
	row     []any  // to be written; nil = unchanged
	created bool   // it is known that the database does not have it
	checked bool   // created is known

	// What body says, if it was asked for. Nobody outside gets these themselves.
	identity *storage.Identity
	session  *storage.Session
}

func identityCell(b storage.Bucket, v storage.Identity) (cell, error) {
	body, cleaned, err := encode(v)
	if err != nil {
		return cell{}, fmt.Errorf("encode identity: %w", err)
	}
	var kept *storage.Identity
	if !cleaned { // else it is read as it is stored
		kept = &v
		kept.Bucket = b
	}
	link := storage.Clean(v.Session)
	return cell{body: body, link: link, identity: kept, row: []any{
		int64(b), storage.Clean(v.ID), link, storage.Clean(string(v.Person.Platform)), storage.Clean(v.Person.Account),
		storage.Clean(v.Person.User), storage.Clean(v.Customer), string(body),
	}}, nil
}

func invitationCell(b storage.Bucket, v storage.Invitation) (cell, error) {
	body, _, err := encode(v)
	if err != nil {
		return cell{}, fmt.Errorf("encode invitation: %w", err)
	}
	site := storage.Clean(v.Site)
	return cell{body: body, link: site, row: []any{
		int64(b), storage.Clean(v.ID), storage.Clean(v.Flow), int64(v.Version), site, storage.Clean(v.Customer),
		micro(v.Created), orNull(v.Expires), string(body),
	}}, nil
}

func sessionCell(b storage.Bucket, v storage.Session, now time.Time) (cell, error) {
	body, cleaned, err := encode(v)
	if err != nil {
		return cell{}, fmt.Errorf("encode session: %w", err)
	}
	var kept *storage.Session
	if !cleaned { // else it is read as it is stored
		kept = v.Clone()
		kept.Bucket = b
	}
	var composite, ended, expires any
	if v.Judgement.Composite != nil {
		composite = *v.Judgement.Composite
	}
	if v.Status.Final() {
		if ended = orNull(v.Ended); ended == nil {
			ended = now
		}
	} else {
		expires = orNull(v.Expires)
	}
	link := storage.Clean(v.Case)
	// The column finds somebody's earlier sessions: a person without a Customer is known
	// by the identity. The body keeps what is true.
	return cell{body: body, link: link, session: kept, row: []any{
		int64(b), storage.Clean(v.ID), storage.Clean(v.Identity), storage.Clean(v.Flow), int64(v.Version), string(v.Status),
		storage.Clean(v.Site), storage.Clean(cmp.Or(v.Customer, v.Identity)), storage.Clean(v.Invitation), link,
		micro(v.Started), ended, expires, composite, int64(v.Judgement.Level), v.Judgement.Unsatisfied, v.Test, string(body),
	}}, nil
}

func caseCell(b storage.Bucket, v storage.Case) (cell, error) {
	body, _, err := encode(v)
	if err != nil {
		return cell{}, fmt.Errorf("encode case: %w", err)
	}
	link := storage.Clean(v.Session)
	var due, rules any
	holder, unposted := "", false
	if !slices.Contains(recovery.Resting(), v.State) {
		due, rules, unposted = orNull(v.Next), int64(v.Rules), v.Unposted
	}
	if v.State.Active() {
		holder = v.Holder.ID
	}
	return cell{body: body, link: link, row: []any{
		int64(b), storage.Clean(v.ID), int64(v.Number), link, storage.Clean(v.Identity), storage.Clean(v.Site),
		storage.Clean(v.Customer), string(v.State), int64(v.Decision.Priority), micro(v.OpenedAt), orNull(v.TellAt), string(body),
		due, rules, storage.Clean(holder), unposted,
	}}, nil
}

func decodeIdentity(b storage.Bucket, body []byte) (*storage.Identity, error) {
	v := new(storage.Identity)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("decode identity: %w", err)
	}
	v.Bucket = b
	return v, nil
}

func decodeInvitation(b storage.Bucket, body []byte) (*storage.Invitation, error) {
	v := new(storage.Invitation)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("decode invitation: %w", err)
	}
	v.Bucket = b
	return v, nil
}

func decodeSession(b storage.Bucket, body []byte) (*storage.Session, error) {
	v := new(storage.Session)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	v.Bucket = b
	return v, nil
}

func decodeCase(b storage.Bucket, body []byte) (*storage.Case, error) {
	v := new(storage.Case)
	if err := json.Unmarshal(body, v); err != nil {
		return nil, fmt.Errorf("decode case: %w", err)
	}
	v.Bucket, v.Case.Bucket = b, int(b)
	return v, nil
}

func answerRow(b storage.Bucket, session string, a survey.Answer) ([]any, error) {
	var value any
	if a.Value != nil {
		value = *a.Value
	}
	choices, err := listText(a.Choices)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	files, err := listText(a.Files)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return []any{
		int64(b), storage.Clean(session), storage.Clean(a.Question), int64(a.Revision), value, choices,
		storage.Clean(a.Text), files, a.Skipped, a.Dropped, micro(a.At),
	}, nil
}

// listText is a list as JSON; an empty one is the empty text.
func listText[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	body, _, err := encode(list)
	return string(body), err
}

func scanAnswer(row scanner) (survey.Answer, error) {
	var (
		a              survey.Answer
		bucket         int64
		session        string
		choices, files string
	)
	err := row.Scan(&bucket, &session, &a.Question, &a.Revision, &a.Value, &choices, &a.Text, &files, &a.Skipped, &a.Dropped, &a.At)
	if err != nil {
		return a, err
	}
	a.At = a.At.UTC()
	if choices != "" {
		if err := json.Unmarshal([]byte(choices), &a.Choices); err != nil {
			return a, fmt.Errorf("decode answer: %w", err)
		}
	}
	if files != "" {
		if err := json.Unmarshal([]byte(files), &a.Files); err != nil {
			return a, fmt.Errorf("decode answer: %w", err)
		}
	}
	return a, nil
}

func eventRow(b storage.Bucket, e storage.CaseEvent) []any {
	return []any{
		int64(b), storage.Clean(e.ID), storage.Clean(e.Case), micro(e.At), storage.Clean(e.Kind), storage.Clean(e.By), storage.Clean(e.Detail), storage.Clean(e.Note),
	}
}

func wordsRow(b storage.Bucket, w storage.Words) ([]any, error) {
	files, err := listText(w.Files)
	if err != nil {
		return nil, fmt.Errorf("encode words: %w", err)
	}
	return []any{
		int64(b), storage.Clean(w.ID), storage.Clean(w.Session), storage.Clean(w.Case), w.Inbound, storage.Clean(w.Text), files, micro(w.At),
	}, nil
}

// scanner is a row or rows.
type scanner interface{ Scan(...any) error }

// deliveryCell is one slot of the working set.
type deliveryCell struct {
	storage.Delivery
	render  []byte // Render as stored; nil = not loaded, because nobody asked
	decoded bool   // Delivery.Render is what render says
	dirty   bool   // to be written
	whole   bool   // and not its state alone
}

// load decodes the render, once.
func (c *deliveryCell) load() (err error) {
	if c.decoded {
		return nil
	}
	c.Render, err = decodeRender(c.render)
	c.decoded = err == nil
	return err
}

func (c *deliveryCell) forgetRender() { c.render, c.decoded, c.Render = nil, false, chat.Message{} }

func decodeRender(body []byte) (m chat.Message, err error) {
	if err := json.Unmarshal(body, &m); err != nil {
		return chat.Message{}, fmt.Errorf("decode message: %w", err)
	}
	return m, nil
}

// seal encodes the render of a delivery that an operation made, unless body is that, and
// takes it back where the rule for texts changed it: what is sent is what is stored.
func seal(d storage.Delivery, body []byte) (deliveryCell, error) {
	cleaned := false
	if body == nil || unclean(body) {
		var err error
		if body, cleaned, err = encode(d.Render); err != nil {
			return deliveryCell{}, fmt.Errorf("encode message: %w", err)
		}
	}
	if cleaned {
		var err error
		if d.Render, err = decodeRender(body); err != nil {
			return deliveryCell{}, err
		}
	}
	return deliveryCell{Delivery: cleanDelivery(d), render: body, decoded: true, whole: true}, nil
}

func cleanDelivery(d storage.Delivery) storage.Delivery {
	d.Slot, d.Identity, d.Hash = storage.Clean(d.Slot), storage.Clean(d.Identity), storage.Clean(d.Hash)
	d.Address = cleanAddress(d.Address)
	d.ShownRef, d.ShownSum = chat.Ref(storage.Clean(string(d.ShownRef))), storage.Clean(d.ShownSum)
	d.Error = storage.Clean(d.Error)
	return d
}

func cleanAddress(a chat.Address) chat.Address {
	return chat.Address{
		Platform: chat.Platform(storage.Clean(string(a.Platform))), Account: storage.Clean(a.Account),
		Chat: storage.Clean(a.Chat), Thread: storage.Clean(a.Thread),
	}
}

func (c deliveryCell) row() []any {
	d := c.Delivery
	return []any{
		int64(d.Bucket), d.Slot, storage.SlotOwner(d.Slot), d.Identity, string(d.Address.Platform), d.Address.Account, d.Address.Chat,
		d.Address.Thread, string(d.Kind), d.Ord, string(c.render), d.Hash, int64(d.Wanted), int64(d.Shown), string(d.ShownRef),
		d.ShownSum, int64(d.Base), d.Repeated, string(d.State), micro(d.Due), int64(d.Attempts), orNull(d.Tried), d.Epoch, d.Error,
		micro(d.Created),
	}
}

// stateRow is what changes while the delivery is on its way, in the order of stateColumns.
func (c deliveryCell) stateRow() []any {
	d := c.Delivery
	return []any{
		int64(d.Bucket), d.Slot, micro(d.Created), string(d.Address.Platform), d.Address.Account, d.Address.Chat, d.Address.Thread,
		int64(d.Shown), string(d.ShownRef), d.ShownSum, int64(d.Base), d.Repeated, string(d.State), micro(d.Due), int64(d.Attempts),
		orNull(d.Tried), d.Epoch, d.Error,
	}
}

// scanDelivery reads a row and leaves its render as it is stored.
func scanDelivery(row scanner) (deliveryCell, error) {
	var (
		c      deliveryCell
		owner  string
		render []byte
		tried  *time.Time
	)
	d := &c.Delivery
	err := row.Scan(&d.Bucket, &d.Slot, &owner, &d.Identity, &d.Address.Platform, &d.Address.Account, &d.Address.Chat,
		&d.Address.Thread, &d.Kind, &d.Ord, &render, &d.Hash, &d.Wanted, &d.Shown, &d.ShownRef,
		&d.ShownSum, &d.Base, &d.Repeated, &d.State, &d.Due, &d.Attempts, &tried, &d.Epoch, &d.Error, &d.Created)
	if err != nil {
		return c, err
	}
	d.Due, d.Created = d.Due.UTC(), d.Created.UTC()
	if tried != nil {
		d.Tried = tried.UTC()
	}
	if len(render) > 0 {
		c.render = render
	}
	return c, nil
}

// copied is a delivery that shares nothing with the working set.
func (c deliveryCell) copied() (d storage.Delivery, err error) {
	d = c.Delivery
	d.Render, err = decodeRender(c.render)
	return d, err
}

// numbered reports whether a case that is new here has the number that it must have.
func numbered(c recovery.Case, next int) error {
	if c.Number != next {
		return fmt.Errorf("a new case has the number %d instead of %d", c.Number, next)
	}
	return nil
}
