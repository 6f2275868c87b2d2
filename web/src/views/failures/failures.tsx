import { useState } from "preact/hooks";
import { useApp, useI18n } from "../../app";
import { useCommands } from "../../commands";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Chips } from "../../components/chips";
import { Icon } from "../../components/icon";
import { Empty, ErrorState, Loading } from "../../components/states";
import { useMedia } from "../../components/table";
import { Time } from "../../components/time";
import { Page } from "../../layout/page";
import { useTurn } from "../../live/turn";
import { useResource } from "../../resource";
import { useQueryValue } from "../../router/query";
import { Link } from "../../router/link";
import "../../styles/browse.css";
import "../../styles/failures.css";
import type { DeadLetterGroup, DeadLetterGroups } from "../../wire";
import { ActDialog, type Act, type Target } from "./act";
import { GroupTable } from "./groups";
import { Letters } from "./letters";

/** What used up its attempts: what failed alike together, to be retried or discarded. */
export default function Failures() {
  const { api, router, boot } = useApp();
  const { t, f } = useI18n();
  const [group] = useQueryValue("group");
  const [list] = useQueryValue("list");
  const [done, setDone] = useState(0);
  const [act, setAct] = useState<Act | undefined>();
  const live = useTurn(Math.max(2000, boot.refreshMs), Math.max(10_000, boot.refreshMs));
  const turn = done + live;
  const groups = useResource(`groups ${turn}`, (signal) => api.get<DeadLetterGroups>("pedidos/queue/dead-letter/groups", {}, signal));
  const { data } = groups;
  const one = data?.groups.find((row) => row.group === group);
  const card = useMedia("(max-width: 639px)");
  const byLetter = list === "all" || group !== "";
  useCommands(
    data && data.total > 0 && !group
      ? (["retry", "discard"] as const).map((name) => ({
          id: `${name}-all`,
          title: t.failures[name].all,
          run: () => setAct({ name, target: { all: true } }),
        }))
      : [],
  );
  const actsOnAll = data && data.total > 0 && !group && <Acts target={{ all: true }} of="all" onAct={setAct} />;
  return (
    <Page title={t.nav.failures} actions={!card && actsOnAll}>
      {group && <GroupHead group={group} known={one} gone={data !== undefined && !one && data.examined >= data.total} onAct={setAct} />}
      <Card flush>
        {!group && data && data.total > 0 && (
          <div class="failures-head">
            <p class="figures">
              <Link to="/failures?list=all">
                <b>{t.failures.letters(data.total, f.int(data.total))}</b>
              </Link>{" "}
              {t.failures.inGroups(data.count, f.int(data.count))}
              {data.examined < data.total && <span class="quiet"> {t.failures.examined(f.int(data.examined), f.int(data.total))}</span>}
            </p>
            <Chips
              label={t.failures.show}
              value={byLetter ? "all" : ""}
              options={[
                ["", t.failures.byError],
                ["all", t.failures.allLetters],
              ]}
              onValue={(list) => router.setQuery({ list, order: undefined }, { push: true })}
            />
            {card && <div class="row">{actsOnAll}</div>}
          </div>
        )}
        {byLetter && <Letters group={group} turn={turn} onAct={setAct} />}
        {!byLetter && !data && groups.error && <ErrorState error={groups.error} since={groups.failingSince} retry={groups.reload} />}
        {!byLetter && !data && !groups.error && (
          <div class="order-skeleton">
            <Loading lines={6} />
          </div>
        )}
        {!byLetter && data && data.total === 0 && <NothingFailed />}
        {!byLetter && data && data.total > 0 && (
          <GroupTable groups={data} onOpen={(group) => router.setQuery({ group }, { push: true })} onAct={setAct} />
        )}
      </Card>
      {act && <ActDialog act={act} total={data?.total ?? 0} onDone={() => setDone(done + 1)} onClose={() => setAct(undefined)} />}
    </Page>
  );
}

function Acts({ target, of, onAct }: { target: Target; of: "all" | "group"; onAct(act: Act): void }) {
  const { t } = useI18n();
  return (
    <>
      <Button look="danger" icon="trash" onClick={() => onAct({ name: "discard", target })}>
        {t.failures.discard[of]}
      </Button>
      <Button icon="undo" onClick={() => onAct({ name: "retry", target })}>
        {t.failures.retry[of]}
      </Button>
    </>
  );
}

/** One error: what is known of it beyond its letters. */
function GroupHead({ group, known, gone, onAct }: { group: string; known: DeadLetterGroup | undefined; gone: boolean; onAct(act: Act): void }) {
  const { t, f } = useI18n();
  return (
    <div class="group-head">
      <Link to="/failures" class="group-back">
        <Icon name="chevron" />
        {t.failures.allGroups}
      </Link>
      <div class="group-title">
        <h2 class="mono">{group}</h2>
        <span class="grow" />
        {!gone && (
          <span class="row">
            <Acts target={{ group }} of="group" onAct={onAct} />
          </span>
        )}
      </div>
      {known && (
        <p class="quiet figures">
          <b>{t.failures.letters(known.count, f.int(known.count))}</b>, {t.failures.columns.first.toLowerCase()} <Time at={known.first} as="relative" />,{" "}
          {t.failures.columns.last.toLowerCase()} <Time at={known.last} as="relative" />
        </p>
      )}
      {known && known.example !== group && (
        <p class="quiet">
          {t.failures.example}: <code>{known.example}</code>
        </p>
      )}
    </div>
  );
}

function NothingFailed() {
  const { t } = useI18n();
  return (
    <div class="nothing-failed">
      <span class="way-mark tone-ok">
        <Icon name="check" />
      </span>
      <Empty title={t.failures.nothing} text={t.failures.nothingText} />
    </div>
  );
}
