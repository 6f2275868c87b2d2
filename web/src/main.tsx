import { render } from "preact";
import { createApi } from "./api";
import { AppContext, type App } from "./app";
import { readAgain, readBoot } from "./boot";
import { createCommands } from "./commands";
import { createLanguage } from "./i18n/i18n";
import { createKeys } from "./keys";
import { Shell } from "./layout/shell";
import { SignIn } from "./layout/signin";
import { connect, type Live } from "./live/connection";
import { createRouter } from "./router/router";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/components.css";
import { createTheme } from "./theme";
import { createToasts } from "./toasts";

async function start(): Promise<void> {
  const mount = document.getElementById("app");
  if (!mount) throw new Error("the page has no #app");
  let boot = readBoot();
  // The root is where the server's pages are, whatever prefix a proxy put before them.
  const root = new URL(boot.base, location.href);
  root.search = root.hash = "";
  const { i18n, setLanguage } = createLanguage(boot.lang);
  const theme = createTheme();
  let live: Live | undefined;
  let asking = false;
  const askForKey = () => {
    if (asking) return;
    asking = true;
    live?.close();
    render(null, mount);
    mount.replaceChildren();
    // The page begins anew, at the same address, as the server renders it for those with a session.
    render(<SignIn api={api} i18n={i18n} onDone={() => location.reload()} />, mount);
  };
  const api = createApi(root, () => i18n.get().lang, askForKey);
  if (boot.locked) boot = await readAgain().catch(() => boot);
  if (boot.locked) return askForKey();
  live = connect({ api, root, refreshMs: boot.refreshMs, status: boot.status });
  const app: App = {
    boot,
    api,
    live,
    router: createRouter(root),
    i18n,
    setLanguage,
    theme,
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

void start();
