import type { CSSProperties } from "preact";
import { useI18n } from "../app";
import type { Step } from "../live/steps";
import type { Phase } from "../wire";

const lanes: Record<Phase, string> = {
  IDLE: "lane-end",
  GENERATING: "lane-gen",
  ENQUEUE_VIP: "lane-vip",
  WAITING_VIP_DRAIN: "lane-vip",
  ENQUEUE_NORMAL: "lane-normal",
  WAITING_NORMAL_DRAIN: "lane-normal",
  DONE: "lane-end",
  ERROR: "lane-end",
};

interface Props {
  steps: readonly Step[];
  /** Under the last step, such as the forecast. */
  endNote?: string | undefined;
  /** The last step's name where it is another than the phase's. */
  endName?: string | undefined;
}

/** The phases of a run with the time in each; the steps come from stepsOfStatus or stepsOfRun. */
export function Stepper({ steps, endNote, endName }: Props) {
  const { t, f } = useI18n();
  return (
    <ol class="steps figures">
      {steps.map((step, i) => {
        const last = i === steps.length - 1;
        const time = step.ms === undefined ? "" : step.state === "now" ? t.soFar(f.duration(step.ms)) : f.duration(step.ms);
        return (
          <li
            key={i}
            class={"step " + lanes[step.phase]}
            data-state={step.state}
            style={share(step)}
            aria-current={step.state === "now" ? "step" : undefined}
          >
            <span class="step-mark" />
            <span class="step-name">
              {(last && endName) || t.phase[step.phase]}
              <span class="hidden-text">, {t.stepState[step.state]}</span>
            </span>
            <span class="step-time">{last ? endNote : time}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** The same in a line, for a page's header. */
export function SmallStepper({ steps }: { steps: readonly Step[] }) {
  const { t } = useI18n();
  const now = steps.find((step) => step.state === "now" || step.state === "failed") ?? steps.at(-1);
  return (
    <>
      {steps.slice(0, -1).map((step, i) => (
        <span key={i} class={"step " + lanes[step.phase]} data-state={step.state} style={share(step)} />
      ))}
      <b>{now && t.phase[now.phase]}</b>
    </>
  );
}

function share(step: Step): CSSProperties | undefined {
  return step.state === "now" ? ({ "--p": `${Math.round(step.share * 100)}%` } as CSSProperties) : undefined;
}
