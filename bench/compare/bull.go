package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// bullResult is what the Node worker prints last.
type bullResult struct {
	Orders    int64   `json:"orders"`
	VIP       int64   `json:"vip"`
	StoreMs   float64 `json:"storeMs"`
	EnqueueMs float64 `json:"enqueueMs"`
	ProcessMs float64 `json:"processMs"`
	Completed int64   `json:"completed"`
	Failed    int64   `json:"failed"`
	Stalled   int64   `json:"stalled"`
	Updated   int64   `json:"updated"`
	Overtaken int64   `json:"overtaken"`
	Left      int64   `json:"left"`
	Error     string  `json:"error"`
}

// runBull measures the Node worker.
func (b *bench) runBull(ctx context.Context) (measured, error) {
	cmd := exec.CommandContext(ctx, "node", "worker.mjs")
	cmd.Dir = b.bull()
	cmd.Stderr = b.stderr
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "MONGO_URI="+b.servers.mongoURI(),
		"REDIS_URL="+b.servers.redisURL, fmt.Sprintf("ORDERS=%d", b.orders))
	said, err := cmd.Output()
	if err != nil {
		return measured{}, fmt.Errorf("worker.mjs: %w", err)
	}
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	var r bullResult
	if err := json.Unmarshal(lines[len(lines)-1], &r); err != nil {
		return measured{}, fmt.Errorf("worker.mjs printed no result: %w", err)
	}
	if r.Orders != b.orders || r.Completed != r.Orders || r.Updated != r.Orders || r.Failed != 0 || r.Stalled != 0 || r.Left != 0 {
		return measured{}, fmt.Errorf("worker.mjs did not do each order once: %+v", r)
	}
	process := milliseconds(r.ProcessMs)
	return measured{
		Orders:     r.Orders,
		VIP:        r.VIP,
		Processing: process,
		Whole:      process + milliseconds(r.StoreMs) + milliseconds(r.EnqueueMs),
		Overtaken:  r.Overtaken,
	}, nil
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
