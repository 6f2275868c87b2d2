import { plural } from "../plural";

const letters = (n: number, shown: string) => `${shown} dead ${plural(n, "letter", "letters")}`;
const failed = (n: number, shown: string) => `${shown} failed ${plural(n, "order", "orders")}`;
const rest = (n: number, shown: string) => plural(n, "The other dead letter stays.", `The other ${shown} dead letters stay.`);

export const failures = {
  letters,
  rest,
  inGroups: (n: number, shown: string) => `in ${shown} ${plural(n, "group", "groups")}`,
  examined: (shown: string, total: string) => `Grouped are the oldest ${shown} of ${total}.`,
  show: "Show",
  byError: "By error",
  allLetters: "Every letter",
  columns: {
    group: "Error",
    count: "Orders",
    share: "Share",
    first: "First seen",
    last: "Last seen",
    acts: "Actions",
    id: "Order",
    reason: "Error",
    priority: "Priority",
    attempts: "Attempts",
    redriven: "Put back",
    failedAt: "Last failure",
  },
  groupsLabel: "Errors",
  lettersLabel: "Dead letters",
  example: "For example",
  allGroups: "All errors",
  nothing: "Nothing failed",
  nothingText: "Orders that use up their attempts are kept here, to be retried or discarded.",
  groupGone: "No dead letter of this error is left",
  groupGoneText: "They were retried or discarded.",
  since: (first: string, last: string) => `First ${first}, last ${last}`,
  counting: "Counting what this would do",
  none: "There is nothing left to do this to.",
  retry: {
    one: "Retry…",
    group: "Retry the group…",
    all: "Retry all…",
    selected: (shown: string) => `Retry ${shown}…`,
    title: "Put failed orders back?",
    text: (n: number, shown: string) =>
      `Puts ${failed(n, shown)} back into the queue, with all attempts before ${plural(n, "it", "them")}.`,
    confirm: (n: number, shown: string) => `Retry ${shown} ${plural(n, "order", "orders")}`,
    done: (n: number, shown: string) => `${failed(n, shown)} put back into the queue`,
  },
  discard: {
    one: "Discard…",
    group: "Discard the group…",
    all: "Discard all…",
    selected: (shown: string) => `Discard ${shown}…`,
    title: "Discard failed orders?",
    text: (n: number, shown: string) =>
      `Ends ${failed(n, shown)} as removed, for good.`,
    confirm: (n: number, shown: string) => `Discard ${shown} ${plural(n, "order", "orders")}`,
    done: (n: number, shown: string) => `${failed(n, shown)} discarded`,
  },
};
