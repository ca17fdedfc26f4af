// Package signals hears what asks the program to end, from the program's first moment on: it
// imports next to nothing, so that it is ready before the rest of the program is.
package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// heard gets each signal that asks for an end. Its size is of no importance: one is enough.
var heard = listen()

// listen leaves a hang-up alone that is ignored, as nohup has it.
func listen() chan os.Signal {
	to := make(chan os.Signal, 1)
	signal.Notify(to, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(to, syscall.SIGHUP)
	}
	return to
}

// Context returns a context that ends with the first signal: an interrupt, SIGTERM, or the
// hang-up of a terminal that was closed. The second interrupt or SIGTERM then ends the process
// at once; a second hang-up does not, because a closing terminal may send two.
func Context(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-heard:
			// Before anybody hears of the first one, the second has its default effect again.
			signal.Reset(os.Interrupt, syscall.SIGTERM)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Outlive keeps the process alive when whoever reads its output goes away: what is written
// there fails from then on, and the work goes on.
func Outlive() { signal.Ignore(syscall.SIGPIPE) }

// Leave gives every signal its default effect again.
func Leave() { signal.Reset() }
