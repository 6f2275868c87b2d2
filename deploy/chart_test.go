package deploy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// objects returns the objects of a rendered chart by kind and name, as text.
func objects(t *testing.T, file string) map[string]string {
	t.Helper()
	found := map[string]string{}
	kind, name := regexp.MustCompile(`(?m)^kind: (\S+)$`), regexp.MustCompile(`(?m)^metadata:\n  name: (\S+)$`)
	for text := range strings.SplitSeq(rendered(t, file), "\n---\n") {
		k, n := kind.FindStringSubmatch(text), name.FindStringSubmatch(text)
		if k == nil || n == nil {
			t.Fatalf("%s: an object without kind or name:\n%s", file, text)
		}
		found[k[1]+" "+n[1]] = text
	}
	return found
}

func TestChartObjects(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"chart-fleet.yaml": {
			"ConfigMap filavip", "Deployment filavip", "Deployment filavip-worker",
			"PodDisruptionBudget filavip-serve", "PodDisruptionBudget filavip-worker", "Secret filavip", "Service filavip",
		},
		"chart-url.yaml": {
			"ConfigMap filavip", "Deployment filavip", "Deployment filavip-worker", "Secret filavip", "Service filavip",
		},
		"chart-everything.yaml": {
			"ConfigMap filavip", "Deployment filavip", "Deployment filavip-worker", "HorizontalPodAutoscaler filavip-worker",
			"NetworkPolicy filavip", "NetworkPolicy filavip-worker",
			"PodDisruptionBudget filavip-serve", "PodDisruptionBudget filavip-worker", "Service filavip", "ServiceMonitor filavip",
		},
		"chart-embedded.yaml": {
			"ConfigMap filavip", "NetworkPolicy filavip", "Secret filavip", "Service filavip", "ServiceMonitor filavip", "StatefulSet filavip",
		},
	} {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(objects(t, file)))); diff != "" {
			t.Errorf("%s: objects (-want +got):\n%s", file, diff)
		}
	}
}

// podsOf are the objects of a rendered chart that make pods, with the probe each has.
func podsOf(t *testing.T) map[string]string {
	t.Helper()
	pods := map[string]string{}
	for _, file := range []string{"chart-fleet.yaml", "chart-url.yaml", "chart-everything.yaml", "chart-embedded.yaml"} {
		for name, text := range objects(t, file) {
			if strings.Contains(text, "\n      containers:\n") {
				pods[file+" "+name] = text
			}
		}
	}
	if len(pods) != 7 {
		t.Fatalf("%d objects make pods, want 7", len(pods))
	}
	return pods
}

func TestChartPods(t *testing.T) {
	t.Parallel()
	for name, text := range podsOf(t) {
		probes := []string{"startupProbe:", "readinessProbe:", "livenessProbe:", "path: /readyz", "path: /livez", "{name: Host, value: localhost}", "FILAVIP_API_KEY_FILE"}
		if strings.HasSuffix(name, "-worker") {
			probes = []string{"startupProbe:", "readinessProbe:", `exec: {command: [/filavip, healthcheck, --url, "http://127.0.0.1:3002"]}`, `args: [worker, --port, "3002"]`}
		}
		restricted := []string{
			"runAsNonRoot: true", "runAsUser: 65532", "seccompProfile: {type: RuntimeDefault}", "allowPrivilegeEscalation: false",
			"readOnlyRootFilesystem: true", "capabilities: {drop: [ALL]}", "automountServiceAccountToken: false",
			"enableServiceLinks: false", "memory: ",
		}
		for _, want := range slices.Concat(probes, restricted) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: has no %s", name, want)
			}
		}
		for _, never := range []string{"FILAVIP_INSECURE_OPEN", "FILAVIP_API_KEY,", "MONGO_URI,", "REDIS_PASSWORD,", "REDIS_URL,", "mongodb://", "rediss://"} {
			if strings.Contains(text, never) {
				t.Errorf("%s: has %s", name, never)
			}
		}
		if embedded := strings.Contains(name, "embedded"); embedded == strings.Contains(text, "MONGO_URI_FILE") {
			t.Errorf("%s: embedded %v, and has MONGO_URI_FILE %v", name, embedded, !embedded)
		}
		if byURL := strings.HasPrefix(name, "chart-url.yaml"); byURL != strings.Contains(text, "REDIS_URL_FILE") {
			t.Errorf("%s: by URL %v, and has REDIS_URL_FILE %v", name, byURL, !byURL)
		}
		load(t, name, environOf(text))
	}
}

// environOf returns the environment that a rendered pod or config map sets.
func environOf(text string) []string {
	var environ []string
	for _, m := range regexp.MustCompile(`(?:\{name: ([A-Z_]+), value: "?([^"}]*)"?\}|- name: ([A-Z_]+)\s.*\n\s+value: "(.*)")`).FindAllStringSubmatch(text, -1) {
		environ = append(environ, m[1]+m[3]+"="+m[2]+m[4])
	}
	return environ
}

func TestChartSettings(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^  ([A-Z_]+): "?(.*?)"?$`)
	for _, file := range []string{"chart-fleet.yaml", "chart-url.yaml", "chart-everything.yaml", "chart-embedded.yaml"} {
		var environ []string
		for _, m := range line.FindAllStringSubmatch(objects(t, file)["ConfigMap filavip"], -1) {
			environ = append(environ, m[1]+"="+m[2])
		}
		if len(environ) == 0 {
			t.Errorf("%s: the config map is empty", file)
		}
		load(t, file, environ)
	}
}

func TestChartSecret(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`(?m)^  api-key: "[A-Za-z0-9+/]{64}"$`) // 48 bytes, in base64
	for _, file := range []string{"chart-fleet.yaml", "chart-embedded.yaml"} {
		if text := objects(t, file)["Secret filavip"]; !key.MatchString(text) {
			t.Errorf("%s: no key of 48 bytes was made:\n%s", file, text)
		}
	}
	if fleet := objects(t, "chart-fleet.yaml")["Deployment filavip"]; !strings.Contains(fleet, "\n  replicas: 2\n") {
		t.Error("serve has not two replicas, of which one stands by")
	}
	if scaled := objects(t, "chart-everything.yaml")["Deployment filavip-worker"]; strings.Contains(scaled, "\n  replicas:") {
		t.Error("the deployment of workers sets their number against the autoscaler")
	}
}
