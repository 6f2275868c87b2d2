import { useState } from "preact/hooks";
import { useApp, useI18n } from "../../app";
import type { ApiError } from "../../api";
import { Button } from "../../components/button";
import { Chips } from "../../components/chips";
import { SelectField, TextField } from "../../components/form";
import { useMedia } from "../../components/table";
import { useResource } from "../../resource";
import { shortId } from "../../text";
import { orderStatuses, tiers, type RunPage } from "../../wire";
import { allRuns, filtersSet, noFilter, priorities, type OrderFilter } from "./filter";
import { useTyped } from "./typed";

/** How many runs the picker offers; any other may stand in the address. */
const offeredRuns = 50;

interface Props {
  filter: OrderFilter;
  latestRun: string | undefined;
  /** What the server said to it. */
  refused: ApiError | undefined;
}

/** What narrows the list; all of it stands in the address. A phone shows the first field, and the others on demand. */
export function Filters({ filter, latestRun, refused }: Props) {
  const { router } = useApp();
  const { t, f } = useI18n();
  const phone = useMedia("(max-width: 639px)");
  const [unfolded, setUnfolded] = useState(false);
  const shown = unfolded || !phone;
  const count = filtersSet(filter);
  const set: SetFilter = (change) => router.setQuery({ ...change, order: undefined });
  const [cliente, setCliente] = useTyped(filter.cliente, (value) => set({ cliente: value }));
  const [id, setId] = useTyped(filter.id, (value) => set({ id: value }));
  return (
    <div class="order-filters" role="search" aria-label={t.browse.filters}>
      <div class="order-fields">
        <TextField
          label={t.browse.customer}
          placeholder={t.browse.customerHint}
          inputMode="search"
          error={refused?.allowed("cliente")}
          value={cliente}
          onValue={setCliente}
          data-search
        />
        {phone && (
          <Button aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
            {count > 0 ? t.browse.filtersSet(f.int(count)) : t.browse.filters}
          </Button>
        )}
        {shown && (
          <TextField
            label={t.browse.id}
            placeholder={t.browse.idHint}
            hint={filter.id && !filter.run ? t.browse.idEverywhere : undefined}
            error={refused?.allowed("id")}
            value={id}
            onValue={setId}
          />
        )}
        {shown && <RunField value={filter.run} latestRun={latestRun} error={refused?.allowed("run")} onValue={(run) => set({ run })} />}
        {shown && (
          <SelectField
            label={t.browse.tier}
            value={filter.tier}
            options={[["", t.act.all], ...tiers.map((tier): [typeof tier, string] => [tier, t.tier[tier]])]}
            onValue={(tier) => set({ tier })}
          />
        )}
      </div>
      {shown && <ChipFilters filter={filter} count={count} set={set} />}
    </div>
  );
}

type SetFilter = (change: Partial<Record<keyof OrderFilter, string | undefined>>) => void;

function ChipFilters({ filter, count, set }: { filter: OrderFilter; count: number; set: SetFilter }) {
  const { t } = useI18n();
  return (
    <div class="order-chips">
      <div class="row">
        <span class="hint" aria-hidden="true">
          {t.browse.status}
        </span>
        <Chips
          label={t.browse.status}
          value={filter.status}
          options={[["", t.act.all] as const, ...orderStatuses.map((status) => [status, t.status[status]] as const)]}
          onValue={(status) => set({ status })}
        />
      </div>
      <div class="row">
        <span class="hint" aria-hidden="true">
          {t.browse.priority}
        </span>
        <Chips
          label={t.browse.priority}
          value={filter.priority}
          options={[["", t.act.all] as const, ...priorities.map((priority) => [priority, t.priority[priority]] as const)]}
          onValue={(priority) => set({ priority })}
        />
      </div>
      {count > 0 && (
        <Button look="plain" icon="close" onClick={() => set(noFilter)}>
          {t.browse.clear}
        </Button>
      )}
    </div>
  );
}

interface RunProps {
  value: string;
  latestRun: string | undefined;
  error: string | undefined;
  onValue(run: string): void;
}

function RunField({ value, latestRun, error, onValue }: RunProps) {
  const { api } = useApp();
  const { t, f } = useI18n();
  const runs = useResource(`runs ${latestRun}`, (signal) => api.get<RunPage>("pedidos/runs", { limit: offeredRuns }, signal));
  const offered = (runs.data?.runs ?? []).map((run): [string, string] => [
    run.runId,
    t.browse.runOption(shortId(run.runId), f.dateTime(run.createdAt), t.orders(run.generated, f.int(run.generated))),
  ]);
  const fixed: [string, string][] = [
    ["", t.browse.latestRun],
    [allRuns, t.browse.allRuns],
  ];
  const known = [...fixed, ...offered].some(([run]) => run === value);
  const strange: [string, string][] = known ? [] : [[value, shortId(value)]];
  return <SelectField label={t.browse.run} value={value} error={error} options={[...fixed, ...strange, ...offered]} onValue={onValue} />;
}
