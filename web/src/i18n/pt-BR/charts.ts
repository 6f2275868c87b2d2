import type { Text } from "../i18n";

export const charts: Text["charts"] = {
  window: { label: "Período mostrado", "5m": "5 minutos", "1h": "1 hora", run: "Execução" },
  throughput: "Vazão",
  depth: "Profundidade da fila",
  settle: "Tempo até concluir",
  failures: "Falhas",
  memory: "Memória",
  unit: { ordersPerSecond: "pedidos/s", orders: "pedidos", ms: "ms", perSecond: "por segundo", bytes: "residente" },
  series: { p50: "p50", p95: "p95", p99: "p99", failed: "pedidos que falharam", rss: "memória" },
  peakMean: (peak, mean) => `pico ${peak} · média ${mean} pedidos/s`,
  empty: "Nada foi medido ainda.",
  emptyText: "Os gráficos ganham um ponto por segundo enquanto o servidor está no ar; uma execução aparece em detalhe.",
};
