package postgres

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/lib/pq"
)

// channel is what instances tell each other on that there are deliveries to send.
const channel = "aftercare_deliveries"

// The listener's connection is idle most of the time: it is asked for a sign of life
// now and then, and one that is silent for longer is dead.
const (
	pulse        = 20 * time.Second
	listenerDead = 45 * time.Second
)

// listenDialer dials the listener's connections.
type listenDialer struct{}

func (listenDialer) Dial(network, address string) (net.Conn, error) {
	return listenDialer{}.DialTimeout(network, address, connectTimeout)
}

func (listenDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	return (&dialer{silence: listenerDead}).DialTimeout(network, address, timeout)
}

// hints listens on a connection of its own until ctx ends. It reconnects by itself, and
// gives one hint after that, since some may have been missed.
func hints(ctx context.Context, a address, log *slog.Logger) <-chan struct{} {
	out := make(chan struct{}, 1)
	dsn, err := withDefault(a.dsn, "connect_timeout", "3")
	if err != nil {
		close(out)
		return out
	}
	l := pq.NewDialListener(listenDialer{}, dsn, 100*time.Millisecond, 5*time.Second, func(e pq.ListenerEventType, err error) {
		if err != nil {
			log.Debug("listening for hints", "event", int(e), "err", plain(err))
		}
	})
	// Listen waits for a connection as long as it takes; Close ends that as well.
	go func() {
		if err := l.Listen(channel); err != nil && ctx.Err() == nil {
			log.Warn("no hints from other instances; deliveries are polled for", "err", plain(err))
		}
	}()
	go func() {
		defer close(out)
		defer func() { _ = l.Close() }() // there is nothing left to lose
		beat := time.NewTicker(pulse)
		defer beat.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-beat.C:
				_ = l.Ping() // a failure makes the listener reconnect
			case <-l.NotificationChannel():
				select {
				case out <- struct{}{}:
				default:
				}
			}
		}
	}()
	return out
}
