package config

import (
	"strings"
	"testing"
)

func TestRedactURI(t *testing.T) {
	t.Parallel()
	tests := []struct{ uri, want string }{
		{"", ""},
		{"mongodb://h", "mongodb://h"},
		{"mongodb://a:1,b:27017/db?replicaSet=rs0", "mongodb://a:1,b:27017/db?replicaSet=rs0"},
		{"mongodb://[::1]:27017/?readPreferenceTags=dc:ny,rack:a", "mongodb://[::1]:27017/?readPreferenceTags=dc:ny,rack:a"},
		{"mongodb://u:p@h", "mongodb://***@h"},
		{"mongodb://u:p@ss@h", "mongodb://***@h"},
		{"mongodb://u:p/s?s@h/db", "mongodb://***@h/db"},
		{"u:p", "***"},
		{"u:p@h://x", "***"},
		{"://p@h", "***"},
		// The host was forgotten.
		{"mongodb://u:p", "mongodb://***"},
		{"mongodb://a:1,u:p/db", "mongodb://***"},
		{"mongodb://u/s:p", "mongodb://***"},
		{"mongodb://u:123456", "mongodb://***"},
		{"mongodb://u@h:p", "mongodb://***"},
		// Options.
		{"mongodb://h/?a=b&tlsCertificateKeyFilePassword=x&w=majority", "mongodb://h/?a=b&tlsCertificateKeyFilePassword=***&w=majority"},
		{"mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x", "mongodb://h/?authMechanismProperties=***"},
		{"mongodb://h/?apikey=x&api_Key=x&API-KEY=x", "mongodb://h/?apikey=***&api_Key=***&API-KEY=***"},
		{"mongodb://h/?userPwd=x&passwd=x&pass=x", "mongodb://h/?userPwd=***&passwd=***&pass=***"},
		{"mongodb://h/?p%61ssword=x&auth=x", "mongodb://h/?p%61ssword=***&auth=***"},
		{"mongodb://h/?w=1;password=x", "mongodb://h/?w=1;password=***"},
		{"mongodb://h/?authSource=admin&tlsCertificateKeyFile=/k.pem", "mongodb://h/?authSource=admin&tlsCertificateKeyFile=/k.pem"},
		{"mongodb://h/?password=a@b", "mongodb://***"},
		{"mongodb://u:p@h/?password=a", "mongodb://***@h/?password=***"},
	}
	for _, tt := range tests {
		if got := NewURI(tt.uri).String(); got != tt.want {
			t.Errorf("NewURI(%q).String() = %q, want %q", tt.uri, got, tt.want)
		}
	}
}

// A refused value is shown, and people put more into a setting than belongs there.
func TestRefusedValuesHidePasswords(t *testing.T) {
	t.Parallel()
	tests := []struct{ setting, want string }{
		{"REDIS_HOST=redis://:" + canary + "@h", `"redis://***@h"`},
		{"REDIS_HOST=:" + canary + "@h:6379", `"***@h:6379"`},
		{"REDIS_HOST=redis://:" + canary, `"redis://***"`},
		{"REDIS_HOST=h,password=" + canary + ",ssl=true", `"h,password=***"`},
		{"REDIS_HOST=h;Pwd = " + canary, `"h;Pwd =***"`},
		{"REDIS_HOST=password=" + canary + "@" + canary, `"***"`},
		{"FILAVIP_URL=http://u:" + canary + "@h", `"http://***@h"`},
		{"FILAVIP_URL=HTTP://u:" + canary + "@h", `"***@h"`},
		{"FILAVIP_URL=http://h?apikey=" + canary + "&" + canary, `"http://h?apikey=***"`},
		{"CORS_ORIGIN=https://a,https://u:" + canary + "@h,https://b", `"https://***@h,https://b"`},
		{"CORS_ORIGIN=https://a,https://u:" + canary, `"https://***"`},
		{"REDIS_PASSWORD_FILE=redis://:" + canary + "@h", `"redis://***@h"`},
		{"PORT=" + strings.Repeat("1", 70) + ":" + canary + "@", `"***@"`},
		// What is no secret stays to be seen.
		{"CORS_ORIGIN=https://a:65536", `"https://a:65536"`},
		{"FILAVIP_URL=http://[::1]:3000/a?b=c", `"http://[::1]:3000/a?b=c"`},
		{"REDIS_HOST=redis:6379", `"redis:6379"`},
		{"PORT=a=b", `"a=b"`},
	}
	for _, tt := range tests {
		lines := problems(t, Sources{Environ: []string{tt.setting}})
		name, _, _ := strings.Cut(tt.setting, "=")
		if len(lines) != 1 || !strings.HasPrefix(lines[0], name+"="+tt.want+" (environment)") {
			t.Errorf("Load(%s) = %q, want one line that shows %s", tt.setting, lines, tt.want)
		}
	}
	twice := problems(t, Sources{Environ: []string{"REDIS_HOST=redis://u:" + canary + "@h", "REDIS_HOST=redis://u:" + canary + "@i"}})
	if strings.Contains(strings.Join(twice, "\n"), canary) {
		t.Errorf("Load shows the password: %q", twice)
	}
}

// FuzzRedact hides a password in whatever stands around it.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{"", "redis://", "redis://u:", "u", "a=b&", "@", "://", "?x=", "password=", ",http://"} {
		f.Add(seed, "")
		f.Add(seed, "@h")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, canary) {
			return
		}
		for _, text := range []string{
			"redis://" + before + canary + "@" + after,
			before + ":" + canary + "@" + after,
			before + "password=" + canary + after,
		} {
			if got := redactText(text); strings.Contains(got, canary) {
				t.Errorf("redactText(%q) = %q", text, got)
			}
			if got := redactURI(text); strings.Contains(got, canary) {
				t.Errorf("redactURI(%q) = %q", text, got)
			}
		}
	})
}
