package main

import (
	"testing"
)

// Servers that are started together on a database that is not there yet all make it, and
// all of them serve.
func TestServersStartTogetherOnANewDatabase(t *testing.T) {
	t.Parallel()
	for _, db := range emptyDatabases {
		t.Run(db.name, func(t *testing.T) {
			env := map[string]string{"DATABASE_URL": db.url(t)}
			var servers []*instance
			for range 3 {
				servers = append(servers, newMachine(t, env).start("serve"))
			}
			newMachine(t, env).must("migrate")
			for _, p := range servers {
				p.awaitReady()
			}
			for _, p := range servers {
				p.stop()
			}
		})
	}
}
