package app

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// refusals are the settings whose credentials a platform refuses just now. Until an
// operator acts nothing is sent or heard by them.
type refusals struct {
	mu sync.Mutex
	of map[string]bool // by the setting's name
}

func (r *refusals) set(setting string, refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]bool{}
	}
	r.of[setting] = refused
}

// all tells for every credential that was tried whether it is refused.
func (r *refusals) all() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.of)
}

// String names the settings that are refused, "" if none is.
func (r *refusals) String() string {
	all := r.all()
	maps.DeleteFunc(all, func(_ string, refused bool) bool { return !refused })
	return strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}
