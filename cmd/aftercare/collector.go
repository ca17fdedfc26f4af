package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much of it may pile up before it is collected, in percent of what is
// live (docs/decisions/0007). internal/bench sets the same.
const garbage = 400

// tuneCollector sets the garbage collector of a server, unless the environment (GOGC)
// says otherwise.
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
