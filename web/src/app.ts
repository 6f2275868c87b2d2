import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "./api";
import type { Boot } from "./boot";
import type { CommandRegistry } from "./commands";
import type { I18n } from "./i18n/i18n";
import type { Keys } from "./keys";
import type { Live } from "./live/connection";
import type { LiveState } from "./live/state";
import type { Router } from "./router/router";
import { useStore, type Store } from "./store";
import type { ThemeControl } from "./theme";
import type { Toasts } from "./toasts";

/** What the page is made of; made once in main.tsx. */
export interface App {
  boot: Boot;
  api: Api;
  live: Live;
  router: Router;
  i18n: Store<I18n>;
  setLanguage(lang: I18n["lang"]): void;
  theme: ThemeControl;
  keys: Keys;
  toasts: Toasts;
  commands: CommandRegistry;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("no App around this component");
  return app;
}

/** The texts and formats of the chosen language: `const { t, f } = useI18n()`. */
export function useI18n(): I18n {
  return useStore(useApp().i18n);
}

/** A part of what the server says: `useLive((s) => s.status.phase)`. */
export function useLive<S>(select: (state: LiveState) => S): S {
  return useStore(useApp().live.state, select);
}
