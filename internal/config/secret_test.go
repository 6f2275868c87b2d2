package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const canary = "hunter2canary"

// holder keeps secrets where fmt cannot call their methods.
type holder struct {
	secret Secret
	uri    URI
	config Config
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	uri := "mongodb://user:" + canary + "@db.example:27017/orders?authSource=admin"
	c := load(t, Sources{Environ: []string{"REDIS_PASSWORD=" + canary, "MONGO_URI=" + uri}})
	if c.RedisPassword.Reveal() != canary || c.MongoURI.Reveal() != uri {
		t.Fatalf("Reveal() = %q, %q, want what was given", c.RedisPassword.Reveal(), c.MongoURI.Reveal())
	}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%p"} {
		for _, value := range []any{c, &c, c.RedisPassword, c.MongoURI, &c.MongoURI, holder{c.RedisPassword, c.MongoURI, c}} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, value := range []any{c, c.Entries(), c.RedisPassword, c.MongoURI, map[Secret]int{c.RedisPassword: 1}} {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Errorf("Marshal(%T) = %v", value, err)
		}
		out.Write(encoded)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("start", "config", c, "secret", c.RedisPassword, "uri", c.MongoURI)
	}
	if strings.Contains(out.String(), canary) {
		t.Errorf("a secret was shown in:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "mongodb://***@db.example:27017/orders?authSource=admin") {
		t.Errorf("the address is not shown without its credentials in:\n%s", out.String())
	}
}

// No problem shows a secret, whichever way it went wrong.
func TestProblemsHideSecrets(t *testing.T) {
	t.Parallel()
	tests := []Sources{
		{Environ: []string{"MONGO_URI=" + canary}},
		{Environ: []string{"MONGO_URI=mongo://u:" + canary + "@h"}},
		{Environ: []string{"REDIS_PASSWORD=" + canary + "\n"}},
		{Environ: []string{"REDIS_PASSWORD=a" + canary, "REDIS_PASSWORD=b"}},
		{Environ: []string{"FILAVIP_REDIS_PASSWORD=" + canary}},
		{Environ: []string{"REDIS_PASSWORD_FILE=" + write(t, canary+"\nsecond line\n")}},
		{Flags: map[string]string{"mongo-uri": "mongodb://u:" + canary + "@h"}},
		{EnvFile: write(t, "REDIS_PASSWORD "+canary)},
		{EnvFile: write(t, "REDIS_PASSWORD='"+canary)},
		{EnvFile: write(t, "REDIS_PASSWORD='x'"+canary)},
		{EnvFile: write(t, canary+" x=y")},
	}
	for _, src := range tests {
		if lines := problems(t, src); strings.Contains(strings.Join(lines, "\n"), canary) {
			t.Errorf("Load shows the secret: %q", lines)
		}
	}
}

func TestMaskedForms(t *testing.T) {
	t.Parallel()
	secret, uri := NewSecret(canary), NewURI("mongodb://u:p@h")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb+" "+verb, secret, uri); got != "*** mongodb://***@h" {
			t.Errorf("Sprintf(%s) = %s, want *** mongodb://***@h", verb, got)
		}
	}
	if got, err := json.Marshal([]any{secret, uri, Secret{}, URI{}}); err != nil || string(got) != `["***","mongodb://***@h","",""]` {
		t.Errorf("Marshal = %s, %v, want the masked texts", got, err)
	}
	if NewSecret("").IsSet() || !secret.IsSet() || NewURI("").IsSet() || !uri.IsSet() {
		t.Error("IsSet is wrong")
	}
}

func TestSecretFile(t *testing.T) {
	t.Parallel()
	file := write(t, canary+"\r\n")
	uri := write(t, "mongodb://u:p@h\n")
	tests := []struct {
		name string
		src  Sources
		want Entry
	}{
		{"environment", Sources{Environ: []string{"REDIS_PASSWORD_FILE=" + file}},
			Entry{"REDIS_PASSWORD", "***", Environment, "REDIS_PASSWORD_FILE"}},
		{".env", Sources{EnvFile: write(t, "REDIS_PASSWORD_FILE="+file)},
			Entry{"REDIS_PASSWORD", "***", EnvFile, "REDIS_PASSWORD_FILE"}},
		{"flag", Sources{Flags: map[string]string{"redis-password-file": file}},
			Entry{"REDIS_PASSWORD", "***", Flag, "--redis-password-file"}},
		{"file above value", Sources{EnvFile: write(t, "REDIS_PASSWORD=old"), Environ: []string{"REDIS_PASSWORD_FILE=" + file}},
			Entry{"REDIS_PASSWORD", "***", Environment, "REDIS_PASSWORD_FILE"}},
		{"empty file name counts as absent", Sources{Environ: []string{"REDIS_PASSWORD=" + canary, "REDIS_PASSWORD_FILE="}},
			Entry{"REDIS_PASSWORD", "***", Environment, "REDIS_PASSWORD"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.src.Flags = with(tt.src.Flags, "mongo-uri-file", uri)
			c := load(t, tt.src)
			if got := entry(t, c, "REDIS_PASSWORD"); got != tt.want || c.RedisPassword.Reveal() != canary {
				t.Errorf("entry = %+v, %q, want %+v, %q", got, c.RedisPassword.Reveal(), tt.want, canary)
			}
			if c.MongoURI.Reveal() != "mongodb://u:p@h" {
				t.Errorf("MongoURI = %q, want the file's line", c.MongoURI.Reveal())
			}
		})
	}
}

func with(flags map[string]string, name, value string) map[string]string {
	all := map[string]string{name: value}
	maps.Copy(all, flags)
	return all
}

func TestSecretFileProblems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "missing"), "no such file"},
		{dir, "is a directory"},
		{write(t, ""), "the file is empty"},
		{write(t, "\n"), "the file is empty"},
		{big, "over 1048576 bytes"},
	}
	for _, tt := range tests {
		lines := problems(t, Sources{Environ: []string{"REDIS_PASSWORD_FILE=" + tt.path}})
		if len(lines) != 1 || !strings.Contains(lines[0], tt.want) || !strings.HasPrefix(lines[0], "REDIS_PASSWORD_FILE=") {
			t.Errorf("REDIS_PASSWORD_FILE=%s: %q, want one line with %q", tt.path, lines, tt.want)
		}
	}
}
