// The real binary, as the tests of a whole system need it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const binary = process.env.FILAVIP ?? fileURLToPath(new URL("../../bin/filavip", import.meta.url));

/** How long to wait for what takes a moment; only a guard against hanging. */
export const patience = 60_000;

/** A port that was free a moment ago: one that stays the same when a server starts anew. */
async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}

/** Starts a server over a directory of its own. `args` are flags of `filavip serve`, `env` comes on top of ours. */
export async function startServer(args = [], env = {}) {
  const dir = await mkdtemp(join(tmpdir(), "filavip-e2e-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child;
  const start = async () => {
    let said = "";
    child = spawn(binary, ["serve", "--port", String(port), "--data", join(dir, "data"), ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    child.stderr.on("data", (text) => (said += text));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${said}`);
      return said.includes("Serving on");
    });
  };
  const end = async (signal) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  await start();
  return {
    url,
    port,
    start,
    /** As the power would: nothing is said to anybody. */
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async close() {
      await end("SIGTERM");
      await rm(dir, { recursive: true, force: true });
    },
    async get(path) {
      const answer = await fetch(url + path);
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    async post(path) {
      const answer = await fetch(url + path, { method: "POST" });
      if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
  };
}

/** Waits until `holds` returns something true, and returns that. */
export async function until(holds, what = "a condition") {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come true`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
