package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEnvFile(t *testing.T) {
	t.Parallel()
	content := "\ufeff# comment\n" +
		"\n" +
		"A=plain\r\n" +
		"  export B = spaced out  # comment\n" +
		"C=a#b#c\n" +
		"D=\n" +
		"E= # comment\n" +
		"F='lit $A \\n # \"'  # comment\n" +
		"G=\"esc \\n\\t\\r\\\"\\\\\\$A c:\\dir\"\n" +
		"H='two\nlines'\n" +
		"I=a=b\n" +
		"_j1=\"\"\n" +
		"export\tL=tab\n" +
		"export=name\n" +
		"K=last"
	want := []assignment{
		{"A", "plain", 3}, {"B", "spaced out", 4}, {"C", "a#b#c", 5}, {"D", "", 6}, {"E", "", 7},
		{"F", `lit $A \n # "`, 8}, {"G", "esc \n\t\r\"\\$A c:\\dir", 9}, {"H", "two\nlines", 10},
		{"I", "a=b", 12}, {"_j1", "", 13}, {"L", "tab", 14}, {"export", "name", 15}, {"K", "last", 16},
	}
	got, err := parseEnvFile(content)
	if err != nil {
		t.Fatalf("parseEnvFile = %v", err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(assignment{})); diff != "" {
		t.Errorf("parseEnvFile (-want +got):\n%s", diff)
	}
}

func TestMalformedEnvFile(t *testing.T) {
	t.Parallel()
	tests := []struct{ content, want string }{
		{"A=1\nB\n", "line 2: no =; allowed: NAME=value, # comment"},
		{"=1", "line 1: no name before ="},
		{"\n\n1A=1", "line 3: not a name before =; allowed: letters, digits and _"},
		{"exportA\tB=1", "line 1: not a name before =; allowed: letters, digits and _"},
		{"A B=1", "line 1: not a name before =; allowed: letters, digits and _"},
		{"A='x\n\nB=2", "line 1: no closing '"},
		{"A=\"x\\\"", `line 1: no closing "`},
		{"A='1\n2'\nB=\"x\"y", `line 3: text behind the closing "`},
		{"A=1\nB=\xff", "line 2: not UTF-8 text"},
		{"A=1\n\nB=\x00", "line 3: not UTF-8 text"},
	}
	for _, tt := range tests {
		if _, err := parseEnvFile(tt.content); err == nil || err.Error() != tt.want {
			t.Errorf("parseEnvFile(%q) = %v, want %s", tt.content, err, tt.want)
		}
	}
}

func TestEnvFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                                      "is a directory",
		write(t, "PORT\n"):                       "line 1: no =",
		write(t, strings.Repeat("#", maxFile+1)): "over 1048576 bytes",
	} {
		lines := problems(t, Sources{EnvFile: path})
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "read .env file \"") || !strings.Contains(lines[0], want) {
			t.Errorf("Load(%s) = %q, want one line with %q", path, lines, want)
		}
	}
}

func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=1", "export A = 'x' # c", "A=\"\\n\"", "A='", "\ufeff\n=\xff", "A=1 #\r\n\r\nB=\"\n\"x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		assignments, err := parseEnvFile(content)
		lines := strings.Count(content, "\n") + 1
		previous := 0
		for _, a := range assignments {
			if _, err := variableName(a.name); err != nil || a.line <= previous || a.line > lines {
				t.Errorf("parseEnvFile(%q): %+v behind line %d", content, a, previous)
			}
			previous = a.line
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "line ") || strings.ContainsAny(err.Error(), "\n\x00")) {
			t.Errorf("parseEnvFile(%q) = %q, want one line that names a line", content, err)
		}
	})
}

// FuzzLoad gives one setting after the other a value. Each is refused in one line, or
// accepted, shown, and read from what is shown as the same again.
func FuzzLoad(f *testing.F) {
	for i, s := range Settings() {
		f.Add(i, s.Default)
		f.Add(i, "https://u:p@[::1]:443,*")
		f.Add(i, mask)
	}
	f.Fuzz(func(t *testing.T, i int, value string) {
		settings := Settings()
		s := settings[uint(i)%uint(len(settings))]
		open := "FILAVIP_INSECURE_OPEN=true"
		if s.Key == "FILAVIP_INSECURE_OPEN" {
			open = ""
		}
		first, err := Load(Sources{Environ: []string{s.Key + "=" + value, open}, Listens: true})
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), s.Key+"=") {
				t.Errorf("%s=%q: %q, want one line", s.Key, value, err)
			}
			return
		}
		var environ []string
		for _, e := range first.Entries() {
			if !slices.ContainsFunc(settings, func(s Setting) bool { return s.Secret && s.Key == e.Key }) {
				environ = append(environ, e.Key+"="+e.Value)
			}
		}
		second, err := Load(Sources{Environ: environ, Listens: true})
		if err != nil {
			t.Fatalf("%s=%q is shown so that it is refused: %v", s.Key, value, err)
		}
		shown := func(c Config) map[string]string {
			values := map[string]string{}
			for _, e := range c.Entries() {
				values[e.Key] = e.Value
			}
			if s.Secret {
				delete(values, s.Key)
			}
			return values
		}
		if diff := cmp.Diff(shown(first), shown(second)); diff != "" {
			t.Errorf("%s=%q shown, then read (-shown +read):\n%s", s.Key, value, diff)
		}
	})
}
