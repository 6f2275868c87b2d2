package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/filavip/filavip/internal/auth"
	"github.com/filavip/filavip/internal/metrics"
	"github.com/filavip/filavip/internal/order"
	"github.com/filavip/filavip/internal/store"
	"github.com/filavip/filavip/internal/wire"
)

// Options are what an API works with. Pipeline, Queue, Store, Logs and NewSpec are
// required, Store alone if ProbesOnly; other zero fields take the defaults.
type Options struct {
	Pipeline Pipeline
	Queue    Queue
	Store    Store
	Logs     Logs
	// NewSpec returns what a generated run of so many orders is to be.
	NewSpec func(quantity int64) order.Spec

	// MaxOrders is the largest quantity. Default: 1,500,000.
	MaxOrders int64
	// Hosts are names and addresses, beside loopback, that the server answers for.
	Hosts []string
	// Origins are sites whose pages may call the API, such as https://orders.example.
	Origins []string
	// InFlight is how many requests are answered at once; more get 503. Default: 256.
	InFlight int
	// Guard asks for the key. Default: one that asks nobody.
	Guard *auth.Guard
	// Mounts are handlers beside the API's own.
	Mounts []Mount
	// Series answers GET /pedidos/timeseries. Default: nothing was ever sampled.
	Series Series
	// System says on what the program runs, for GET /pedidos/system; Checks are filled in
	// by the API. Default: nothing but the version.
	System func(context.Context) (wire.System, error)
	// Members lists the processes that work on the store, for GET /fleet. Default: none.
	Members func(context.Context) ([]store.Member, error)
	// Checks are asked by /readyz beside the store.
	Checks []Check
	// ProbesOnly leaves nothing but the probes and the metrics.
	ProbesOnly bool
	// Metrics answers GET /metrics. Default: the handler of Registry.
	Metrics http.Handler
	// Registry gets the API's own metrics; nobody sees them if nil.
	Registry *metrics.Registry
	// Version is shown in the OpenAPI document. Default: dev.
	Version string
	// Now tells the time. Default: [time.Now].
	Now func() time.Time
	// Log gets one line per request, and what went wrong. Default: discarded.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.MaxOrders == 0 {
		o.MaxOrders = 1_500_000
	}
	if o.InFlight == 0 {
		o.InFlight = 256
	}
	if o.Metrics == nil {
		o.Metrics = o.Registry.Handler()
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Guard == nil {
		o.Guard = auth.New(auth.Options{})
	}
	if o.Series == nil {
		o.Series = noSeries{}
	}
	if o.System == nil {
		o.System = func(context.Context) (wire.System, error) { return wire.System{Version: o.Version}, nil }
	}
	if o.Members == nil {
		o.Members = func(context.Context) ([]store.Member, error) { return nil, nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o *Options) validate() error {
	var errs []error
	all := !o.ProbesOnly
	for name, missing := range map[string]bool{
		"Pipeline": all && o.Pipeline == nil, "Queue": all && o.Queue == nil, "Store": o.Store == nil,
		"Logs": all && o.Logs == nil, "NewSpec": all && o.NewSpec == nil,
	} {
		if missing {
			errs = append(errs, fmt.Errorf("%w: no %s", order.ErrInvalid, name))
		}
	}
	if o.MaxOrders < 1 || o.InFlight < 1 {
		errs = append(errs, fmt.Errorf("%w: MaxOrders %d, InFlight %d; allowed: 1 or more", order.ErrInvalid, o.MaxOrders, o.InFlight))
	}
	return errors.Join(errs...)
}

// API answers HTTP requests. It is safe for concurrent use.
type API struct {
	opts     Options
	log      *slog.Logger
	texts    dictionaries
	routes   *routes
	open     livePaths
	sites    *sites
	huma     huma.API
	keys     *keysInUse
	latest   *snapshots
	started  time.Time
	draining atomic.Bool
	handler  http.Handler
}

// New returns an API over what it is given. It fails on options that make no sense,
// such as an origin that is none.
func New(opts Options) (*API, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("new API: %w", err)
	}
	a := &API{
		opts:    opts,
		log:     opts.Log.With("component", "api"),
		texts:   newDictionaries(),
		routes:  newRoutes(),
		keys:    newKeysInUse(),
		started: opts.Now(),
	}
	a.latest = newSnapshots(opts.Now, a.observe)
	a.huma = humago.New(a.routes, humaConfig(opts.Version))
	a.register()
	handler, err := a.chain()
	if err != nil {
		return nil, fmt.Errorf("new API: %w", err)
	}
	a.handler = handler
	return a, nil
}

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain makes the readiness probes fail from now on, so that no new clients are sent
// here. It is the first step of a shutdown; requests are still answered.
func (a *API) Drain() { a.draining.Store(true) }

// register registers every route, each topic in its own file.
func (a *API) register() {
	a.registerProbes()
	a.registerMetrics()
	if a.opts.ProbesOnly {
		return
	}
	a.registerStatus()
	a.registerGenerate()
	a.registerCancel()
	a.registerReset()
	a.registerOrders()
	a.registerOrderList()
	a.registerStory()
	a.registerRuns()
	a.registerLogs()
	a.registerQueue()
	a.registerCleaning()
	a.registerDeadLetters()
	a.registerRedrive()
	a.registerJobs()
	a.registerDiagnostics()
	a.registerTimeSeries()
	a.registerSystem()
	a.registerFleet()
	a.registerHealth()
	a.registerProblems()
	a.registerSession()
	a.registerDocument()
	a.mount()
}

// humaConfig sets huma up to write JSON and nothing that nobody asked for: no pages of
// its own, no links into its schemas.
func humaConfig(version string) huma.Config {
	config := huma.DefaultConfig("filavip", version)
	config.Info.Description = "A durable order queue that serves VIP orders first."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Components.SecuritySchemes = securitySchemes()
	config.Security = keyAsked()
	config.AllowAdditionalPropertiesByDefault = true
	schemas := config.Components.Schemas
	schemas.RegisterTypeAlias(reflect.TypeFor[wire.Instant](), reflect.TypeFor[*time.Time]())
	schemas.RegisterTypeAlias(reflect.TypeFor[wire.Money](), reflect.TypeFor[float64]())
	for _, theirs := range []reflect.Type{reflect.TypeFor[problem](), reflect.TypeFor[huma.ErrorModel]()} {
		schemas.RegisterTypeAlias(theirs, reflect.TypeFor[wire.Problem]())
	}
	return config
}
