package fleetkit

import "testing"

// TestProcesses harms processes of the real binary.
func TestProcesses(t *testing.T) {
	s := newSite(t)
	t.Run("WorkerKill", s.testWorkerKill)
}
