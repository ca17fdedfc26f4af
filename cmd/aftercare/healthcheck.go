package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aftercare/aftercare/internal/app"
)

// healthcheckCmd asks the server of these settings whether it is ready; container
// runtimes call it, so it needs nothing but this binary.
type healthcheckCmd struct {
	URL     string        `help:"The server's address; the one of LISTEN unless given."`
	Timeout time.Duration `default:"3s" help:"How long to wait for the answer."`
}

// Run fails unless the server answers 200.
func (c *healthcheckCmd) Run(a *terminal) error {
	base := c.URL
	if base == "" {
		s, err := a.settings()
		if err != nil {
			return err
		}
		base = "http://" + app.Reachable(s.Listen)
	}
	target, err := url.JoinPath(base, "readyz")
	if err != nil {
		return usagef("%q is not an address. Write http://host:port", c.URL)
	}
	ctx, cancel := context.WithTimeout(a.ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return usagef("%q is not an address. Write http://host:port", c.URL)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the server does not answer. Start it with `aftercare serve`, or correct LISTEN: %w", err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: %s %s", response.Status, answer)
	}
	return a.printf("ready\n")
}
