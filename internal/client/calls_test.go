package client_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/filavip/filavip/internal/client"
	"github.com/filavip/filavip/internal/wire"
)

// called is a call under test: what it must send, and what comes back as what.
type called struct {
	name string
	want string
	body any
	call func(context.Context, *client.Client) (any, error)
}

// as makes a call's result comparable with any body.
func as[T any](v T, err error) (any, error) { return v, err }

func TestCalls(t *testing.T) {
	t.Parallel()
	for _, tc := range slices.Concat(runCalls(t), queueCalls(t), listCalls(t), systemCalls(t)) {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f, c := answering(t, tc.body)
			got, err := tc.call(t.Context(), c)
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			if diff := cmp.Diff(tc.body, got); diff != "" {
				t.Errorf("%s (-sent +returned):\n%s", tc.name, diff)
			}
			if f.last() != tc.want {
				t.Errorf("%s sends %q, want %q", tc.name, f.last(), tc.want)
			}
		})
	}
}

func runCalls(t *testing.T) []called {
	t.Helper()
	status := parsed[wire.Status](t, `{"contractVersion":2,"phase":"WAITING_VIP_DRAIN","lastRunId":"`+runID+`","target":10,
		"processing":{"vip":{"start":"2026-11-23T08:00:00.000Z","end":null,"timeMs":0,"count":3}},"eta":{"estimatedMs":40,"progressPercent":30}}`)
	run := parsed[wire.Run](t, `{"runId":"`+runID+`","createdAt":"2026-11-23T08:00:00.000Z","phase":"DONE","status":"completed","seed":"18446744073709551615"}`)
	order := parsed[wire.Order](t, `{"id":"A/1","cliente":"Ana","valor":12.50,"tier":"DIAMOND","priority":"VIP","status":"processado","runId":"`+runID+`"}`)
	started := parsed[wire.Started](t, `{"message":"m","phase":"GENERATING","runId":"`+runID+`"}`)
	cancelled := wire.Cancelled{Aborted: true, RemovedPending: 7, WaitedForStopMs: new(int64(3))}
	return []called{
		{"Status", "GET /pedidos", status, func(ctx context.Context, c *client.Client) (any, error) { return as(c.Status(ctx)) }},
		{"Generate", "POST /pedidos/generate", started, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Generate(ctx, client.GenerateOptions{}))
		}},
		{"Generate with all", "POST /pedidos/generate?autoForceIfStale=false&force=true&quantity=5&seed=7&tiers=1%2C2%2C3%2C4", started, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Generate(ctx, client.GenerateOptions{Quantity: 5, Seed: "7", Tiers: "1,2,3,4", Force: true, SpareStale: true}))
		}},
		{"Cancel", "POST /pedidos/cancel", cancelled, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Cancel(ctx, client.CancelOptions{}))
		}},
		{"Cancel with all", "POST /pedidos/cancel?pollIntervalMs=20&purge=false&removePending=false&resetLogs=true&resetPhaseToIdle=true&waitTimeoutMs=0", cancelled,
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Cancel(ctx, client.CancelOptions{
					Purge: new(false), RemovePending: new(false), ResetLogs: new(true), ResetPhaseToIdle: new(true),
					WaitTimeout: new(time.Duration(0)), PollInterval: new(20 * time.Millisecond),
				}))
			}},
		{"Reset", "POST /pedidos/reset", wire.WasReset{Message: "m", DeletedOrders: 3, DeletedRuns: 2, QueueCleared: 1},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Reset(ctx)) }},
		{"Runs", "GET /pedidos/runs", wire.RunPage{Limit: 20, Count: 1, Runs: []wire.Run{run}, NextCursor: runID},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Runs(ctx, client.RunsOptions{}))
			}},
		{"Runs of a page", "GET /pedidos/runs?cursor=" + runID + "&limit=3", wire.RunPage{Runs: []wire.Run{}},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Runs(ctx, client.RunsOptions{Limit: 3, Cursor: runID}))
			}},
		{"Run", "GET /pedidos/runs/" + runID, run, func(ctx context.Context, c *client.Client) (any, error) { return as(c.Run(ctx, runID)) }},
		{"Order", "GET /pedidos/A%2F1", order, func(ctx context.Context, c *client.Client) (any, error) { return as(c.Order(ctx, "A/1")) }},
		{"Order named like a step", "GET /pedidos/%2E%2E", order, func(ctx context.Context, c *client.Client) (any, error) { return as(c.Order(ctx, "..")) }},
		{"Order with a query in it", "GET /pedidos/a%3Fb%23c%25", order, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Order(ctx, "a?b#c%"))
		}},
		{"Logs", "GET /pedidos/logs", wire.Logs{Logs: wire.LogLines{LogMessages: []string{"a"}}},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Logs(ctx, 0)) }},
		{"Logs of so many lines", "GET /pedidos/logs?lines=7", wire.Logs{},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Logs(ctx, 7)) }},
	}
}

func queueCalls(t *testing.T) []called {
	t.Helper()
	jobs := parsed[wire.JobList](t, `{"total":1,"types":["waiting"],"range":{"start":0,"end":50},"jobs":[
		{"id":"x","name":"processOrder","state":"waiting","opts":{"priority":10},"data":{"id":"x","valor":1.00,"runId":"`+runID+`"}}]}`)
	return []called{
		{"QueueStatus", "GET /pedidos/queue/status", wire.QueueCounts{Waiting: 1, Active: 2, Completed: 3, Failed: 4, Delayed: 5, Paused: true},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.QueueStatus(ctx)) }},
		{"Jobs", "GET /pedidos/queue/jobs", jobs, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Jobs(ctx, client.JobsOptions{}))
		}},
		{"Jobs with all", "GET /pedidos/queue/jobs?end=12&includeData=false&start=10&types=failed%2Cdelayed", jobs,
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Jobs(ctx, client.JobsOptions{States: []string{"failed", "delayed"}, Start: 10, Limit: 3, NoData: true}))
			}},
		{"Pause", "POST /pedidos/queue/pause", wire.Paused{Paused: true, Global: true},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Pause(ctx)) }},
		{"Resume", "POST /pedidos/queue/resume", wire.Resumed{Resumed: true, Global: true},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Resume(ctx)) }},
		{"Close", "POST /pedidos/queue/close", wire.Closed{Closed: true},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Close(ctx)) }},
		{"Clean", "POST /pedidos/queue/clean", wire.Cleaned{Removed: 9, State: "wait"},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Clean(ctx, client.CleanOptions{}))
			}},
		{"Clean with all", "POST /pedidos/queue/clean?grace=1500&limit=0&state=failed", wire.Cleaned{Removed: 9, State: "failed"},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Clean(ctx, client.CleanOptions{State: "failed", Grace: 1500 * time.Millisecond, Limit: new(int64(0))}))
			}},
		{"Purge", "POST /pedidos/queue/purge", wire.Purged{Purged: true, Removed: 2},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Purge(ctx, client.PurgeOptions{}))
			}},
		{"Purge with all", "POST /pedidos/queue/purge?dryRun=true&obliterate=true", wire.Purged{Obliterate: true, DryRun: true},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Purge(ctx, client.PurgeOptions{Obliterate: true, DryRun: true}))
			}},
		{"RetryFailed", "POST /pedidos/queue/retry-failed", wire.Retried{Retried: 4},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.RetryFailed(ctx, 0)) }},
		{"RetryFailed some", "POST /pedidos/queue/retry-failed?limit=4", wire.Retried{Retried: 4},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.RetryFailed(ctx, 4)) }},
		{"RecoverStuck", "POST /pedidos/queue/recover-stuck", wire.Recovered{Recovered: 1, Message: "m"},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.RecoverStuck(ctx, 0)) }},
		{"RecoverStuck some", "POST /pedidos/queue/recover-stuck?maxJobs=2", wire.Recovered{},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.RecoverStuck(ctx, 2)) }},
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := &fake{status: 200, body: "{}"}
	plain := f.start(t, client.Options{Language: "pt-BR"})
	keyed := plain.WithKey("k1")
	for _, call := range []func() (any, error){
		func() (any, error) { return as(plain.Reset(t.Context())) },
		func() (any, error) { return as(keyed.Reset(t.Context())) },
		func() (any, error) { return as(keyed.Status(t.Context())) },
	} {
		if _, err := call(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range f.requests {
		got = append(got, r.Header.Get("Accept-Language")+" "+r.Header.Get("Idempotency-Key"))
	}
	if diff := cmp.Diff([]string{"pt-BR ", "pt-BR k1", "pt-BR "}, got); diff != "" {
		t.Errorf("language and key of a POST, a POST with a key, a GET with a key (-want +got):\n%s", diff)
	}
	if _, err := plain.WithKey("a\nb").Reset(t.Context()); err == nil || len(f.requests) != 3 {
		t.Errorf("Reset with a key of two lines = %v after %d requests, want an error and 3", err, len(f.requests))
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	f := &fake{status: 200, body: "{}"}
	at := f.start(t, client.Options{}).URL()
	c, err := client.New(at+"/behind/a/proxy/", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	if _, err := c.Status(t.Context()); err != nil || f.last() != "GET /behind/a/proxy/pedidos" {
		t.Errorf("Status() = %v, asked %q; want nil, GET /behind/a/proxy/pedidos", err, f.last())
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "127.0.0.1:3000", "ftp://host", "http://", "/pedidos", "http://a b", "http://u:p@host", "http://host?q=1", "http://host#f"} {
		if _, err := client.New(base, client.Options{}); err == nil {
			t.Errorf("New(%q) = nil, want an error", base)
		}
	}
	if _, err := client.New("http://host", client.Options{Language: "pt\r\nX: y"}); err == nil {
		t.Error("New with a language of two lines = nil, want an error")
	}
	if _, err := client.New("http://host", client.Options{Timeout: -1}); err == nil {
		t.Error("New with a negative timeout = nil, want an error")
	}
}

func listCalls(t *testing.T) []called {
	t.Helper()
	order := parsed[wire.Order](t, `{"id":"x","valor":1.00,"status":"falhou","runId":"`+runID+`"}`)
	letter := wire.DeadLetter{Order: order, Group: "timeout", Attempts: 3, Redriven: 1}
	at := parsed[wire.Instant](t, `"2026-11-23T08:00:00.000Z"`)
	story := wire.Story{Order: order, Events: []wire.StoryEvent{{At: at, Kind: wire.StoryDead, Text: "t", Attempts: 3}}, DeadLetter: &letter}
	id := parsed[wire.Run](t, `{"runId":"`+runID+`"}`).RunID
	diagnostics := wire.Diagnostics{
		Gate: wire.GateShut, Lanes: wire.Lanes{VIP: wire.LaneState{Waiting: 3, Blocks: wire.BlockCounts{Ready: 1}}},
		Workers: 1, WorkerList: []wire.Worker{{ID: "worker-1", State: wire.WorkerWorking, Lane: new("VIP"), RunID: &id, Orders: 2, Since: at}},
	}
	return []called{
		{"Orders", "GET /pedidos/orders", wire.OrderPage{Limit: 50, Orders: []wire.Order{order}, Examined: 9, NextCursor: "c"},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Orders(ctx, client.OrdersOptions{}))
			}},
		{"Orders with all", "GET /pedidos/orders?cliente=An+%C3%A1&cursor=c&id=i&limit=3&priority=VIP&run=r&status=falhou&tier=GOLD", wire.OrderPage{},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Orders(ctx, client.OrdersOptions{
					ID: "i", Customer: "An á", Tier: "GOLD", Priority: "VIP", Status: "falhou", Run: "r", Limit: 3, Cursor: "c",
				}))
			}},
		{"Story", "GET /pedidos/A%2F1/story", story,
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Story(ctx, "A/1")) }},
		{"DeadLetters", "GET /pedidos/queue/dead-letter", wire.DeadLetterPage{Total: 7, DeadLetters: []wire.DeadLetter{letter}},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.DeadLetters(ctx, client.DeadLettersOptions{}))
			}},
		{"DeadLetters with all", "GET /pedidos/queue/dead-letter?cursor=c&group=a+b&id=i&limit=3", wire.DeadLetterPage{},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.DeadLetters(ctx, client.DeadLettersOptions{Group: "a b", ID: "i", Limit: 3, Cursor: "c"}))
			}},
		{"DeadLetterGroups", "GET /pedidos/queue/dead-letter/groups", wire.DeadLetterGroups{Count: 1, Groups: []wire.DeadLetterGroup{{Group: "g", First: at}}},
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.DeadLetterGroups(ctx)) }},
		{"RetryDeadLetters", "POST /pedidos/queue/dead-letter/retry?all=true&dryRun=true&limit=4", wire.DeadLettersRetried{Retried: 4, DryRun: true, Message: "m"},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.RetryDeadLetters(ctx, client.DeadSet{All: true, Limit: 4, DryRun: true}))
			}},
		{"DiscardDeadLetters", "POST /pedidos/queue/dead-letter/discard?group=a+b", wire.DeadLettersDiscarded{Discarded: 4, Message: "m"},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.DiscardDeadLetters(ctx, client.DeadSet{Group: "a b"}))
			}},
		{"Clean dry", "POST /pedidos/queue/clean?dryRun=true", wire.Cleaned{Removed: 9, State: "wait", DryRun: true},
			func(ctx context.Context, c *client.Client) (any, error) {
				return as(c.Clean(ctx, client.CleanOptions{DryRun: true}))
			}},
		{"Diagnostics", "GET /diagnostics/queue", diagnostics,
			func(ctx context.Context, c *client.Client) (any, error) { return as(c.Diagnostics(ctx)) }},
	}
}

func systemCalls(t *testing.T) []called {
	t.Helper()
	series := parsed[wire.TimeSeries](t, `{"window":"run","stepMs":100,"runId":"`+runID+`","samples":[{"at":5,"phase":"DONE","settle":{"p50":1.5},"work":null}],
		"phases":[],"drain":{"state":"clears","clearsInMs":7}}`)
	system := parsed[wire.System](t, `{"version":"v1","startedAt":"2026-11-23T08:00:00.000Z","settings":[{"key":"PORT","value":"3000","origin":"default"}],"checks":[]}`)
	return []called{
		{"TimeSeries", "GET /pedidos/timeseries", series, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.TimeSeries(ctx, client.TimeSeriesOptions{}))
		}},
		{"TimeSeries of a window", "GET /pedidos/timeseries?step=250ms&window=90s", series, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.TimeSeries(ctx, client.TimeSeriesOptions{Window: 90 * time.Second, Step: 250 * time.Millisecond}))
		}},
		{"TimeSeries of a run", "GET /pedidos/timeseries?run=" + runID + "&window=run", series, func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.TimeSeries(ctx, client.TimeSeriesOptions{OfRun: true, Run: runID}))
		}},
		{"Fleet", "GET /fleet", parsed[[]wire.Member](t, `[{"node":"a","role":"serve","alive":true,"workers":3}]`), func(ctx context.Context, c *client.Client) (any, error) {
			return as(c.Fleet(ctx))
		}},
		{"System", "GET /pedidos/system", system, func(ctx context.Context, c *client.Client) (any, error) { return as(c.System(ctx)) }},
	}
}
