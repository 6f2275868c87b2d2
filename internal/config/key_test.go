package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sixteen is a text as short as a key may be.
const sixteen = "a1a1a1a1a1a1a1a1"

func TestKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", sixteen, strings.Repeat("~", maxKey), "!\"#$%&'()*+,-./:"} {
		if c := load(t, Sources{Environ: []string{"FILAVIP_API_KEY=" + key}}); c.APIKey.Reveal() != key {
			t.Errorf("APIKey = %q, want %q", c.APIKey.Reveal(), key)
		}
	}
	file := write(t, canary+canary+"\n")
	for name, src := range map[string]Sources{
		"FILAVIP_API_KEY_FILE": {Environ: []string{"FILAVIP_API_KEY_FILE=" + file}},
		"--api-key-file":       {Flags: map[string]string{"api-key-file": file}},
	} {
		c := load(t, src)
		if got := entry(t, c, "FILAVIP_API_KEY"); c.APIKey.Reveal() != canary+canary || got.Value != mask || got.Name != name {
			t.Errorf("%s: APIKey = %q, %+v, want the file's line, masked", name, c.APIKey.Reveal(), got)
		}
	}
}

// What is wrong with a key is said without the key.
func TestBadKeys(t *testing.T) {
	t.Parallel()
	const want = `FILAVIP_API_KEY="***" (environment): allowed: 16 to 512 printable ASCII characters without spaces, as ` +
		"`openssl rand -hex 32` makes them, or nothing"
	for _, key := range []string{
		canary, sixteen[1:], canary + " " + canary, canary + canary + " ", canary + "\t" + canary, canary + "\x7f" + canary,
		canary + "é" + canary, strings.Repeat("a", maxKey+1),
	} {
		lines := problems(t, Sources{Environ: []string{"FILAVIP_API_KEY=" + key}})
		if diff := cmp.Diff([]string{want}, lines); diff != "" {
			t.Errorf("FILAVIP_API_KEY=%q: problems (-want +got):\n%s", key, diff)
		}
	}
	lines := problems(t, Sources{Environ: []string{"FILAVIP_API_KEY_FILE=" + write(t, canary)}})
	if len(lines) != 1 || !strings.HasPrefix(lines[0], `FILAVIP_API_KEY_FILE="***"`) || strings.Contains(lines[0], canary) {
		t.Errorf("a short key in a file: %q, want one line that names FILAVIP_API_KEY_FILE and no key", lines)
	}
}

// A key is enough to listen where other machines reach it.
func TestKeyOpensBeyondLoopback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		environ []string
		hosts   []string
		warned  bool
	}{
		{[]string{"HOST=0.0.0.0"}, nil, true},
		{[]string{"HOST=::"}, nil, true},
		{[]string{"HOST=0.0.0.0", "FILAVIP_ALLOWED_HOSTS=shop.example"}, []string{"shop.example"}, false},
		{[]string{"HOST=Shop.Example."}, []string{"shop.example"}, false},
		{[]string{"HOST=192.168.1.2", "FILAVIP_ALLOWED_HOSTS=shop.example"}, []string{"shop.example", "192.168.1.2"}, false},
		{[]string{"HOST=2001:db8::1"}, []string{"2001:db8::1"}, false},
		{[]string{"HOST=fe80::1%eth0"}, nil, false},
		{[]string{"HOST=127.0.0.1"}, nil, false},
	} {
		c := load(t, Sources{Environ: append(tt.environ, "FILAVIP_API_KEY="+sixteen), Listens: true})
		if diff := cmp.Diff(tt.hosts, c.Hosts()); diff != "" {
			t.Errorf("%v: Hosts() (-want +got):\n%s", tt.environ, diff)
		}
		if warned := strings.Contains(strings.Join(c.Warnings, "\n"), "FILAVIP_ALLOWED_HOSTS"); warned != tt.warned {
			t.Errorf("%v: warnings %q, want one of FILAVIP_ALLOWED_HOSTS: %v", tt.environ, c.Warnings, tt.warned)
		}
	}
	problems(t, Sources{Environ: []string{"HOST=0.0.0.0", "FILAVIP_API_KEY="}, Listens: true})
}
