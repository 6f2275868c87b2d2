import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Api } from "../api";
import { Button } from "../components/button";
import { TextField } from "../components/form";
import type { I18n } from "../i18n/i18n";
import { useStore, type Store } from "../store";
import { reasonOf } from "../text";

/** Asks for the server's key, in place of everything else. */
export function SignIn({ api, i18n, onDone }: { api: Api; i18n: Store<I18n>; onDone(): void }) {
  const { t } = useStore(i18n);
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const form = useRef<HTMLFormElement>(null);
  const focus = () => form.current?.querySelector("input")?.focus();
  useLayoutEffect(focus, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await api.session(key.trim());
      onDone();
    } catch (cause) {
      setError(reasonOf(cause, t));
      setBusy(false);
      focus();
    }
  };
  return (
    <main class="sign-in">
      <form ref={form} class="card card-body stack" onSubmit={(event) => void submit(event)}>
        <h1>{t.signIn.title}</h1>
        <TextField label={t.signIn.key} hint={t.signIn.hint} error={error} value={key} onValue={setKey} secret />
        <Button type="submit" look="primary" disabled={busy}>
          {t.signIn.act}
        </Button>
      </form>
    </main>
  );
}
