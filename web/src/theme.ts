import { readCookie, writeCookie } from "./cookie";
import { createStore, type Store } from "./store";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export interface ThemeControl {
  chosen: Store<Theme>;
  /** What is shown now; changes with the system where that was chosen. */
  shown: Store<"light" | "dark">;
  choose(theme: Theme): void;
  /** From light to dark and back, whatever was chosen. */
  toggle(): void;
}

const cookie = "filavip_theme";

/** Applies the stored choice to the document and follows the system. */
export function createTheme(): ThemeControl {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const stored = readCookie(cookie);
  const chosen = createStore<Theme>(stored === "light" || stored === "dark" ? stored : "system");
  const resolve = () => {
    const theme = chosen.get();
    return theme === "system" ? (prefersDark.matches ? "dark" : "light") : theme;
  };
  const shown = createStore(resolve());
  const apply = () => {
    const now = resolve();
    document.documentElement.dataset["theme"] = now;
    shown.set(now);
  };
  const choose = (theme: Theme) => {
    chosen.set(theme);
    writeCookie(cookie, theme === "system" ? "" : theme);
    apply();
  };
  prefersDark.addEventListener("change", apply);
  apply();
  return { chosen, shown, choose, toggle: () => choose(shown.get() === "dark" ? "light" : "dark") };
}
