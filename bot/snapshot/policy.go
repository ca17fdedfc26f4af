package snapshot

import "github.com/aftercare/aftercare/recovery"

// Policy is a version of the recovery rules as it was published. The zero value is the
// shipped rules.
type Policy struct {
	recovery.Policy
	Version int // 0 = nothing was published
	bad     int // the newest version that this program cannot read; 0 = none
}

// Rules are those that the cases of a site live by, in the site's zone.
func (s *Snapshot) Rules(id string) recovery.Rules {
	p := s.Policy.Policy
	if s.Policy.Version == 0 {
		p = recovery.DefaultPolicy()
	}
	return p.At(id, s.Site(id).Zone)
}

// Wordings are the texts that are said in words of the organisation's own at a site; nil = none.
func (s *Snapshot) Wordings(id string) recovery.Wordings { return s.Policy.Wordings(id) }
