package orderio

import (
	"fmt"
	"strings"

	"github.com/filavip/filavip/internal/order"
)

// field is a name that a record may have.
type field uint8

const (
	fieldID field = iota
	fieldCliente
	fieldValor
	fieldTier
	fieldPriority
	fieldObservacoes
	fieldStatus
	fieldCreatedAt

	fieldCount = 8
)

// String returns the name in files.
func (f field) String() string {
	switch f {
	case fieldID:
		return "id"
	case fieldCliente:
		return "cliente"
	case fieldValor:
		return "valor"
	case fieldTier:
		return "tier"
	case fieldPriority:
		return "priority"
	case fieldObservacoes:
		return "observacoes"
	case fieldStatus:
		return "status"
	}
	return "createdAt"
}

// required says whether a record without the field is rejected.
func (f field) required() bool { return f == fieldCliente || f == fieldValor || f == fieldTier }

// allowed says what a value of the field may be, as rejects say it.
func (f field) allowed() string {
	switch f {
	case fieldID:
		return fmt.Sprintf("1 to %d printable ASCII characters without space; or leave it out", order.MaxRefLen)
	case fieldCliente:
		return fmt.Sprintf("1 to %d bytes of printable text", order.MaxTextLen)
	case fieldValor:
		return fmt.Sprintf("0.00 to %v, at most two decimals behind a dot", order.MaxAmount)
	case fieldTier:
		return "BRONZE, SILVER, GOLD, DIAMOND (or PRATA, OURO, DIAMANTE)"
	case fieldPriority:
		return "VIP for DIAMOND, NORMAL for the other tiers; or leave it out"
	case fieldObservacoes:
		return fmt.Sprintf("up to %d bytes of printable text; or leave it out", order.MaxTextLen)
	case fieldStatus:
		return statusPending + "; or leave it out"
	}
	return "RFC 3339 such as 2026-01-31T12:00:00.000Z, from 1970 on; or leave it out"
}

// refuse returns the Reject of a value of the field.
func (f field) refuse(value []byte, reason string) *Reject {
	return refuse(f.String(), value, reason, f.allowed())
}

func parseField(name []byte) (field, bool) {
	switch string(name) {
	case "id":
		return fieldID, true
	case "cliente":
		return fieldCliente, true
	case "valor":
		return fieldValor, true
	case "tier":
		return fieldTier, true
	case "priority":
		return fieldPriority, true
	case "observacoes":
		return fieldObservacoes, true
	case "status":
		return fieldStatus, true
	case "createdAt":
		return fieldCreatedAt, true
	}
	return 0, false
}

// fieldNames lists all names, for the reasons of rejects.
func fieldNames() string {
	var names []string
	for f := range field(fieldCount) {
		names = append(names, f.String())
	}
	return strings.Join(names, ", ")
}

// form is how a value was written.
type form uint8

const (
	absent form = iota
	null        // a JSON null or an empty CSV cell: as if absent
	text
	number
)

// record is one order as it was written: each field's form and its bytes, unescaped.
// The bytes are only valid until the input moves on.
type record struct {
	forms  [fieldCount]form
	values [fieldCount][]byte
}

func (r *record) reset() { *r = record{} }

func (r *record) set(f field, as form, value []byte) {
	r.forms[f], r.values[f] = as, value
}

// has says whether the field has a value.
func (r *record) has(f field) bool { return r.forms[f] > null }
