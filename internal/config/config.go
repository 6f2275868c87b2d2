package config

import (
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config holds the effective value of every setting. It is valid if [Load] made it.
// The settings table says what each field means to a user.
type Config struct {
	Host         string   // an IP address or host name; loopback unless APIKey or InsecureOpen is set, if the command listens
	Port         int      // 0: any free one
	AllowedHosts []string // beside the loopback names; lower case, without port
	CORSOrigins  []string // scheme://host[:port], as browsers send them
	InsecureOpen bool

	APIKey Secret // set: a server asks for it, and client commands send it

	Data   string
	Resume bool // an unfinished run goes on at start

	MongoURI      URI // set: the distributed engine
	RedisURL      URI
	RedisHost     string
	RedisPort     int
	RedisSentinel string
	RedisUsername string
	RedisPassword Secret
	RedisDB       int
	Redis         Redis // what the settings of Redis come to

	ConnectTimeout      time.Duration // for the servers to answer at start
	Lease               time.Duration // after it a silent worker's orders go to others
	Node                string        // this process among all; empty: to be derived
	UnsafeRedisEviction bool
	UnsafeWriteConcern  bool

	MaxOrders        int64     // in one run started over HTTP
	Workers          int       // 0 only with the distributed engine
	ChunkSize        int       // orders per insert
	Tiers            [4]uint32 // weights of BRONZE, SILVER, GOLD, DIAMOND
	Attempts         int       // of one order before it is a dead letter
	SimulateWork     time.Duration
	SimulateFailures float64 // share of attempts, 0 to 1

	LogFiles         bool
	LogLevel         slog.Level
	LogProgressEvery time.Duration
	LogFlushInterval time.Duration
	LogBufferMax     int // lines

	Metrics          bool
	DashboardRefresh time.Duration
	DashboardPort    int // 0: none

	URL string // of the server that client commands talk to; never empty

	// Warnings are sentences about what was given and does nothing, or not what was meant.
	Warnings []string

	entries []Entry
}

// Distributed says whether the settings choose the distributed engine.
func (c *Config) Distributed() bool { return c.MongoURI.IsSet() }

// DashboardAddr returns the host and the second port to listen on, joined; empty if
// there is none, or if it is the first.
func (c *Config) DashboardAddr() string {
	if c.DashboardPort == 0 || c.DashboardPort == c.Port {
		return ""
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(c.DashboardPort))
}

// Hosts returns the names that requests may have the server by, beside the loopback ones:
// AllowedHosts, and Host if it is one and does not stand for all addresses.
func (c *Config) Hosts() []string {
	hosts := slices.Clone(c.AllowedHosts)
	if host, ok := parseHost(c.Host); ok && !isLoopback(host) && !isUnspecified(host) && !strings.Contains(host, "%") {
		hosts = append(hosts, host)
	}
	return hosts
}

// Addr returns the host and port to listen on, joined.
func (c *Config) Addr() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// Entries returns every setting's effective value and where it came from, in the
// order of [Settings]. Secrets are masked. The caller owns the slice.
func (c *Config) Entries() []Entry { return append([]Entry(nil), c.entries...) }

// Entry is one setting's effective value, fit to be shown.
type Entry struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // as it would be written; masked if secret; empty if not set
	Origin Origin `json:"origin"`
	Name   string `json:"name,omitempty"` // the name it was given by: key, alias, X_FILE or --flag
}

// Origin is the layer a value came from.
type Origin string

// The origins, lowest precedence first.
const (
	Default     Origin = "default"
	EnvFile     Origin = ".env"
	Environment Origin = "environment"
	Flag        Origin = "flag"
)
