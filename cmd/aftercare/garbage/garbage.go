// Package garbage says how much garbage may pile up before it is collected, from the program's first moments on: it
// imports next to nothing, so that it is set before most of the program is made.
package garbage

import (
	"os"
	"runtime/debug"
)

// Percent is how much of it may pile up, in per cent of what is live (docs/decisions/0007).
// internal/bench sets the same.
const Percent = 400

func init() {
	if os.Getenv("GOGC") == "" { // else the environment has said it
		debug.SetGCPercent(Percent)
	}
}
