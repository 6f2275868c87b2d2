import type { ComponentChildren } from "preact";
import { useApp } from "../app";

interface Props {
  to: string;
  class?: string;
  title?: string;
  "aria-current"?: "page" | undefined;
  "aria-label"?: string;
  children: ComponentChildren;
}

/** A link to a path below the base. New tabs and modifier keys stay the browser's. */
export function Link({ to, children, ...rest }: Props) {
  const { router } = useApp();
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(to);
  };
  return (
    <a {...rest} href={router.href(to)} onClick={follow}>
      {children}
    </a>
  );
}
