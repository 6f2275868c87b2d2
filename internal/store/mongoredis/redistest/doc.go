// Package redistest runs real Redis servers for tests and measurements: one alone
// ([Start], [New]), a primary with replicas and sentinels ([StartReplicated]), or a
// cluster ([StartCluster]). Each listens on a port of its own on 127.0.0.1, keeps its
// data in a directory of its own, and ends with the test, or with the process should
// that die first.
//
// All types are safe for concurrent use, except that one server is not to be killed,
// stopped and restarted by several goroutines at once.
package redistest
