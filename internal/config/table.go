package config

import (
	"log/slog"
	"slices"
	"time"
)

// Settings returns every setting there is. The caller owns the slice.
func Settings() []Setting {
	return slices.Concat(
		listenSettings(), accessSettings(), storageSettings(), distributedSettings(),
		queueSettings(), logSettings(), viewSettings(),
	)
}

const defaultPort = "3000"

func listenSettings() []Setting {
	const hosts = "host names or IP addresses without port, separated by commas"
	const origins = "origins such as https://shop.example:8443, separated by commas; * is refused"
	return []Setting{
		text(Setting{Key: "HOST", Flag: "host", Group: Listen, Default: "127.0.0.1",
			Help: "address to listen on; other than loopback needs a key, or --insecure-open"},
			"an IP address or host name, without port", isHost, func(c *Config) *string { return &c.Host }),
		integer(Setting{Key: "PORT", Flag: "port", Group: Listen, Default: defaultPort,
			Help: "port of the API; 0 takes any free one"},
			0, 65535, func(c *Config) *int { return &c.Port }),
		list(Setting{Key: "FILAVIP_ALLOWED_HOSTS", Flag: "allowed-hosts", Group: Listen,
			Help: "host names that requests may name, beside the loopback ones and HOST"},
			hosts, parseHost, func(c *Config) *[]string { return &c.AllowedHosts }),
		list(Setting{Key: "CORS_ORIGIN", Flag: "cors-origin", Group: Listen,
			Help: "origins of web pages that may call the API from elsewhere"},
			origins, parseOrigin, func(c *Config) *[]string { return &c.CORSOrigins }),
		boolean(Setting{Key: "FILAVIP_INSECURE_OPEN", Flag: "insecure-open", Group: Listen, Default: "false",
			Help: "allow a HOST that other machines reach, although nobody is asked for a key"},
			func(c *Config) *bool { return &c.InsecureOpen }),
	}
}

// Bounds of the key's length, in bytes. A shorter one could be guessed; a longer one need
// not fit where clients have to put it.
const (
	minKey = 16
	maxKey = 512
)

func accessSettings() []Setting {
	return []Setting{
		key(Setting{Key: "FILAVIP_API_KEY", Flag: "api-key-file", Group: Access, Min: minKey, Max: maxKey,
			Help: "key that a server asks everybody for, and that client commands send; empty: none"},
			func(c *Config) *Secret { return &c.APIKey }),
	}
}

func storageSettings() []Setting {
	return []Setting{
		path(Setting{Key: "FILAVIP_DATA", Flag: "data", Group: Storage, Default: "./data",
			Help: "directory of the orders and the log files"},
			func(c *Config) *string { return &c.Data }),
		choice(Setting{Key: "FILAVIP_RESUME", Flag: "resume", Group: Storage, Default: "auto",
			Help: "whether an unfinished run goes on at start"},
			[]string{"auto", "off"}, []bool{true, false}, func(c *Config) *bool { return &c.Resume }),
	}
}

func distributedSettings() []Setting {
	return []Setting{
		mongoURI(Setting{Key: "MONGO_URI", Flag: "mongo-uri-file", Group: Distributed,
			Help: "MongoDB that keeps the orders; empty: they are kept in the data directory"},
			func(c *Config) *URI { return &c.MongoURI }),
		redisURL(Setting{Key: "REDIS_URL", Flag: "redis-url-file", Group: Distributed,
			Help: "Redis that keeps the lanes, with MONGO_URI; it beats REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD and REDIS_DB"},
			func(c *Config) *URI { return &c.RedisURL }),
		text(Setting{Key: "REDIS_HOST", Flag: "redis-host", Group: Distributed, Default: "localhost",
			Help: "Redis that keeps the lanes, with MONGO_URI"},
			"an IP address or host name, without port", isHost, func(c *Config) *string { return &c.RedisHost }),
		integer(Setting{Key: "REDIS_PORT", Flag: "redis-port", Group: Distributed, Default: "6379",
			Help: "port of Redis; not given, that of a sentinel is 26379"},
			1, 65535, func(c *Config) *int { return &c.RedisPort }),
		text(Setting{Key: "REDIS_SENTINEL_MASTER", Flag: "redis-sentinel-master", Group: Distributed,
			Help: "name of the Redis that Sentinel watches; the addresses are then sentinels"},
			"up to 64 letters, digits, dots, hyphens and underscores; or nothing", isPlainName, func(c *Config) *string { return &c.RedisSentinel }),
		text(Setting{Key: "REDIS_USERNAME", Flag: "redis-username", Group: Distributed,
			Help: "user of Redis, where it has others than the default one"},
			"any text of one line", func(t string) bool { return !hasControl(t) }, func(c *Config) *string { return &c.RedisUsername }),
		secret(Setting{Key: "REDIS_PASSWORD", Flag: "redis-password-file", Group: Distributed,
			Help: "password of Redis"},
			func(c *Config) *Secret { return &c.RedisPassword }),
		integer(Setting{Key: "REDIS_DB", Flag: "redis-db", Group: Distributed, Default: "0",
			Help: "number of the Redis database"},
			0, maxRedisDB, func(c *Config) *int { return &c.RedisDB }),
		duration(Setting{Key: "FILAVIP_CONNECT_TIMEOUT", Flag: "connect-timeout", Group: Distributed, Default: "10s",
			Help: "how long a start waits for MongoDB and Redis before it gives up"},
			100*time.Millisecond, 10*time.Minute, func(c *Config) *time.Duration { return &c.ConnectTimeout }),
		duration(Setting{Key: "FILAVIP_LEASE", Flag: "lease", Group: Distributed, Default: "30s",
			Help: "silence after which the orders of a worker go to others"},
			200*time.Millisecond, 10*time.Minute, func(c *Config) *time.Duration { return &c.Lease }),
		text(Setting{Key: "FILAVIP_NODE", Flag: "node", Group: Distributed,
			Help: "name of this process, which no other may have; empty: made of the machine's name and the process's number"},
			"up to 64 letters, digits, dots, hyphens and underscores; or nothing", isPlainName, func(c *Config) *string { return &c.Node }),
		boolean(Setting{Key: "FILAVIP_UNSAFE_REDIS_EVICTION", Flag: "unsafe-redis-eviction", Group: Distributed, Default: "false",
			Help: "start although Redis may evict keys when its memory is full"},
			func(c *Config) *bool { return &c.UnsafeRedisEviction }),
		boolean(Setting{Key: "FILAVIP_UNSAFE_WRITE_CONCERN", Flag: "unsafe-write-concern", Group: Distributed, Default: "false",
			Help: "start although MongoDB may acknowledge what a failover takes back"},
			func(c *Config) *bool { return &c.UnsafeWriteConcern }),
	}
}

func queueSettings() []Setting {
	return []Setting{
		integer(Setting{Key: "MAX_ORDERS", Flag: "max-orders", Group: Queue, Default: "1500000",
			Help: "most orders that one run started over HTTP may have"},
			1, 1_000_000_000, func(c *Config) *int64 { return &c.MaxOrders }),
		integer(Setting{Key: "ORDERS_QUEUE_CONCURRENCY", Flag: "workers", Group: Queue, Default: "25",
			Help: "orders that this process works on at the same time; 0, for none, needs MONGO_URI"},
			0, 10_000, func(c *Config) *int { return &c.Workers }),
		integer(Setting{Key: "GENERATION_CHUNK_SIZE", Flag: "chunk-size", Group: Queue, Default: "10000",
			Help: "orders stored in one step while generating or reading"},
			100, 100_000, func(c *Config) *int { return &c.ChunkSize }),
		integer(idle(Setting{Key: "NORMAL_ENQUEUE_BATCH_SIZE", Flag: "normal-batch-size", Group: Queue, Default: "10000"},
			"enqueuing is one step, whatever its size"),
			100, 100_000, nowhere[int]()),
		weights(Setting{Key: "FILAVIP_TIERS", Flag: "tiers", Group: Queue, Default: "25,25,25,25",
			Help: "shares of BRONZE, SILVER, GOLD and DIAMOND among generated orders"},
			func(c *Config) *[4]uint32 { return &c.Tiers }),
		integer(Setting{Key: "FILAVIP_ATTEMPTS", Flag: "attempts", Group: Queue, Default: "3",
			Help: "attempts at one order before it becomes a dead letter"},
			1, 100, func(c *Config) *int { return &c.Attempts }),
		duration(Setting{Key: "FILAVIP_SIMULATE_WORK", Flag: "simulate-work", Group: Queue, Default: "0s",
			Help: "time that processing one order takes, to try things out"},
			0, time.Hour, func(c *Config) *time.Duration { return &c.SimulateWork }),
		fraction(Setting{Key: "FILAVIP_SIMULATE_FAILURES", Flag: "simulate-failures", Group: Queue, Default: "0",
			Help: "share of attempts that fail, to try things out"},
			func(c *Config) *float64 { return &c.SimulateFailures }),
	}
}

func logSettings() []Setting {
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	return []Setting{
		boolean(Setting{Key: "BACKEND_LOGS", Flag: "backend-logs", Group: Logs, Default: "true",
			Help: "write the three log files in the data directory"},
			func(c *Config) *bool { return &c.LogFiles }),
		choice(Setting{Key: "LOG_LEVEL", Flag: "log-level", Group: Logs, Default: "info",
			Help: "least level that is logged"},
			[]string{"debug", "info", "warn", "error"}, levels, func(c *Config) *slog.Level { return &c.LogLevel }),
		millis(Setting{Key: "LOG_PROGRESS_EVERY_MS", Flag: "log-progress-every-ms", Group: Logs, Default: "5000",
			Help: "time between two progress lines of a run"},
			200, 3_600_000, func(c *Config) *time.Duration { return &c.LogProgressEvery }),
		boolean(idle(Setting{Key: "LOG_MEMORY", Flag: "log-memory", Group: Logs, Default: "false"},
			"progress lines have no memory figures"),
			nowhere[bool]()),
		millis(Setting{Key: "LOG_FLUSH_INTERVAL_MS", Flag: "log-flush-interval-ms", Group: Logs, Default: "750",
			Help: "longest time a line waits before it is in its file"},
			200, 60_000, func(c *Config) *time.Duration { return &c.LogFlushInterval }),
		integer(Setting{Key: "LOG_BUFFER_MAX", Flag: "log-buffer-max", Group: Logs, Default: "500",
			Help: "most lines that wait before they are in their files"},
			50, 100_000, func(c *Config) *int { return &c.LogBufferMax }),
	}
}

func viewSettings() []Setting {
	return []Setting{
		boolean(Setting{Key: "PROMETHEUS_METRICS", Flag: "prometheus-metrics", Group: View, Default: "true",
			Help: "serve Prometheus metrics at /metrics"},
			func(c *Config) *bool { return &c.Metrics }),
		millis(Setting{Key: "DASHBOARD_REFRESH", Alias: "NEXT_PUBLIC_DASHBOARD_REFRESH", Flag: "dashboard-refresh",
			Group: View, Default: "5000", Help: "time between two looks of a dashboard whose live connection is down"},
			200, 3_600_000, func(c *Config) *time.Duration { return &c.DashboardRefresh }),
		integer(Setting{Key: "DASHBOARD_PORT", Flag: "dashboard-port", Group: View, Default: "0",
			Help: "second port on which all is served, such as 3001; 0 for none"},
			0, 65535, func(c *Config) *int { return &c.DashboardPort }),
		text(Setting{Key: "FILAVIP_URL", Flag: "url", Group: Client,
			Help: "server that client commands talk to; empty: the one at HOST and PORT, at port " + defaultPort + " if PORT is 0"},
			"an http or https URL without credentials, spaces, query or fragment, its port from 1 to 65535; or nothing", isServerURL,
			func(c *Config) *string { return &c.URL }),
	}
}

// retired returns the variables that descriptions of this system's predecessors name
// and that do nothing here, with what a user should know instead.
func retired() []struct{ Key, Hint string } {
	const mongo = "give MONGO_URI instead"
	const auto = "there is nothing to set"
	const served = "the dashboard is part of the server and finds it by itself"
	return []struct{ Key, Hint string }{
		{"MONGO_HOST", mongo}, {"MONGO_PORT", mongo}, {"MONGO_DATABASE", mongo},
		{"MONGO_USERNAME", mongo}, {"MONGO_PASSWORD", mongo},
		{"BULK_UPDATE_MODE", "updates are always made in bulk"},
		{"MAX_QUEUED_VIP", auto}, {"MAX_QUEUED_NORMAL", auto},
		{"MAX_ACTIVE_JOBS", "give ORDERS_QUEUE_CONCURRENCY instead"},
		{"MAX_JOB_TIMEOUT", auto}, {"HEALTH_CHECK_INTERVAL", auto},
		{"ENABLE_METRICS", "give PROMETHEUS_METRICS instead"},
		{"NODE_ENV", auto}, {"NEXT_TELEMETRY_DISABLED", "there is no telemetry"},
		{"NEXT_PUBLIC_BACKEND_BASE_URL", served}, {"NEXT_PUBLIC_BACKEND_URL", served}, {"NEXT_PUBLIC_WS_URL", served},
	}
}
