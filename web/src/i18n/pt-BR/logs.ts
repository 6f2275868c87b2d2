import type { Text } from "../i18n";
import { plural } from "../plural";

const lang = "pt-BR";

export const logs: Text["logs"] = {
  level: { error: "erro", warn: "aviso", log: "info", debug: "debug" },
  levels: "Níveis",
  levelName: "Nível",
  column: { log: "Informações", warn: "Avisos", error: "Erros" },
  as: "Linhas como",
  columns: "Colunas",
  stream: "Em sequência",
  search: "Buscar",
  searchHint: "Texto, ou /padrão/",
  searchBad: "Este padrão não pode ser lido",
  category: "Categoria",
  time: "Hora",
  line: "Linha",
  hold: "Pausar",
  go: "Acompanhar",
  download: "Baixar",
  following: "Acompanhando o fim",
  away: "Parado enquanto você lê mais acima",
  held: "Pausado: linhas novas esperam no fim",
  lines: (n, shown) => `${shown} ${plural(lang, n, "linha", "linhas")}`,
  linesOfAll: (shown, all) => `${shown} de ${all} linhas`,
  most: (shown) => `Só as últimas ${shown} ficam aqui.`,
  linesOf: (column) => `Linhas: ${column}`,
  newLines: (n, shown) => `${shown} ${plural(lang, n, "linha nova", "linhas novas")}`,
  toEnd: "Ir para o fim",
  missed: (n, shown) => `${shown} ${plural(lang, n, "linha se perdeu", "linhas se perderam")} aqui`,
  fill: "Recarregar",
  copyLine: "Copiar a linha",
  none: "Nada registrado até agora.",
  noMatch: "Nenhuma linha passa pelo filtro.",
  noPast: (why) => `Não foi possível carregar as linhas anteriores: ${why}`,
};
