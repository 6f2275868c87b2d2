package order

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The texts that processing leaves in an order's Note.
const (
	NoteVIP    = "enviado com prioridade"
	NoteNormal = "processado sem prioridade"
)

// Limits of what a customer may send.
const (
	MaxRefLen  = 64
	MaxTextLen = 1024
	MaxAmount  = Cents(1_000_000_000_00)
)

// Cents is an amount of money in hundredths.
type Cents int64

// String returns the amount with two decimals and a dot: 1234.50.
func (c Cents) String() string {
	sign, abs := "", uint64(c)
	if c < 0 {
		sign, abs = "-", -abs // also where -c would overflow
	}
	return fmt.Sprintf("%s%d.%02d", sign, abs/100, abs%100)
}

// Status is where an order stands.
type Status uint8

// The statuses. Pending is the only one an order leaves, but for redrive, which
// makes a Dead order Pending again.
const (
	Pending Status = iota
	Processed
	Dead    // used up its attempts; in the dead-letter queue
	Removed // cancelled or cleaned away before it was processed
)

// String returns the English name of the status.
func (s Status) String() string {
	switch s {
	case Pending:
		return "pending"
	case Processed:
		return "processed"
	case Dead:
		return "dead"
	case Removed:
		return "removed"
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Order is what a customer wants, and what became of it. The fields down to
// CreatedAt are facts of its acceptance and never change but for Note, which
// processing replaces; the others are its outcome.
type Order struct {
	Key       Key
	Ref       string // the name its customer gave it; empty if none
	Customer  string
	Amount    Cents
	Tier      Tier
	Note      string
	CreatedAt time.Time

	Status      Status
	Attempts    int       // handler calls that counted
	ProcessedAt time.Time // when it left Pending; zero while Pending
	Reason      string    // why it is Dead; empty otherwise
}

// Priority returns the lane of the order.
func (o *Order) Priority() Priority { return o.Tier.Priority() }

// ID returns the name shown to people: the ref if the customer gave one, else the key.
func (o *Order) ID() string {
	if o.Ref != "" {
		return o.Ref
	}
	return o.Key.String()
}

// Process is what processing does to an order: it is marked Processed at that
// instant and its note says which way it went.
func (o *Order) Process(now time.Time) {
	o.Status = Processed
	o.ProcessedAt = now
	o.Reason = ""
	o.Note = NoteNormal
	if o.Priority() == VIP {
		o.Note = NoteVIP
	}
}

// Kill makes the order a dead letter at that instant, with the reason of its last
// failure. Its note stays as it was accepted.
func (o *Order) Kill(now time.Time, reason string) {
	o.Status = Dead
	o.ProcessedAt = now
	o.Reason = reason
}

// Validate reports the first field that a customer may not send so, as
// "field: given; allowed", wrapping [ErrInvalid].
func (o *Order) Validate() error {
	if o.Ref != "" {
		if err := ValidateRef(o.Ref); err != nil {
			return err
		}
	}
	if err := validateText("cliente", o.Customer, 1); err != nil {
		return err
	}
	if err := validateText("observacoes", o.Note, 0); err != nil {
		return err
	}
	if o.Amount < 0 || o.Amount > MaxAmount {
		return fmt.Errorf("%w: valor: %s; allowed: 0.00 to %s", ErrInvalid, o.Amount, MaxAmount)
	}
	if o.Tier >= TierCount {
		return fmt.Errorf("%w: tier: %v; allowed: BRONZE, SILVER, GOLD, DIAMOND", ErrInvalid, o.Tier)
	}
	return nil
}

// ValidateRef reports whether ref may name an order: 1 to 64 printable ASCII bytes
// without space.
func ValidateRef(ref string) error {
	if len(ref) == 0 || len(ref) > MaxRefLen {
		return fmt.Errorf("%w: id: %d bytes; allowed: 1 to %d printable bytes", ErrInvalid, len(ref), MaxRefLen)
	}
	for i := range len(ref) {
		if ref[i] <= ' ' || ref[i] > '~' {
			return fmt.Errorf("%w: id: byte %#02x at %d; allowed: printable ASCII without spaces", ErrInvalid, ref[i], i)
		}
	}
	return nil
}

// validateText reports a text that is not least to [MaxTextLen] bytes of printable UTF-8.
func validateText(field, s string, least int) error {
	if len(s) < least || len(s) > MaxTextLen {
		return fmt.Errorf("%w: %s: %d bytes; allowed: %d to %d bytes", ErrInvalid, field, len(s), least, MaxTextLen)
	}
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return fmt.Errorf("%w: %s: byte %#02x at %d is not UTF-8; allowed: UTF-8 text", ErrInvalid, field, s[i], i)
		}
		if unicode.IsControl(r) {
			return fmt.Errorf("%w: %s: control character %U; allowed: printable text", ErrInvalid, field, r)
		}
	}
	return nil
}

// SameContent says whether two orders ask for the same thing: same ref, customer,
// amount, tier and note. Both must be as they were accepted, because processing
// replaces the note.
func SameContent(a, b *Order) bool {
	return a.Ref == b.Ref && a.Customer == b.Customer && a.Amount == b.Amount && a.Tier == b.Tier && a.Note == b.Note
}
