package bot

import (
	"encoding/binary"
	"strconv"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Pseudonymity belongs to the person: who answered a pseudonymous survey is known to staff by
// a mark in all that follows, whichever flow it is of, until nothing of it is left that could
// be laid beside a name.

// maskedFor is how long somebody stays masked after the last word in a masked session. History
// looks back as long, so that no line of a named card counts a masked session.
const maskedFor = repeatWindow

// masks reports whether staff know the customer of a session by a pseudonym.
func masks(snap *snapshot.Snapshot, s *storage.Session) (bool, error) {
	switch {
	case s == nil || s.ID == "":
		return false, nil
	case s.Mark != "":
		return true, nil
	}
	flow, err := snap.Flow(s.Flow, s.Version)
	if err != nil {
		return false, err
	}
	return flow.Naming == survey.Pseudonymous, nil
}

// masking is a session of somebody who may be known by a pseudonym; number is that of the
// next mark of the bucket.
type masking struct {
	in      *frame
	session *storage.Session
	of      *storage.Identity
	number  int
}

// begins gives a session that begins its pseudonym, where it needs one: the flow asks for it,
// what it follows is masked, or the person has been lately or has a case that is. last is the
// session before, nil if there is none.
func (m masking) begins(flow *snapshot.Flow, last *storage.Session) error {
	s, id, now := m.session, m.of, m.in.now
	was, err := masks(m.in.snap, last)
	if err != nil {
		return err
	}
	follows := was && s.Case != "" && last.Case == s.Case
	lately := was && now.Before(last.Last.Add(maskedFor)) || !id.Masked.IsZero() && (now.Before(id.Masked) || id.Case != "")
	if flow.Naming != survey.Pseudonymous && !follows && !lately {
		if was {
			s.Facts.Previous = 0 // a named card says nothing of a masked session
		}
		return nil
	}
	switch {
	case id.Mark != "":
	case was && last.Mark == "":
		id.Mark = m.in.b.key.pseudonym(id.ID) // cards have shown it
	default:
		id.Mark, m.in.out.Marked = m.in.b.key.mark(int(id.Bucket), m.in.b.store.Buckets(), m.number), true
	}
	s.Mark = id.Mark
	m.goesOn()
	return nil
}

// goesOn counts from now how long the person of a masked session stays so.
func (m masking) goesOn() {
	s, id := m.session, m.of
	if s == nil || s.Mark == "" || id == nil || id.ID != s.Identity {
		return
	}
	if until := m.in.now.Add(maskedFor); until.After(id.Masked) {
		id.Masked, m.in.out.Identity = until, id
	}
}

// mark is the pseudonym that is made from the n-th number of a bucket, six digits: no other
// number of any bucket makes the same, and nobody who lacks the key can tell from marks who
// came before whom.
func (k secret) mark(bucket, buckets, n int) string {
	const first, many = 100_000, 900_000
	at := uint64(n-1)*uint64(buckets) + uint64(bucket)
	if at >= many {
		return strconv.FormatUint(first+many+(at-many), 10) // seven digits and more
	}
	for {
		if at = k.shuffled(at); at < many {
			return strconv.FormatUint(first+at, 10)
		}
	}
}

// shuffled changes the order of the numbers below 2^20, by the key: no two become one.
func (k secret) shuffled(x uint64) uint64 {
	const half, rounds = 10, 6
	left, right := x>>half, x&(1<<half-1)
	for round := range uint64(rounds) {
		sum := k.sum("mark\x00" + strconv.FormatUint(round<<half|right, 10))
		left, right = right, left^binary.BigEndian.Uint64(sum)&(1<<half-1)
	}
	return left<<half | right
}
