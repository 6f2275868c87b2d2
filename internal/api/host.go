package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/filavip/filavip/internal/order"
)

// hosts are the names and addresses that the server answers for. A page of another
// site whose name is made to resolve to this machine asks under that name, and is
// refused.
type hosts struct{ names map[string]bool }

// newHosts returns the given names and addresses beside loopback, which is always in.
func newHosts(configured []string) (*hosts, error) {
	h := &hosts{names: map[string]bool{"localhost": true}}
	for _, host := range configured {
		name, ok := parseHost(host)
		if addr, err := netip.ParseAddr(host); err == nil {
			name, ok = addr.String(), addr.Zone() == ""
		}
		if !ok {
			return nil, fmt.Errorf("%w: host %q; allowed: a name or an address, with or without a port", order.ErrInvalid, host)
		}
		h.names[name] = true
	}
	return h, nil
}

// knows says whether a Host header names this server. The port does not matter.
func (h *hosts) knows(header string) bool {
	name, ok := parseHost(header)
	if !ok {
		return false
	}
	if addr, err := netip.ParseAddr(name); err == nil && addr.Unmap().IsLoopback() {
		return true
	}
	return h.names[name]
}

// refuseUnknown answers 421 to requests for other hosts.
func (h *hosts) refuseUnknown(deny denier) middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !h.knows(r.Host) {
				deny(w, r, refuse(unknownHost, textUnknownHost, cut(r.Host)))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// parseHost takes the name or address out of a Host header: in lower case, without
// port, brackets, or the dot that may end a name. It refuses what can be neither.
func parseHost(header string) (name string, ok bool) {
	if inner, bracketed := strings.CutPrefix(header, "["); bracketed {
		address, port, closed := strings.Cut(inner, "]")
		addr, err := netip.ParseAddr(address)
		if !closed || err != nil || !addr.Is6() || addr.Zone() != "" || !isPort(port) {
			return "", false
		}
		return addr.String(), true
	}
	name, port, hasPort := strings.Cut(header, ":")
	if hasPort && !isPort(":"+port) {
		return "", false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || len(name) > 253 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return "", false
	}
	return name, true
}

// isPort says whether s is nothing, or a colon with up to five digits behind it.
func isPort(s string) bool {
	if s == "" {
		return true
	}
	digits, ok := strings.CutPrefix(s, ":")
	return ok && len(digits) <= 5 && strings.Trim(digits, "0123456789") == ""
}
