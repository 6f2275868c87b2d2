package fleetkit

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/filavip/filavip/internal/store/mongoredis/cutter"
)

// endWithin is how long a process may take to end although its servers are silent: ten times
// what it takes, and less than it took when each step of the end waited for them.
const endWithin = 20 * time.Second

// apart has the processes of a fleet reach the servers through proxies.
func (f *fleet) apart() (mongo, redis *cutter.Proxy) {
	f.Helper()
	mongo, redis = cutter.Start(f.T, f.site.double.Addr()), cutter.Start(f.T, f.site.redis.Addr())
	f.mongo = "mongodb://" + mongo.Addr() + "/" + f.database + "?directConnection=true"
	f.redis = strings.Replace(f.redis, f.site.redis.Addr(), redis.Addr(), 1)
	return mongo, redis
}

// testEndInOutage ends processes in order that have orders in hand while their servers are
// silent. They do not wait for what will not come, say once what becomes of the orders, and
// others complete the run.
func (s *site) testEndInOutage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		mongo, redis bool // which are silent
	}{{"Mongo", true, false}, {"Redis", false, true}, {"Both", true, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, p := s.newFleet(t), plan{orders: 2000, work: 10 * time.Millisecond, seed: 1}
			mongo, redis := f.apart()
			serve, worker := f.serve("serve", p.args("--workers", "2")...), f.worker("worker", "--workers", "2")
			run := f.begin(serve, p)
			f.awaitClaim(serve, run)
			f.awaitClaim(worker, run)
			mongo.Blackhole(test.mongo)
			redis.Blackhole(test.redis)
			var ending sync.WaitGroup
			for _, one := range []*process{serve, worker} {
				ending.Go(func() { f.endsSoon(one, test.mongo) })
			}
			ending.Wait()
			mongo.Blackhole(false)
			redis.Blackhole(false)
			f.worker("other", "--workers", "20")
			f.complete(f.serve("another", p.args()...), run, p)
			f.verify()
		})
	}
}

// endsSoon ends a process in order. It must say once that it does not wait for MongoDB, if
// that is silent, and that nothing has failed.
func (f *fleet) endsSoon(p *process, lost bool) {
	f.Helper()
	terminate(p.cmd.Process)
	select {
	case <-p.done:
	case <-time.After(endWithin):
		f.Errorf("%s has not ended after %v:\n%s", p.name, endWithin, p.said())
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	said := p.stderr.String()
	if p.err != nil || strings.Contains(said, "[ERROR]") {
		f.Errorf("%s has ended with %v:\n%s\nwant no error", p.name, p.err, said)
	}
	if once := strings.Count(said, "MongoDB does not answer: ending without it") == 1; once != lost {
		f.Errorf("%s ended with MongoDB silent: %t, and said:\n%s", p.name, lost, said)
	}
}

// testEndAtOnce sends a second signal to processes that take their time to end.
func (s *site) testEndAtOnce(t *testing.T) {
	t.Parallel()
	f := s.newFleet(t)
	mongo, _ := f.apart()
	for _, p := range []*process{f.serve("serve"), f.worker("worker")} {
		mongo.Blackhole(true)
		f.eventually(p.name+" ends", func() bool {
			terminate(p.cmd.Process) // two that come too close to each other are one: as many as it takes
			return p.ended()
		})
		if p.err == nil || !strings.Contains(p.err.Error(), "terminated") {
			f.Errorf("%s has ended with %v; want it ended by the second signal:\n%s", p.name, p.err, p.said())
		}
	}
}
