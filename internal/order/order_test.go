package order_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

func TestCents(t *testing.T) {
	t.Parallel()
	for cents, want := range map[order.Cents]string{
		0: "0.00", 1: "0.01", 10: "0.10", 99: "0.99", 100: "1.00", 123450: "1234.50",
		-1: "-0.01", -99: "-0.99", -100: "-1.00", -123456: "-1234.56",
		order.MaxAmount: "1000000000.00",
		math.MaxInt64:   "92233720368547758.07",
		math.MinInt64:   "-92233720368547758.08",
	} {
		if got := cents.String(); got != want {
			t.Errorf("Cents(%d).String() = %s, want %s", int64(cents), got, want)
		}
	}
}

// The text is the number, exactly, with two decimals.
func TestCentsTextIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64().Draw(t, "cents")
		if got, want := order.Cents(cents).String(), big.NewRat(cents, 100).FloatString(2); got != want {
			t.Fatalf("Cents(%d).String() = %s, want %s", cents, got, want)
		}
	})
}

func TestStatusString(t *testing.T) {
	t.Parallel()
	for status, want := range map[order.Status]string{
		order.Pending: "pending", order.Processed: "processed", order.Dead: "dead", order.Removed: "removed", 4: "Status(4)",
	} {
		if got := status.String(); got != want {
			t.Errorf("Status(%d).String() = %q, want %q", status, got, want)
		}
	}
}

func TestZeroOrderIsPending(t *testing.T) {
	t.Parallel()
	var o order.Order
	if o.Status != order.Pending || o.Tier != order.Bronze || o.Priority() != order.Normal {
		t.Errorf("zero order is %v, %v, %v, want pending, BRONZE, NORMAL", o.Status, o.Tier, o.Priority())
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	o := sample()
	if got := o.ID(); got != "ORD-7" {
		t.Errorf("ID() with a ref = %q, want the ref", got)
	}
	o.Ref = ""
	if got := o.ID(); got != o.Key.String() {
		t.Errorf("ID() without a ref = %q, want the key %v", got, o.Key)
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	now := accepted.Add(time.Minute)
	for tier := range order.Tier(order.TierCount) {
		want := changed(func(o *order.Order) { o.Tier, o.Attempts = tier, 2 })
		got := want
		got.Status, got.Reason = order.Dead, "boom" // redriven, and now it works
		got.Process(now)
		want.Status, want.ProcessedAt, want.Note = order.Processed, now, "processado sem prioridade"
		if tier == order.Diamond {
			want.Note = "enviado com prioridade"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Process of %v (-want +got):\n%s", tier, diff)
		}
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	now := accepted.Add(time.Minute)
	for tier := range order.Tier(order.TierCount) {
		want := changed(func(o *order.Order) { o.Tier, o.Attempts = tier, 3 })
		got := want
		got.Kill(now, "boom")
		want.Status, want.ProcessedAt, want.Reason = order.Dead, now, "boom"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Kill of %v (-want +got):\n%s", tier, diff)
		}
	}
}

func TestSameContent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*order.Order)
		want   bool
	}{
		{"nothing", func(*order.Order) {}, true},
		{"key", func(o *order.Order) { o.Key = order.NewRunID(5, 5).Key(5) }, true},
		{"createdAt", func(o *order.Order) { o.CreatedAt = time.Time{} }, true},
		{"death", func(o *order.Order) { o.Kill(accepted, "boom") }, true},
		{"removal", func(o *order.Order) { o.Status = order.Removed }, true},
		{"attempts", func(o *order.Order) { o.Attempts = 3 }, true},
		{"ref", func(o *order.Order) { o.Ref = "ord-7" }, false},
		{"no ref", func(o *order.Order) { o.Ref = "" }, false},
		{"customer", func(o *order.Order) { o.Customer = "Cliente 42" }, false},
		{"amount", func(o *order.Order) { o.Amount++ }, false},
		{"tier", func(o *order.Order) { o.Tier = order.Gold }, false},
		{"note", func(o *order.Order) { o.Note = "" }, false},
		{"processing, which replaces the note", func(o *order.Order) { o.Process(accepted) }, false},
	}
	for _, test := range tests {
		a, b := sample(), changed(test.change)
		if got := order.SameContent(&a, &b); got != test.want {
			t.Errorf("SameContent after a change of %s = %v, want %v", test.name, got, test.want)
		}
		if got := order.SameContent(&b, &a); got != test.want {
			t.Errorf("SameContent before a change of %s = %v, want %v", test.name, got, test.want)
		}
	}
}

func TestStandardNotes(t *testing.T) {
	t.Parallel()
	want := []string{
		"Pedido padrão", "Cliente frequente", "Primeira compra", "Promoção especial", "Cupom aplicado",
		"Frete grátis", "Entrega expressa solicitada", "Cliente premium", "Desconto de fidelidade", "Compra em lote",
	}
	var got []string
	for i := range order.NoteCount {
		got = append(got, order.StandardNote(i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("standard notes (-want +got):\n%s", diff)
	}
	for _, i := range []int{order.NoteCount, math.MaxInt, -1, math.MinInt} {
		if note := order.StandardNote(i); note != "" {
			t.Errorf("StandardNote(%d) = %q, want none", i, note)
		}
	}
}

func TestActiveRunError(t *testing.T) {
	t.Parallel()
	run := order.NewRunID(rfcMillis, rfcTag)
	err := fmt.Errorf("begin run: %w", &order.ActiveRunError{Run: run})
	if !errors.Is(err, order.ErrRunActive) {
		t.Errorf("errors.Is(%v, ErrRunActive) = false, want true", err)
	}
	var active *order.ActiveRunError
	if !errors.As(err, &active) || active.Run != run {
		t.Errorf("errors.As(%v) = %v, want the run %v", err, active, run)
	}
	if got, want := err.Error(), "begin run: a run is active: "+run.String(); got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

// Callers branch on the sentinels, so none may be taken for another.
func TestSentinelsDiffer(t *testing.T) {
	t.Parallel()
	all := []error{
		order.ErrNotFound, order.ErrInvalid, order.ErrRunActive, order.ErrStale, order.ErrClaimLost, order.ErrPaused,
		order.ErrGateShut, order.ErrRefConflict, order.ErrKeyReused, order.ErrDiskFull, order.ErrLocked, order.ErrCorrupt, order.ErrSchema,
	}
	texts := map[string]error{}
	for i, a := range all {
		if other, taken := texts[a.Error()]; taken {
			t.Errorf("%v and %v have one text", a, other)
		}
		texts[a.Error()] = a
		for j, b := range all {
			if errors.Is(a, b) != (i == j) {
				t.Errorf("errors.Is(%v, %v) = %v", a, b, i != j)
			}
		}
	}
}
