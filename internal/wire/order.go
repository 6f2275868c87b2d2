package wire

import "github.com/filavip/filavip/internal/order"

// Order is an order with what became of it.
type Order struct {
	ID          string      `json:"id" doc:"The customer's own id if one was given, else the order's UUIDv7."`
	Cliente     string      `json:"cliente"`
	Valor       Money       `json:"valor" doc:"Amount with exactly two decimals."`
	Tier        string      `json:"tier" enum:"BRONZE,SILVER,GOLD,DIAMOND"`
	Priority    string      `json:"priority" enum:"VIP,NORMAL"`
	Observacoes string      `json:"observacoes" doc:"What the customer noted; once processed, which way the order went."`
	Status      string      `json:"status" enum:"pendente,processado,falhou,removido"`
	CreatedAt   Instant     `json:"createdAt" nullable:"false"`
	RunID       order.RunID `json:"runId"`
	Attempts    int         `json:"attempts"`
	ProcessedAt Instant     `json:"processedAt" doc:"When it left pendente; null while pendente."`
	Reason      string      `json:"reason,omitempty" doc:"Why it is falhou."`
}

// NewOrder returns the wire's view of an order.
func NewOrder(o *order.Order) Order {
	return Order{
		ID:          o.ID(),
		Cliente:     o.Customer,
		Valor:       Money(o.Amount),
		Tier:        o.Tier.String(),
		Priority:    o.Priority().String(),
		Observacoes: o.Note,
		Status:      StatusName(o.Status),
		CreatedAt:   At(o.CreatedAt),
		RunID:       o.Key.Run(),
		Attempts:    o.Attempts,
		ProcessedAt: At(o.ProcessedAt),
		Reason:      o.Reason,
	}
}
