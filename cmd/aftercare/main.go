// Command aftercare asks customers in their chat how the service was, keeps every
// answer, and calls staff when one is unsatisfied. This package holds the commands:
// it turns the environment into settings, settings into wiring, and runs it.
package main

import (
	"os"

	_ "github.com/aftercare/aftercare/cmd/aftercare/garbage" // of every command, before most of it is made
)

func main() {
	os.Exit(execute(os.Args[1:]))
}
