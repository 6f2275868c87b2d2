package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/filavip/filavip/internal/app"
)

// onData are the commands that open a data directory.
func onData() [][]string {
	return [][]string{{"run", "-n", "10"}, {"verify"}, {"serve", "--port", "0"}}
}

func TestLockedDirectory(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	a, err := app.New(cfg, app.Options{MemTable: smallTable})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop(t.Context())
	for _, args := range onData() {
		filavip(t, append(args, "--data", cfg.Data)...).ends(exitLocked).says("in use by pid ")
	}
}

// TestUnwritableDirectory uses /proc where it is there, in which nobody can make a
// directory: root may write everywhere else.
func TestUnwritableDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "sealed")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		dir = "/proc/self"
		if _, err := os.Stat(dir); err != nil {
			t.Fatal("root may write anywhere but in /proc, and there is none: run this as another user")
		}
	}
	for _, args := range [][]string{{"run", "-n", "10"}, {"serve", "--port", "0"}} {
		filavip(t, append(args, "--data", filepath.Join(dir, "data"))...).ends(exitIO).warns(dir)
	}
}

func TestVerifyNothing(t *testing.T) {
	t.Parallel()
	filavip(t, "verify", "--data", filepath.Join(t.TempDir(), "data")).ends(exitIO).says("it holds no store")
}

// processed makes a data directory with 50,000 processed orders in table files, and
// returns it with the largest of them.
func processed(t *testing.T) (dir, table string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	filavip(t, "run", "-n", "50000", "--seed", "42", "--data", dir).ends(exitOK)
	// Opening it again writes into tables what was in the write-ahead log.
	filavip(t, "verify", "--data", dir).ends(exitOK).shows("clean: 50,000 orders in 1 run")
	tables, err := filepath.Glob(filepath.Join(dir, "store", "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	var most int64
	for _, file := range tables {
		if info, err := os.Stat(file); err == nil && info.Size() > most {
			table, most = file, info.Size()
		}
	}
	if table == "" {
		t.Fatal("there is no table file to damage")
	}
	return dir, table
}

func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		content[len(content)*2/5+i] ^= 0x55
	}
	if err := os.WriteFile(table, content, 0o600); err != nil {
		t.Fatal(err)
	}
	filavip(t, "verify", "--data", dir).ends(exitDamaged).shows("problem: ", "DAMAGED: ").warns("problems found")
	o := filavip(t, "verify", "--data", dir, "-o", "json").ends(exitDamaged)
	if found := decoded[verdict](o).Found; found == 0 {
		t.Error("verify -o json reports no problem")
	}
}

// TestVerifyNamesTheCause: what the disk says comes first, and not what follows from it.
func TestVerifyNamesTheCause(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/10] ^= 0x55
	if err := os.WriteFile(table, content, 0o600); err != nil {
		t.Fatal(err)
	}
	checked := decoded[verdict](filavip(t, "verify", "--data", dir, "-o", "json").ends(exitDamaged))
	if !strings.Contains(checked.Problems[0], "checksum") {
		t.Errorf("the first problem is %q, want the checksum", checked.Problems[0])
	}
	for _, p := range checked.Problems {
		if strings.Contains(p, "does not exist") {
			t.Fatalf("the report has %d problems, such as %q, that only follow from the first", checked.Found, p)
		}
	}
}

// TestMissingMarker takes away the empty file that says which manifest is current: the
// engine alone would take the directory for a new one, and clear it.
func TestMissingMarker(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	markers, err := filepath.Glob(filepath.Join(dir, "store", "marker.manifest*"))
	if err != nil || len(markers) == 0 {
		t.Fatal("there is no marker to take away", err)
	}
	for _, file := range markers {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", dir)...).ends(exitIO).warns(dir, "corrupt", "nothing was deleted")
	}
	if _, err := os.Stat(table); err != nil {
		t.Errorf("commands that could not open the store deleted from it: %v", err)
	}
}

// TestShortTable and TestNewerFormat: whatever keeps the engine from opening the store is
// a damage or a newer version, with a way out.
func TestShortTable(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	if err := os.Truncate(table, 1000); err != nil {
		t.Fatal(err)
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", dir)...).ends(exitIO).warns(dir, "corrupt", "nothing was deleted")
	}
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	dir, _ := processed(t)
	markers, err := filepath.Glob(filepath.Join(dir, "store", "marker.format-version*"))
	if err != nil || len(markers) != 1 {
		t.Fatal("there is no format to raise", err)
	}
	if err := os.Rename(markers[0], filepath.Join(dir, "store", "marker.format-version.000099.999")); err != nil {
		t.Fatal(err)
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", dir)...).ends(exitIO).warns(dir, "newer filavip")
	}
}

// TestDamagedManifest breaks what a store needs to be opened.
func TestDamagedManifest(t *testing.T) {
	t.Parallel()
	dir, table := processed(t)
	manifests, err := filepath.Glob(filepath.Join(dir, "store", "MANIFEST-*"))
	if err != nil || len(manifests) == 0 {
		t.Fatal("there is no manifest to damage", err)
	}
	for _, file := range manifests {
		if err := os.WriteFile(file, []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range onData() {
		filavip(t, append(args, "--data", dir)...).ends(exitIO).warns(dir, "corrupt", "nothing was deleted")
	}
	if _, err := os.Stat(table); err != nil {
		t.Errorf("commands that could not open the store deleted from it: %v", err)
	}
}
