package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

// pollEvery is the time between two requests of a poller: 200 a second.
const pollEvery = 5 * time.Millisecond

// Polled is what clients saw that asked for the status all along a run, and for single
// orders after it.
type Polled struct {
	Requests int           `json:"requests"`
	P50      time.Duration `json:"p50"`
	P99      time.Duration `json:"p99"`
	Max      time.Duration `json:"max"`
	Orders   int           `json:"orders"` // requests for single orders
	OrderP50 time.Duration `json:"orderP50"`
	OrderP99 time.Duration `json:"orderP99"`
	Wrong    []string      `json:"wrong"` // answers that cannot be true, the first ten
}

// Poller asks the API of another process for its status and holds each answer against
// the one before.
type Poller struct {
	base   string
	target int64
	client *http.Client

	mu    sync.Mutex // guards what follows
	took  []time.Duration
	last  wire.Status
	wrong []string
}

// NewPoller returns a poller of the API at addr, where a run of target orders is going
// to be.
func NewPoller(addr string, target int64) *Poller {
	return &Poller{base: "http://" + addr, target: target, client: &http.Client{Timeout: 10 * time.Second}}
}

// Run asks every few milliseconds, however long answers take, until ctx is done.
func (p *Poller) Run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ticker.C:
			all.Go(func() { p.ask(context.WithoutCancel(ctx)) })
		case <-ctx.Done():
			return
		}
	}
}

func (p *Poller) ask(ctx context.Context) {
	var s wire.Status
	began := time.Now()
	err := p.get(ctx, "/pedidos", &s)
	took := time.Since(began)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, took)
	if err != nil {
		p.complain("%v", err)
		return
	}
	p.check(&s)
}

// check holds an answer against the one before it. Answers may overtake each other on
// their way, so only their own instants say which is the later. mu held.
func (p *Poller) check(s *wire.Status) {
	if s.Timestamp < p.last.Timestamp {
		return
	}
	before, now := p.last.Counts, s.Counts
	if now.VIP < before.VIP || now.Normal < before.Normal || s.Generated < p.last.Generated {
		p.complain("counts fell: %+v after %+v", now, before)
	}
	if s.Generated > p.target || now.Total > s.Generated {
		p.complain("counts exceed the target: %d of %d, %d done", s.Generated, p.target, now.Total)
	}
	p.last = *s
}

func (p *Poller) complain(format string, args ...any) {
	if len(p.wrong) < 10 {
		p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
	}
}

func (p *Poller) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return json.Unmarshal(body, into)
}

// pointReads is how many single orders are asked for, at most as many as there are.
const pointReads = 5000

// Finish asks for the end, for single orders, and compares with the recount. Run has
// returned.
func (p *Poller) Finish(ctx context.Context, run order.RunID, recount order.Counts) (Polled, error) {
	end, err := p.end(ctx)
	if err != nil {
		return Polled{}, err
	}
	if end.Counts.VIP != recount[order.VIP].Processed || end.Counts.Normal != recount[order.Normal].Processed {
		p.complain("the end says %+v, the recount %d VIP and %d NORMAL", end.Counts, recount[order.VIP].Processed, recount[order.Normal].Processed)
	}
	var single []time.Duration
	for range min(pointReads, p.target) {
		k := run.Key(rand.Uint64N(uint64(p.target)))
		var o wire.Order
		began := time.Now()
		if err := p.get(ctx, "/pedidos/"+k.String(), &o); err != nil {
			return Polled{}, err
		}
		single = append(single, time.Since(began))
		if o.ID != k.String() {
			p.complain("asked for order %s, got %s", k, o.ID)
		}
	}
	slices.Sort(p.took)
	slices.Sort(single)
	return Polled{
		Requests: len(p.took), P50: quantile(p.took, 0.5), P99: quantile(p.took, 0.99), Max: quantile(p.took, 1),
		Orders: len(single), OrderP50: quantile(single, 0.5), OrderP99: quantile(single, 0.99),
		Wrong: p.wrong,
	}, nil
}

// end waits for a status that says the run has ended: one may be a little old.
func (p *Poller) end(ctx context.Context) (s wire.Status, err error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for range 10 * time.Second / pollEvery {
		if err := p.get(ctx, "/pedidos", &s); err != nil {
			return s, err
		}
		p.check(&s)
		if s.Phase.Ended() {
			break
		}
		<-ticker.C
	}
	return s, nil
}

// quantile returns the value below which that share of sorted values lies.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
