// Fails when what a browser must load for the whole dashboard is over budget.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budget = 120 * 1024;
const dir = new URL("../../internal/ui/dist/assets/", import.meta.url);
let total = 0;
for (const name of readdirSync(dir).sort()) {
  if (!/\.(js|css)$/.test(name)) continue;
  const size = gzipSync(readFileSync(new URL(name, dir)), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${name}`);
}
console.log(`${(total / 1024).toFixed(1).padStart(8)} KB  of ${budget / 1024} KB, gzip`);
if (total > budget) {
  console.error("The dashboard is over its budget.");
  process.exit(1);
}
