package redistest

import (
	"fmt"
	"time"
)

// settleWithin is how long servers may take to agree on something.
const settleWithin = 30 * time.Second

// await asks until it hears no error, and fails with the last one.
func await(fatalf func(string, ...any), what string, ask func() error) {
	var last error
	for begun := time.Now(); time.Since(begun) < settleWithin; {
		if last = ask(); last == nil {
			return
		}
		time.Sleep(20 * time.Millisecond) // servers agree in their own time, and tell nobody
	}
	fatalf("redistest: %s: not within %v: %v", what, settleWithin, last)
}

// expect returns an error unless a server's field has that value.
func expect(s *Server, section, field, want string) error {
	got, err := s.Info(section, field)
	if err == nil && got != want {
		return fmt.Errorf("port %d: %s is %q, not %q", s.port, field, got, want)
	}
	return err
}
