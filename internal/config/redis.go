package config

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Redis says how to reach the Redis that keeps the lanes. It is what the REDIS_ settings
// come to together.
type Redis struct {
	// Addrs are host:port: of one server, of several nodes of a Cluster, or of sentinels.
	Addrs    []string
	Master   string // the name that Sentinel knows the server by; empty: Addrs are servers
	Username string
	Password Secret
	DB       int
	TLS      bool
}

// The ports that an address without one means.
const (
	redisPort    = "6379"
	sentinelPort = "26379"
)

const redisURLAllowed = "redis://[user:password@]host[:port][/database] or rediss://... (TLS), several separated by commas for a Cluster " +
	"or for sentinels, alike but for host and port; or nothing"

func redisURL(s Setting, at func(*Config) *URI) Setting {
	s.Kind, s.Secret, s.Allowed = Address, true, redisURLAllowed
	s.set = func(c *Config, t string) bool {
		*at(c) = NewURI(t)
		_, ok := parseRedisURL(t)
		return ok
	}
	s.show = func(c *Config) string { return at(c).String() }
	return s
}

// redisPlace is what a REDIS_URL says. User, password and
// database that it leaves out the other settings may say.
type redisPlace struct {
	hosts    [][2]string // host and port; the port may be empty
	username string
	password string
	db       int
	tls      bool

	hasUser, hasDB bool
}

// parseRedisURL takes one or several addresses that differ in host and port alone.
func parseRedisURL(t string) (place redisPlace, ok bool) {
	if t == "" {
		return place, true
	}
	for i, part := range strings.Split(t, ",") {
		one, ok := parseOneRedis(strings.Trim(part, listSpace))
		if !ok {
			return place, false
		}
		hosts := one.hosts
		one.hosts = place.hosts
		if i > 0 && !one.alike(&place) {
			return place, false
		}
		one.hosts = append(one.hosts, hosts...)
		place = one
	}
	return place, true
}

func (p *redisPlace) alike(q *redisPlace) bool {
	return p.username == q.username && p.password == q.password && p.db == q.db && p.tls == q.tls
}

func parseOneRedis(t string) (place redisPlace, ok bool) {
	u, err := url.Parse(t)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || hasControl(t) || strings.ContainsAny(t, "?# ") {
		return place, false
	}
	port := u.Port()
	if !isHost(u.Hostname()) || strings.HasSuffix(u.Host, ":") || port != "" && !isPort(port) {
		return place, false
	}
	place.hosts, place.tls = [][2]string{{u.Hostname(), port}}, u.Scheme == "rediss"
	if place.hasUser = u.User != nil; place.hasUser {
		place.username = u.User.Username()
		place.password, _ = u.User.Password()
		if hasControl(place.username + place.password) {
			return place, false
		}
	}
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		n, ok := parseInt(db, 0, maxRedisDB)
		if !ok {
			return place, false
		}
		place.db, place.hasDB = int(n), true
	}
	return place, true
}

const maxRedisDB = 9999

// redis puts the REDIS_ settings together. REDIS_URL beats what lower layers say of the
// same thing; in its own layer, or a higher one, that must not differ from it.
func (l *loader) redis(c *Config) {
	place, _ := parseRedisURL(c.RedisURL.Reveal()) // it was examined
	r := Redis{Master: c.RedisSentinel, Username: c.RedisUsername, Password: c.RedisPassword, DB: c.RedisDB, TLS: place.tls}
	port := redisPort
	if r.Master != "" {
		port = sentinelPort
	}
	if len(place.hosts) == 0 {
		if l.origin("REDIS_PORT").origin != Default {
			port = strconv.Itoa(c.RedisPort)
		}
		r.Addrs = []string{net.JoinHostPort(c.RedisHost, port)}
		c.Redis = r
		return
	}
	for i := range place.hosts {
		place.hosts[i][1] = cmp.Or(place.hosts[i][1], port)
	}
	l.checkHosts(c, &place)
	for _, at := range place.hosts {
		if addr := net.JoinHostPort(at[0], at[1]); !slices.Contains(r.Addrs, addr) {
			r.Addrs = append(r.Addrs, addr)
		}
	}
	if place.hasUser {
		l.agree("REDIS_USERNAME", place.username == c.RedisUsername)
		l.agree("REDIS_PASSWORD", place.password == c.RedisPassword.Reveal())
		r.Username, r.Password = place.username, NewSecret(place.password)
	}
	if place.hasDB {
		l.agree("REDIS_DB", place.db == c.RedisDB)
		r.DB = place.db
	}
	if len(r.Addrs) > 1 && r.Master == "" && r.DB != 0 {
		g := l.origin("REDIS_URL")
		l.problem(g, true, g.value, "several addresses mean a Cluster, which has database 0 alone",
			"database 0, or REDIS_SENTINEL_MASTER if these are sentinels")
	}
	c.Redis = r
}

// checkHosts holds REDIS_HOST and REDIS_PORT against a REDIS_URL.
func (l *loader) checkHosts(c *Config, place *redisPlace) {
	host, _ := parseHost(c.RedisHost)
	named := func(at [2]string) bool {
		other, _ := parseHost(at[0])
		return host == other
	}
	l.agree("REDIS_HOST", slices.ContainsFunc(place.hosts, named))
	l.agree("REDIS_PORT", slices.ContainsFunc(place.hosts, func(at [2]string) bool {
		return at[1] == strconv.Itoa(c.RedisPort)
	}))
}

// agree reports a setting that says otherwise than REDIS_URL, unless that comes from a
// higher layer.
func (l *loader) agree(key string, same bool) {
	g, by := l.origin(key), l.origin("REDIS_URL")
	if same || g.origin == Default || rank(g.origin) < rank(by.origin) {
		return
	}
	secret := key == "REDIS_PASSWORD"
	l.problem(g, secret, g.value, "contradicts "+by.name+" ("+by.where()+")", "one of the two")
}

// rank orders the layers, the lowest first.
func rank(o Origin) int { return slices.Index([]Origin{Default, EnvFile, Environment, Flag}, o) }
