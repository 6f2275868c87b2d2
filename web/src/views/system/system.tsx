import { useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../../app";
import { Card } from "../../components/card";
import { ErrorState, Loading } from "../../components/states";
import { Button } from "../../components/button";
import { Page } from "../../layout/page";
import { ShortcutHelp } from "../../layout/shortcuts";
import { useTurn } from "../../live/turn";
import { useResource } from "../../resource";
import { reasonOf } from "../../text";
import type { Member, System as SystemRow } from "../../wire";
import { BuildCard, ClientsCard, MemoryCard, StorageCard } from "./cards";
import { FleetCard } from "./fleet";
import { ReadinessCard } from "./readinesscard";
import { Settings } from "./settings";
import "./system.css";

/** Is the server ready, on what does it run, and how is it set up. */
export default function System() {
  const { api, boot } = useApp();
  const { t, f } = useI18n();
  const turn = useTurn(5000, boot.refreshMs);
  const mode = useLive((s) => s.mode);
  const probe = useResource(`probe ${turn}`, (signal) => api.text("readyz", { verbose: "true" }, signal));
  const system = useResource(`system ${turn} ${mode}`, (signal) => api.get<SystemRow>("pedidos/system", {}, signal));
  // Where one process owns the orders there is nothing to list.
  const fleet = useResource(`fleet ${turn} ${mode}`, (signal) =>
    boot.engine === "embedded" ? Promise.resolve([]) : api.get<Member[]>("fleet", {}, signal),
  );
  const { data } = system;
  const gone = !data && system.error !== undefined;
  return (
    <Page title={t.nav.system}>
      <div class="stack">
        {data && system.error && system.failingSince !== undefined && (
          <div class="notice" role="status">
            <span class="grow">{t.system.failing(f.time(system.failingSince))}</span>
            <Button small icon="refresh" onClick={system.reload}>
              {t.act.retry}
            </Button>
          </div>
        )}
        {!(gone && probe.error) && <ReadinessCard probe={probe} known={data?.checks ?? []} />}
        {data && <Facts system={data} />}
        {fleet.data && fleet.data.length > 0 && <FleetCard members={fleet.data} />}
        {!data && !system.error && <Skeleton />}
        {gone && system.error && (
          <Card>
            <ErrorState error={system.error} since={system.failingSince} retry={system.reload} />
          </Card>
        )}
        <Doors
          metricsOff={data?.settings.some((setting) => setting.key === "PROMETHEUS_METRICS" && setting.value === "false") ?? false}
          keyed={data?.settings.some((setting) => setting.key === "FILAVIP_API_KEY" && setting.value !== "") ?? false}
        />
        {data && <Settings settings={data.settings} />}
      </div>
    </Page>
  );
}

function Facts({ system }: { system: SystemRow }) {
  return (
    <div class="system-cards">
      <StorageCard system={system} />
      <MemoryCard system={system} />
      <BuildCard system={system} />
      <ClientsCard system={system} />
    </div>
  );
}

/** Where else to look: what programs read, and the keys; and the way out. */
function Doors({ metricsOff, keyed }: { metricsOff: boolean; keyed: boolean }) {
  const { api, toasts } = useApp();
  const { t } = useI18n();
  const [keys, setKeys] = useState(false);
  const signOut = () =>
    api.session().then(
      () => location.reload(),
      (cause) => toasts.show("bad", reasonOf(cause, t)),
    );
  return (
    <Card title={t.system.doors}>
      <ul class="system-doors">
        <li>
          <a class="button" href={api.url("openapi.json")}>
            {t.system.openapi}
          </a>
          <span class="hint">{t.system.openapiText}</span>
        </li>
        <li>
          {metricsOff ? (
            <b>{t.system.metrics}</b>
          ) : (
            <a class="button" href={api.url("metrics")}>
              {t.system.metrics}
            </a>
          )}
          <span class="hint">{metricsOff ? t.system.metricsOff : t.system.metricsText}</span>
        </li>
        <li>
          <Button onClick={() => setKeys(true)}>{t.system.keys}</Button>
          <span class="hint">{t.system.keysText}</span>
        </li>
        {keyed && (
          <li>
            <Button onClick={() => void signOut()}>{t.signIn.out}</Button>
            <span class="hint">{t.signIn.outText}</span>
          </li>
        )}
      </ul>
      {keys && <ShortcutHelp onClose={() => setKeys(false)} />}
    </Card>
  );
}

/** The page's cards, before there is anything in them. */
function Skeleton() {
  const { t } = useI18n();
  return (
    <>
      <div class="system-cards">
        {[t.system.storage, t.system.memory, t.system.build, t.system.clients].map((title) => (
          <Card key={title} title={title} flush>
            <Loading lines={5} />
          </Card>
        ))}
      </div>
      <Card title={t.system.settings} flush>
        <Loading lines={10} />
      </Card>
    </>
  );
}
