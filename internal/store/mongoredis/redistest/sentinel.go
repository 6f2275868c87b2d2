package redistest

import (
	"errors"
	"fmt"
	"strconv"
)

const (
	masterName = "filavip"
	replicas   = 2
	sentinels  = 3
)

// Sentinel is a primary with two replicas, watched by three sentinels that take a server
// for dead after half a second. Replication is asynchronous: a failover may lose the last
// writes.
type Sentinel struct {
	fatalf    func(format string, args ...any)
	servers   []*Server
	sentinels []*Server
}

// StartReplicated starts them for a test, and returns once a failover can succeed.
func StartReplicated(t TB) *Sentinel {
	t.Helper()
	s := &Sentinel{fatalf: t.Fatalf, servers: []*Server{start(t, alone, Options{})}}
	primary := s.servers[0]
	for range replicas {
		s.servers = append(s.servers, start(t, alone, Options{Config: []string{fmt.Sprintf("replicaof 127.0.0.1 %d", primary.port)}}))
	}
	await(s.fatalf, "the replicas follow", func() error { return s.followed(primary) })
	for range sentinels {
		s.sentinels = append(s.sentinels, start(t, sentinel, Options{Config: []string{
			fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2", masterName, primary.port),
			"sentinel down-after-milliseconds " + masterName + " 500",
			"sentinel failover-timeout " + masterName + " 2000",
		}}))
	}
	for _, w := range s.sentinels {
		// Sentinels usually look every second or two. Once the primary is down they promote
		// no replica that they have not heard from for five ping periods, and they ask
		// every second then: a shorter ping period has failovers fail.
		if _, err := w.Do("SENTINEL", "DEBUG", "ping-period", "300", "ask-period", "100", "info-period", "500", "publish-period", "300"); err != nil {
			t.Fatalf("redistest: hurry a sentinel: %v", err)
		}
	}
	await(s.fatalf, "the sentinels know each other", s.acquainted)
	return s
}

// followed returns nil once all other servers are replicas of the primary, in step.
func (s *Sentinel) followed(primary *Server) error {
	for _, server := range s.servers {
		if server == primary {
			continue
		}
		err := errors.Join(
			expect(server, "replication", "master_port", strconv.Itoa(primary.port)),
			expect(server, "replication", "master_link_status", "up"),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// acquainted returns nil once every sentinel knows of all others and of all replicas.
func (s *Sentinel) acquainted() error {
	for _, w := range s.sentinels {
		reply, err := w.Do("SENTINEL", "MASTER", masterName)
		if err != nil {
			return err
		}
		known := map[string]string{}
		fields, _ := reply.([]any)
		for i := 0; i+1 < len(fields); i += 2 {
			known[fmt.Sprint(fields[i])] = fmt.Sprint(fields[i+1])
		}
		if known["num-slaves"] != strconv.Itoa(replicas) || known["num-other-sentinels"] != strconv.Itoa(sentinels-1) || known["flags"] != "master" {
			return fmt.Errorf("a sentinel knows of %s replicas and %s sentinels; the primary is %q to it",
				known["num-slaves"], known["num-other-sentinels"], known["flags"])
		}
	}
	return nil
}

// Addrs returns the addresses of the sentinels.
func (s *Sentinel) Addrs() []string {
	var all []string
	for _, w := range s.sentinels {
		all = append(all, w.Addr())
	}
	return all
}

// MasterName is the name by which the sentinels know the primary.
func (s *Sentinel) MasterName() string { return masterName }

// Primary returns the server that all sentinels agree is the primary, once it takes
// itself for that.
func (s *Sentinel) Primary() *Server {
	var primary *Server
	await(s.fatalf, "the sentinels agree on a primary", func() (err error) {
		primary, err = s.agreed()
		return err
	})
	return primary
}

func (s *Sentinel) agreed() (*Server, error) {
	port := ""
	for _, w := range s.sentinels {
		reply, err := w.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName)
		if err != nil {
			return nil, err
		}
		addr, _ := reply.([]any)
		if len(addr) != 2 || port != "" && addr[1] != port {
			return nil, fmt.Errorf("a sentinel says %v, another one port %q", addr, port)
		}
		port = fmt.Sprint(addr[1])
	}
	for _, server := range s.servers {
		if strconv.Itoa(server.port) == port {
			return server, expect(server, "replication", "role", "master")
		}
	}
	return nil, fmt.Errorf("the sentinels say port %s, which is none of ours", port)
}

// FailOver kills the primary and returns the one that was promoted in its place.
func (s *Sentinel) FailOver() *Server {
	dead := s.Primary()
	dead.Kill()
	var promoted *Server
	await(s.fatalf, "another primary", func() (err error) {
		if promoted, err = s.agreed(); err == nil && promoted == dead {
			err = errors.New("the dead one is still the primary")
		}
		return err
	})
	return promoted
}

// Patient has the sentinels take a server for dead only after a minute, for tests that want
// no failover: a machine that is busy may keep a server from answering in time.
func (s *Sentinel) Patient() {
	for _, w := range s.sentinels {
		if _, err := w.Do("SENTINEL", "SET", masterName, "down-after-milliseconds", "60000"); err != nil {
			s.fatalf("redistest: make a sentinel patient: %v", err)
		}
	}
}

// Heal restarts the servers that are dead, and returns once all follow the primary and
// another failover can succeed. A dead primary comes back as one and is told that it
// is a replica, as in life.
func (s *Sentinel) Heal() {
	for _, server := range s.servers {
		if server.proc.ended() {
			server.Restart()
		}
	}
	await(s.fatalf, "all follow the primary", func() error {
		primary, err := s.agreed()
		if err != nil {
			return err
		}
		return s.followed(primary)
	})
	await(s.fatalf, "the sentinels know of it", s.acquainted)
}
