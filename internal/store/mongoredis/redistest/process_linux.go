package redistest

import "syscall"

// attributes put a process in a group of its own, and have it die with this one.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
