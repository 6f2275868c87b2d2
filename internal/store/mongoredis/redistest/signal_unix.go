//go:build unix

package redistest

import (
	"os"
	"syscall"
)

// A signal to a process that has ended meanwhile does nothing, which is what is wanted.

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
func pause(p *os.Process)     { _ = p.Signal(syscall.SIGSTOP) }
func resume(p *os.Process)    { _ = p.Signal(syscall.SIGCONT) }
