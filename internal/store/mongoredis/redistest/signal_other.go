//go:build !unix

package redistest

import (
	"os"
	"syscall"
)

// Redis does not run here; what needs it says that it is not installed.

func attributes() *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) { _ = p.Kill() }
func terminate(p *os.Process) { _ = p.Kill() }
func pause(*os.Process)       {}
func resume(*os.Process)      {}
