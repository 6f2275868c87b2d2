package archtest

import "slices"

// inModule prefixes the packages below internal/ in the table.
const inModule = "internal/"

// table says, for each package of the module (named without internal/), which others it
// may import. Imports point towards the domain.
func table() map[string][]string {
	t := map[string][]string{
		// Leaves.
		"order":             nil,
		"metrics":           nil,
		"config":            nil,
		"realtime/socketio": nil, // a codec and a session; knows nothing of orders

		// What speaks of orders alone.
		"ordergen": {"order"},
		"orderio":  {"order"},
		"event":    {"order"},
		"store":    {"order"},
		"wire":     {"order", "event"}, // event: the samples that a live view and a history both show
		"handler":  {"order", "metrics"},

		// Drivers of the storage contract, and the suite that holds them to it.
		"store/storetest":   {"store", "order", "metrics"},
		"store/memstore":    {"store", "order", "metrics"},
		"store/pebblestore": {"store", "order", "metrics"},
		"store/mongoredis":  {"store", "order", "metrics"},

		// The work.
		"queue":    {"store", "order", "handler", "event", "metrics"},
		"pipeline": {"queue", "store", "handler", "event", "order", "metrics"}, // handler: foretells the digest; its source of orders is an interface
		"intake":   {"queue", "store", "order", "metrics"},

		// What looks on.
		"history": {"event", "order", "metrics"},
		"logbook": {"event", "order", "metrics"},
		"outage":  {"order"},

		// The edge.
		"auth":     {"metrics"},
		"ui":       {"wire"},
		"client":   {"wire"},
		"realtime": {"event", "order", "wire", "auth", "realtime/socketio", "metrics"},                 // order: the lanes of what events count
		"api":      {"order", "orderio", "store", "event", "history", "wire", "auth", "ui", "metrics"}, // the contract's types, never a driver

		// Tests that no package owns alone.
		"archtest":                   nil,
		"metrics/metricstest":        {"metrics"},
		"store/mongoredis/cutter":    nil,                                                                                                             // harms TCP connections to whatever server
		"store/mongoredis/mongotest": nil,                                                                                                             // a double of a server; knows nothing of orders
		"store/mongoredis/redistest": nil,                                                                                                             // real Redis servers; knows nothing of what is kept in them
		"fleetkit":                   {"order", "ordergen", "store", "store/mongoredis", "handler", "queue", "pipeline", "metrics", "client", "wire"}, // processes in trouble: the binary, driven by the client; servers in trouble: a process without app
		"deploy":                     {"config"},                                                                                                      // what compose and helm make of the files there
		"crashkit":                   {"order", "store", "store/pebblestore", "handler", "queue", "pipeline"},                                         // power losses: a process without app, so that a planted bug rebuilds little; kills: the binary
	}
	// The wiring may import all of the program above, and nothing that only tests.
	for _, name := range slices.Sorted(keys(t)) {
		if !testOnly(name) {
			t["app"] = append(t["app"], name)
		}
	}
	t["cmd/filavip"] = []string{"app", "config", "order", "client", "wire"}
	t["bench/compare"] = []string{"client", "wire", "order"} // drives the binary
	t[root] = []string{"app", "config", "order"}             // the face for embedding
	return t
}

// root names the package in the module's own folder.
const root = "."

// testOnly says whether a package exists for tests or measurements: its files count as
// test files, and only test files import it.
func testOnly(name string) bool {
	return slices.Contains([]string{
		"store/storetest", "store/mongoredis/redistest", "store/mongoredis/mongotest", "store/mongoredis/cutter",
		"metrics/metricstest", "archtest", "crashkit", "fleetkit", "deploy", "bench/compare",
	}, name)
}

// inTests are the packages that any test file may import beside its package's row.
func inTests() []string {
	return []string{
		"store/storetest", "store/memstore", "store/mongoredis/redistest", "store/mongoredis/mongotest", "store/mongoredis/cutter",
		"metrics/metricstest", "ordergen", "app", "crashkit",
	}
}

// home says which packages may import a library.
type home struct {
	library  string   // the import path, or what it starts with
	packages []string // beside test files, if inTests
	inTests  bool     // any test file may
}

// homes lists every library the module may use. A path belongs to the first that fits.
func homes() []home {
	return []home{
		{library: "github.com/cockroachdb/pebble/v2/vfs", packages: []string{"store/pebblestore", "crashkit"}}, // crashkit: file systems that lose their power
		{library: "github.com/cockroachdb/pebble/v2", packages: []string{"store/pebblestore"}},
		{library: "go.mongodb.org/mongo-driver/v2", packages: []string{"store/mongoredis", "store/mongoredis/mongotest", "bench/compare", "fleetkit"}}, // fleetkit: counts documents itself
		{library: "github.com/redis/go-redis/v9", packages: []string{"store/mongoredis", "bench/compare"}},
		{library: "github.com/danielgtaylor/huma/v2", packages: []string{"api", "app"}},
		{library: "github.com/spf13/cobra", packages: []string{"cmd/filavip"}},
		{library: "github.com/spf13/pflag", packages: []string{"cmd/filavip"}},
		{library: "github.com/prometheus", packages: []string{"metrics"}},
		{library: "github.com/DeRuina/timberjack", packages: []string{"logbook"}},
		{library: "github.com/coder/websocket", packages: []string{"realtime/socketio"}},
		{library: "github.com/golang-jwt/jwt/v5", packages: []string{"auth"}},
		{library: "github.com/MicahParks/keyfunc/v3", packages: []string{"auth"}},
		{library: "github.com/klauspost/compress", packages: []string{"orderio", "api"}},
		{library: "golang.org/x/time", packages: []string{"api", "auth"}},
		{library: "golang.org/x/sync", packages: []string{"app", "queue", "pipeline", "intake"}, inTests: true},

		{library: "pgregory.net/rapid", inTests: true},
		{library: "go.uber.org/goleak", inTests: true},
		{library: "github.com/google/go-cmp", inTests: true},
		{library: "github.com/rogpeppe/go-internal", inTests: true},
		{library: "github.com/alicebob/miniredis/v2", inTests: true},
	}
}
