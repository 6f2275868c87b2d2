package config

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write makes a file with that content and returns its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, src Sources) Config {
	t.Helper()
	c, err := Load(src)
	if err != nil {
		t.Fatalf("Load(%v) = %v, want no problem", src, err)
	}
	return c
}

// problems returns the lines of the error that Load gives for src.
func problems(t *testing.T, src Sources) []string {
	t.Helper()
	c, err := Load(src)
	if err == nil {
		t.Fatalf("Load(%v) = no problem, want some", src)
	}
	if len(c.Entries()) != 0 || c.Host != "" {
		t.Errorf("Load(%v) = %v beside an error, want the zero Config", src, c)
	}
	return strings.Split(err.Error(), "\n")
}

func entry(t *testing.T, c Config, key string) Entry {
	t.Helper()
	for _, e := range c.Entries() {
		if e.Key == key {
			return e
		}
	}
	t.Fatalf("Entries() has no %s", key)
	return Entry{}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := load(t, Sources{EnvFile: filepath.Join(t.TempDir(), "missing")})
	want := Config{
		Host: "127.0.0.1", Port: 3000, Data: "./data", Resume: true,
		RedisHost: "localhost", RedisPort: 6379, Redis: Redis{Addrs: []string{"localhost:6379"}},
		ConnectTimeout: 10 * time.Second, Lease: 30 * time.Second,
		MaxOrders: 1_500_000, Workers: 25, ChunkSize: 10_000,
		Tiers: [4]uint32{25, 25, 25, 25}, Attempts: 3,
		LogFiles: true, LogLevel: slog.LevelInfo, LogProgressEvery: 5 * time.Second,
		LogFlushInterval: 750 * time.Millisecond, LogBufferMax: 500,
		Metrics: true, DashboardRefresh: 5 * time.Second,
		URL: "http://127.0.0.1:3000",
	}
	want.entries = got.entries
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Config{}, Secret{}, URI{})); diff != "" {
		t.Errorf("Load(nothing) (-want +got):\n%s", diff)
	}
	for _, e := range got.Entries() {
		if e.Origin != Default || e.Name != "" {
			t.Errorf("Entries()[%s] = %+v, want origin default and no name", e.Key, e)
		}
	}
	if got.Distributed() || got.Addr() != "127.0.0.1:3000" {
		t.Errorf("Distributed, Addr = %v, %q, want false, 127.0.0.1:3000", got.Distributed(), got.Addr())
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := write(t, "PORT=1001\n")
	environ := []string{"PORT=1002"}
	flags := map[string]string{"port": "1003"}
	tests := []struct {
		src  Sources
		want int
		from Entry
	}{
		{Sources{}, 3000, Entry{"PORT", "3000", Default, ""}},
		{Sources{EnvFile: file}, 1001, Entry{"PORT", "1001", EnvFile, "PORT"}},
		{Sources{EnvFile: file, Environ: environ}, 1002, Entry{"PORT", "1002", Environment, "PORT"}},
		{Sources{EnvFile: file, Environ: environ, Flags: flags}, 1003, Entry{"PORT", "1003", Flag, "--port"}},
		{Sources{EnvFile: file, Flags: flags}, 1003, Entry{"PORT", "1003", Flag, "--port"}},
	}
	for _, tt := range tests {
		c := load(t, tt.src)
		if got := entry(t, c, "PORT"); c.Port != tt.want || got != tt.from {
			t.Errorf("Load(%v): port %d, %+v, want %d, %+v", tt.src, c.Port, got, tt.want, tt.from)
		}
	}
}

// A value in a lower layer that is not in effect is not examined.
func TestHigherLayerHidesBadValue(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{EnvFile: write(t, "PORT=x"), Environ: []string{"PORT=4000"}})
	if c.Port != 4000 {
		t.Errorf("Port = %d, want 4000", c.Port)
	}
}

func TestEverySettingIsEffective(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"HOST": "::1", "PORT": "4000", "FILAVIP_ALLOWED_HOSTS": "shop.example,10.0.0.7",
		"CORS_ORIGIN": "https://a.example,http://localhost:3001", "FILAVIP_INSECURE_OPEN": "true",
		"FILAVIP_DATA": "/var/lib/filavip", "FILAVIP_RESUME": "off",
		"MONGO_URI": "mongodb://m:27017/orders", "REDIS_URL": "redis://r:1/3", "REDIS_HOST": "r", "REDIS_PORT": "1", "REDIS_PASSWORD": "pw",
		"REDIS_DB": "3", "REDIS_USERNAME": "u", "REDIS_SENTINEL_MASTER": "mymaster",
		"FILAVIP_CONNECT_TIMEOUT": "2s", "FILAVIP_LEASE": "500ms", "FILAVIP_NODE": "node-1",
		"FILAVIP_UNSAFE_REDIS_EVICTION": "true", "FILAVIP_UNSAFE_WRITE_CONCERN": "true", "MAX_ORDERS": "7", "ORDERS_QUEUE_CONCURRENCY": "8", "GENERATION_CHUNK_SIZE": "100",
		"NORMAL_ENQUEUE_BATCH_SIZE": "100000", "FILAVIP_TIERS": "50,30,15,5", "FILAVIP_ATTEMPTS": "9",
		"FILAVIP_SIMULATE_WORK": "2ms", "FILAVIP_SIMULATE_FAILURES": "0.01", "BACKEND_LOGS": "false",
		"LOG_LEVEL": "debug", "LOG_PROGRESS_EVERY_MS": "200", "LOG_MEMORY": "true", "LOG_FLUSH_INTERVAL_MS": "201",
		"LOG_BUFFER_MAX": "51", "PROMETHEUS_METRICS": "false", "DASHBOARD_REFRESH": "1000", "DASHBOARD_PORT": "3001",
		"FILAVIP_URL": "https://h/base", "FILAVIP_API_KEY": sixteen,
	}
	want := Config{
		APIKey: NewSecret(sixteen),
		Host:   "::1", Port: 4000, AllowedHosts: []string{"shop.example", "10.0.0.7"},
		CORSOrigins: []string{"https://a.example", "http://localhost:3001"}, InsecureOpen: true,
		Data: "/var/lib/filavip", Resume: false,
		MongoURI: NewURI("mongodb://m:27017/orders"), RedisURL: NewURI("redis://r:1/3"),
		RedisHost: "r", RedisPort: 1, RedisPassword: NewSecret("pw"), RedisDB: 3, RedisUsername: "u", RedisSentinel: "mymaster",
		Redis:          Redis{Addrs: []string{"r:1"}, Master: "mymaster", Username: "u", Password: NewSecret("pw"), DB: 3},
		ConnectTimeout: 2 * time.Second, Lease: 500 * time.Millisecond, Node: "node-1",
		UnsafeRedisEviction: true, UnsafeWriteConcern: true,
		MaxOrders: 7, Workers: 8, ChunkSize: 100, Tiers: [4]uint32{50, 30, 15, 5}, Attempts: 9,
		SimulateWork: 2 * time.Millisecond, SimulateFailures: 0.01,
		LogFiles: false, LogLevel: slog.LevelDebug, LogProgressEvery: 200 * time.Millisecond,
		LogFlushInterval: 201 * time.Millisecond, LogBufferMax: 51,
		Metrics: false, DashboardRefresh: time.Second, DashboardPort: 3001, URL: "https://h/base",
	}
	var environ []string
	defaults := load(t, Sources{})
	for _, s := range Settings() {
		value, ok := values[s.Key]
		if !ok {
			t.Errorf("this test gives %s no value: add one", s.Key)
			continue
		}
		if value == entry(t, defaults, s.Key).Value {
			t.Errorf("this test gives %s its default", s.Key)
		}
		environ = append(environ, s.Key+"="+value)
	}
	got := load(t, Sources{Environ: environ})
	for _, e := range got.Entries() {
		shown := values[e.Key]
		if e.Key == "REDIS_PASSWORD" || e.Key == "FILAVIP_API_KEY" {
			shown = "***"
		}
		if e.Value != shown || e.Origin != Environment {
			t.Errorf("Entries()[%s] = %q from %s, want %q from environment", e.Key, e.Value, e.Origin, shown)
		}
	}
	want.Warnings, want.entries = got.Warnings, got.entries
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Config{}, Secret{}, URI{})); diff != "" {
		t.Errorf("Load(all) (-want +got):\n%s", diff)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	got := problems(t, Sources{
		EnvFile: write(t, "# ours\nLOG_LEVEL=loud\n"),
		Environ: []string{"PORT=80 80", "MAX_ORDERS=0", "FILAVIP_DTAA=/x"},
		Flags:   map[string]string{"resume": "x", "prot": "1", "zz": "1", "quantity": "1"},
	})
	want := []string{
		`--prot="***" (flag): no such setting; allowed: --port, if that was meant`,
		"--quantity=\"***\" (flag): no such setting; allowed: the names that `filavip config` lists",
		"--zz=\"***\" (flag): no such setting; allowed: the names that `filavip config` lists",
		`FILAVIP_DTAA="***" (environment): no such setting; allowed: FILAVIP_DATA, if that was meant`,
		`PORT="80 80" (environment): allowed: an integer from 0 to 65535`,
		`--resume="x" (flag): allowed: auto, off`,
		`MAX_ORDERS="0" (environment): allowed: an integer from 1 to 1000000000`,
		`LOG_LEVEL="loud" (.env line 2): allowed: debug, info, warn, error`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestProblemCarriesData(t *testing.T) {
	t.Parallel()
	_, err := Load(Sources{Environ: []string{"PORT=x"}})
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("Load(PORT=x) = %v, want a *Problem in it", err)
	}
	want := Problem{Name: "PORT", Given: `"x"`, Where: "environment", Allowed: "an integer from 0 to 65535"}
	if *p != want {
		t.Errorf("problem = %+v, want %+v", *p, want)
	}
}

// Whatever a value contains, its problem stays one line of moderate length.
func TestProblemIsOneLine(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"a\nb", "\x1b[31m", strings.Repeat("9", 5000), "\u202e", "\xff", "１"} {
		lines := problems(t, Sources{Environ: []string{"PORT=" + value}})
		ascii := !strings.ContainsFunc(lines[0], func(r rune) bool { return r < ' ' || r > '~' })
		if len(lines) != 1 || len(lines[0]) > 400 || !ascii {
			t.Errorf("problem with PORT=%.20q = %q, want one short ASCII line", value, lines)
		}
	}
}

// So it does whatever a name contains.
func TestNameIsOneLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("X", 5000)
	tests := []struct {
		src  Sources
		want string
	}{
		{Sources{Environ: []string{"FILAVIP_A\nPORT=1"}}, `"FILAVIP_A\nPORT"="***" (environment)`},
		{Sources{Environ: []string{"FILAVIP_\x1b[31m=1"}}, `"FILAVIP_\x1b[31m"="***" (environment)`},
		{Sources{Environ: []string{"FILAVIP_\xff=1"}}, `"FILAVIP_\xff"="***" (environment)`},
		{Sources{Environ: []string{"FILAVIP_A B=1"}}, `"FILAVIP_A B"="***" (environment)`},
		{Sources{Environ: []string{"FILAVIP_\u202e=1"}}, `"FILAVIP_\u202e"="***" (environment)`},
		{Sources{Environ: []string{"FILAVIP_" + long + "=1"}}, `"FILAVIP_` + long[:maxShown-8] + `"... (5008 bytes)="***" (environment)`},
		{Sources{Flags: map[string]string{"a\r\nb": "1"}}, `"--a\r\nb"="***" (flag)`},
	}
	for _, tt := range tests {
		if lines := problems(t, tt.src); len(lines) != 1 || !strings.HasPrefix(lines[0], tt.want) {
			t.Errorf("problems = %.200q, want one line that begins with %.200s", lines, tt.want)
		}
	}
}

func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		src  Sources
		want string
	}{
		{
			"open without saying so", Sources{Environ: []string{"HOST=0.0.0.0"}, Listens: true},
			`HOST="0.0.0.0" (environment): other machines reach this address, and nobody is asked for a key; ` +
				`allowed: a loopback address such as HOST=127.0.0.1; or a key in FILAVIP_API_KEY, or in a file that FILAVIP_API_KEY_FILE (--api-key-file) names; ` +
				`or FILAVIP_INSECURE_OPEN=true (--insecure-open) to accept that`,
		},
		{
			"alias and key", Sources{Environ: []string{"DASHBOARD_REFRESH=1000", "NEXT_PUBLIC_DASHBOARD_REFRESH=2000"}},
			`NEXT_PUBLIC_DASHBOARD_REFRESH="2000" (environment): contradicts DASHBOARD_REFRESH="1000" (environment); allowed: one of the two`,
		},
		{
			"a key twice", Sources{EnvFile: write(t, "PORT=1\nPORT=2\n")},
			`PORT="2" (.env line 2): contradicts PORT="1" (.env line 1); allowed: one of the two`,
		},
		{
			"secret and file", Sources{Environ: []string{"REDIS_PASSWORD=hunter2", "REDIS_PASSWORD_FILE=/run/secret"}},
			`REDIS_PASSWORD_FILE="***" (environment): contradicts REDIS_PASSWORD="***" (environment); allowed: one of the two`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff([]string{tt.want}, problems(t, tt.src)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHostAndInsecureOpen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		host     string
		loopback bool
		url      string
	}{
		{"127.0.0.1", true, "http://127.0.0.1:3000"},
		{"127.9.9.9", true, "http://127.9.9.9:3000"},
		{"::1", true, "http://[::1]:3000"},
		{"::ffff:127.0.0.1", true, "http://[::ffff:127.0.0.1]:3000"},
		{"localhost", true, "http://localhost:3000"},
		{"LOCALHOST.", true, "http://LOCALHOST.:3000"},
		{"0.0.0.0", false, "http://127.0.0.1:3000"},
		{"::", false, "http://[::1]:3000"},
		{"::ffff:8.8.8.8", false, "http://[::ffff:8.8.8.8]:3000"},
		{"192.168.1.2", false, "http://192.168.1.2:3000"},
		{"fe80::1%eth0", false, "http://[fe80::1%25eth0]:3000"},
		{"localhost.example", false, "http://localhost.example:3000"},
		{"127.0.0.1.example", false, "http://127.0.0.1.example:3000"},
	}
	for _, tt := range tests {
		environ := []string{"HOST=" + tt.host}
		if _, err := Load(Sources{Environ: environ, Listens: true}); (err == nil) != tt.loopback {
			t.Errorf("Load(HOST=%s) to listen = %v, want accepted: %v", tt.host, err, tt.loopback)
		}
		load(t, Sources{Environ: append(environ, "FILAVIP_INSECURE_OPEN=1"), Listens: true})
		if c := load(t, Sources{Environ: environ}); c.URL != tt.url || c.Host != tt.host {
			t.Errorf("Load(HOST=%s) = host %s, URL %s, want %s", tt.host, c.Host, c.URL, tt.url)
		}
	}
}

func TestRepeatedAlikeIsNoContradiction(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{
		EnvFile: write(t, strings.Repeat("PORT=1\n", 2)),
		Environ: []string{"DASHBOARD_REFRESH=1000", "NEXT_PUBLIC_DASHBOARD_REFRESH=1000"},
	})
	if c.Port != 1 || c.DashboardRefresh != time.Second {
		t.Errorf("Port, DashboardRefresh = %d, %v, want 1, 1s", c.Port, c.DashboardRefresh)
	}
}

func TestAlias(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{Environ: []string{"NEXT_PUBLIC_DASHBOARD_REFRESH=700"}})
	want := Entry{"DASHBOARD_REFRESH", "700", Environment, "NEXT_PUBLIC_DASHBOARD_REFRESH"}
	if got := entry(t, c, "DASHBOARD_REFRESH"); got != want || c.DashboardRefresh != 700*time.Millisecond {
		t.Errorf("entry = %+v, %v, want %+v, 700ms", got, c.DashboardRefresh, want)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{
		EnvFile: write(t, "NODE_ENV=production\nORDERS_QUEUE_CONCURENCY=9\nSOMETHING_ELSE=1\nHOME=/root\n"+
			"MONGO_HOST=m\nMAX_JOB_TIMEOUT=1\nBULK_UPDATE_MODE=true\nMAX_JOB_TIMEOUT=2\n"),
		Environ: []string{"NODE_ENV=development", "REDIS_HOST=r", "REDIS_PASSWORD=hunter2", "TERM=xterm", "MAX_ORDER=1"},
	})
	want := []string{
		"MONGO_HOST (.env line 5) does nothing: give MONGO_URI instead",
		"BULK_UPDATE_MODE (.env line 7) does nothing: updates are always made in bulk",
		"MAX_JOB_TIMEOUT (.env line 6) does nothing: there is nothing to set",
		"NODE_ENV (.env line 1) does nothing: there is nothing to set",
		"REDIS_HOST, REDIS_PASSWORD: not used without MONGO_URI; orders are kept in the data directory",
		"ORDERS_QUEUE_CONCURENCY (.env line 2) is no setting; was ORDERS_QUEUE_CONCURRENCY meant?",
	}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("Warnings (-want +got):\n%s", diff)
	}
	c = load(t, Sources{Environ: []string{"MONGO_URI=mongodb://m", "REDIS_HOST=r"}})
	if len(c.Warnings) != 0 {
		t.Errorf("Warnings with MONGO_URI = %q, want none", c.Warnings)
	}
}

// The environment is full of other programs' names, and the retired ones are common.
func TestRetiredNamesInTheEnvironmentAreNotOurs(t *testing.T) {
	t.Parallel()
	var environ []string
	for _, old := range retired() {
		environ = append(environ, old.Key+"=1")
	}
	if c := load(t, Sources{Environ: environ}); len(c.Warnings) != 0 {
		t.Errorf("Warnings = %q, want none", c.Warnings)
	}
}

func TestSettingsWithoutEffect(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{
		EnvFile: write(t, "LOG_MEMORY=true\n"),
		Environ: []string{"LOG_MEMORY=1", "PORT=3000"},
		Flags:   map[string]string{"normal-batch-size": "0500"},
	})
	want := []string{
		"--normal-batch-size (flag) has no effect in this version: enqueuing is one step, whatever its size",
		"LOG_MEMORY (environment) has no effect in this version: progress lines have no memory figures",
	}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("Warnings (-want +got):\n%s", diff)
	}
	for key, want := range map[string]string{"NORMAL_ENQUEUE_BATCH_SIZE": "500", "LOG_MEMORY": "true"} {
		if got := entry(t, c, key).Value; got != want {
			t.Errorf("Entries()[%s] = %q, want %q", key, got, want)
		}
		if _, err := Load(Sources{Environ: []string{key + "=x"}}); err == nil {
			t.Errorf("Load(%s=x) = no problem, want one", key)
		}
	}
	if got := entry(t, load(t, Sources{}), "LOG_MEMORY").Value; got != "false" {
		t.Errorf("LOG_MEMORY after another Load = %q, want its default", got)
	}
}

// A server that takes any free port is found by nobody who only knows the settings.
func TestClientURLWithoutAPort(t *testing.T) {
	t.Parallel()
	c := load(t, Sources{Environ: []string{"PORT=0"}})
	if c.Port != 0 || c.URL != "http://127.0.0.1:3000" {
		t.Errorf("Load(PORT=0) = port %d, URL %s, want 0, http://127.0.0.1:3000", c.Port, c.URL)
	}
	for _, s := range Settings() {
		if s.Key == "FILAVIP_URL" && !strings.Contains(s.Help, "port 3000 if PORT is 0") {
			t.Errorf("help of FILAVIP_URL = %q, want it to say what PORT=0 means", s.Help)
		}
	}
}

func TestFlagsAreUsable(t *testing.T) {
	t.Parallel()
	var names, flags []string
	for _, s := range Settings() {
		if s.Flag == "" || s.Help == "" || s.Group == "" || s.Kind == "" || s.Allowed == "" || strings.ContainsRune(s.Help, '\n') {
			t.Errorf("setting %+v lacks a part", s)
		}
		if s.TakesFile() != strings.HasSuffix(s.Flag, "-file") {
			t.Errorf("%s: flag --%s, TakesFile = %v", s.Key, s.Flag, s.TakesFile())
		}
		names, flags = append(names, s.Key), append(flags, s.Flag)
	}
	slices.Sort(names)
	slices.Sort(flags)
	if len(slices.Compact(names)) != len(Settings()) || len(slices.Compact(flags)) != len(Settings()) {
		t.Errorf("keys %v, flags %v: want no name twice", names, flags)
	}
	for _, old := range retired() {
		if slices.Contains(names, old.Key) {
			t.Errorf("%s is both a setting and retired", old.Key)
		}
	}
}

func TestDashboardAddr(t *testing.T) {
	t.Parallel()
	for port, want := range map[string]string{"0": "", "3000": "", "3001": "127.0.0.1:3001"} {
		c := load(t, Sources{Environ: []string{"DASHBOARD_PORT=" + port}})
		if got := c.DashboardAddr(); got != want {
			t.Errorf("DashboardAddr() with DASHBOARD_PORT=%s = %q, want %q", port, got, want)
		}
	}
}
