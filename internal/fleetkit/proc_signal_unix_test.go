//go:build unix

package fleetkit

import (
	"os"
	"syscall"
)

// A signal to a process that has ended meanwhile does nothing.

func suspend(p *os.Process)   { _ = p.Signal(syscall.SIGSTOP) }
func wake(p *os.Process)      { _ = p.Signal(syscall.SIGCONT) }
func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
