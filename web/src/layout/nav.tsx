import { useEffect, useRef, useState } from "preact/hooks";
import { useApp, useI18n } from "../app";
import { Icon } from "../components/icon";
import { Link } from "../router/link";
import { pathOf, viewNames, type ViewName } from "../router/router";
import { useStore } from "../store";
import { DeadLetterCount } from "./deadletters";
import { viewKeys } from "./views";

/** What the bottom bar has room for; the others are behind "More". */
const inBar = 4;

/** At the side from 760 px on, a bar at the bottom below. */
export function Nav() {
  const { boot, router } = useApp();
  const { t, f } = useI18n();
  const current = useStore(router.location, (at) => at.view);
  return (
    <nav class="nav" aria-label={t.nav.main}>
      <Link to="/" class="brand">
        <Mark />
        filavip
      </Link>
      <ul class="nav-links">
        {viewNames.map((view, i) => (
          <li key={view} class={i < inBar ? undefined : "nav-rest"}>
            <NavLink view={view} current={current === view} />
          </li>
        ))}
        <li class="nav-more">
          <More views={viewNames.slice(inBar)} current={current} />
        </li>
      </ul>
      <div class="nav-foot">
        {t.nav.engine(t.nav.engineName[boot.engine] ?? boot.engine)}
        <br />
        {boot.version} · {t.nav.workers(boot.workers, f.int(boot.workers))}
        <br />
        {t.nav.keysHint}
      </div>
    </nav>
  );
}

function NavLink({ view, current }: { view: ViewName; current: boolean }) {
  const { t } = useI18n();
  return (
    <Link to={pathOf(view)} class="nav-link" aria-current={current ? "page" : undefined}>
      <Icon name={view} />
      {t.nav[view]}
      {view === "failures" && <DeadLetterCount />}
      <kbd aria-hidden="true">g {viewKeys[view]}</kbd>
    </Link>
  );
}

function More({ views, current }: { views: readonly ViewName[]; current: string }) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("pointerdown", outside);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("keydown", escape);
    };
  }, [open]);
  return (
    <div class="menu" ref={box}>
      <button
        type="button"
        class="nav-link"
        aria-expanded={open}
        aria-current={(views as readonly string[]).includes(current) ? "page" : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
        {t.nav.more}
      </button>
      {open && (
        <ul class="menu-list up" onClick={() => setOpen(false)}>
          {views.map((view) => (
            <li key={view}>
              <NavLink view={view} current={view === current} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Two lanes, the VIP one ahead. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <rect class="mark-vip" x="5" y="4" width="17" height="7" rx="3.5" />
      <rect class="mark-normal" x="2" y="13" width="13" height="7" rx="3.5" />
    </svg>
  );
}
