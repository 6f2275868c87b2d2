// Package cutter is a TCP proxy that harms connections, for tests: it cuts them at once
// or after random numbers of bytes, refuses them, lets nothing through, or lets it
// through late. It stands between a client and one server, and knows nothing of what
// they say.
//
// A client that learns addresses from its server, as those of replica sets, sentinels
// and clusters do, goes around it.
package cutter
