import type { ComponentChildren } from "preact";
import { useI18n } from "../../app";
import { Badge } from "../../components/badge";
import { Card } from "../../components/card";
import { CopyId } from "../../components/copyid";
import { Pairs } from "../../components/pairs";
import { Time } from "../../components/time";
import { Link } from "../../router/link";
import type { System } from "../../wire";

interface Props {
  system: System;
}

/** Where the orders are, and how much room there is. */
export function StorageCard({ system }: Props) {
  const { t, f } = useI18n();
  const text = t.system.fields;
  const { path, diskBytes, freeBytes, orders, runs, l0Files } = system.storage;
  const rows: [string, ComponentChildren][] = [
    [text.orders, orders === 0 ? "0" : <Link to="/browse">{f.int(orders)}</Link>],
    [text.runs, runs === 0 ? "0" : <Link to="/runs">{f.int(runs)}</Link>],
  ];
  if (diskBytes > 0) {
    rows.push([text.disk, f.bytes(diskBytes)], [text.perOrder, orders > 0 ? f.bytes(diskBytes / orders) : "–"]);
  }
  if (system.engine === "embedded") {
    rows.push([text.free, freeBytes > 0 ? f.bytes(freeBytes) : t.unknown], [text.path, <CopyId id={path} full />]);
    if (l0Files !== undefined) rows.push([text.l0, <span title={t.system.l0Hint}>{f.int(l0Files)}</span>]);
  } else if (path) {
    rows.push([text.database, <CopyId id={path} full />]);
  }
  return (
    <Card title={t.system.storage}>
      {freeBytes > 0 && <Meter share={diskBytes / (diskBytes + freeBytes)} label={t.system.used(f.bytes(diskBytes), f.bytes(freeBytes))} />}
      <Pairs rows={rows} />
    </Card>
  );
}

function Meter({ share, label }: { share: number; label: string }) {
  return (
    <div class="system-meter" role="img" aria-label={label} title={label}>
      <span style={{ width: `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%` }} />
    </div>
  );
}

export function MemoryCard({ system }: Props) {
  const { t, f } = useI18n();
  const text = t.system.fields;
  return (
    <Card title={t.system.memory}>
      <Pairs
        rows={[
          [text.rss, system.memory.rss > 0 ? f.bytes(system.memory.rss) : t.unknown],
          [text.workers, <Link to="/queue">{f.int(system.workers)}</Link>],
          [text.maxOrders, f.int(system.maxOrders)],
          [text.engine, system.engine],
          [text.started, <Time at={system.startedAt} />],
          [text.uptime, f.duration(Math.max(1, system.uptimeSeconds) * 1000)],
        ]}
      />
    </Card>
  );
}

/** A build from outside a repository says that it does not know its revision. */
function known(revision: string): boolean {
  return revision !== "" && revision !== "unknown";
}

export function BuildCard({ system }: Props) {
  const { t } = useI18n();
  const text = t.system.fields;
  return (
    <Card title={t.system.build}>
      <Pairs
        rows={[
          [text.version, system.version || t.unknown],
          [text.revision, known(system.revision) ? <CopyId id={system.revision} /> : t.unknown],
          [text.go, system.goVersion.replace(/^go/, "")],
          [text.platform, `${system.os}/${system.arch}`],
          [text.pid, <span class="mono">{system.pid}</span>],
        ]}
      />
    </Card>
  );
}

/** Who watches, and what the server had to do to those too slow for it. */
export function ClientsCard({ system }: Props) {
  const { t, f } = useI18n();
  const text = t.system.fields;
  const { clients, cut, droppedLines, sockets, sse } = system.realtime;
  const loss = (n: number) =>
    n === 0 ? (
      "0"
    ) : (
      <Badge tone="warn" icon="warn">
        {f.int(n)}
      </Badge>
    );
  return (
    <Card title={t.system.clients}>
      <Pairs
        rows={[
          [text.connected, f.int(clients)],
          [text.websocket, f.int(sockets.websocket)],
          [text.polling, f.int(sockets.polling)],
          [text.sse, f.int(sse)],
          [text.cut, <span title={t.system.cutHint}>{loss(cut)}</span>],
          [text.dropped, loss(droppedLines)],
        ]}
      />
    </Card>
  );
}
