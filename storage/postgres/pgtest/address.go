package pgtest

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
)

// lastPort is the last port that this process gave away.
var lastPort atomic.Int64 //nolint:gochecknoglobals // the ports of a process are one

// firstPort is below the ports that systems give to those who call, so that no caller
// holds one of ours, and no call to a server that is down is answered by itself.
const firstPort = 15000

// Address is where a server may listen that a test starts, kills and starts again, as
// host:port. It is given away once: no other server has it, of this process or another,
// also while nobody listens there.
func Address() (string, error) {
	host := loopback(os.Getpid())
	for {
		port := firstPort + lastPort.Add(1)
		if port >= 32768 {
			return "", fmt.Errorf("this process has used all its ports on %s", host)
		}
		address := net.JoinHostPort(host, strconv.FormatInt(port, 10))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
}

// loopback is the process's own address of the loopback interface, or the one of all where
// a system has no others.
func loopback(pid int) string {
	own := net.IPv4(127, byte(1+pid>>16), byte(pid>>8), byte(pid)).String()
	l, err := net.Listen("tcp", own+":0")
	if err != nil {
		return "127.0.0.1"
	}
	_ = l.Close() // nothing was sent
	return own
}
