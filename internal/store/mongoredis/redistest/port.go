package redistest

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports below the range from which systems take the ports of outgoing connections: none
// of those can take a server's port while the server is down.
const (
	lowestPort  = 10_000
	highestPort = 32_000
)

// freePort returns a port that nobody listens on just now. Somebody may a moment later:
// who starts a server on it tries again with another.
func freePort() (int, error) {
	var last error
	for range 100 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		l, err := net.Listen("tcp", hostPort(port))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

func hostPort(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
