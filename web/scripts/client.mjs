// The server hands out the official Socket.IO client, as servers of that kind do: the very
// file that the package has.
import { copyFileSync } from "node:fs";

const from = new URL("../node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url);
const to = new URL("../../internal/realtime/socketio/client/socket.io.min.js", import.meta.url);
copyFileSync(from, to);
