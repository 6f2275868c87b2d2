package wire

import (
	"net/http"

	"github.com/filavip/filavip/internal/order"
)

// ProblemType is the media type of a [Problem].
const ProblemType = "application/problem+json"

// Problem is an error as the API answers it: RFC 9457, with the members statusCode,
// message and error beside it for clients that expect those.
type Problem struct {
	Type       string      `json:"type" doc:"A page of this server that explains the kind of problem."`
	Title      string      `json:"title"`
	Status     int         `json:"status"`
	Detail     string      `json:"detail"`
	Instance   string      `json:"instance,omitempty"`
	StatusCode int         `json:"statusCode" doc:"Same as status."`
	Message    string      `json:"message" doc:"Same as detail."`
	Err        string      `json:"error" doc:"The name of the status code."`
	Errors     []Fault     `json:"errors,omitempty" nullable:"false" doc:"What is wrong with each parameter."`
	RunID      order.RunID `json:"runId,omitzero" doc:"The run that is active, where that is the problem."`
}

// Fault says what is wrong with one parameter.
type Fault struct {
	Parameter string `json:"parameter"`
	Value     string `json:"value" doc:"What was given, cut if it is long."`
	Allowed   string `json:"allowed"`
}

// NewProblem returns a problem of that kind and status, its twin members filled in.
func NewProblem(kind string, status int, title, detail string) Problem {
	return Problem{
		Type:       kind,
		Title:      title,
		Status:     status,
		Detail:     detail,
		StatusCode: status,
		Message:    detail,
		Err:        http.StatusText(status),
	}
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}
