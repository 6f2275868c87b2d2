//go:build !linux

package fleetkit

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
