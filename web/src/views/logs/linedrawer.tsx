import type { ComponentChildren } from "preact";
import { useI18n } from "../../app";
import { Drawer } from "../../components/drawer";
import { Pairs } from "../../components/pairs";
import { Link } from "../../router/link";
import { CopyLine } from "./copyline";
import { readPairs } from "./filter";
import type { Line } from "./lines";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A line in full, its pairs as a list, and the ways it names. */
export function LineDrawer({ line, onClose }: { line: Line; onClose(): void }) {
  const { t, f } = useI18n();
  const iso = new Date(line.at).toISOString();
  const rows: [string, ComponentChildren][] = [
    [
      t.logs.time,
      <time dateTime={iso} title={iso}>
        {f.dateTime(line.at)} <span class="quiet">({iso})</span>
      </time>,
    ],
    [t.logs.levelName, t.logs.level[line.level]],
    [t.logs.category, line.category || "–"],
    ...readPairs(line.data).map(([key, value]): [string, ComponentChildren] => [key, <Value name={key} value={value} />]),
  ];
  return (
    <Drawer title={line.message || t.logs.line} onClose={onClose}>
      <Pairs rows={rows} start />
      <pre class="log-full">{line.text}</pre>
      <div class="row">
        <CopyLine text={line.text} named />
      </div>
    </Drawer>
  );
}

/** Runs and orders lead to their pages. */
function Value({ name, value }: { name: string; value: string }) {
  if (uuid.test(value) && name === "run") return <Link to={"/runs/" + value}>{value}</Link>;
  if (uuid.test(value) && (name === "order" || name === "id")) return <Link to={"/browse?id=" + value}>{value}</Link>;
  return <span class="mono">{value}</span>;
}
