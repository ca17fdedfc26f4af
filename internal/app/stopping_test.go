package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryStepIsStoppedNewestFirstWhateverTheOthersDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var order []string
		never := make(chan struct{})
		s := stopping{log: slog.New(slog.NewTextHandler(&log, nil))}
		s.add("close the database", time.Second, func(context.Context) error {
			order = append(order, "database")
			return nil
		})
		s.add("wait for what never ends", time.Second, func(context.Context) error {
			order = append(order, "never")
			<-never
			return nil
		})
		s.add("stop the bot", time.Second, func(ctx context.Context) error {
			order = append(order, "bot")
			<-ctx.Done()
			return ctx.Err()
		})
		s.add("stop the web server", time.Second, func(context.Context) error {
			order = append(order, "web")
			return errors.New("it broke")
		})

		err := s.all()
		if diff := cmp.Diff([]string{"web", "bot", "never", "database"}, order); diff != "" {
			t.Error(diff)
		}
		for _, want := range []string{"stop the web server: it broke", "stop the bot: context deadline exceeded", "wait for what never ends: it took longer than 1s"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("no %q in %v", want, err)
			}
		}
		if !strings.Contains(log.String(), "stopping: close the database") {
			t.Errorf("the log does not name the step:\n%s", log.String())
		}
		if err := s.all(); err != nil || len(order) != 4 {
			t.Errorf("stopping twice did something: %v, %v", err, order)
		}
		close(never)
	})
}
