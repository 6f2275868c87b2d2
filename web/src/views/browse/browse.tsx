import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../../app";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Menu, MenuItem } from "../../components/menu";
import { useRoom } from "../../components/room";
import { Empty, ErrorState, Loading } from "../../components/states";
import { Table, useMedia } from "../../components/table";
import { useKeyset, type KeysetWalk, type WalkLimits, type WalkView } from "../../keyset";
import { Page } from "../../layout/page";
import { useTurn } from "../../live/turn";
import { Link } from "../../router/link";
import { useStore } from "../../store";
import "../../styles/browse.css";
import type { Order, OrderPage } from "../../wire";
import { orderColumns } from "./columns";
import { download } from "./download";
import { toCsv, toNdjson } from "./export";
import { allRuns, filterParams, isNarrowed, noFilter, readFilter } from "./filter";
import { Filters } from "./filters";
import { ListFoot } from "./listfoot";
import { OrderDrawer } from "./story";

const pageSize = 100;
const limits: WalkLimits = { wanted: 50, pages: 40, rows: 2000 };

/** The orders themselves, found by what they are. */
export default function Browse() {
  const { api, router, boot } = useApp();
  const i18n = useI18n();
  const { t } = i18n;
  const query = useStore(router.location, (at) => at.query);
  const filter = readFilter(query);
  const latestRun = useLive((s) => s.status.lastRunId);
  const params = filterParams(filter, latestRun);
  const { walk, ...view } = useKeyset<Order>(
    JSON.stringify(params),
    async (cursor, signal) => {
      const page = await api.get<OrderPage>("pedidos/orders", { ...params, limit: pageSize, cursor }, signal);
      return { rows: page.orders, nextCursor: page.nextCursor, examined: page.examined };
    },
    limits,
  );
  const moved = useFollow(walk, view, Math.max(2000, boot.refreshMs));
  const [topped, setTopped] = useState(0);
  const opened = query.get("order") ?? "";
  const open = (order: Order) => router.setQuery({ order: order.id }, { push: !opened });
  const card = useMedia("(max-width: 639px)");
  const narrow = useMedia("(max-width: 1079px)");
  const height = useRoom(card ? 220 : narrow ? 392 : 316);
  return (
    <Page
      title={t.nav.browse}
      note={
        moved && (
          <span class="row">
            <span class="quiet">{t.browse.moved}</span>
            <Button small icon="refresh" onClick={() => walk.restart()}>
              {t.browse.refresh}
            </Button>
          </span>
        )
      }
      actions={view.rows.length > 0 && <Download orders={view.rows} />}
    >
      <Card flush>
        <Filters filter={filter} latestRun={latestRun} refused={view.error} />
        <Table
          key={`${JSON.stringify(params)} ${topped}`}
          label={t.nav.browse}
          columns={orderColumns(i18n, card ? "card" : narrow ? "narrow" : "wide")}
          rows={view.rows}
          rowKey={(order) => order.id}
          onOpen={open}
          onEnd={view.state === "more" ? () => walk.more() : undefined}
          height={height}
          empty={<NoRows view={view} walk={walk} narrowed={isNarrowed(filter) || (filter.run !== "" && filter.run !== allRuns)} />}
        />
        {(view.rows.length > 0 || view.state === "walking") && <ListFoot view={view} walk={walk} most={limits.rows} onJump={() => setTopped(topped + 1)} />}
      </Card>
      {opened && <OrderDrawer id={opened} onClose={() => router.setQuery({ order: undefined })} />}
    </Page>
  );
}

/**
 * Loads the list again while it is one cheap page; a longer one would be pulled from under
 * the reader. Returns whether it has been left as it was although the figures moved.
 */
function useFollow<T>(walk: KeysetWalk<T>, view: WalkView<T>, throttleMs: number): boolean {
  const turn = useTurn(throttleMs);
  const seen = useRef(turn);
  const [behind, setBehind] = useState(false);
  const cheap = view.rows.length <= pageSize && view.skipped === 0 && view.examined <= 10_000;
  useEffect(() => {
    if (turn === seen.current) return;
    seen.current = turn;
    if (view.state === "walking") return;
    if (cheap) walk.restart();
    else setBehind(true);
  }, [turn]);
  useEffect(() => setBehind(false), [walk, view.examined < 1, cheap]);
  return behind && !cheap;
}

function NoRows<T>({ view, walk, narrowed }: { view: WalkView<T>; walk: KeysetWalk<T>; narrowed: boolean }) {
  const { router } = useApp();
  const { t, f } = useI18n();
  const searched = t.orders(view.examined, f.int(view.examined));
  if (view.error?.status === 400) {
    return (
      <Empty title={t.browse.refused} text={view.error.message}>
        <Button onClick={() => router.setQuery(noFilter)}>{t.browse.clear}</Button>
      </Empty>
    );
  }
  if (view.state === "failed" && view.error) return <ErrorState error={view.error} since={view.failingSince} retry={() => walk.more()} />;
  if (view.state === "walking") {
    return (
      <div class="order-skeleton">
        <Loading lines={10} />
      </div>
    );
  }
  if (view.state !== "end") {
    return (
      <Empty title={t.browse.noMatchYet} text={t.browse.noMatchText(searched)}>
        <Button look="primary" onClick={() => walk.more()}>
          {t.browse.list.goOn}
        </Button>
      </Empty>
    );
  }
  if (narrowed) {
    return (
      <Empty title={t.browse.noMatch} text={t.browse.noMatchText(searched)}>
        <Button onClick={() => router.setQuery(noFilter)}>{t.browse.clear}</Button>
      </Empty>
    );
  }
  return (
    <Empty title={t.browse.none} text={t.browse.noneText}>
      <Link to="/" class="button">
        {t.browse.toOverview}
      </Link>
    </Empty>
  );
}

/** What is loaded, as a file. */
function Download({ orders }: { orders: readonly Order[] }) {
  const { t, f } = useI18n();
  const count = t.orders(orders.length, f.int(orders.length));
  return (
    <Menu label={t.browse.download} icon="down" text={t.browse.download}>
      <MenuItem run={() => download("orders.csv", "text/csv", toCsv(orders))}>{t.browse.csv(count)}</MenuItem>
      <MenuItem run={() => download("orders.ndjson", "application/x-ndjson", toNdjson(orders))}>{t.browse.ndjson(count)}</MenuItem>
    </Menu>
  );
}
