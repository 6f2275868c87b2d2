import { useI18n } from "../../app";
import { Badge } from "../../components/badge";
import { Card } from "../../components/card";
import { ErrorState, Loading } from "../../components/states";
import type { Resource } from "../../resource";
import { Link } from "../../router/link";
import type { System } from "../../wire";
import { mergeChecks, readChecks, type Check } from "./readiness";

interface Props {
  probe: Resource<{ status: number; text: string }>;
  known: System["checks"];
}

/** Whether the server takes work, check by check, as a load balancer would ask it. */
export function ReadinessCard({ probe, known }: Props) {
  const { t, f } = useI18n();
  const text = t.system;
  if (probe.error || !probe.data) {
    return (
      <Card title={text.readiness} flush>
        {probe.error ? <ErrorState error={probe.error} since={probe.failingSince} retry={probe.reload} /> : <Loading lines={3} />}
      </Card>
    );
  }
  const checks = mergeChecks(readChecks(probe.data.text), known);
  const failing = checks.filter((check) => !check.ok);
  const ready = probe.data.status === 200 && failing.length === 0;
  return (
    <Card title={text.readiness} note={<Word ok={ready} yes={text.ready} no={text.notReady} />}>
      <p class="system-verdict" role="status">
        {ready
          ? text.readyText(checks.length, f.int(checks.length))
          : text.notReadyText(failing.map((check) => check.name).join(", ") || probe.data.text.trim())}{" "}
        {!ready && <Link to="/logs?level=warn">{text.toLog}</Link>}
      </p>
      <ul class="system-checks">
        {checks.map((check) => (
          <li key={check.name}>
            <Word ok={check.ok} yes={text.checkOk} no={text.checkFailed} />
            <span>
              {nameOf(check, text.checks)} <code class="quiet">{check.name}</code>
            </span>
            {check.detail && <span class="hint">{check.detail}</span>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Word({ ok, yes, no }: { ok: boolean; yes: string; no: string }) {
  return (
    <Badge tone={ok ? "ok" : "bad"} icon={ok ? "check" : "cross"}>
      {ok ? yes : no}
    </Badge>
  );
}

/** A check that has no words of its own here goes by the server's name for it. */
function nameOf(check: Check, names: Record<string, string>): string {
  return names[check.name] ?? check.name;
}
