package api

import "net/http"

// kind is a kind of problem: the last part of its type URI.
type kind string

// The kinds of problem.
const (
	invalidParameter kind = "invalid-parameter"
	invalidBody      kind = "invalid-body"
	crossOrigin      kind = "cross-origin"
	notFound         kind = "not-found"
	unknownRoute     kind = "unknown-route"
	methodNotAllowed kind = "method-not-allowed"
	runActive        kind = "run-active"
	staleCall        kind = "stale"
	claimLost        kind = "claim-lost"
	queuePaused      kind = "queue-paused"
	gateShut         kind = "gate-shut"
	refConflict      kind = "ref-conflict"
	keyInUse         kind = "idempotency-key-in-use"
	keyReused        kind = "idempotency-key-reused"
	bodyTooLarge     kind = "body-too-large"
	mediaType        kind = "unsupported-media-type"
	unknownHost      kind = "unknown-host"
	keyNeeded        kind = "key-needed"
	wrongKey         kind = "wrong-key"
	sessionEnded     kind = "session-ended"
	tooManyWrong     kind = "too-many-wrong-keys"
	internalError    kind = "internal-error"
	damagedStore     kind = "damaged-store"
	noAnswer         kind = "store-unavailable"
	overloaded       kind = "overloaded"
	diskFull         kind = "disk-full"
)

// kinds returns every kind of problem.
func kinds() []kind {
	return []kind{
		invalidParameter, invalidBody, crossOrigin, notFound, unknownRoute, methodNotAllowed,
		runActive, staleCall, claimLost, queuePaused, gateShut, refConflict, keyInUse, keyReused,
		bodyTooLarge, mediaType, unknownHost, keyNeeded, wrongKey, sessionEnded, tooManyWrong, internalError, damagedStore, noAnswer, overloaded, diskFull,
	}
}

// status returns the status code that goes with the kind.
func (k kind) status() int {
	switch k {
	case invalidParameter, invalidBody:
		return http.StatusBadRequest
	case keyNeeded, wrongKey, sessionEnded:
		return http.StatusUnauthorized
	case crossOrigin:
		return http.StatusForbidden
	case notFound, unknownRoute:
		return http.StatusNotFound
	case methodNotAllowed:
		return http.StatusMethodNotAllowed
	case runActive, staleCall, claimLost, queuePaused, gateShut, refConflict, keyInUse:
		return http.StatusConflict
	case keyReused:
		return http.StatusUnprocessableEntity
	case bodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case mediaType:
		return http.StatusUnsupportedMediaType
	case tooManyWrong:
		return http.StatusTooManyRequests
	case unknownHost:
		return http.StatusMisdirectedRequest
	case noAnswer, overloaded:
		return http.StatusServiceUnavailable
	case diskFull:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// uri returns the kind's type URI: a page of this server.
func (k kind) uri() string { return "/problems/" + string(k) }

// passes says whether the same call may work a moment later.
func (k kind) passes() bool {
	return k == keyInUse || k == noAnswer || k == overloaded || k == tooManyWrong
}

// The texts that explain the kind.
func (k kind) title() text  { return text("title/" + string(k)) }
func (k kind) detail() text { return text("detail/" + string(k)) }
func (k kind) advice() text { return text("advice/" + string(k)) }
