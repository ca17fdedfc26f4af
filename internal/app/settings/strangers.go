package settings

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Stranger is a name that is given like a setting, and is none: nobody reads its value.
type Stranger struct {
	Name string
	Near string // the setting that is meant, "" = nobody knows
}

// String says so in a sentence, without its value.
func (s Stranger) String() string {
	if s.Near == "" {
		return s.Name + " is not a setting, and is not read"
	}
	return s.Name + " is not a setting, and is not read; do you mean " + s.Near + "?"
}

// ours is how the names of settings begin that no other program has.
var ours = []string{"TELEGRAM_", "SLACK_", "OIDC_", "AFTERCARE_"}

// farthest is by how many letters a name may differ from that of a setting which is meant: most of them are slips.
const farthest = 2

// strangers are the names in .env that are no settings and look like one, and those of the environment that differ from
// one by some letters. Other programs have names of their own in both.
func strangers(environ map[string]string, dir string, names []string) (all []Stranger) {
	known := map[string]bool{}
	for _, name := range names {
		known[name], known[name+"_FILE"] = true, true
	}
	dotenv, _ := readEnv(filepath.Join(dir, ".env")) // what is wrong with it is said elsewhere
	given := maps.Clone(dotenv)
	if given == nil {
		given = map[string]string{}
	}
	for name := range environ {
		given[name] = ""
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if known[name] {
			continue
		}
		near := nearest(name, slices.Sorted(maps.Keys(known)))
		_, written := dotenv[name]
		if near != "" || written && slices.ContainsFunc(ours, func(begin string) bool { return strings.HasPrefix(strings.ToUpper(name), begin) }) {
			all = append(all, Stranger{name, near})
		}
	}
	return all
}

// nearest is the name that is meant by another, "" = none is near.
func nearest(name string, names []string) (near string) {
	least := farthest + 1
	for _, of := range names {
		if d := apart(strings.ToUpper(name), of); d < least && d*3 < len(of) {
			near, least = of, d
		}
	}
	return near
}

// apart is how many letters have to be put in, left out, changed or swapped with their neighbour to make one word of
// another (optimal string alignment).
func apart(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			changed := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			rows[i][j] = min(changed, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
