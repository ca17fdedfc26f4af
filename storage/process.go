package storage

import (
	"context"
	"time"
)

// Process is a server that runs on the database, as it said last.
type Process struct {
	ID       string // made anew with each start
	Name     string // for people: its machine and its address
	Revision int64  // of the configuration that is in force in it; 0 = it starts
	Lacks    string // what of that it cannot read, in words; "" = nothing
	// Age is how long ago it said so, by the clock of the database. Pulse does not look at it.
	Age time.Duration
}

// Processes is which servers run on the database.
type Processes interface {
	// Pulse says that a process lives and what is in force in it, within ctx. Where it
	// succeeds the database takes changes. Its errors are those of Ping.
	Pulse(ctx context.Context, p Process) error
	// Depart forgets a process that ends; one that is not there is none to forget.
	Depart(ctx context.Context, id string) error
	// Running returns all processes that said that they live and did not depart, by name:
	// those that were killed as well, of which Age tells.
	Running(ctx context.Context) ([]Process, error)
}
