package orderio

import "github.com/filavip/filavip/internal/order"

// defaultNote is the note of an order that brings none.
const defaultNote = "Pedido padrão"

const (
	statusPending   = "pendente"
	statusProcessed = "processado"
	statusDead      = "falhou"
	statusRemoved   = "removido"
)

// builder makes orders out of records.
type builder struct{ texts arena }

// build fills in o, which is zero, or returns why rec is no order. Fields are looked at
// in a fixed order and the first that is wrong is reported.
func (b *builder) build(rec *record, o *order.Order) *Reject {
	if rej := missing(rec); rej != nil {
		return rej
	}
	for _, step := range [...]func(*record, *order.Order) *Reject{
		b.id, b.customer, amount, tier, priority, b.note, status, createdAt,
	} {
		if rej := step(rec, o); rej != nil {
			return rej
		}
	}
	return nil
}

// missing refuses a record without a required field, and a value of the wrong form.
func missing(rec *record) *Reject {
	for f := range field(fieldCount) {
		switch form := rec.forms[f]; {
		case f.required() && form == absent:
			return f.refuse(nil, "missing")
		case f.required() && form == null:
			return f.refuse(nil, "empty")
		case form == number && f != fieldValor:
			return f.refuse(rec.values[f], "a number instead of a string")
		}
	}
	return nil
}

func (b *builder) id(rec *record, o *order.Order) *Reject {
	if !rec.has(fieldID) {
		return nil
	}
	o.Ref = b.texts.copy(rec.values[fieldID])
	if order.ValidateRef(o.Ref) != nil {
		return fieldID.refuse(rec.values[fieldID], "not an id")
	}
	return nil
}

func (b *builder) customer(rec *record, o *order.Order) *Reject {
	value := rec.values[fieldCliente]
	if len(value) == 0 {
		return fieldCliente.refuse(nil, "empty")
	}
	if rej := checkText(fieldCliente, value); rej != nil {
		return rej
	}
	o.Customer = b.texts.copy(value)
	return nil
}

func amount(rec *record, o *order.Order) *Reject {
	cents, wrong := parseAmount(rec.values[fieldValor])
	if wrong != "" {
		return fieldValor.refuse(rec.values[fieldValor], wrong)
	}
	o.Amount = cents
	return nil
}

func tier(rec *record, o *order.Order) *Reject {
	value := rec.values[fieldTier]
	t, ok := knownTier(value)
	if !ok {
		var err error
		if t, err = order.ParseTier(string(value)); err != nil {
			return fieldTier.refuse(value, "not a tier")
		}
	}
	o.Tier = t
	return nil
}

// knownTier spares the names that nearly every file has the detour over a string.
func knownTier(name []byte) (order.Tier, bool) {
	switch string(name) {
	case "BRONZE":
		return order.Bronze, true
	case "SILVER":
		return order.Silver, true
	case "GOLD":
		return order.Gold, true
	case "DIAMOND":
		return order.Diamond, true
	}
	return 0, false
}

func priority(rec *record, o *order.Order) *Reject {
	value := rec.values[fieldPriority]
	if !rec.has(fieldPriority) || string(value) == o.Priority().String() {
		return nil
	}
	p, err := order.ParsePriority(string(value))
	if err != nil {
		return fieldPriority.refuse(value, "not a priority")
	}
	if p != o.Priority() {
		return fieldPriority.refuse(value, "contradicts the tier "+o.Tier.String())
	}
	return nil
}

func (b *builder) note(rec *record, o *order.Order) *Reject {
	value := rec.values[fieldObservacoes]
	if !rec.has(fieldObservacoes) || string(value) == defaultNote {
		o.Note = defaultNote
		return nil
	}
	if rej := checkText(fieldObservacoes, value); rej != nil {
		return rej
	}
	o.Note = b.texts.copy(value)
	return nil
}

func status(rec *record, _ *order.Order) *Reject {
	if value := rec.values[fieldStatus]; rec.has(fieldStatus) && string(value) != statusPending {
		return fieldStatus.refuse(value, "only new orders are taken in")
	}
	return nil
}

func createdAt(rec *record, o *order.Order) *Reject {
	if !rec.has(fieldCreatedAt) {
		return nil
	}
	at, ok := parseInstant(rec.values[fieldCreatedAt])
	if !ok {
		return fieldCreatedAt.refuse(rec.values[fieldCreatedAt], "not an instant")
	}
	o.CreatedAt = at
	return nil
}
