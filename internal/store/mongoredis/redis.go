package mongoredis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/filavip/filavip/internal/order"
)

const (
	// redisTimeout bounds each step of a call of Redis: dialing, writing, reading.
	redisTimeout = 3 * time.Second
	redisPool    = 64
	redisRetry   = 100 * time.Millisecond
	wantPolicy   = "noeviction"
)

// The oldest Redis that knows all commands of the scripts.
const (
	minRedisMajor = 6
	minRedisMinor = 2
)

// place returns host and port of the servers as they were given.
func (r Redis) place() string { return strings.Join(r.Addrs, ",") }

// named says in errors what is at the place.
func (r Redis) named() string {
	if r.Master != "" {
		return fmt.Sprintf("Redis %q of the sentinels at %s", r.Master, r.place())
	}
	return "Redis at " + r.place()
}

// silenceClient keeps go-redis from writing to standard error what it returns as errors
// too. Its logger is a variable of its package, so it is set once, for all stores.
var silenceClient = sync.OnceFunc(logging.Disable)

// client returns a client. That a single address is a cluster's, it must be told.
func (r Redis) client(cluster bool) redis.UniversalClient {
	silenceClient()
	o := &redis.UniversalOptions{
		Addrs: r.Addrs, MasterName: r.Master, DB: r.Database, Username: r.Username, Password: r.Password,
		ClientName: appName, DisableIdentity: true, IsClusterMode: cluster,
		DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout, ContextTimeoutEnabled: true,
		DialerRetries: 1, MaxRetries: 1, PoolSize: redisPool, PoolTimeout: redisTimeout,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if r.TLS {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return redis.NewUniversalClient(o)
}

// openRedis connects to Redis, waits until it has loaded what it keeps, and refuses one
// that lanes cannot be in. It changes nothing there.
func (s *DB) openRedis(ctx context.Context) error {
	r := s.opts.Redis
	if len(r.Addrs) == 0 {
		return fmt.Errorf("%w: no Redis is named: set REDIS_HOST and REDIS_PORT, or REDIS_URL", order.ErrUnavailable)
	}
	_ = s.redis.replace(r.client(false)) // there is none before it
	all, err := s.awaitRedis(ctx)
	if err == nil && len(r.Addrs) == 1 && r.Master == "" && all[0]["cluster_enabled"] == "1" {
		s.redis.cluster = true
		_ = s.redis.replace(r.client(true)) // the other has nothing under way
		all, err = s.awaitRedis(ctx)
	}
	if err != nil {
		return err
	}
	if _, cluster := s.redis.client().(*redis.ClusterClient); cluster && r.Database != 0 {
		return fmt.Errorf("%w: %s is a cluster, which has database 0 alone, not %d: set REDIS_DB to 0", order.ErrUnavailable, r.named(), r.Database)
	}
	for _, info := range all {
		if err := s.checkRedis(info); err != nil {
			return err
		}
	}
	return s.checkScripts(ctx)
}

// info is what a server says of itself, by field.
type info map[string]string

// awaitRedis returns what each of the servers says, once all answer and have loaded.
func (s *DB) awaitRedis(ctx context.Context) ([]info, error) {
	var why error // the last error that says more than that time is over
	for {
		all, err := inform(ctx, s.redis.client())
		if err == nil {
			return all, nil
		}
		if why == nil || ctx.Err() == nil {
			why = err
		}
		if lasting(err) || !pause(ctx, redisRetry) {
			return nil, s.opts.Redis.trouble(why)
		}
	}
}

var errLoading = errors.New("it is loading what it keeps")

// inform asks every server that takes writes.
func inform(ctx context.Context, client redis.UniversalClient) ([]info, error) {
	var mu sync.Mutex
	var all []info
	ask := func(ctx context.Context, server *redis.Client) error {
		text, err := server.Info(ctx).Result()
		if err != nil {
			return err
		}
		i := parseInfo(text)
		if i["loading"] == "1" {
			return errLoading
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, i)
		return nil
	}
	switch c := client.(type) {
	case *redis.ClusterClient:
		state, err := c.ClusterInfo(ctx).Result()
		if err != nil {
			return nil, err
		}
		if i := parseInfo(state); i["cluster_state"] != "ok" {
			return nil, fmt.Errorf("the cluster's state is %q", i["cluster_state"])
		}
		err = c.ForEachMaster(ctx, ask)
		return all, err
	case *redis.Client:
		err := ask(ctx, c)
		return all, err
	}
	return nil, fmt.Errorf("a client of type %T", client)
}

// parseInfo reads lines of a field, a colon and a value.
func parseInfo(text string) info {
	i := info{}
	for line := range strings.Lines(text) {
		if field, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			i[field] = value
		}
	}
	return i
}

// lasting says whether waiting cannot help.
func lasting(err error) bool {
	text := err.Error()
	return redis.IsAuthError(err) || redis.IsPermissionError(err) || denied(text) || strings.Contains(text, "cluster support disabled") ||
		strings.Contains(text, "DB index")
}

// denied says whether a server has refused a login.
func denied(text string) bool {
	for _, word := range []string{"WRONGPASS", "NOAUTH", "invalid password", "unauthenticated"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// trouble says why Redis cannot be used, and what to do about it.
func (r Redis) trouble(err error) error {
	text := oneLine(err)
	switch {
	case denied(text) && r.Password == "":
		return fmt.Errorf("%w: %s asks for a password: set REDIS_PASSWORD (and REDIS_USERNAME, if it has users)", order.ErrUnavailable, r.named())
	case denied(text) || redis.IsAuthError(err):
		return fmt.Errorf("%w: %s refuses the password: check REDIS_PASSWORD and REDIS_USERNAME", order.ErrUnavailable, r.named())
	case redis.IsPermissionError(err) || strings.Contains(text, "can't run this command"):
		return fmt.Errorf("%w: %s does not let the user do what is needed (%s): allow it all commands, on keys like {filavip:* at least", order.ErrUnavailable, r.named(), text)
	case strings.Contains(text, "cluster support disabled"):
		return fmt.Errorf("%w: %s is no cluster, but several addresses were given: give one, or those of sentinels and REDIS_SENTINEL_MASTER", order.ErrUnavailable, r.named())
	case strings.Contains(text, "DB index"):
		return fmt.Errorf("%w: %s has no database %d: set REDIS_DB to a lower number", order.ErrUnavailable, r.named(), r.Database)
	case errors.Is(err, errLoading) || redis.IsLoadingError(err):
		return fmt.Errorf("%w: %s is still loading what it keeps: start again later, or with a longer --connect-timeout", order.ErrUnavailable, r.named())
	case r.Master != "" && strings.Contains(text, redis.Nil.Error()):
		return fmt.Errorf("%w: the sentinels at %s watch no Redis by the name %q: set REDIS_SENTINEL_MASTER to the name in their configuration", order.ErrUnavailable, r.place(), r.Master)
	case r.Master != "":
		return fmt.Errorf("%w: %s is not found (%s): check the addresses, REDIS_SENTINEL_MASTER, and that the sentinels run", order.ErrUnavailable, r.named(), text)
	}
	return fmt.Errorf("%w: %s does not answer (%s): check REDIS_HOST and REDIS_PORT, or REDIS_URL, and that Redis runs there", order.ErrUnavailable, r.named(), text)
}

// checkRedis refuses a server that would lose lanes, or cannot have them.
func (s *DB) checkRedis(i info) error {
	name := s.opts.Redis.named()
	version := i["redis_version"]
	policy := i["maxmemory_policy"]
	switch {
	case oldRedis(version):
		return fmt.Errorf("%w: %s is too old (version %s): version %d.%d or later is needed", order.ErrUnavailable, name, version, minRedisMajor, minRedisMinor)
	case i["role"] == "slave":
		return fmt.Errorf("%w: %s is a replica, which takes no writes: name its primary, %s:%s, or the sentinels",
			order.ErrUnavailable, name, i["master_host"], i["master_port"])
	case policy == wantPolicy || policy == "":
		return nil
	case s.opts.UnsafeEviction:
		s.opts.Logger.Warn("Redis may evict lanes when its memory is full: orders wait until they are noticed to be missing",
			"server", s.opts.Redis.place(), "maxmemory-policy", policy)
		return nil
	}
	return fmt.Errorf("%w: %s has maxmemory-policy %s and may evict lanes when its memory is full: set maxmemory-policy noeviction there, or --unsafe-redis-eviction here",
		order.ErrUnavailable, name, policy)
}

// oldRedis says whether a version is below the oldest that works. One that does not read
// is not.
func oldRedis(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	minor, bad := strconv.Atoi(parts[1])
	if err != nil || bad != nil {
		return false
	}
	return major < minRedisMajor || major == minRedisMajor && minor < minRedisMinor
}

// checkScripts runs a script as the lanes do: one that asks the server who it is.
func (s *DB) checkScripts(ctx context.Context) error {
	l := newLanes(&s.redis, s.Database(), 0)
	err := redis.NewScript(`return redis.call('INFO', 'server')`).Run(ctx, s.redis.client(), []string{l.changes()}).Err()
	if err != nil {
		return s.opts.Redis.trouble(err)
	}
	return nil
}
