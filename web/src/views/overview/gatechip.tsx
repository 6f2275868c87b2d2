import { useI18n } from "../../app";
import { Icon } from "../../components/icon";
import type { Gate } from "../../live/gate";

/** Whether NORMAL may go, and by how much VIP was first. */
export function GateChip({ gate }: { gate: Gate }) {
  const { t, f } = useI18n();
  if (gate.state === "none") return null;
  const shut = gate.state === "shut";
  return (
    <span class="chip gate" title={t.gate.hint}>
      <span class={shut ? "tone-vip" : "tone-ok"}>
        <Icon name={shut ? "lock" : "check"} />
      </span>
      {gate.state === "shut"
        ? !gate.vip
          ? t.gate.shut
          : t.gate.shutWith(f.int(gate.vip))
        : gate.marginMs === undefined
          ? t.gate.open
          : t.gate.margin(f.duration(gate.marginMs))}
    </span>
  );
}
