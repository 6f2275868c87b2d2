package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		file    string // .env
		environ []string
		want    Redis
	}{
		{"nothing", "", nil, Redis{Addrs: []string{"localhost:6379"}}},
		{"host and port", "", []string{"REDIS_HOST=::1", "REDIS_PORT=6380", "REDIS_DB=2", "REDIS_PASSWORD=" + canary, "REDIS_USERNAME=u"},
			Redis{Addrs: []string{"[::1]:6380"}, DB: 2, Password: NewSecret(canary), Username: "u"}},
		{"sentinel by host", "", []string{"REDIS_HOST=s", "REDIS_SENTINEL_MASTER=m"},
			Redis{Addrs: []string{"s:26379"}, Master: "m"}},
		{"sentinel with a port", "", []string{"REDIS_HOST=s", "REDIS_PORT=6379", "REDIS_SENTINEL_MASTER=m"},
			Redis{Addrs: []string{"s:6379"}, Master: "m"}},
		{"URL", "", []string{"REDIS_URL=rediss://u:" + canary + "@h:7000/3"},
			Redis{Addrs: []string{"h:7000"}, Username: "u", Password: NewSecret(canary), DB: 3, TLS: true}},
		{"URL with a password alone", "", []string{"REDIS_URL=redis://:p%2C@[::1]"},
			Redis{Addrs: []string{"[::1]:6379"}, Password: NewSecret("p,")}},
		{"cluster", "", []string{"REDIS_URL=redis://a:1, redis://b ,redis://a:1"},
			Redis{Addrs: []string{"a:1", "b:6379"}}},
		{"sentinels by URL", "", []string{"REDIS_URL=redis://a/1,redis://b:1/1", "REDIS_SENTINEL_MASTER=m"},
			Redis{Addrs: []string{"a:26379", "b:1"}, Master: "m", DB: 1}},
		{"what the URL leaves out", "", []string{"REDIS_URL=redis://h", "REDIS_PASSWORD=" + canary, "REDIS_DB=4"},
			Redis{Addrs: []string{"h:6379"}, Password: NewSecret(canary), DB: 4}},
		{"the URL beats a lower layer", "REDIS_HOST=r\nREDIS_PORT=1\nREDIS_PASSWORD=x\nREDIS_DB=1\n", []string{"REDIS_URL=redis://:" + canary + "@h/0"},
			Redis{Addrs: []string{"h:6379"}, Password: NewSecret(canary)}},
		{"the same said twice", "", []string{"REDIS_URL=redis://H.:6380/1", "REDIS_HOST=h", "REDIS_PORT=6380", "REDIS_DB=1"},
			Redis{Addrs: []string{"H.:6380"}, DB: 1}},
	}
	for _, tt := range tests {
		c := load(t, Sources{EnvFile: write(t, tt.file), Environ: append(tt.environ, "MONGO_URI=mongodb://m")})
		if diff := cmp.Diff(tt.want, c.Redis, cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })); diff != "" {
			t.Errorf("%s: Redis (-want +got):\n%s", tt.name, diff)
		}
		if len(c.Warnings) > 0 {
			t.Errorf("%s: warnings %q, want none", tt.name, c.Warnings)
		}
	}
}

func TestRedisContradicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file    string
		environ []string
		want    string
	}{
		{"", []string{"REDIS_URL=redis://h", "REDIS_HOST=r"}, `REDIS_HOST="r" (environment): contradicts REDIS_URL (environment); allowed: one of the two`},
		{"REDIS_URL=redis://h:1", []string{"REDIS_PORT=2"}, `REDIS_PORT="2" (environment): contradicts REDIS_URL (.env line 1); allowed: one of the two`},
		{"", []string{"REDIS_URL=redis://h", "REDIS_PORT=2"}, `REDIS_PORT="2" (environment): contradicts REDIS_URL (environment); allowed: one of the two`},
		{"", []string{"REDIS_URL=redis://h/1", "REDIS_DB=2"}, `REDIS_DB="2" (environment): contradicts REDIS_URL (environment); allowed: one of the two`},
		{"", []string{"REDIS_URL=redis://:a@h", "REDIS_PASSWORD=" + canary}, `REDIS_PASSWORD="***" (environment): contradicts REDIS_URL (environment); allowed: one of the two`},
		{"", []string{"REDIS_URL=redis://a/1,redis://b/1"}, `REDIS_URL="***" (environment): several addresses mean a Cluster, which has database 0 alone; allowed: database 0, or REDIS_SENTINEL_MASTER if these are sentinels`},
	}
	for _, tt := range tests {
		got := problems(t, Sources{EnvFile: write(t, tt.file), Environ: tt.environ})
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("problems with %q %q (-want +got):\n%s", tt.file, tt.environ, diff)
		}
	}
}

func TestNoWorkers(t *testing.T) {
	t.Parallel()
	if c := load(t, Sources{Environ: []string{"ORDERS_QUEUE_CONCURRENCY=0", "MONGO_URI=mongodb://m"}}); c.Workers != 0 {
		t.Errorf("Workers = %d, want 0", c.Workers)
	}
	want := []string{`--workers="0" (flag): without MONGO_URI no other process works on the orders; allowed: an integer from 1 to 10000`}
	if diff := cmp.Diff(want, problems(t, Sources{Flags: map[string]string{"workers": "0"}})); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestShared: a process that only works needs somebody else's orders, and workers.
func TestShared(t *testing.T) {
	t.Parallel()
	for want, environ := range map[string][]string{
		`MONGO_URI="" (default): it names the orders to work on, which processes share; allowed: mongodb://host... or mongodb+srv://host...`: nil,
		`ORDERS_QUEUE_CONCURRENCY="0" (environment): this process would do nothing; allowed: an integer from 1 to 10000`:                     {"MONGO_URI=mongodb://m", "ORDERS_QUEUE_CONCURRENCY=0"},
	} {
		if diff := cmp.Diff([]string{want}, problems(t, Sources{Environ: environ, Shared: true})); diff != "" {
			t.Errorf("problems with %q (-want +got):\n%s", environ, diff)
		}
	}
	c := load(t, Sources{Environ: []string{"MONGO_URI=mongodb://m", "FILAVIP_RESUME=off"}, Shared: true, Stores: true})
	if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "FILAVIP_RESUME: not used with MONGO_URI") {
		t.Errorf("Warnings = %q, want one of FILAVIP_RESUME", c.Warnings)
	}
}

// What is not safe is said at every start, and to nobody who starts nothing.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	src := Sources{
		Environ: []string{"MONGO_URI=mongodb://m", "FILAVIP_UNSAFE_WRITE_CONCERN=1"},
		Flags:   map[string]string{"unsafe-redis-eviction": "true"}, Stores: true,
	}
	c := load(t, src)
	for i, name := range []string{"--unsafe-redis-eviction: UNSAFE", "FILAVIP_UNSAFE_WRITE_CONCERN: UNSAFE"} {
		if len(c.Warnings) != 2 || !strings.HasPrefix(c.Warnings[i], name) {
			t.Errorf("Warnings = %q, want one that begins with %s", c.Warnings, name)
		}
	}
	src.Stores = false
	if c := load(t, src); len(c.Warnings) > 0 {
		t.Errorf("Warnings of a command that opens no orders = %q, want none", c.Warnings)
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{Environ: []string{"MONGO_URI=mongodb://m", "FILAVIP_UNSAFE_WRITE_CONCERN=1"}, Stores: true, Embedded: true})
	want := []string{"MONGO_URI: not used by this command; it keeps orders in a directory of its own"}
	if c.Distributed() || !slices.Equal(c.Warnings, want) {
		t.Errorf("Distributed, Warnings = %v, %q, want false, %q", c.Distributed(), c.Warnings, want)
	}
}
