package order

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Tier is the customer's level. It alone decides an order's [Priority].
type Tier uint8

// The tiers, lowest first.
const (
	Bronze Tier = iota
	Silver
	Gold
	Diamond

	TierCount = 4
)

// Priority is the lane an order travels in.
type Priority uint8

// The priorities, in the order in which their lanes are served.
const (
	VIP Priority = iota
	Normal

	PriorityCount = 2
)

// Priorities returns every priority, first served first.
func Priorities() [PriorityCount]Priority { return [PriorityCount]Priority{VIP, Normal} }

// Priority returns VIP for Diamond and Normal for every other tier.
func (t Tier) Priority() Priority {
	if t == Diamond {
		return VIP
	}
	return Normal
}

// String returns the canonical name: BRONZE, SILVER, GOLD or DIAMOND.
func (t Tier) String() string {
	switch t {
	case Bronze:
		return "BRONZE"
	case Silver:
		return "SILVER"
	case Gold:
		return "GOLD"
	case Diamond:
		return "DIAMOND"
	}
	return fmt.Sprintf("Tier(%d)", uint8(t))
}

// ParseTier reads a tier's name in any case, in English (BRONZE, SILVER, GOLD,
// DIAMOND) or Portuguese (BRONZE, PRATA, OURO, DIAMANTE); [ErrInvalid] otherwise.
func ParseTier(s string) (Tier, error) {
	switch upper(s) {
	case "BRONZE":
		return Bronze, nil
	case "SILVER", "PRATA":
		return Silver, nil
	case "GOLD", "OURO":
		return Gold, nil
	case "DIAMOND", "DIAMANTE":
		return Diamond, nil
	}
	return 0, fmt.Errorf("%w: tier %q; allowed: BRONZE, SILVER, GOLD, DIAMOND (or PRATA, OURO, DIAMANTE)", ErrInvalid, s)
}

// String returns VIP or NORMAL.
func (p Priority) String() string {
	switch p {
	case VIP:
		return "VIP"
	case Normal:
		return "NORMAL"
	}
	return fmt.Sprintf("Priority(%d)", uint8(p))
}

// ParsePriority reads VIP or NORMAL in any case; [ErrInvalid] otherwise.
func ParsePriority(s string) (Priority, error) {
	switch upper(s) {
	case "VIP":
		return VIP, nil
	case "NORMAL":
		return Normal, nil
	}
	return 0, fmt.Errorf("%w: priority %q; allowed: VIP, NORMAL", ErrInvalid, s)
}

// upper returns s in upper case if it is ASCII, else nothing: there are letters beyond
// whose upper case is ASCII, such as the dotless i, and they are in none of our names.
func upper(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return ""
		}
	}
	return strings.ToUpper(s)
}
