package order

// NoteCount is how many standard notes there are.
const NoteCount = 10

// StandardNote returns the i-th of the notes that generated orders carry until they
// are processed; the empty string for an i that is not below [NoteCount].
func StandardNote(i int) string {
	switch i {
	case 0:
		return "Pedido padrão"
	case 1:
		return "Cliente frequente"
	case 2:
		return "Primeira compra"
	case 3:
		return "Promoção especial"
	case 4:
		return "Cupom aplicado"
	case 5:
		return "Frete grátis"
	case 6:
		return "Entrega expressa solicitada"
	case 7:
		return "Cliente premium"
	case 8:
		return "Desconto de fidelidade"
	case 9:
		return "Compra em lote"
	}
	return ""
}
