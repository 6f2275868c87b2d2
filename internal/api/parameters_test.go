package api_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/wire"
)

// Every parameter of every route refuses what it does not mean, by name, and then
// nothing happens.
func TestBadParameters(t *testing.T) {
	t.Parallel()
	numbers := []string{"-1", "+1", "1e3", "0x10", "1.5", "", " ", "１", "abc", "99999999999", "1&%s=1"}
	words := []string{"", "TRUE", "True", "1", "yes", "true ", "true&%s=true"}
	states := []string{"", "WAIT", "paused", "waiting-children", "wait,active", "wait&%s=wait"}
	names := []string{"", "a b", "é", "\x00", strings.Repeat("r", 65), "x&%s=y"}
	ids := []string{"", "a,", ",a", "a,,b", "a b", "é", strings.Repeat("r", 65), manyIDs(1001)}
	cursors := []string{"", "x", "0198c0de", "x&%s=y"}
	tests := []struct {
		method, path string
		parameter    string
		bad          []string
	}{
		{"POST", "/pedidos/generate", "quantity", numbers},
		{"POST", "/pedidos/generate", "force", words},
		{"POST", "/pedidos/generate", "autoForceIfStale", words},
		{"POST", "/pedidos/generate", "returnOnActive", words},
		{"POST", "/pedidos/generate", "seed", append(numbers[:9:9], "18446744073709551616", "1_0", "1&%s=1")},
		{"POST", "/pedidos/generate", "tiers", []string{
			"", "1", "1,2,3", "1,2,3,4,5", "0,0,0,0", "1,2,3,-4", "1,2,3,1000001", "1, 2,3,4", "a,b,c,d", "1,2,3,4&%s=1,2,3,4",
		}},
		{"POST", "/pedidos/cancel", "purge", words},
		{"POST", "/pedidos/cancel", "removePending", words},
		{"POST", "/pedidos/cancel", "resetLogs", words},
		{"POST", "/pedidos/cancel", "resetPhaseToIdle", words},
		{"POST", "/pedidos/cancel", "waitTimeoutMs", append(numbers, "60001")},
		{"POST", "/pedidos/cancel", "pollIntervalMs", append(numbers, "60001")},
		{"POST", "/pedidos/queue/pause", "global", words},
		{"POST", "/pedidos/queue/resume", "global", words},
		{"POST", "/pedidos/queue/clean", "state", states},
		{"POST", "/pedidos/queue/clean", "grace", numbers},
		{"POST", "/pedidos/queue/clean", "limit", numbers},
		{"POST", "/pedidos/queue/purge", "obliterate", words},
		{"POST", "/pedidos/queue/retry-failed", "limit", append(numbers, "0", "10001")},
		{"POST", "/pedidos/queue/recover-stuck", "maxJobs", append(numbers, "0", "10001")},
		{"POST", "/pedidos/queue/clean", "dryRun", words},
		{"POST", "/pedidos/queue/purge", "dryRun", words},
		{"POST", "/pedidos/queue/dead-letter/retry", "ids", ids},
		{"POST", "/pedidos/queue/dead-letter/retry", "group", phrases(120)},
		{"POST", "/pedidos/queue/dead-letter/retry", "all", words},
		{"POST", "/pedidos/queue/dead-letter/retry", "limit", numbers},
		{"POST", "/pedidos/queue/dead-letter/retry", "dryRun", words},
		{"POST", "/pedidos/queue/dead-letter/discard", "ids", ids},
		{"POST", "/pedidos/queue/dead-letter/discard", "group", phrases(120)},
		{"POST", "/pedidos/queue/dead-letter/discard", "all", words},
		{"POST", "/pedidos/queue/dead-letter/discard", "limit", numbers},
		{"POST", "/pedidos/queue/dead-letter/discard", "dryRun", words},
		{"GET", "/pedidos/queue/dead-letter", "group", phrases(120)},
		{"GET", "/pedidos/queue/dead-letter", "id", names},
		{"GET", "/pedidos/queue/dead-letter", "limit", append(numbers, "0")},
		{"GET", "/pedidos/queue/dead-letter", "cursor", cursors},
		{"GET", "/pedidos/orders", "id", names},
		{"GET", "/pedidos/orders", "cliente", phrases(1024)},
		{"GET", "/pedidos/orders", "tier", []string{"", "gold", "PLATINUM", "GOLD,SILVER", "GOLD&%s=GOLD"}},
		{"GET", "/pedidos/orders", "priority", []string{"", "vip", "HIGH", "10", "VIP&%s=VIP"}},
		{"GET", "/pedidos/orders", "status", []string{"", "PENDENTE", "processed", "falhou,removido", "falhou&%s=falhou"}},
		{"GET", "/pedidos/orders", "run", []string{"", "x", "00000000-0000-0000-0000-000000000000", "x&%s=y"}},
		{"GET", "/pedidos/orders", "limit", append(numbers, "0")},
		{"GET", "/pedidos/orders", "cursor", cursors},
		{"GET", "/pedidos/logs", "lines", append(numbers, "0")},
		{"GET", "/pedidos/runs", "limit", append(numbers, "0")},
		{"GET", "/pedidos/runs", "cursor", []string{"", "x", "0198c0de-0000-7000-8000-000000000001", "x&%s=y"}},
		{"GET", "/pedidos/queue/jobs", "types", []string{"", "paused", "waiting,", ",", "waiting active", "waiting&%s=no"}},
		{"GET", "/pedidos/queue/jobs", "start", append(numbers, "1001")},
		{"GET", "/pedidos/queue/jobs", "end", numbers},
		{"GET", "/pedidos/queue/jobs", "includeData", words},
		{"GET", "/pedidos/timeseries", "window", append(numbers, "5", "0s", "3601s", "61m", "2h", "1500ms", "1.5m", "-1s", "+1s", " 1s", "1 s", "1S", "1sm", "s", "RUN", "1d", "5m&%s=5m")},
		{"GET", "/pedidos/timeseries", "step", append(numbers, "5", "0s", "99ms", "61m", "2h", "run", "1.5s", "9223372036854775807ms", "1us")},
		{"GET", "/pedidos/timeseries", "run", []string{"", "x", "0198c0de-0000-7000-8000-000000000001", "x&%s=y"}},
	}
	f := newFixture(t, nil)
	f.mixed()
	before := f.counts()
	for _, test := range tests {
		for _, bad := range test.bad {
			query := test.parameter + "=" + url.QueryEscape(bad)
			if value, rest, twice := strings.Cut(bad, "&"); twice {
				query = test.parameter + "=" + value + "&" + strings.Replace(rest, "%s", test.parameter, 1)
			}
			p := readProblem(t, f.do(test.method, test.path+"?"+query, ""), http.StatusBadRequest, "invalid-parameter")
			if len(p.Errors) != 1 || p.Errors[0].Parameter != test.parameter || p.Errors[0].Allowed == "" {
				t.Errorf("%s %s?%s: errors = %+v, want one, of %s", test.method, test.path, query, p.Errors, test.parameter)
			}
			if !strings.Contains(p.Detail, test.parameter) {
				t.Errorf("%s %s?%s: detail %q does not name the parameter", test.method, test.path, query, p.Detail)
			}
		}
	}
	if f.counts() != before || f.pipe.calls != 0 || f.queue.calls != 0 {
		t.Errorf("counts %+v, %d and %d calls; want nothing to have happened", f.counts(), f.pipe.calls, f.queue.calls)
	}
}

// phrases are values that a text of so many bytes at most does not take.
func phrases(most int) []string {
	return []string{"", strings.Repeat("x", most+1), "a\xff", "x&%s=x"}
}

// manyIDs returns n orders' own ids, separated by commas.
func manyIDs(n int) string {
	var all []string
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	return strings.Join(all, ",")
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	p := readProblem(t, newFixture(t, nil).post("/pedidos/generate?quantity=x&force=y"), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 2 || p.Errors[0].Parameter != "quantity" || p.Errors[1].Parameter != "force" {
		t.Errorf("errors = %+v, want quantity and force", p.Errors)
	}
}

func TestMisnamedParameters(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	p := readProblem(t, f.post("/pedidos/generate?quantiy=5&Force=true"), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 2 || p.Errors[1].Parameter != "quantiy" || p.Errors[1].Value != "5" || !strings.Contains(p.Errors[1].Allowed, "quantity") {
		t.Errorf("errors = %+v, want Force and quantiy, with what is allowed", p.Errors)
	}
	if p := readProblem(t, f.post("/pedidos/reset?all=1"), http.StatusBadRequest, "invalid-parameter"); p.Errors[0].Allowed != "no parameters at all" {
		t.Errorf("errors = %+v, want one that says there are none", p.Errors)
	}
	if f.runs() != 0 {
		t.Errorf("%d runs have started, want none", f.runs())
	}
	read[wire.JobList](t, f.get("/pedidos/queue/jobs?stat=1"), http.StatusOK) // a reading acts on nothing
}

func TestEndBeforeStart(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	p := readProblem(t, f.get("/pedidos/queue/jobs?start=10&end=9"), http.StatusBadRequest, "invalid-parameter")
	if len(p.Errors) != 1 || p.Errors[0].Parameter != "end" {
		t.Errorf("errors = %+v, want one, of end", p.Errors)
	}
	got := read[wire.JobList](t, f.get("/pedidos/queue/jobs?start=100"), http.StatusOK)
	if got.Range != (wire.Range{Start: 100, End: 150}) {
		t.Errorf("range of start=100 = %+v, want its default end moved along", got.Range)
	}
}

func TestMalformedQuery(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for _, query := range []string{"quantity=%zz", "quantity=5;force=true", "%"} {
		r := newRequest(http.MethodPost, "/pedidos/generate", "")
		r.URL.RawQuery = query
		p := readProblem(t, f.send(r), http.StatusBadRequest, "invalid-parameter")
		if len(p.Errors) != 1 || p.Errors[0].Parameter != "query" {
			t.Errorf("?%s: errors = %+v, want one, of the query", query, p.Errors)
		}
	}
	if f.runs() != 0 {
		t.Errorf("runs = %d, want none", f.runs())
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const asJSON = "application/json"
	tests := []struct {
		name, query, contentType, body string
		status                         int
		kind                           string
	}{
		{"a form", "", "application/x-www-form-urlencoded", "quantity=5", 415, "unsupported-media-type"},
		{"no type", "", "", `{"quantity":5}`, 415, "unsupported-media-type"},
		{"a type that is none", "", ";;", `{"quantity":5}`, 415, "unsupported-media-type"},
		{"plain text", "", "text/plain", `{"quantity":5}`, 415, "unsupported-media-type"},
		{"not JSON", "", asJSON, `quantity`, 400, "invalid-body"},
		{"not an object", "", asJSON, `[5]`, 400, "invalid-body"},
		{"cut off", "", asJSON, `{"quantity":5`, 400, "invalid-body"},
		{"cut off in a field", "", asJSON, `{"quantity"`, 400, "invalid-body"},
		{"something behind", "", asJSON, `{"quantity":5} {}`, 400, "invalid-body"},
		{"garbage behind", "", asJSON, `{"quantity":5}x`, 400, "invalid-body"},
		{"a comma too many", "", asJSON, `{"quantity":5,}`, 400, "invalid-body"},
		{"only spaces", "", asJSON, `  `, 400, "invalid-body"},
		{"nested a long way down", "", asJSON, `{"quantity":` + strings.Repeat("[", 20_000), 400, "invalid-body"},
		{"an unknown field", "", asJSON, `{"totalOrders":5}`, 400, "invalid-parameter"},
		{"another spelling", "", asJSON, `{"Quantity":5}`, 400, "invalid-parameter"},
		{"null", "", asJSON, `{"quantity":null}`, 400, "invalid-parameter"},
		{"a list", "", asJSON, `{"quantity":[5]}`, 400, "invalid-parameter"},
		{"an exponent", "", asJSON, `{"quantity":1e3}`, 400, "invalid-parameter"},
		{"a fraction", "", asJSON, `{"quantity":5.0}`, 400, "invalid-parameter"},
		{"negative", "", asJSON, `{"quantity":-5}`, 400, "invalid-parameter"},
		{"twice", "", asJSON, `{"quantity":5,"quantity":5}`, 400, "invalid-parameter"},
		{"in the query too", "?quantity=5", asJSON, `{"quantity":5}`, 400, "invalid-parameter"},
		{"a number for a flag", "", asJSON, `{"force":1}`, 400, "invalid-parameter"},
		{"64 KiB and a byte", "", asJSON, `{"quantity":5}` + strings.Repeat(" ", 64<<10-13), 413, "body-too-large"},
	}
	f := newFixture(t, nil)
	for _, test := range tests {
		for _, path := range []string{"/pedidos/generate", "/generate"} {
			var headers []string
			if test.contentType != "" {
				headers = []string{"Content-Type", test.contentType}
			}
			t.Log(test.name)
			readProblem(t, f.do(http.MethodPost, path+test.query, test.body, headers...), test.status, test.kind)
			chunked := newRequest(http.MethodPost, path+test.query, test.body, headers...)
			chunked.ContentLength = -1
			readProblem(t, f.send(chunked), test.status, test.kind)
		}
	}
	if f.runs() != 0 {
		t.Fatalf("runs = %d, want none", f.runs())
	}
	long := `{"quantity":5}` + strings.Repeat(" ", 64<<10-14)
	read[wire.Started](t, f.do(http.MethodPost, "/generate", long, "Content-Type", asJSON), http.StatusAccepted)
	// curl -X POST -d '' says it sends a form, and sends nothing.
	read[wire.Message](t, f.do(http.MethodPost, "/pedidos/process", "", "Content-Type", "application/x-www-form-urlencoded"), http.StatusOK)
}
