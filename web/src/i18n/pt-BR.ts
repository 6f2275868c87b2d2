import type { Text } from "./i18n";
import { browse } from "./pt-BR/browse";
import { charts } from "./pt-BR/charts";
import { common } from "./pt-BR/common";
import { failures } from "./pt-BR/failures";
import { logs } from "./pt-BR/logs";
import { overview } from "./pt-BR/overview";
import { queue } from "./pt-BR/queue";
import { runs } from "./pt-BR/runs";
import { system } from "./pt-BR/system";

export const ptBR: Text = { ...common, overview, charts, browse, queue, failures, runs, logs, system };
