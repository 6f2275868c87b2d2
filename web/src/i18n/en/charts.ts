export const charts = {
  window: { label: "Time shown", "5m": "5 minutes", "1h": "1 hour", run: "Run" },
  throughput: "Throughput",
  depth: "Queue depth",
  settle: "Time to settle",
  failures: "Failures",
  memory: "Memory",
  unit: { ordersPerSecond: "orders/s", orders: "orders", ms: "ms", perSecond: "per second", bytes: "resident" },
  series: { p50: "p50", p95: "p95", p99: "p99", failed: "orders that failed", rss: "memory" },
  peakMean: (peak: string, mean: string) => `peak ${peak} · mean ${mean} orders/s`,
  empty: "Nothing has been measured yet.",
  emptyText: "The charts fill once a second while the server runs; a run shows in detail.",
};
