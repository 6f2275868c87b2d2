//go:build unix && !linux

package redistest

import "syscall"

// attributes put a process in a group of its own. It outlives this one if this is killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
