package config

import (
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	tests := []struct {
		key  string
		good map[string]string // given: shown
		bad  []string
	}{
		{key: "PORT",
			good: map[string]string{"0": "0", "65535": "65535", "0080": "80"},
			bad:  []string{"", "-1", "+1", "65536", "1e3", "0x10", " 1", "1 ", "1.0", "１", "00000000001", "99999999999"}},
		{key: "GENERATION_CHUNK_SIZE",
			good: map[string]string{"100": "100", "100000": "100000"},
			bad:  []string{"99", "100001"}},
		{key: "BACKEND_LOGS",
			good: map[string]string{"true": "true", "1": "true", "false": "false", "0": "false"},
			bad:  []string{"", "yes", "TRUE", "2", " true", "on"}},
		{key: "FILAVIP_SIMULATE_WORK",
			good: map[string]string{"2ms": "2ms", "0": "0s", "1h": "1h0m0s", "1.5s": "1.5s", "1m30s": "1m30s"},
			bad:  []string{"", "2", "-2ms", "+2ms", "61m", "ms", "2 ms", "9999999999h"}},
		{key: "FILAVIP_SIMULATE_FAILURES",
			good: map[string]string{"0": "0", "1": "1", "0.01": "0.01", "1.000": "1", "0.0000000001": "0.0000000001"},
			bad:  []string{"", ".5", "1.", "1.01", "2", "-0.1", "1e-3", "NaN", "Inf", "0x1p-2", "0,5", "00.5", "0.00000000001"}},
		{key: "FILAVIP_TIERS",
			good: map[string]string{"0,0,0,1": "0,0,0,1", "1000000,1,2,3": "1000000,1,2,3", "1, 2\t,3 , 4": "1,2,3,4"},
			bad:  []string{"", "0,0,0,0", "1,2,3", "1,2,3,4,5", "1,2,3,-4", "1000001,0,0,0", "1 2,3,4,5", "1,,2,3", "a,b,c,d"}},
		{key: "FILAVIP_RESUME",
			good: map[string]string{"auto": "auto", "off": "off"},
			bad:  []string{"", "x", "Auto", "on", "true"}},
		{key: "FILAVIP_DATA",
			good: map[string]string{"/tmp/a b": "/tmp/a b", ".": "."},
			bad:  []string{"", "a\x00b", "a\nb"}},
		{key: "FILAVIP_ALLOWED_HOSTS",
			good: map[string]string{
				"": "", "Shop.Example.": "shop.example", "a, b ,a": "a,b", "10.0.0.1,::1": "10.0.0.1,::1",
				"0:0::1": "::1", "my_host": "my_host",
			},
			bad: []string{",", "a,,b", "a:80", "http://a", "*", "*.a", "a b", "-a", "a-", "1.2.3", "1.2.3.256", "[::1]", long, strings.Repeat("a.", 128), "é"}},
		{key: "CORS_ORIGIN",
			good: map[string]string{
				"": "", "HTTPS://Shop.Example": "https://shop.example", "https://a:443,http://b:80": "https://a,http://b",
				"http://a:443": "http://a:443", "http://[0:0::1]:3001": "http://[::1]:3001", "http://a,http://a:80": "http://a",
			},
			bad: []string{"*", "null", "a.example", "https://", "https://a/", "https://a/b", "https://a?", "https://a#", "ftp://a", "https://u@a", "https://a:", "https://a:0", "https://a:65536", "https://a:0443", "http://a:080", "http://a:08080", "https://a.", "https://a:x", "https://a b"}},
		{key: "REDIS_HOST",
			good: map[string]string{"redis-1.internal": "redis-1.internal", "::1": "::1"},
			bad:  []string{"", "a:6379", "redis://a", "fe80::1%a b", "fe80::1%\n"},
		},
		{key: "MONGO_URI",
			good: map[string]string{
				"": "", "mongodb://a,b:1/x?replicaSet=rs0": "mongodb://a,b:1/x?replicaSet=rs0",
				"mongodb+srv://u:p@c.example": "mongodb+srv://***@c.example",
			},
			bad: []string{"mongodb://", "mongodb:///x", "mongodb://u:p@", "localhost", "mongo://a", "mongodb://a b", "mongodb://a\n"}},
		{key: "REDIS_URL",
			good: map[string]string{
				"": "", "redis://h": "redis://h", "redis://u:p@h:1/0": "redis://***@h:1/0",
				"rediss://a:1,rediss://b:2": "rediss://a:1,rediss://b:2", "redis://:p@a,redis://:p@b": "redis://***@b",
			},
			bad: []string{"h", "h:6379", "http://h", "redis://", "redis://h:0", "redis://h:65536", "redis://h:", "redis://h/x", "redis://h/1/2",
				"redis://h/10000", "redis://h?db=1", "redis://h#x", "redis://a,rediss://b", "redis://u@a,redis://b", "redis://a/1,redis://b",
				"redis://a,", "redis://a b", "redis://a\n", "redis://%0a@a"}},
		{key: "FILAVIP_LEASE",
			good: map[string]string{"200ms": "200ms", "10m": "10m0s"},
			bad:  []string{"", "199ms", "10m1s", "30"}},
		{key: "FILAVIP_NODE",
			good: map[string]string{"": "", "worker-1.eu_3": "worker-1.eu_3"},
			bad:  []string{"a b", "a/b", "a:1", "é", long + "a"}},
		{key: "REDIS_PASSWORD",
			good: map[string]string{"": "", "p w@:/": "***"},
			bad:  []string{"a\nb"}},
		{key: "FILAVIP_URL",
			good: map[string]string{
				"": "http://127.0.0.1:3000", "http://h:1/p": "http://h:1/p", "https://[::1]": "https://[::1]",
				"http://h:65535/a%20b": "http://h:65535/a%20b",
			},
			bad: []string{"http://h:65536", "http://h:99999999999", "http://h:0", "http://h:", "http://h:/p", "http://[::1]:",
				"http://h/a b", "http://h/ ", "http://h/a\u00a0b", "h:1", "ftp://h", "http://", "http://u:p@h", "http://h?", "http://h?a=b", "http://h#", "http://h/ b\n"}},
	}
	for _, tt := range tests {
		for given, shown := range tt.good {
			c, err := Load(Sources{Environ: []string{tt.key + "=" + given}})
			if err != nil {
				t.Errorf("%s=%q: %v, want accepted", tt.key, given, err)
				continue
			}
			if got := entry(t, c, tt.key).Value; got != shown {
				t.Errorf("%s=%q is shown as %q, want %q", tt.key, given, got, shown)
			}
		}
		for _, given := range tt.bad {
			if _, err := Load(Sources{Environ: []string{tt.key + "=" + given}}); err == nil {
				t.Errorf("%s=%q: accepted, want a problem", tt.key, given)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"PORT", "HOST", "MAX_ORDERS", "REDIS_PORT"}
	tests := []struct{ given, want string }{
		{"POR", "PORT"}, {"PX", ""}, {"PORTS", "PORT"}, {"HOME", ""}, {"MAX_ORDER", "MAX_ORDERS"}, {"MAX_ODRERS", "MAX_ORDERS"},
		{"MAXIMUM_ORDERS", ""}, {"REDIS_POST", "REDIS_PORT"}, {"", ""},
	}
	for _, tt := range tests {
		if got := Nearest(tt.given, names); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.given, got, tt.want)
		}
	}
}
