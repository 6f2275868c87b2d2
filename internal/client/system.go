package client

import (
	"context"
	"strconv"
	"time"

	"github.com/filavip/filavip/internal/wire"
)

// TimeSeriesOptions say which samples to return. The zero value leaves all to the server.
type TimeSeriesOptions struct {
	Window time.Duration // how far back from now; whole seconds
	OfRun  bool          // instead, from the start of a run to its end or to now
	Run    string        // that run; empty: the current or latest
	Step   time.Duration // how long each sample is to be; whole milliseconds
}

// TimeSeries returns samples of how fast the work went. An [*Error] with status 404 says
// that there is no such run (any more).
func (c *Client) TimeSeries(ctx context.Context, o TimeSeriesOptions) (wire.TimeSeries, error) {
	p := params{}
	switch {
	case o.OfRun:
		p.text("window", "run")
	case o.Window > 0:
		p.text("window", strconv.FormatInt(int64(o.Window/time.Second), 10)+"s")
	}
	if o.Step > 0 {
		p.text("step", strconv.FormatInt(o.Step.Milliseconds(), 10)+"ms")
	}
	p.text("run", o.Run)
	return get[wire.TimeSeries](ctx, c, "read time series", "/pedidos/timeseries", p)
}

// System says which program the server is, on what it runs, and how it is set up.
func (c *Client) System(ctx context.Context) (wire.System, error) {
	return get[wire.System](ctx, c, "read system", "/pedidos/system", nil)
}
