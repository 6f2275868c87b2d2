import { Fragment, type ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useApp, useI18n, useLive } from "../app";
import { Menu, MenuItem } from "../components/menu";
import { SmallStepper } from "../components/stepper";
import { languages } from "../i18n/i18n";
import { stepsOfStatus } from "../live/steps";
import { Link } from "../router/link";
import { useStore } from "../store";
import { themes } from "../theme";
import { LiveBadge } from "./livebadge";

interface Props {
  /** The page's only h1; it names the tab too. */
  title: string;
  /** Beside the title. */
  note?: ComponentChildren;
  /** At the right: the view's acts, the main one last. */
  actions?: ComponentChildren;
  /** The page shows the phases itself. */
  ownPhases?: boolean;
  children: ComponentChildren;
}

/** A view: its header and what is below it. */
export function Page({ title, note, actions, ownPhases, children }: Props) {
  const stale = useLive((s) => s.stale);
  useEffect(() => {
    document.title = `${title} · filavip`;
  }, [title]);
  return (
    <div class={stale ? "is-stale" : undefined}>
      <header class="header">
        <h1 tabIndex={-1}>
          {title.split(" ").map((word, i) => (
            <Fragment key={i}>
              {i > 0 && " "}
              <span>{word}</span>
            </Fragment>
          ))}
        </h1>
        <LiveBadge />
        {note}
        {!ownPhases && <ActiveRun />}
        {actions && <div class="header-actions">{actions}</div>}
        <Tools />
      </header>
      {children}
    </div>
  );
}

/** The active run's phases in small, as a link to it. */
function ActiveRun() {
  const { t } = useI18n();
  const status = useLive((s) => s.status);
  if (!status.state.hasActiveGeneration) return null;
  return (
    <Link to="/" class="steps-small" title={t.nav.overview}>
      <SmallStepper steps={stepsOfStatus(status)} />
    </Link>
  );
}

function Tools() {
  const { theme, setLanguage } = useApp();
  const { t, lang } = useI18n();
  const chosen = useStore(theme.chosen);
  const shown = useStore(theme.shown);
  return (
    <div class="header-tools">
      <Menu label={t.theme.label} icon={shown === "dark" ? "moon" : "sun"} look="plain">
        {themes.map((name) => (
          <MenuItem key={name} checked={name === chosen} run={() => theme.choose(name)}>
            {t.theme[name]}
          </MenuItem>
        ))}
      </Menu>
      <Menu label={t.language.label} icon="globe" look="plain">
        {languages.map((name) => (
          <MenuItem key={name} checked={name === lang} run={() => setLanguage(name)}>
            {t.language[name]}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}
