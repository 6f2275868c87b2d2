package mongoredis

import "github.com/filavip/filavip/internal/order"

// The collections.
const (
	ordersName  = "orders"
	blocksName  = "blocks"
	runsName    = "runs"
	recordsName = "idempotency"
	samplesName = "samples"
	nodesName   = "nodes"
	stateName   = "state"
)

// collections lists every one of them.
func collections() []string {
	return []string{ordersName, blocksName, runsName, recordsName, samplesName, nodesName, stateName}
}

// schema is the version of the documents, and oldest the oldest one that this program
// works with.
const (
	schema = 1
	oldest = 1
)

// The fields of an order's document, named as the challenge's document names them where
// it does.
const (
	fieldKey       = "_id"
	fieldID        = "id"
	fieldCustomer  = "cliente"
	fieldAmount    = "valor"
	fieldTier      = "tier"
	fieldPriority  = "priority"
	fieldNote      = "observacoes"
	fieldStatus    = "status"
	fieldCreatedAt = "createdAt"

	fieldRun         = "runId"
	fieldBlock       = "block"    // first index of the block that the order travels in
	fieldAttempts    = "attempts" // that it has used up since it was accepted or put back
	fieldRev         = "rev"      // the version of its block that last changed it
	fieldAcceptedAs  = "accepted" // its note as it came, where it has a ref
	fieldFormerID    = "formerId" // the ref that it has given up to another order
	fieldProcessedAt = "processedAt"
	fieldReason      = "reason"
	fieldHidden      = "hidden"   // no longer listed as a job
	fieldFailedFirst = "failedAt" // first failure since it was accepted
	fieldFailedLast  = "failedLastAt"
	fieldDead        = "dead"   // error group, while it is a dead letter
	fieldLetter      = "letter" // its dead letter as it was when it last became one
	fieldRedriven    = "redriven"
)

// statusName returns what a document has for a status.
func statusName(s order.Status) string {
	switch s {
	case order.Processed:
		return "processado"
	case order.Dead:
		return "falhou"
	case order.Removed:
		return "removido"
	default:
		return "pendente"
	}
}

// parseStatus is the inverse of statusName; false for a name that is none.
func parseStatus(name string) (order.Status, bool) {
	for _, s := range []order.Status{order.Pending, order.Processed, order.Dead, order.Removed} {
		if statusName(s) == name {
			return s, true
		}
	}
	return 0, false
}
