import { createStore, type Store } from "./store";

export type ToastKind = "ok" | "bad" | "info" | "pending";

export interface Toast {
  id: number;
  kind: ToastKind;
  text: string;
  detail?: string;
  /** One thing to do about it, such as taking it back. */
  action?: { label: string; run(): void };
}

export interface Toasts {
  list: Store<readonly Toast[]>;
  show(kind: ToastKind, text: string, more?: Pick<Toast, "detail" | "action">): number;
  /** Says that something is under way; settle it with what came of it. */
  pending(text: string): { done(text: string): void; fail(text: string, detail?: string): void };
  dismiss(id: number): void;
}

const shownMs = 6000;
const most = 4;

export function createToasts(): Toasts {
  const list = createStore<readonly Toast[]>([]);
  let last = 0;
  const dismiss = (id: number) => list.set(list.get().filter((toast) => toast.id !== id));
  const put = (toast: Toast) => {
    const others = list.get().filter((other) => other.id !== toast.id);
    list.set([...others, toast].slice(-most));
    // A failure stays until it is read.
    if (toast.kind === "ok" || toast.kind === "info") setTimeout(() => dismiss(toast.id), shownMs);
  };
  return {
    list,
    dismiss,
    show(kind, text, more = {}) {
      put({ id: ++last, kind, text, ...more });
      return last;
    },
    pending(text) {
      const id = ++last;
      put({ id, kind: "pending", text });
      return {
        done: (what) => put({ id, kind: "ok", text: what }),
        fail: (what, detail) => put({ id, kind: "bad", text: what, ...(detail ? { detail } : {}) }),
      };
    },
  };
}
