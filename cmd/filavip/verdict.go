package main

import (
	"github.com/filavip/filavip/internal/app"
	"github.com/filavip/filavip/internal/order"
)

// verdict is what verify writes as JSON: what was found, with seeds as text, as the API
// writes them. Many readers of JSON round numbers above 2^53.
type verdict struct {
	Orders   int64                        `json:"orders"`
	Runs     []verdictRun                 `json:"runs"`
	Problems []string                     `json:"problems"` // the first 100
	Found    int64                        `json:"found"`
	Known    map[order.RunID]order.Digest `json:"known"`
}

type verdictRun struct {
	Run    runDocument  `json:"run"`
	Counts order.Counts `json:"counts"`
	Digest order.Digest `json:"digest"`
}

// runDocument is a run's document with another spec, and that with another seed.
type runDocument struct {
	order.Run
	Spec specDocument `json:"spec"`
}

type specDocument struct {
	order.Spec
	Seed uint64 `json:"seed,string"`
}

func newVerdict(c *app.Checked) verdict {
	v := verdict{Orders: c.Orders, Runs: make([]verdictRun, len(c.Runs)), Problems: c.Problems, Found: c.Found, Known: c.Known}
	for i := range c.Runs {
		r := &c.Runs[i]
		v.Runs[i] = verdictRun{runDocument{r.Run, specDocument{r.Run.Spec, r.Run.Spec.Seed}}, r.Counts, r.Digest}
	}
	return v
}
