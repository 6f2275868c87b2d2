package wire_test

import (
	"testing"
	"time"

	"github.com/filavip/filavip/internal/event"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/wire"
)

func aSample() event.Sample {
	return event.Sample{
		At: at(1100), Over: 100*time.Millisecond + 400*time.Microsecond, Run: runID(), Phase: order.WaitingVIPDrain,
		Generated: [2]int64{250, 750}, Processed: [2]int64{240, 30}, Dead: [2]int64{10, 1}, Retried: [2]int64{3, 2}, Depth: [2]int64{1, 719},
		Settle: event.Latency{Count: 2, P50: 1500 * time.Microsecond, P95: 20 * time.Millisecond, P99: 2 * time.Second},
		Work:   event.Latency{Count: 270, P50: 1234 * time.Nanosecond, P95: time.Millisecond, P99: time.Hour},
		Busy:   25, Memory: 191 << 20,
	}
}

func TestNewSample(t *testing.T) {
	t.Parallel()
	golden(t, "sample", wire.NewSample(new(aSample())))
	golden(t, "sample-none", wire.NewSample(&event.Sample{At: at(0)}))
}

func TestNewMetrics(t *testing.T) {
	t.Parallel()
	golden(t, "metrics", wire.NewMetrics(&event.Metrics{
		Sample: aSample(), Workers: 25, Busy: 25,
		Drain: event.Forecast{State: event.Clears, Clears: 1234*time.Millisecond + time.Microsecond},
	}))
}

func TestNewForecast(t *testing.T) {
	t.Parallel()
	golden(t, "forecasts", []wire.Forecast{
		wire.NewForecast(event.Forecast{State: event.Idle}),
		wire.NewForecast(event.Forecast{State: event.Clears, Clears: time.Nanosecond}),
		wire.NewForecast(event.Forecast{State: event.Clears, Reason: event.TooEarly}),
		wire.NewForecast(event.Forecast{State: event.Growing, Reason: event.Inflow}),
		wire.NewForecast(event.Forecast{State: event.Stalled, Reason: "disk_full"}),
		wire.NewForecast(event.Forecast{State: event.Paused, Reason: event.ByOperator}),
	})
}

func TestTimeSeries(t *testing.T) {
	t.Parallel()
	golden(t, "timeseries", wire.TimeSeries{
		Window: "run", StepMs: 100, RunID: runID(), From: at(0).UnixMilli(), To: at(1100).UnixMilli(),
		Samples: []wire.Sample{wire.NewSample(new(aSample()))},
		Phases:  []wire.PhaseMark{{Phase: order.Generating, At: at(0).UnixMilli(), RunID: runID()}},
		Peak:    2810.5, Mean: 1000, Drain: wire.NewForecast(event.Forecast{State: event.Idle}),
	})
	golden(t, "timeseries-none", wire.TimeSeries{
		Window: "5m", StepMs: 1000, Samples: []wire.Sample{}, Phases: []wire.PhaseMark{}, Drain: wire.NewForecast(event.Forecast{State: event.Idle}),
	})
}

func TestFleet(t *testing.T) {
	t.Parallel()
	golden(t, "fleet", []wire.Member{
		{
			Node: "api-1", Role: "serve", Host: "h1", PID: 42, Version: "v1.2.3", Addr: "127.0.0.1:3000", Workers: 25, InHand: 3,
			StartedAt: wire.At(at(0)), SeenAt: wire.At(at(900)), Alive: true, Coordinator: true,
		},
		{Node: "h2-7", Role: "worker", Host: "h2", PID: 7, Version: "v1.2.3", Workers: 50, StartedAt: wire.At(at(0)), SeenAt: wire.At(at(100))},
	})
}

func TestSystem(t *testing.T) {
	t.Parallel()
	golden(t, "system", wire.System{
		Version: "v1.2.3", Revision: "abc-dirty", GoVersion: "go1.26", OS: "linux", Arch: "amd64", PID: 42,
		StartedAt: wire.At(at(0)), UptimeSeconds: 61, Engine: "embedded",
		Storage: wire.Storage{Path: "data/store", DiskBytes: 1, FreeBytes: 2, Orders: 3, Runs: 4, L0Files: 5},
		Memory:  wire.Memory{RSS: 6}, Workers: 25, MaxOrders: 1_500_000,
		Settings: []wire.Setting{
			{Key: "PORT", Value: "3000", Origin: "default", Group: "listen", Help: "port of the API"},
			{Key: "REDIS_PASSWORD", Value: "***", Origin: "file", Group: "distributed", Help: "password", Idle: "there is no Redis yet"},
		},
		Checks:   []wire.Checked{{Name: "store", OK: true}},
		Realtime: wire.Realtime{Clients: 3, Cut: 1, DroppedLines: 7, Sockets: wire.Sockets{Polling: 1, WebSocket: 2}, SSE: 0},
	})
}
