package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// policy is a version of the recovery rules as it was published. The zero value is the
// shipped rules.
type policy struct {
	recovery.Policy
	version int // 0 = nothing was published
	bad     int // the newest version that this program cannot read; 0 = none
}

// readPolicy reads the newest recovery rules. While they cannot be read, because a newer
// program wrote them, those of before stay in force.
func (b *Bot) readPolicy(ctx context.Context, old policy) (policy, error) {
	if b.policy == nil {
		return old, nil
	}
	src, err := b.store.Rules(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return old, nil
	}
	if err != nil {
		return old, fmt.Errorf("read the recovery rules: %w", err)
	}
	if src.Version == old.version || src.Version == old.bad {
		return old, nil
	}
	p, err := b.policy([]byte(src.Source))
	if err != nil {
		b.log.Error("the published recovery rules cannot be read; those of before stay in force", "version", src.Version, "err", err)
		old.bad = src.Version
		return old, nil
	}
	return policy{Policy: p, version: src.Version}, nil
}

// rules are those that the cases of a site live by, in the site's zone.
func (s *snapshot) rules(id string) recovery.Rules {
	p := s.policy.Policy
	if s.policy.version == 0 {
		p = recovery.DefaultPolicy()
	}
	return p.At(id, s.site(id).Zone)
}

// rules are those that the turn's case lives by, or would live by.
func (t *turn) rules() recovery.Rules {
	switch {
	case t.kase != nil:
		return t.snap.rules(t.kase.Site)
	case t.session != nil:
		return t.snap.rules(t.session.Site)
	}
	return t.snap.rules("")
}

// schedule notes when the changed case is to be looked at again, by the rules as they are
// now.
func (t *turn) schedule() {
	k := t.out.Case
	if k == nil {
		return
	}
	k.Rules, k.Next = t.snap.policy.version, time.Time{}
	if timer, ok := recovery.NextClock(t.snap.rules(k.Site), k.Case); ok {
		k.Next = t.strikes(timer)
	}
}
