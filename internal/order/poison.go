package order

// A handler that is not ours can take its process down, again and again at the same order.
// So whatever a handler has in hand when its process dies gets a strike. What has strikes
// is halved at each further one, so that the order at fault is soon alone; alone and with
// three strikes it is a dead letter. Progress, which is any outcome of an attempt at some
// of it, wipes the strikes off.

const (
	strikesToHalve = 2
	strikesToBury  = 3
)

// PoisonReason is why an order became a dead letter that took its process down.
const PoisonReason = "the process died three times while a handler had this order in hand"

// Fate is what becomes of orders that a handler had in hand when its process died.
type Fate uint8

// The fates.
const (
	Spared Fate = iota // they are handed out again, together
	Halved             // they are handed out again, each half by itself
	Buried             // the one order becomes a dead letter, for [PoisonReason]
)

// FateOf returns what becomes of that many orders, at least one, which have travelled
// together, with that many strikes, the present one included.
func FateOf(orders, strikes int) Fate {
	switch {
	case orders == 1 && strikes >= strikesToBury:
		return Buried
	case orders > 1 && strikes >= strikesToHalve:
		return Halved
	}
	return Spared
}
