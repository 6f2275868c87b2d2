package auth

import (
	"errors"

	"github.com/filavip/filavip/internal/metrics"
)

// The reasons of refusals, as the metric has them.
const (
	reasonMissing = "missing"
	reasonWrong   = "wrong"
	reasonSession = "session"
	reasonLimited = "limited"
)

func newRefused(r *metrics.Registry) *metrics.CounterVec {
	return r.CounterVec("filavip_auth_refused_total", "Requests and connections refused for want of the key.",
		metrics.OneOf("reason", reasonMissing, reasonWrong, reasonSession, reasonLimited))
}

func reasonOf(err error) string {
	switch {
	case errors.Is(err, ErrWrongKey):
		return reasonWrong
	case errors.Is(err, ErrTooMany):
		return reasonLimited
	case errors.Is(err, ErrNoSession):
		return reasonSession
	}
	return reasonMissing
}
