package order_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/filavip/filavip/internal/order"
)

// tierNames are all names of all tiers, in upper case.
func tierNames() map[string]order.Tier {
	return map[string]order.Tier{
		"BRONZE": order.Bronze,
		"SILVER": order.Silver, "PRATA": order.Silver,
		"GOLD": order.Gold, "OURO": order.Gold,
		"DIAMOND": order.Diamond, "DIAMANTE": order.Diamond,
	}
}

// notTiers are texts that resemble a tier's name and are none. In some, a letter of
// another alphabet stands for one of ours: the dotless i, the long s, the Kelvin sign,
// a full-width D and a Cyrillic O.
func notTiers() []string {
	return []string{
		"", " ", "GOL", "GOLDD", " GOLD", "GOLD ", "GOLD\n", "GOLD\x00", "BRONZE,SILVER", "0", "3", "VIP", "PLATINUM", "Tier(1)",
		"sılver", "ſilver", "dıamond", "dıamante", "\u212a", "Ｄiamond", "G\u041eLD", "go\u0301ld", "\xff",
	}
}

// anyCase draws text with the case of each letter drawn anew.
func anyCase(t *rapid.T, text string) string {
	letters := []byte(strings.ToLower(text))
	for i := range letters {
		if rapid.Bool().Draw(t, "upper") {
			letters[i] -= 'a' - 'A'
		}
	}
	return string(letters)
}

func TestParseTier(t *testing.T) {
	t.Parallel()
	for name, want := range tierNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				text := anyCase(t, name)
				if got, err := order.ParseTier(text); err != nil || got != want {
					t.Fatalf("ParseTier(%q) = %v, %v, want %v", text, got, err, want)
				}
			})
		})
	}
}

func TestParseTierRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range notTiers() {
		got, err := order.ParseTier(text)
		if !errors.Is(err, order.ErrInvalid) || got != 0 {
			t.Errorf("ParseTier(%q) = %v, %v, want ErrInvalid", text, got, err)
		}
	}
	_, err := order.ParseTier("platinum")
	want := `invalid: tier "platinum"; allowed: BRONZE, SILVER, GOLD, DIAMOND (or PRATA, OURO, DIAMANTE)`
	if err == nil || err.Error() != want {
		t.Errorf("ParseTier(platinum) = %v, want %s", err, want)
	}
}

func FuzzParseTier(f *testing.F) {
	for name := range tierNames() {
		f.Add(name)
		f.Add(strings.ToLower(name))
	}
	for _, text := range notTiers() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, known := order.Tier(0), false
		for name, tier := range tierNames() {
			if sameASCII(text, name) {
				want, known = tier, true
			}
		}
		got, err := order.ParseTier(text)
		switch {
		case known && (err != nil || got != want):
			t.Errorf("ParseTier(%q) = %v, %v, want %v", text, got, err, want)
		case !known && (!errors.Is(err, order.ErrInvalid) || got != 0):
			t.Errorf("ParseTier(%q) = %v, %v, want ErrInvalid", text, got, err)
		}
	})
}

// sameASCII says whether text is name, which is in upper case, in some case.
func sameASCII(text, name string) bool {
	if len(text) != len(name) {
		return false
	}
	for i := range len(name) {
		if text[i] != name[i] && text[i] != name[i]+('a'-'A') {
			return false
		}
	}
	return true
}

func TestTierNamesAndLanes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		tier order.Tier
		name string
		lane order.Priority
	}{
		{order.Bronze, "BRONZE", order.Normal},
		{order.Silver, "SILVER", order.Normal},
		{order.Gold, "GOLD", order.Normal},
		{order.Diamond, "DIAMOND", order.VIP},
		{order.TierCount, "Tier(4)", order.Normal},
		{255, "Tier(255)", order.Normal},
	}
	for _, test := range tests {
		if got := test.tier.String(); got != test.name {
			t.Errorf("Tier(%d).String() = %q, want %q", test.tier, got, test.name)
		}
		if got := test.tier.Priority(); got != test.lane {
			t.Errorf("%s.Priority() = %v, want %v", test.name, got, test.lane)
		}
	}
	for tier := range order.Tier(order.TierCount) {
		if got, err := order.ParseTier(tier.String()); err != nil || got != tier {
			t.Errorf("ParseTier(%q) = %v, %v, want %v", tier.String(), got, err, tier)
		}
	}
}

func TestPriorities(t *testing.T) {
	t.Parallel()
	if got, want := order.Priorities(), [...]order.Priority{order.VIP, order.Normal}; got != want {
		t.Errorf("Priorities() = %v, want %v", got, want)
	}
	for p, want := range map[order.Priority]string{order.VIP: "VIP", order.Normal: "NORMAL", 2: "Priority(2)", 255: "Priority(255)"} {
		if got := p.String(); got != want {
			t.Errorf("Priority(%d).String() = %q, want %q", p, got, want)
		}
	}
}

func TestParsePriority(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]order.Priority{"VIP": order.VIP, "NORMAL": order.Normal} {
		rapid.Check(t, func(t *rapid.T) {
			text := anyCase(t, name)
			if got, err := order.ParsePriority(text); err != nil || got != want {
				t.Fatalf("ParsePriority(%q) = %v, %v, want %v", text, got, err, want)
			}
		})
	}
	for _, text := range []string{"", "V", " VIP", "VIP ", "NORMAL\x00", "0", "1", "10", "DIAMOND", "vıp", "\xff", "Priority(0)"} {
		if got, err := order.ParsePriority(text); !errors.Is(err, order.ErrInvalid) || got != 0 {
			t.Errorf("ParsePriority(%q) = %v, %v, want ErrInvalid", text, got, err)
		}
	}
	_, err := order.ParsePriority("high")
	if want := `invalid: priority "high"; allowed: VIP, NORMAL`; err == nil || err.Error() != want {
		t.Errorf("ParsePriority(high) = %v, want %s", err, want)
	}
}
