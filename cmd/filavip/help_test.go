package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/filavip/filavip/internal/client"
)

// commands returns every command, by its path.
func commands(root *cobra.Command) map[string]*cobra.Command {
	all := map[string]*cobra.Command{}
	for _, cmd := range root.Commands() {
		all[cmd.CommandPath()] = cmd
		for _, sub := range cmd.Commands() {
			all[sub.CommandPath()] = sub
		}
	}
	return all
}

func TestHelp(t *testing.T) {
	t.Parallel()
	help := filavip(t).ends(exitOK).shows("Process orders:", "Run a server:", "Operate a running server:", "Other:")
	all := commands(newRoot(&console{}))
	for _, name := range []string{
		"serve", "worker", "run", "verify", "bench", "version", "status", "generate", "cancel", "reset", "runs", "logs", "config", "healthcheck", "workers",
		"queue", "queue status", "queue jobs", "queue pause", "queue resume", "queue clean", "queue purge", "queue retry-failed",
		"queue recover-stuck", "queue close", "queue lanes", "queue workers", "orders", "dlq", "dlq groups", "dlq list", "dlq retry", "dlq discard",
	} {
		cmd := all["filavip "+name]
		if cmd == nil {
			t.Errorf("there is no command %q", name)
			continue
		}
		args := append(strings.Fields(name), "--help")
		shown := filavip(t, args...).ends(exitOK).shows("Usage:\n  filavip "+name, "--help").out
		if cmd.Short == "" || !strings.Contains(shown, cmd.Short) && !strings.Contains(shown, cmd.Long) {
			t.Errorf("filavip %s --help does not say what it does:\n%s", name, shown)
		}
		if !strings.Contains(name, " ") && (!strings.Contains(help.out, cmd.Short) || cmd.GroupID == "") {
			t.Errorf("filavip --help does not list %s in a group", name)
		}
	}
	help.shows("completion", "help")
	if strings.Contains(help.out, "Additional Commands") {
		t.Errorf("filavip --help lists commands without a group:\n%s", help.out)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		filavip(t, "completion", shell).ends(exitOK).shows("filavip")
	}
	filavip(t, "completion", "bash", "--help").ends(exitOK).shows("source <(filavip completion bash)")
	filavip(t, "__complete", "queue", "clean", "--state", "").ends(exitOK).shows(strings.Join(jobStates(), "\n"))
	filavip(t, "__complete", "orders", "--status", "").ends(exitOK).shows(strings.Join(statuses(), "\n"))
	filavip(t, "__complete", "orders", "--tier", "").ends(exitOK).shows(strings.Join(tiers(), "\n"))
	filavip(t, "__complete", "orders", "--priority", "").ends(exitOK).shows("VIP\nNORMAL")
	filavip(t, "__complete", "dlq", "").ends(exitOK).shows("discard\t", "retry\t")
	filavip(t, "__complete", "queue", "").ends(exitOK).shows("pause\t", "recover-stuck\t")
}

func TestHelpOnCommands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"help": "Process orders:", "help run": "Usage:\n  filavip run", "help queue pause": "Usage:\n  filavip queue pause",
	} {
		filavip(t, strings.Fields(line)...).ends(exitOK).shows(want)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if flag, command := filavip(t, "--version").ends(exitOK), filavip(t, "version").ends(exitOK); flag.out != command.out {
		t.Errorf("--version shows %q, the command %q", flag.out, command.out)
	}
	filavip(t, "version").ends(exitOK).shows("filavip ", readBuild().Go)
	if got := decoded[build](filavip(t, "version", "-o", "json").ends(exitOK)); got != readBuild() {
		t.Errorf("version -o json = %+v, want %+v", got, readBuild())
	}
}

// TestWrongCommandLines are refused before anything is asked of anyone: there is no
// server here.
func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"nothing":                          `unknown command "nothing" for "filavip"`,
		"rn":                               `unknown command "rn" for "filavip"; did you mean run`,
		"stats":                            `did you mean status?`,
		"help nope":                        `unknown command "nope" for "filavip"`,
		"help stats":                       `did you mean status?`,
		"help queue psue":                  `unknown command "psue" for "filavip queue"; did you mean pause?`,
		"run --quantiy 5":                  "unknown flag: --quantiy; did you mean --quantity?",
		"queue jobs --states failed":       "did you mean --state?",
		"serve --ports 80":                 "did you mean --port?",
		"queue statsu":                     `unknown command "statsu" for "filavip queue"; did you mean status?`,
		"queue zzz":                        `unknown command "zzz" for "filavip queue"`,
		"status --nothing":                 "unknown flag: --nothing",
		"status extra":                     `unexpected argument "extra"`,
		"status -o yaml":                   `--output: "yaml"; allowed: table, json, ndjson`,
		"status --output=":                 `--output: ""; allowed: table, json, ndjson`,
		"status --timeout soon":            `--timeout: "soon"; allowed: a duration such as 5s`,
		"status --timeout 5":               `--timeout: "5"; allowed: a duration such as 5s`,
		"status --timeout -1s":             "--timeout: -1s; allowed: 0 or more",
		"generate -n 0":                    `--quantity: "0"; allowed: a whole number from 1 to`,
		"generate -n -1":                   `--quantity: "-1"`,
		"generate -n +1":                   `--quantity: "+1"`,
		"generate -n 1e6":                  `--quantity: "1e6"`,
		"generate -n 0x10":                 `--quantity: "0x10"`,
		"generate -n １":                    `--quantity: "１"`,
		"generate -n 1.5":                  `--quantity: "1.5"`,
		"generate --quantity=":             `--quantity: ""`,
		"generate -n 99999999999":          `--quantity: "99999999999"`,
		"generate --force=maybe":           `--force: "maybe"; allowed: true or false`,
		"cancel --wait-timeout x":          `--wait-timeout: "x"; allowed: a duration`,
		"cancel --purge=2":                 "--purge",
		"reset":                            "give --yes",
		"runs a b":                         "accepts at most 1 arg",
		"runs --limit 0":                   `--limit: "0"`,
		"runs --limit 201":                 `--limit: "201"; allowed: a whole number from 1 to 200`,
		"logs -n 0":                        `--lines: "0"`,
		"logs -n 10001":                    `--lines: "10001"`,
		"logs --level loud":                `--level: "loud"; allowed: all, info, warn, error`,
		"logs --level all --by-level":      "give one of the two",
		"queue jobs --limit 0":             `--limit: "0"`,
		"queue jobs --start -1":            `--start: "-1"`,
		"queue clean --limit many":         `--limit: "many"`,
		"queue clean --grace -1s":          "--grace: -1s",
		"queue retry-failed --limit 0":     `--limit: "0"`,
		"queue recover-stuck --max-jobs":   "needs an argument",
		"queue recover-stuck --max-jobs=0": `--max-jobs: "0"`,
		"queue lanes extra":                `unexpected argument "extra"`,
		"queue workers -o xml":             `--output: "xml"`,
		"workers extra":                    `unexpected argument "extra"`,
		"workers -o xml":                   `--output: "xml"`,
		"queue purge --dry-run=2":          `--dry-run: "2"; allowed: true or false`,
		"orders a b":                       "accepts at most 1 arg",
		"orders a --tier GOLD":             "an ID shows one order, and --tier finds orders",
		"orders --limit 0":                 `--limit: "0"; allowed: a whole number from 1 to 10000`,
		"orders --limit 10001":             `--limit: "10001"`,
		"orders --tier lead":               `--tier: "lead"; allowed: BRONZE, SILVER, GOLD, DIAMOND`,
		"orders --tier=":                   `--tier: ""; allowed: BRONZE`,
		"orders --priority high":           `--priority: "high"; allowed: VIP, NORMAL`,
		"orders --status done":             `--status: "done"; allowed: pendente, processado, falhou, removido`,
		"orders --run 7":                   `--run: "7"; allowed: latest, all, or the ID of a run`,
		"orders --run=":                    `--run: ""; allowed: latest, all, or the ID of a run`,
		"orders --customer=":               "--customer: it is empty",
		"orders --id=":                     "--id: it is empty",
		"orders --cursor=":                 "--cursor: it is empty",
		"dlq lst":                          `unknown command "lst" for "filavip dlq"; did you mean list?`,
		"dlq -o xml":                       `--output: "xml"`,
		"dlq list extra":                   `unexpected argument "extra"`,
		"dlq list --group=":                "--group: it is empty",
		"dlq list --limit 0":               `--limit: "0"; allowed: a whole number from 1 to 10000`,
		"dlq retry":                        "which dead letters? give the IDs of orders, --group or --all",
		"dlq retry --all=false":            "which dead letters?",
		"dlq retry a --all":                "give one of the three",
		"dlq retry a --group g":            "give one of the three",
		"dlq retry --all --group g":        "give one of the three",
		"dlq retry --group=":               "--group: it is empty",
		"dlq retry --all --limit -1":       `--limit: "-1"; allowed: a whole number from 0 to`,
		"dlq retry é":                      `"é" is no order's ID; allowed: 1 to 64 printable ASCII characters`,
		"dlq discard":                      "which dead letters?",
		"dlq discard a --all --yes":        "give one of the three",
		"dlq discard --all":                "nobody to ask, as standard input is not a terminal; give --yes",
		"verify extra":                     `unexpected argument "extra"; "filavip verify" takes flags alone`,
		"serve --backend-logs false":       "did you mean --backend-logs=false?",
		"run --strict true":                "did you mean --strict=true?",
		"completion nothing":               `unknown command "nothing" for "filavip completion"`,
		"bench --seed x":                   `--seed: "x"; allowed: a whole number from 0 to`,
		"config -o xml":                    `--output: "xml"`,
		"run -o xml":                       `--output: "xml"`,
		"healthcheck -o json":              "unknown shorthand flag",
		"worker --data x":                  "unknown flag: --data",
		"worker 3":                         `unexpected argument "3"`,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			filavip(t, strings.Fields(line)...).ends(exitUsage).says(want)
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	gone := serveApp(t)
	gone.stop()
	for _, line := range remoteLines() {
		gone.does(strings.Fields(line)...).ends(exitUnreachable).says(client.ErrUnreachable.Error(), gone.url, `"filavip serve"`, "FILAVIP_URL")
	}
}

// remoteLines are the commands that talk to a server, with no more flags than they need.
func remoteLines() []string {
	return []string{
		"status", "generate", "generate --wait", "cancel", "reset --yes", "runs", "runs 019ab000-0000-7000-8000-00ffffffffff", "logs", "healthcheck",
		"queue status", "queue jobs", "queue pause", "queue resume", "queue clean", "queue purge", "queue retry-failed",
		"queue recover-stuck", "queue close", "queue lanes", "queue workers", "workers", "orders", "orders --run all", "orders a",
		"dlq", "dlq groups", "dlq list", "dlq retry --all", "dlq retry a", "dlq discard --all --dry-run", "dlq discard --all --yes",
	}
}

// TestTimeout gives no time at all.
func TestTimeout(t *testing.T) {
	t.Parallel()
	s := serveApp(t)
	for _, line := range remoteLines() {
		s.does(append(strings.Fields(line), "--timeout", "1ns")...).ends(exitTimeout).says("--timeout")
	}
}
