import { OrderStatusBadge, PriorityBadge } from "../../components/badge";
import { CopyId } from "../../components/copyid";
import type { Column } from "../../components/table";
import { Time } from "../../components/time";
import type { I18n } from "../../i18n/i18n";
import { shortId } from "../../text";
import type { Order } from "../../wire";

/** What is seen of an order in a list: less where there is less room. */
export function orderColumns({ t, f }: I18n, room: "card" | "narrow" | "wide"): Column<Order>[] {
  const names = t.browse.columns;
  const id: Column<Order> = {
    key: "id",
    head: names.id,
    // A card has its id in the drawer, where a finger can hit the button.
    cell: ({ id }) => (room === "card" ? <span class="mono">{shortId(id)}</span> : <CopyId id={id} />),
  };
  const customer: Column<Order> = { key: "cliente", head: names.customer, wide: true, cell: (order) => <span>{order.cliente}</span> };
  const amount: Column<Order> = { key: "valor", head: names.amount, align: "end", cell: (order) => f.money(order.valor) };
  const tier: Column<Order> = { key: "tier", head: names.tier, cell: (order) => t.tier[order.tier] };
  const priority: Column<Order> = { key: "priority", head: names.priority, cell: (order) => <PriorityBadge priority={order.priority} /> };
  const status: Column<Order> = { key: "status", head: names.status, cell: (order) => <OrderStatusBadge status={order.status} /> };
  const attempts: Column<Order> = { key: "attempts", head: names.attempts, align: "end", cell: (order) => f.int(order.attempts) };
  const created: Column<Order> = { key: "createdAt", head: names.created, cell: (order) => <Time at={order.createdAt} /> };
  if (room !== "wide") return [id, customer, amount, priority, status];
  return [id, customer, amount, tier, priority, status, attempts, created];
}
