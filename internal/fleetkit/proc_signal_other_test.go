//go:build !unix

package fleetkit

import "os"

// Redis does not run here, so nothing gets as far as this.

func suspend(*os.Process)     {}
func wake(*os.Process)        {}
func terminate(p *os.Process) { _ = p.Kill() }
