package wire

import (
	"fmt"

	"github.com/filavip/filavip/internal/order"
)

// The statuses of an order on the wire.
const (
	Pendente   = "pendente"
	Processado = "processado"
	Falhou     = "falhou"
	Removido   = "removido"
)

// StatusName returns the wire's name of a status: pendente, processado, falhou or removido.
func StatusName(s order.Status) string {
	switch s {
	case order.Processed:
		return Processado
	case order.Dead:
		return Falhou
	case order.Removed:
		return Removido
	}
	return Pendente
}

// ParseStatus reads the wire's name of a status; [order.ErrInvalid] otherwise.
func ParseStatus(name string) (order.Status, error) {
	for _, s := range []order.Status{order.Pending, order.Processed, order.Dead, order.Removed} {
		if StatusName(s) == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%w: status %.64q; allowed: %s, %s, %s, %s",
		order.ErrInvalid, name, Pendente, Processado, Falhou, Removido)
}
