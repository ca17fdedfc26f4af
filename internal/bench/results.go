package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// measured is what one measurement found, and where: the record that the page is made of.
type measured struct {
	Name   string `json:"name"` // of the measurement
	Rounds int    `json:"rounds"`
	When   string `json:"when"`          // with the commit, and how long it took
	Where  string `json:"machine"`       // and what runs there
	Load   string `json:"load"`          // averages at its end
	How    string `json:"how,omitempty"` // as it was described then, where its description changes with what it does
	Rows   []row  `json:"rows"`
}

// results are what measurements found when they last ran, in the order in which they run.
type results []measured

// recordOf is the file beside a page that the page is made of.
func recordOf(page string) string { return strings.TrimSuffix(page, ".md") + ".json" }

// readResults reads what was measured before; nothing is there before the first run.
func readResults(path string) (all results, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(text, &all)
}

// merge takes what was measured now in place of what the same measurements found before.
func (r results) merge(now results) results {
	var all results
	for _, m := range measurements {
		for _, of := range []results{now, r} {
			if i := slices.IndexFunc(of, func(o measured) bool { return o.Name == m.name }); i >= 0 {
				all = append(all, of[i])
				break
			}
		}
	}
	return all
}

// write keeps the record, and the page that is made of it.
func (r results) write(page string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(recordOf(page), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(page, []byte(r.page()), 0o644)
}
