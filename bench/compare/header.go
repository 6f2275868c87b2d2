package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// header says what was measured, on what.
type header struct {
	Database string `json:"database"`
	Redis    string `json:"redis"`
	Machine  string `json:"machine"`
	Go       string `json:"go"`
	Node     string `json:"node"`
	Commit   string `json:"commit"`
}

func (b *bench) header(ctx context.Context) header {
	return header{
		Database: b.servers.describeMongo(ctx),
		Redis:    b.servers.describeRedis(ctx),
		Machine:  fmt.Sprintf("%d CPUs, %s, %s/%s, shared by all processes", runtime.NumCPU(), cpuModel(), runtime.GOOS, runtime.GOARCH),
		Go:       strings.TrimPrefix(runtime.Version(), "go"),
		Node:     b.describeNode(ctx),
		Commit:   b.commit(ctx),
	}
}

func (s *servers) describeMongo(ctx context.Context) string {
	var info struct {
		Version string `bson:"version"`
	}
	var hello struct {
		SetName string `bson:"setName"`
	}
	admin := s.mongo.Database("admin")
	_ = admin.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&info) // a server may keep it to itself
	_ = admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	kind := "standalone"
	if hello.SetName != "" {
		kind = "replica set " + hello.SetName
	}
	if s.double != nil {
		return "a test double (mongotest), which keeps everything in memory; no MongoDB"
	}
	return fmt.Sprintf("MongoDB %s, %s", orUnknown(info.Version), kind)
}

func (s *servers) describeRedis(ctx context.Context) string {
	info, _ := s.redis.Info(ctx, "server").Result()
	version := regexp.MustCompile(`redis_version:(\S+)`).FindStringSubmatch(info)
	if version == nil {
		return orUnknown("")
	}
	if s.ownRedis != nil {
		return version[1] + ", append-only file synced every second"
	}
	return version[1]
}

// describeNode names the versions of Node and of the libraries that are installed.
func (b *bench) describeNode(ctx context.Context) string {
	version, _ := exec.CommandContext(ctx, "node", "--version").Output()
	all := []string{orUnknown(strings.TrimPrefix(strings.TrimSpace(string(version)), "v"))}
	for _, library := range []string{"bull", "ioredis", "mongodb"} {
		var manifest struct {
			Version string `json:"version"`
		}
		content, err := os.ReadFile(filepath.Join(b.bull(), "node_modules", library, "package.json"))
		if err == nil && json.Unmarshal(content, &manifest) == nil {
			all = append(all, library+" "+manifest.Version)
		}
	}
	return strings.Join(all, ", ")
}

func (b *bench) commit(ctx context.Context) string {
	git := func(args ...string) string {
		out, _ := exec.CommandContext(ctx, "git", append([]string{"-C", b.root}, args...)...).Output()
		return strings.TrimSpace(string(out))
	}
	commit := orUnknown(git("rev-parse", "--short", "HEAD"))
	if git("status", "--porcelain", "--untracked-files=no") != "" {
		commit += " with changes"
	}
	return commit
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return orUnknown("")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return orUnknown("")
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
