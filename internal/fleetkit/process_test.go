package fleetkit

import "testing"

// TestProcesses harms processes of the real binary.
func TestProcesses(t *testing.T) {
	s := newSite(t)
	t.Run("WorkerKill", s.testWorkerKill)
	t.Run("WorkerStop", s.testWorkerStop)
	t.Run("LeadKill", s.testLeadKill)
	t.Run("LeadStop", s.testLeadStop)
	t.Run("LateWorkers", s.testLateWorkers)
	t.Run("AnyNode", s.testAnyNode)
	t.Run("GateShuts", s.testGateShuts)
	t.Run("WorkerCounts", s.testWorkerCounts)
	t.Run("EndInOutage", s.testEndInOutage)
	t.Run("EndAtOnce", s.testEndAtOnce)
}
