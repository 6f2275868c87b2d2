package deploy

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rendered returns a file that deploy/check has had compose or helm make.
func rendered(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("DEPLOY_RENDERED")
	if dir == "" { // both are built from source for it, which takes minutes: CI does, and not every go test
		t.Skip("NOT CHECKED: what compose and helm make of these files; run make deploy/check, which builds both")
	}
	return read(t, filepath.Join(dir, name))
}

// service is what the tests look at of a service in the output of docker compose config.
type service struct {
	Image       string
	Command     []string
	Environment map[string]string
	CapDrop     []string `json:"cap_drop"`
	SecurityOpt []string `json:"security_opt"`
	ReadOnly    bool     `json:"read_only"`
	User        string
	Restart     string
	StopGrace   string `json:"stop_grace_period"`
	Container   string `json:"container_name"`
	Networks    map[string]any
	Ports       []struct {
		HostIP    string `json:"host_ip"`
		Published string
		Target    int
	}
	HealthCheck *struct{ Test []string }
	DependsOn   map[string]struct{ Condition string } `json:"depends_on"`
	Volumes     []struct{ Type, Source, Target string }
	Tmpfs       []string
	Deploy      struct {
		Resources struct {
			Limits struct {
				CPUs   float64 `json:"cpus"`
				Memory string
				PIDs   int `json:"pids"`
			}
		}
	}
}

type project struct {
	Services map[string]service
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func composed(t *testing.T) project {
	t.Helper()
	var p project
	if err := json.Unmarshal([]byte(rendered(t, "compose.json")), &p); err != nil {
		t.Fatal(err)
	}
	want := []string{"filavip", "mongo", "mongo-init", "redis", "worker"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(p.Services))); diff != "" {
		t.Fatalf("services (-want +got):\n%s", diff)
	}
	return p
}

func TestComposeConfinesAll(t *testing.T) {
	t.Parallel()
	for name, s := range composed(t).Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s: read_only %v, cap_drop %v, security_opt %v; want all of it confined", name, s.ReadOnly, s.CapDrop, s.SecurityOpt)
		}
		if s.User == "" || strings.HasPrefix(s.User, "0") || strings.HasPrefix(s.User, "root") {
			t.Errorf("%s: runs as %q", name, s.User)
		}
		if limits := s.Deploy.Resources.Limits; limits.CPUs == 0 || limits.Memory == "" || limits.PIDs == 0 {
			t.Errorf("%s: limits %+v, want all three", name, limits)
		}
		if _, once := map[string]bool{"mongo-init": true}[name]; !once && (s.Restart != "unless-stopped" || s.HealthCheck == nil || s.StopGrace == "") {
			t.Errorf("%s: restart %q, healthcheck %v, stop_grace_period %q", name, s.Restart, s.HealthCheck, s.StopGrace)
		}
	}
}

func TestComposeNetworks(t *testing.T) {
	t.Parallel()
	p := composed(t)
	if !p.Networks["databases"].Internal {
		t.Error("the network of the databases has a way out")
	}
	for name, s := range p.Services {
		networks := slices.Sorted(maps.Keys(s.Networks))
		var ports []string
		for _, port := range s.Ports {
			ports = append(ports, port.HostIP+":"+port.Published)
		}
		wantNetworks, wantPorts := []string{"databases"}, []string(nil)
		if name == "filavip" {
			wantNetworks, wantPorts = []string{"databases", "edge"}, []string{"127.0.0.1:3000", "127.0.0.1:3001"}
		}
		if diff := cmp.Diff(wantNetworks, networks); diff != "" {
			t.Errorf("%s: networks (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(wantPorts, ports); diff != "" {
			t.Errorf("%s: published ports (-want +got):\n%s", name, diff)
		}
	}
}

func TestComposeNodes(t *testing.T) {
	t.Parallel()
	p := composed(t)
	for name, at := range map[string]string{"filavip": "http://127.0.0.1:3000", "worker": "http://127.0.0.1:3002"} {
		s := p.Services[name]
		if want := []string{"CMD", "/filavip", "healthcheck", "--url", at}; !slices.Equal(s.HealthCheck.Test, want) {
			t.Errorf("%s: healthcheck %q, want %q", name, s.HealthCheck.Test, want)
		}
		if command := map[string][]string{"filavip": {"serve"}, "worker": {"worker", "--port", "3002"}}[name]; !slices.Equal(s.Command, command) {
			t.Errorf("%s: command %q, want %q", name, s.Command, command)
		}
		for database, condition := range map[string]string{
			"mongo": "service_healthy", "mongo-init": "service_completed_successfully", "redis": "service_healthy",
		} {
			if got := s.DependsOn[database].Condition; got != condition {
				t.Errorf("%s: waits for %s until %q, want %q", name, database, got, condition)
			}
		}
		if len(s.Volumes) > 0 || s.Container != "" {
			t.Errorf("%s: volumes %v, container_name %q; want none, so that there can be many", name, s.Volumes, s.Container)
		}
		var environ []string
		for key, value := range s.Environment {
			environ = append(environ, key+"="+value)
		}
		cfg := load(t, name, environ)
		if !cfg.Distributed() || !strings.Contains(cfg.MongoURI.Reveal(), "replicaSet=rs0") || !cfg.RedisPassword.IsSet() {
			t.Errorf("%s: MONGO_URI %v, REDIS_PASSWORD %v; want a replica set and a password", name, cfg.MongoURI, cfg.RedisPassword)
		}
	}
	serve := p.Services["filavip"]
	if len(serve.Environment["FILAVIP_API_KEY"]) < 16 {
		t.Error("filavip: has no key of 16 bytes or more")
	}
	if _, ok := serve.Environment["FILAVIP_INSECURE_OPEN"]; ok {
		t.Error("filavip: is open to all")
	}
	if _, ok := p.Services["worker"].Environment["FILAVIP_API_KEY"]; ok {
		t.Error("worker: has the key, which it does not need")
	}
}

func TestComposeDatabases(t *testing.T) {
	t.Parallel()
	p := composed(t)
	mongo, redis, setup := p.Services["mongo"], p.Services["redis"], p.Services["mongo-init"]
	for _, want := range []string{"--replSet rs0", "--keyFile /run/mongo/key", "umask 077"} {
		if !strings.Contains(mongo.Command[0], want) {
			t.Errorf("mongo: no %q in its command:\n%s", want, mongo.Command[0])
		}
	}
	for _, want := range []string{"--appendonly yes", "--appendfsync everysec", "--maxmemory-policy noeviction", "--maxmemory 384mb", "requirepass"} {
		if !strings.Contains(redis.Command[0], want) {
			t.Errorf("redis: no %q in its command:\n%s", want, redis.Command[0])
		}
	}
	for name, s := range map[string]service{"mongo": mongo, "redis": redis} {
		if len(s.Volumes) != 1 || s.Volumes[0].Type != "volume" {
			t.Errorf("%s: volumes %v, want one that has a name", name, s.Volumes)
		}
		for _, value := range s.Environment {
			if len(value) > 20 && strings.Contains(strings.Join(s.Command, " "), value) {
				t.Errorf("%s: a secret is on its command line", name)
			}
		}
	}
	if !strings.HasPrefix(mongo.Image, "mongo:7") || !strings.HasPrefix(redis.Image, "redis:7") || setup.Image != mongo.Image {
		t.Errorf("images %s, %s, %s; want MongoDB 7 twice and Redis 7", mongo.Image, setup.Image, redis.Image)
	}
	// filavip has a user of its own, which does not know the password of root.
	if p.Services["filavip"].Environment["MONGO_ROOT_PASSWORD"] != "" || strings.Contains(p.Services["filavip"].Environment["MONGO_URI"], setup.Environment["MONGO_ROOT_PASSWORD"]) {
		t.Error("filavip: knows the password of root")
	}
}
