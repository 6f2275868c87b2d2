import { useApp, useI18n } from "../../app";
import { Card } from "../../components/card";
import { ErrorState, Loading } from "../../components/states";
import { Stepper } from "../../components/stepper";
import { stepsOfRun } from "../../live/steps";
import { Page } from "../../layout/page";
import { useResource } from "../../resource";
import { useStore } from "../../store";
import { shortId } from "../../text";
import type { Run as RunRow } from "../../wire";

export default function Run() {
  const { api, router } = useApp();
  const { t } = useI18n();
  const id = useStore(router.location, (at) => at.runId ?? "");
  const run = useResource(id, (signal) => api.get<RunRow>("pedidos/runs/" + encodeURIComponent(id), {}, signal));
  return (
    <Page title={t.overview.run(shortId(id))} ownPhases>
      <Card title={t.overview.phases} flush>
        {run.data ? <Stepper steps={stepsOfRun(run.data)} /> : run.error ? <ErrorState error={run.error} retry={run.reload} /> : <Loading />}
      </Card>
    </Page>
  );
}
