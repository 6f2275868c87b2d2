import { defineConfig } from "vite";

// What `npm run dev` talks to. The server says nothing about the page it is asked from
// another port, so the origin is dropped on the way.
const server = process.env["FILAVIP_URL"] ?? "http://127.0.0.1:3000";
const served = ["/pedidos", "/session", "/diagnostics", "/readyz", "/livez", "/socket.io", "/openapi.json", "/metrics"];

export default defineConfig({
  // Relative, so that the page works under any path prefix.
  base: "./",
  build: {
    outDir: "../internal/ui/dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: "es2022",
    // The content security policy allows files of our own and nothing else: no data:
    // scripts, no inline ones.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One file: the views share so much that parts of it, each compressed alone, are an
    // eighth larger together, and all of it is there at once for whoever loses the network.
    rolldownOptions: { input: "src/main.tsx", output: { codeSplitting: false } },
  },
  server: {
    proxy: Object.fromEntries(
      served.map((path) => [path, { target: server, changeOrigin: true, ws: path === "/socket.io", headers: { origin: server } }]),
    ),
  },
});
