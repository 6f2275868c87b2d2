package deploy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// stages returns the stages of a Dockerfile: each a list of instructions, its FROM first,
// with continued lines joined and comments left out.
func stages(dockerfile string) [][]string {
	dockerfile = regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(dockerfile, "")
	dockerfile = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(dockerfile, "")
	var all [][]string
	for line := range strings.Lines(dockerfile) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "FROM ") {
			all = append(all, nil)
		}
		if line != "" && len(all) > 0 {
			all[len(all)-1] = append(all[len(all)-1], line)
		}
	}
	return all
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	all := stages(read(t, "../Dockerfile"))
	if len(all) != 2 {
		t.Fatalf("the Dockerfile has %d stages, want 2", len(all))
	}
	goVersion := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "../go.mod"))[1]
	build, image := strings.Join(all[0], "\n"), all[1]
	for _, want := range []string{"golang:" + goVersion + "-", "CGO_ENABLED=0", "go build -trimpath"} {
		if !strings.Contains(build, want) {
			t.Errorf("the build stage has no %q:\n%s", want, build)
		}
	}
	for _, want := range []string{
		"FROM scratch",
		"COPY --from=build --chown=65532:65532 /image/data /data",
		`VOLUME ["/data"]`,
		"USER 65532:65532",
		`ENTRYPOINT ["/filavip"]`,
		`CMD ["serve"]`,
	} {
		if !slices.Contains(image, want) {
			t.Errorf("the image has no %s:\n%s", want, strings.Join(image, "\n"))
		}
	}
	text := strings.Join(image, "\n")
	for _, want := range []string{
		`CMD ["/filavip", "healthcheck"]`, "org.opencontainers.image.source=", "org.opencontainers.image.licenses=", "org.opencontainers.image.version=",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the image has no %s:\n%s", want, text)
		}
	}
	for _, line := range image {
		if strings.HasPrefix(line, "RUN ") || strings.HasPrefix(line, "ADD ") {
			t.Errorf("%q: nothing runs in an image without a shell", line)
		}
	}
	environ := regexp.MustCompile(`[A-Z_]+=\S+`).FindAllString(text[strings.Index(text, "ENV "):strings.Index(text, "VOLUME")], -1)
	load(t, "the image", environ)
}

// TestDockerignore holds that secrets do not get into the build, where they would lie in a
// layer, and that git's directory does: the program tells its revision.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	lines := strings.Fields(read(t, "../.dockerignore"))
	for _, want := range []string{"**/.env", "/bin/", "/data/", "/web/node_modules/"} {
		if !slices.Contains(lines, want) {
			t.Errorf(".dockerignore has no %s", want)
		}
	}
	if slices.Contains(lines, ".git") || slices.Contains(lines, "/.git/") {
		t.Error(".dockerignore leaves .git out")
	}
	if !slices.Contains(strings.Fields(read(t, "../.gitignore")), "/deploy/.env") {
		t.Error(".gitignore has no /deploy/.env")
	}
}
