package sqlstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// The columns of each table, in the order in which rows are written and read. Records
// are kept whole as JSON in body; the other columns are there because a query asks
// for them.
const (
	identityColumns   = "bucket, id, session, platform, account, person, customer, body"
	invitationColumns = "bucket, id, flow, version, site, customer, created_at, expires_at, body"
	sessionColumns    = "bucket, id, identity, flow, version, status, site, customer, invitation, case_id, started_at, ended_at, expires_at, composite, level, unsatisfied, test, body"
	caseColumns       = "bucket, id, number, session, identity, site, customer, state, priority, opened_at, tell_at, body, due, rules, holder, unposted, standing, clock"
)

// recordQueries find records by id and write them. What is found is id, link and body: a link is the
// id of what is loaded next.
type recordQueries struct {
	identities, sessions, invitations, cases, sessionIDs *keyed
	putIdentities, putSessions, putInvitations, putCases *list
	addSessions, changeSessions                          *list // which is known to be new, or to be there
}

func newRecordQueries(t *texts) recordQueries {
	return recordQueries{
		identities:     t.record("identities", "session"),
		sessions:       t.record("sessions", "case_id"),
		invitations:    t.record("invitations", "site"),
		cases:          t.record("cases", "session"),
		sessionIDs:     t.keyed("id", "sessions", "id", ""),
		putIdentities:  t.put("identities", identityColumns, "bucket", "id"),
		putSessions:    t.put("sessions", sessionColumns, "bucket", "id"),
		addSessions:    t.insert("sessions", sessionColumns, ""),
		changeSessions: t.change("sessions", "id", strings.TrimPrefix(sessionColumns, "bucket, id, ")),
		putInvitations: t.put("invitations", invitationColumns, "bucket", "id"),
		putCases:       t.put("cases", caseColumns, "bucket", "id"),
	}
}

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

	was, called called // by which names an identity is found: those that are stored, and its own

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
	return cell{body: body, link: link, identity: kept, called: calledOf(&v), row: []any{
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

func decodeIdentity(b storage.Bucket, body []byte) (*storage.Identity, error) {
	v := new(storage.Identity)
	if err := decode("identity", body, v); err != nil {
		return nil, err
	}
	v.Bucket = b
	return v, nil
}

func decodeInvitation(b storage.Bucket, body []byte) (*storage.Invitation, error) {
	v := new(storage.Invitation)
	if err := decode("invitation", body, v); err != nil {
		return nil, err
	}
	v.Bucket = b
	return v, nil
}

// scanner is a row or rows.
type scanner interface{ Scan(...any) error }
