package snapshot

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
)

// EverySite are the ids of all sites, sorted, that of "no site" first.
func (s *Snapshot) EverySite() []string {
	all := []string{access.EverySite}
	for id := range s.Sites {
		if id != access.EverySite {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// NewestDay is the newest day that any site has at a moment, as midnight UTC.
func (s *Snapshot) NewestDay(now time.Time) time.Time {
	day := now.UTC().Format(time.DateOnly)
	for _, at := range s.Sites {
		if at.Zone != nil {
			day = max(day, now.In(at.Zone).Format(time.DateOnly))
		}
	}
	t, _ := time.Parse(time.DateOnly, day)
	return t
}
