package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ownPrefix begins the names that are nobody else's: an unknown one is a mistake.
const ownPrefix = "FILAVIP_"

// refuseUnknown reports every flag and every name with our prefix that is no setting.
func (l *loader) refuseUnknown() {
	flags, names := l.names()
	for _, layer := range l.layers {
		for _, g := range layer {
			known := names
			if g.origin == Flag {
				known = flags
			} else if !strings.HasPrefix(g.name, ownPrefix) {
				continue
			}
			if !slices.Contains(known, g.name) {
				l.problem(g, true, g.value, "no such setting", meant(g.name, known))
			}
		}
	}
	// The layer of the flags comes from a map: give its problems a fixed order.
	slices.SortFunc(l.problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}

// names returns the names that settings have as flags, and in the environment.
func (l *loader) names() (flags, names []string) {
	for _, s := range l.settings {
		if s.Flag != "" {
			flags = append(flags, "--"+s.Flag)
		}
		for _, name := range []string{s.Key, s.Alias, s.FileKey()} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return flags, names
}

func meant(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return near + ", if that was meant"
	}
	return "the names that `filavip config` lists"
}

// derive fills in what follows from other settings.
func (l *loader) derive(c *Config) {
	if c.URL != "" {
		return
	}
	port := defaultPort // which one a server took that may take any is not known here
	if c.Port != 0 {
		port = strconv.Itoa(c.Port)
	}
	server := url.URL{Scheme: "http", Host: net.JoinHostPort(reachable(c.Host), port)}
	c.URL = server.String()
}

// reachable returns the host under which this machine reaches a server that listens
// on host.
func reachable(host string) string {
	switch addr, err := netip.ParseAddr(host); {
	case err != nil || !addr.IsUnspecified():
		return host
	case addr.Is4():
		return "127.0.0.1"
	}
	return "::1"
}

// exposure reports an address to listen on that other machines reach, unless that was
// asked for.
func (l *loader) exposure(c *Config) {
	if !c.InsecureOpen && !c.APIKey.IsSet() && !isLoopback(c.Host) {
		l.problem(l.origin("HOST"), false, c.Host,
			"other machines reach this address, and nobody is asked for a key",
			"a loopback address such as HOST=127.0.0.1; or a key in FILAVIP_API_KEY, or in a file that FILAVIP_API_KEY_FILE (--api-key-file) names; "+
				"or FILAVIP_INSECURE_OPEN=true (--insecure-open) to accept that")
	}
}

// nameless warns of a server that other machines reach, and that has no name they could
// reach it by.
func nameless(c *Config) []string {
	if !isUnspecified(c.Host) || len(c.AllowedHosts) > 0 {
		return nil
	}
	return []string{"HOST=" + c.Host + ": requests of other machines are refused until FILAVIP_ALLOWED_HOSTS (--allowed-hosts) " +
		"has the names and addresses that they reach this one by"}
}

func isUnspecified(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsUnspecified()
}

// idleness reports a process that would have nothing to do, and one without workers where
// no other has some.
func (l *loader) idleness(c *Config, src Sources) {
	allowed := "an integer from " + showRange(1, 10_000)
	switch g, uri := l.origin("ORDERS_QUEUE_CONCURRENCY"), l.origin("MONGO_URI"); {
	case src.Shared && !c.Distributed():
		l.problem(uri, true, uri.value, "it names the orders to work on, which processes share", "mongodb://host... or mongodb+srv://host...")
	case c.Workers == 0 && src.Shared:
		l.problem(g, false, g.value, "this process would do nothing", allowed)
	case c.Workers == 0 && !c.Distributed():
		l.problem(g, false, g.value, "without MONGO_URI no other process works on the orders", allowed)
	}
}

func (l *loader) origin(key string) given {
	i := slices.IndexFunc(l.settings, func(s Setting) bool { return s.Key == key })
	return l.used[i]
}

func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// warnings says, once each, what was given and does nothing, and what is not safe.
func (l *loader) warnings(c *Config, src Sources) []string {
	warnings := slices.Concat(l.outdated(), l.unheeded())
	switch unused := l.givenOf(Distributed); {
	case !c.Distributed() && len(unused) > 0:
		warnings = append(warnings, strings.Join(unused, ", ")+
			": not used without MONGO_URI; orders are kept in the data directory")
	case c.Distributed() && src.Embedded:
		warnings = append(warnings, l.origin("MONGO_URI").name+": not used by this command; it keeps orders in a directory of its own")
	case c.Distributed() && src.Stores:
		warnings = append(warnings, l.shared(c)...)
	}
	return append(warnings, l.nearMisses()...)
}

// shared says what does nothing where processes share the orders, and what the promises
// are worth that were given up.
func (l *loader) shared(c *Config) []string {
	var warnings []string
	if !c.Resume {
		warnings = append(warnings, l.origin("FILAVIP_RESUME").name+": not used with MONGO_URI: whoever coordinates goes on with an unfinished run")
	}
	if c.UnsafeRedisEviction {
		warnings = append(warnings, l.origin("FILAVIP_UNSAFE_REDIS_EVICTION").name+
			": UNSAFE: a full Redis may evict lanes, and work stands still until they are rebuilt")
	}
	if c.UnsafeWriteConcern {
		warnings = append(warnings, l.origin("FILAVIP_UNSAFE_WRITE_CONCERN").name+
			": UNSAFE: a failover of MongoDB may take back what was acknowledged")
	}
	return warnings
}

// outdated warns of retired names in the .env file, which is ours. In the environment
// they belong to other programs: NODE_ENV is common there.
func (l *loader) outdated() []string {
	var warnings []string
	for _, old := range retired() {
		i := slices.IndexFunc(l.layers[2], func(g given) bool { return g.name == old.Key })
		if i >= 0 {
			warnings = append(warnings, fmt.Sprintf("%s (%s) does nothing: %s", old.Key, l.layers[2][i].where(), old.Hint))
		}
	}
	return warnings
}

// unheeded warns of settings that are known and have no effect.
func (l *loader) unheeded() []string {
	var warnings []string
	for i, s := range l.settings {
		if g := l.used[i]; s.Idle != "" && g.origin != Default {
			warnings = append(warnings, fmt.Sprintf("%s (%s) has no effect in this version: %s", g.name, g.where(), s.Idle))
		}
	}
	return warnings
}

// givenOf returns the names by which settings of a group were given.
func (l *loader) givenOf(group Group) []string {
	var names []string
	for i, s := range l.settings {
		if s.Group == group && l.used[i].origin != Default && l.used[i].value != "" {
			names = append(names, l.used[i].name)
		}
	}
	return names
}

// nearMisses warns of names in the .env file that look like a misspelt setting. In the
// environment, which is full of other programs' names, none is looked for.
func (l *loader) nearMisses() []string {
	_, names := l.names()
	for _, old := range retired() {
		names = append(names, old.Key)
	}
	var warnings []string
	for _, g := range l.layers[2] {
		if slices.Contains(names, g.name) {
			continue
		}
		if near := Nearest(g.name, names); near != "" {
			warnings = append(warnings, fmt.Sprintf("%s (%s) is no setting; was %s meant?", g.name, g.where(), near))
		}
	}
	return warnings
}
