import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useI18n, useLive } from "../app";
import { useCommands } from "../commands";
import { Loading } from "../components/states";
import { ToastList } from "../components/toasts";
import { languages } from "../i18n/i18n";
import { useKeys } from "../keys";
import { pathOf, viewNames } from "../router/router";
import { useStore } from "../store";
import { themes } from "../theme";
import { Nav } from "./nav";
import { NotFound } from "./notfound";
import { Page } from "./page";
import { CommandPalette } from "./palette";
import { ShortcutHelp } from "./shortcuts";
import { loaders, viewKeys } from "./views";

/** The whole page: navigation, the view, and what floats above them. */
export function Shell() {
  const { t } = useI18n();
  const [open, setOpen] = useState<"palette" | "keys" | undefined>();
  usePageKeys(setOpen);
  return (
    <>
      <a class="skip" href="#main">
        {t.nav.skip}
      </a>
      <div class="frame">
        <Nav />
        <main id="main" class="content" tabIndex={-1}>
          <View />
        </main>
      </div>
      <PhaseNews />
      <ToastList />
      {open === "palette" && <CommandPalette onClose={() => setOpen(undefined)} />}
      {open === "keys" && <ShortcutHelp onClose={() => setOpen(undefined)} />}
    </>
  );
}

/** The view of the address, loaded when it is first wanted. */
function View() {
  const { router } = useApp();
  const { t } = useI18n();
  const name = useStore(router.location, (at) => (at.runId ? "run" : at.view));
  const [loaded, setLoaded] = useState<{ name: string; View: ComponentType } | undefined>();
  const first = useRef(true);
  useEffect(() => {
    if (name === "none") return;
    let wanted = true;
    const show = (View: ComponentType) => wanted && setLoaded({ name, View });
    loaders[name]().then(
      (module) => show(module.default),
      // A chunk that is gone belongs to a server that was replaced: the new page has new names.
      () => wanted && location.reload(),
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  useEffect(() => {
    // A change of view moves the focus to its heading, as a page load would.
    if (!loaded) return;
    if (!first.current) document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    first.current = false;
  }, [loaded?.name]);
  if (name === "none") return <NotFound />;
  if (!loaded || loaded.name !== name) {
    return (
      <Page title={t.nav[name === "run" ? "runs" : name]}>
        <Loading lines={8} />
      </Page>
    );
  }
  return <loaded.View />;
}

/** Says each phase change to those who do not see it. */
function PhaseNews() {
  const { t } = useI18n();
  const phase = useLive((s) => s.status.state.memoryPhase);
  const first = useRef(phase);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (phase !== first.current) setChanged(true);
  }, [phase]);
  return (
    <div class="hidden-text" role="status" aria-live="polite">
      {changed && t.phaseNow(t.phase[phase])}
    </div>
  );
}

function usePageKeys(open: (what: "palette" | "keys") => void): void {
  const { live, router, theme, setLanguage } = useApp();
  const { t } = useI18n();
  const goTo = Object.fromEntries(viewNames.map((view) => [`g ${viewKeys[view]}`, () => router.go(pathOf(view))]));
  useKeys({
    ...goTo,
    "?": () => open("keys"),
    "mod+k": () => open("palette"),
    "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
    p: () => live.togglePause(),
    t: () => theme.toggle(),
  });
  useCommands([
    ...viewNames.map((view) => ({
      id: "go-" + view,
      title: t.palette.goTo(t.nav[view]),
      keys: `g ${viewKeys[view]}`,
      run: () => router.go(pathOf(view)),
    })),
    { id: "pause-view", title: t.palette.pauseView, keys: "p", run: () => live.togglePause() },
    ...themes.map((name) => ({ id: "theme-" + name, title: t.palette.theme(t.theme[name]), run: () => theme.choose(name) })),
    ...languages.map((name) => ({ id: "lang-" + name, title: t.palette.language(t.language[name]), run: () => setLanguage(name) })),
    { id: "keys", title: t.palette.keys, keys: "?", run: () => open("keys") },
  ]);
}
