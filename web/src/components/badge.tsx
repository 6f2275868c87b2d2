import type { ComponentChildren } from "preact";
import { useI18n } from "../app";
import type { OrderStatus, Priority, RunState } from "../wire";
import { Icon, type IconName } from "./icon";

export type Tone = "ok" | "bad" | "warn" | "vip" | "normal" | "gen" | "grey";

interface Props {
  tone?: Tone;
  icon?: IconName;
  title?: string;
  children: ComponentChildren;
}

/** A state in a word. Outcomes and health have an icon, so that colour is never alone. */
export function Badge({ tone = "grey", icon, title, children }: Props) {
  return (
    <span class={"badge tone-" + tone} title={title}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

export function PriorityBadge({ priority }: { priority: Priority }) {
  const { t } = useI18n();
  return <Badge tone={priority === "VIP" ? "vip" : "normal"}>{t.priority[priority]}</Badge>;
}

const orderLooks: Record<OrderStatus, [Tone, IconName]> = {
  pendente: ["grey", "clock"],
  processado: ["ok", "check"],
  falhou: ["bad", "cross"],
  removido: ["grey", "dash"],
};

export function OrderStatusBadge({ status }: { status: OrderStatus }) {
  const { t } = useI18n();
  const [tone, icon] = orderLooks[status];
  return (
    <Badge tone={tone} icon={icon}>
      {t.status[status]}
    </Badge>
  );
}

const runLooks: Record<RunState, [Tone, IconName]> = {
  running: ["normal", "play"],
  completed: ["ok", "check"],
  cancelled: ["warn", "dash"],
  failed: ["bad", "cross"],
};

export function RunStateBadge({ state }: { state: RunState }) {
  const { t } = useI18n();
  const [tone, icon] = runLooks[state];
  return (
    <Badge tone={tone === "normal" ? "grey" : tone} icon={icon}>
      {t.runState[state]}
    </Badge>
  );
}
