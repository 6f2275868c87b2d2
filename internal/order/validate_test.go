package order_test

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", order.MaxTextLen)
	ref := strings.Repeat("r", order.MaxRefLen)
	tests := []struct {
		name   string
		change func(*order.Order)
		want   string // empty: valid
	}{
		{"sample", func(*order.Order) {}, ""},
		{"no ref", func(o *order.Order) { o.Ref = "" }, ""},
		{"longest ref", func(o *order.Order) { o.Ref = ref }, ""},
		{"ref of all that is printable", func(o *order.Order) { o.Ref = "!~" }, ""},
		{"ref too long", func(o *order.Order) { o.Ref = ref + "r" }, "invalid: id: 65 bytes; allowed: 1 to 64 printable bytes"},
		{"ref with a space", func(o *order.Order) { o.Ref = "a b" }, "invalid: id: byte 0x20 at 1; allowed: printable ASCII without spaces"},
		{"ref with a control", func(o *order.Order) { o.Ref = "\x00" }, "invalid: id: byte 0x00 at 0; allowed: printable ASCII without spaces"},
		{"ref with DEL", func(o *order.Order) { o.Ref = "ab\x7f" }, "invalid: id: byte 0x7f at 2; allowed: printable ASCII without spaces"},
		{"ref beyond ASCII", func(o *order.Order) { o.Ref = "é" }, "invalid: id: byte 0xc3 at 0; allowed: printable ASCII without spaces"},

		{"longest customer", func(o *order.Order) { o.Customer = text }, ""},
		{"customer of any script", func(o *order.Order) { o.Customer = "João 田中 😀" }, ""},
		{"customer with a replacement character", func(o *order.Order) { o.Customer = "Jo\uFFFDo" }, ""},
		{"no customer", func(o *order.Order) { o.Customer = "" }, "invalid: cliente: 0 bytes; allowed: 1 to 1024 bytes"},
		{"customer too long", func(o *order.Order) { o.Customer = text + "a" }, "invalid: cliente: 1025 bytes; allowed: 1 to 1024 bytes"},
		{"customer of no script", func(o *order.Order) { o.Customer = "Jo\xe3o" }, "invalid: cliente: byte 0xe3 at 2 is not UTF-8; allowed: UTF-8 text"},
		{"customer with a line end", func(o *order.Order) { o.Customer = "a\nb" }, "invalid: cliente: control character U+000A; allowed: printable text"},
		{"customer with an escape", func(o *order.Order) { o.Customer = "\x1b[31m" }, "invalid: cliente: control character U+001B; allowed: printable text"},
		{"customer with a C1 control", func(o *order.Order) { o.Customer = "a\u009bb" }, "invalid: cliente: control character U+009B; allowed: printable text"},

		{"no note", func(o *order.Order) { o.Note = "" }, ""},
		{"longest note", func(o *order.Order) { o.Note = text }, ""},
		{"note too long", func(o *order.Order) { o.Note = text + text }, "invalid: observacoes: 2048 bytes; allowed: 0 to 1024 bytes"},
		{"note of no script", func(o *order.Order) { o.Note = "\xff" }, "invalid: observacoes: byte 0xff at 0 is not UTF-8; allowed: UTF-8 text"},
		{"note with DEL", func(o *order.Order) { o.Note = "\x7f" }, "invalid: observacoes: control character U+007F; allowed: printable text"},

		{"for free", func(o *order.Order) { o.Amount = 0 }, ""},
		{"dearest", func(o *order.Order) { o.Amount = order.MaxAmount }, ""},
		{"below nothing", func(o *order.Order) { o.Amount = -1 }, "invalid: valor: -0.01; allowed: 0.00 to 1000000000.00"},
		{"too dear", func(o *order.Order) { o.Amount = order.MaxAmount + 1 }, "invalid: valor: 1000000000.01; allowed: 0.00 to 1000000000.00"},
		{"far below", func(o *order.Order) { o.Amount = math.MinInt64 }, "invalid: valor: -92233720368547758.08; allowed: 0.00 to 1000000000.00"},

		{"no tier", func(o *order.Order) { o.Tier = order.TierCount }, "invalid: tier: Tier(4); allowed: BRONZE, SILVER, GOLD, DIAMOND"},

		{"the first of several", func(o *order.Order) { o.Amount, o.Note, o.Customer, o.Ref = -1, "\n", "", " " },
			"invalid: id: byte 0x20 at 0; allowed: printable ASCII without spaces"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := changed(test.change)
			err := o.Validate()
			switch {
			case test.want == "" && err != nil:
				t.Errorf("Validate() = %v, want nil", err)
			case test.want != "" && (!errors.Is(err, order.ErrInvalid) || err.Error() != test.want):
				t.Errorf("Validate() = %v, want %s", err, test.want)
			}
		})
	}
}

// Whatever is refused, the reason is one short printable line that names a field of the
// wire and what is allowed.
func TestValidateExplains(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`\Ainvalid: (id|cliente|observacoes|valor|tier): [ -~]{1,60}; allowed: [ -~]{1,60}\z`)
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 1100, 1100), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		o := order.Order{
			Ref:      text.Draw(t, "ref"),
			Customer: text.Draw(t, "customer"),
			Note:     text.Draw(t, "note"),
			Amount:   order.Cents(rapid.Int64().Draw(t, "amount")),
			Tier:     order.Tier(rapid.Byte().Draw(t, "tier")),
		}
		if err := o.Validate(); err != nil && (!errors.Is(err, order.ErrInvalid) || !form.MatchString(err.Error())) {
			t.Fatalf("Validate(%+v) = %q, want %v", o, err, form)
		}
	})
}

func TestValidateRef(t *testing.T) {
	t.Parallel()
	if err := order.ValidateRef(""); !errors.Is(err, order.ErrInvalid) || err.Error() != "invalid: id: 0 bytes; allowed: 1 to 64 printable bytes" {
		t.Errorf("ValidateRef of no ref = %v, want ErrInvalid", err)
	}
	for b := range 256 {
		err := order.ValidateRef("a" + string([]byte{byte(b)}))
		if valid := b > ' ' && b <= '~'; (err == nil) != valid {
			t.Errorf("ValidateRef with byte %#02x = %v, want it valid: %v", b, err, valid)
		}
	}
}
