package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the port, and where it is taken says what to do.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program is using %s. Stop it, or choose another port: --listen 127.0.0.1:8081", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen at %s. Choose a port above 1023: --listen 127.0.0.1:8080", address)
	}
	return nil, fmt.Errorf("listen at %s: %w. Choose another address with --listen", address, err)
}

// Reachable turns an address to listen at into one to call: "every interface" is reached at
// this machine's own.
func Reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
