package pgtest

import (
	"net"
	"os"
	"testing"
)

func TestAnAddressIsGivenAwayOnce(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		a, err := Address()
		if err != nil {
			t.Fatal(err)
		}
		if seen[a] {
			t.Errorf("%s was given away before", a)
		}
		seen[a] = true
		l, err := net.Listen("tcp", a)
		if err != nil {
			t.Errorf("nobody can listen there: %v", err)
			continue
		}
		_ = l.Close()
	}
}

func TestProcessesHaveAddressesOfTheirOwn(t *testing.T) {
	if loopback(1) == "127.0.0.1" {
		const why = "this system has one loopback address"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	seen := map[string]int{}
	for _, pid := range []int{1, 2, 255, 256, 65535, 65536, 4194304} {
		a := loopback(pid)
		if other, ok := seen[a]; ok {
			t.Errorf("processes %d and %d share %s", pid, other, a)
		}
		seen[a] = pid
	}
}
