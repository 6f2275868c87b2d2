package mongoredis

// registerMetrics makes the metrics of an open store.
func (s *DB) registerMetrics() {
	s.opts.Metrics.CounterFunc("filavip_store_redis_clients_replaced_total",
		"Clients of Redis that were replaced because they got no answer, or no orders although some waited.",
		func() float64 { return float64(s.relinked.Load()) })
}
