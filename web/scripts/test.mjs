// Bundles test/*.test.ts as the build would, and hands them to node's own test runner.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const outDir = root + "node_modules/.tests";
rmSync(outDir, { recursive: true, force: true });
const names = readdirSync(root + "test").filter((name) => name.endsWith(".test.ts"));
await build({
  root,
  configFile: false,
  logLevel: "warn",
  build: {
    ssr: true,
    outDir,
    target: "node20",
    rolldownOptions: { input: Object.fromEntries(names.map((name) => [name.slice(0, -3), root + "test/" + name])) },
  },
});
const files = readdirSync(outDir).filter((name) => name.endsWith(".test.js") || name.endsWith(".test.mjs"));
const run = spawnSync(process.execPath, ["--test", ...files.map((name) => outDir + "/" + name)], { stdio: "inherit" });
process.exit(run.status ?? 1);
