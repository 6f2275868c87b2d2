package app

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/filavip/filavip/internal/config"
	"github.com/filavip/filavip/internal/wire"
)

// system says on what this process runs and how it is set up.
func (a *App) system(ctx context.Context) (wire.System, error) {
	storage, err := a.store.usage(ctx)
	if err != nil {
		return wire.System{}, err
	}
	totals, err := a.store.Totals(ctx)
	if err != nil {
		return wire.System{}, err
	}
	storage.Orders = totals.Counts.Generated()
	build, _ := debug.ReadBuildInfo()
	return wire.System{
		Version:       cmp.Or(a.opts.Version, "dev"),
		Revision:      revisionOf(build),
		GoVersion:     runtime.Version(),
		OS:            runtime.GOOS,
		Arch:          runtime.GOARCH,
		PID:           os.Getpid(),
		StartedAt:     wire.At(a.began),
		UptimeSeconds: int64(a.clock().Sub(a.began).Seconds()),
		Engine:        a.store.engine,
		Storage:       storage,
		Memory:        wire.Memory{RSS: residentMemory()},
		Workers:       a.pool.Workers(),
		MaxOrders:     a.cfg.MaxOrders,
		Settings:      settingsOf(&a.cfg),
		Realtime:      a.watching(),
	}, nil
}

// watching says who follows the live view.
func (a *App) watching() wire.Realtime {
	live := a.live.Stats()
	return wire.Realtime{
		Clients: a.hub.Stats().Subscribers, Cut: live.Stalled, DroppedLines: live.Dropped,
		Sockets: wire.Sockets{Polling: live.Polling, WebSocket: live.WebSocket}, SSE: live.Streams,
	}
}

// settingsOf lists the settings in effect as `filavip config` does.
func settingsOf(cfg *config.Config) []wire.Setting {
	rows := map[string]config.Setting{}
	for _, row := range config.Settings() {
		rows[row.Key] = row
	}
	var all []wire.Setting
	for _, e := range cfg.Entries() {
		row := rows[e.Key]
		all = append(all, wire.Setting{
			Key: e.Key, Value: e.Value, Origin: originOf(e.Origin), Group: string(row.Group), Help: row.Help, Idle: row.Idle,
		})
	}
	return all
}

// originOf names the layer that a value came from.
func originOf(o config.Origin) string {
	if o == config.EnvFile {
		return "file"
	}
	return string(o)
}
