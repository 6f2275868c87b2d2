import { render } from "preact";
import { createApi } from "./api";
import { AppContext, type App } from "./app";
import { readBoot } from "./boot";
import { createCommands } from "./commands";
import { createLanguage } from "./i18n/i18n";
import { createKeys } from "./keys";
import { Shell } from "./layout/shell";
import { connect } from "./live/connection";
import { createRouter } from "./router/router";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/components.css";
import { createTheme } from "./theme";
import { createToasts } from "./toasts";

function start(): void {
  const mount = document.getElementById("app");
  if (!mount) throw new Error("the page has no #app");
  const boot = readBoot();
  // The root is where the server's pages are, whatever prefix a proxy put before them.
  const root = new URL(boot.base, location.href);
  root.search = root.hash = "";
  const { i18n, setLanguage } = createLanguage(boot.lang);
  const api = createApi(root, () => i18n.get().lang);
  const app: App = {
    boot,
    api,
    live: connect({ api, root, refreshMs: boot.refreshMs, status: boot.status }),
    router: createRouter(root),
    i18n,
    setLanguage,
    theme: createTheme(),
    keys: createKeys(),
    toasts: createToasts(),
    commands: createCommands(),
  };
  mount.replaceChildren();
  render(
    <AppContext.Provider value={app}>
      <Shell />
    </AppContext.Provider>,
    mount,
  );
}

start();
