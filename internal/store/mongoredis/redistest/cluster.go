package redistest

import (
	"fmt"
	"strconv"
)

const (
	masters = 3
	slots   = 16384
)

// Cluster is a Redis Cluster of three masters without replicas.
type Cluster struct {
	servers []*Server
}

// StartCluster starts one for a test, and returns once it serves every slot.
func StartCluster(t TB) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters {
		c.servers = append(c.servers, start(t, member, Options{}))
	}
	for i, s := range c.servers {
		first, last := i*slots/masters, (i+1)*slots/masters-1
		c.do(t, s, "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
		c.do(t, s, "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	for _, s := range c.servers[1:] {
		c.do(t, c.servers[0], "MEET", "127.0.0.1", strconv.Itoa(s.port), strconv.Itoa(s.bus))
	}
	c.AwaitOK(t)
	return c
}

func (c *Cluster) do(t TB, s *Server, args ...string) {
	t.Helper()
	if _, err := s.Do(append([]string{"CLUSTER"}, args...)...); err != nil {
		t.Fatalf("redistest: CLUSTER %s: %v", args[0], err)
	}
}

// AwaitOK returns once every master takes the cluster for whole, such as after one of
// them was restarted.
func (c *Cluster) AwaitOK(t TB) {
	t.Helper()
	await(t.Fatalf, "the cluster is whole", func() error {
		for _, s := range c.servers {
			reply, err := s.Do("CLUSTER", "INFO")
			if err != nil {
				return err
			}
			info, _ := reply.(string)
			state, size, ok := fieldOf(info, "cluster_state"), fieldOf(info, "cluster_size"), fieldOf(info, "cluster_slots_ok")
			if state != "ok" || size != strconv.Itoa(masters) || ok != strconv.Itoa(slots) {
				return fmt.Errorf("port %d: state %q, %s masters, %s slots", s.port, state, size, ok)
			}
		}
		return nil
	})
}

// Addrs returns the addresses of the masters.
func (c *Cluster) Addrs() []string {
	var all []string
	for _, s := range c.servers {
		all = append(all, s.Addr())
	}
	return all
}

// Servers returns the masters, in the order of their slots. The caller owns the slice.
func (c *Cluster) Servers() []*Server { return append([]*Server(nil), c.servers...) }
