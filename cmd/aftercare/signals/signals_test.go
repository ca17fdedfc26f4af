package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/signal.loop")) }

// A context ends with a hang-up, and a second one does not end the process.
func TestTheFirstHangUpEndsTheContextAndTheSecondNothing(t *testing.T) {
	signal.Notify(heard, syscall.SIGHUP) // who runs the tests may ignore it, as nohup does
	ctx, cancel := Context(context.Background())
	defer cancel()
	me, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := me.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := me.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-heard // it came here and had no effect of its own
}
