import type { Text } from "../i18n";
import { plural } from "../plural";

const letters = (n: number, shown: string) => `${shown} dead ${plural(n, "letter", "letters")}`;
const failed = (n: number, shown: string) => `${shown} ${plural(n, "pedido que falhou", "pedidos que falharam")}`;
const rest = (n: number, shown: string) =>
  plural(n, "A outra dead letter fica.", `As outras ${shown} dead letters ficam.`);

export const failures: Text["failures"] = {
  letters,
  rest,
  inGroups: (n, shown) => `em ${shown} ${plural(n, "grupo", "grupos")}`,
  examined: (shown, total) => `Agrupadas as ${shown} mais antigas de ${total}.`,
  show: "Mostrar",
  byError: "Por erro",
  allLetters: "Uma a uma",
  columns: {
    group: "Erro",
    count: "Pedidos",
    share: "Proporção",
    first: "Primeira vez",
    last: "Última vez",
    acts: "Ações",
    id: "Pedido",
    reason: "Erro",
    priority: "Prioridade",
    attempts: "Tentativas",
    redriven: "Devolvido",
    failedAt: "Última falha",
  },
  groupsLabel: "Erros",
  lettersLabel: "Dead letters",
  example: "Por exemplo",
  allGroups: "Todos os erros",
  nothing: "Nada falhou",
  nothingText: "Pedidos que esgotam as tentativas ficam aqui, para tentar de novo ou descartar.",
  groupGone: "Não resta nenhuma dead letter deste erro",
  groupGoneText: "Voltaram à fila ou foram descartadas.",
  since: (first, last) => `Primeira vez ${first}, última ${last}`,
  counting: "Contando os pedidos afetados",
  none: "Não resta nenhum pedido a que isto se aplique.",
  retry: {
    one: "Tentar de novo…",
    group: "Tentar o grupo de novo…",
    all: "Tentar todos de novo…",
    selected: (shown) => `Tentar ${shown} de novo…`,
    title: "Devolver à fila o que falhou?",
    text: (n, shown) =>
      `Devolve à fila ${failed(n, shown)}, com todas as tentativas de novo à disposição.`,
    confirm: (n, shown) => `Tentar ${shown} ${plural(n, "pedido", "pedidos")} de novo`,
    done: (n, shown) => `De volta à fila: ${failed(n, shown)}`,
  },
  discard: {
    one: "Descartar…",
    group: "Descartar o grupo…",
    all: "Descartar todos…",
    selected: (shown) => `Descartar ${shown}…`,
    title: "Descartar o que falhou?",
    text: (n, shown) => `Encerra ${failed(n, shown)} como removido, para sempre.`,
    confirm: (n, shown) => `Descartar ${shown} ${plural(n, "pedido", "pedidos")}`,
    done: (n, shown) => `Descartado: ${failed(n, shown)}`,
  },
};
