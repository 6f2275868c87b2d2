import { useApp, useI18n } from "../app";
import { useStore } from "../store";
import type { ToastKind } from "../toasts";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

const looks: Record<ToastKind, [string, IconName]> = {
  ok: ["tone-ok", "check"],
  bad: ["tone-bad", "cross"],
  info: ["", "logs"],
  pending: ["", "clock"],
};

/** The messages at the page's corner. Show one with useApp().toasts. */
export function ToastList() {
  const { toasts } = useApp();
  const { t } = useI18n();
  const list = useStore(toasts.list);
  return (
    <div class="toasts" role="region" aria-label={t.toasts}>
      <div role="status" aria-live="polite" class="stack-small">
        {list.map((toast) => (
          <div key={toast.id} class="toast">
            <span class={looks[toast.kind][0]}>
              <Icon name={looks[toast.kind][1]} />
            </span>
            <span>{toast.text}</span>
            <span class="row">
              {toast.action && (
                <Button
                  small
                  onClick={() => {
                    toast.action?.run();
                    toasts.dismiss(toast.id);
                  }}
                >
                  {toast.action.label}
                </Button>
              )}
              <Button look="plain" icon="close" label={t.act.dismiss} onClick={() => toasts.dismiss(toast.id)} />
            </span>
            {toast.detail && <span class="toast-detail">{toast.detail}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}
