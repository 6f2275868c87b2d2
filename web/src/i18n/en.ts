import { browse } from "./en/browse";
import { charts } from "./en/charts";
import { common } from "./en/common";
import { failures } from "./en/failures";
import { logs } from "./en/logs";
import { overview } from "./en/overview";
import { queue } from "./en/queue";
import { runs } from "./en/runs";
import { system } from "./en/system";

// One file per view. A text with figures in it is a function of the figures, as texts.
export const en = { ...common, overview, charts, browse, queue, failures, runs, logs, system };
