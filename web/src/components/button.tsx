import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon";

type Props = Omit<ButtonHTMLAttributes, "icon" | "label"> & {
  /** primary: the view's main act. danger: destroys something. plain: without a border. */
  look?: "primary" | "danger" | "danger-primary" | "plain";
  small?: boolean;
  icon?: IconName;
  /** With no children: what the icon means, as name and tooltip. */
  label?: string;
  disabled?: boolean | undefined;
  type?: "button" | "submit";
  children?: ComponentChildren;
};

export function Button({ look, small, icon, label, type = "button", children, ...rest }: Props) {
  const names = ["button", look?.replace("-", " "), small && "small", children === undefined && "icon-only"];
  return (
    <button {...rest} type={type} class={names.filter(Boolean).join(" ")} aria-label={label ?? rest["aria-label"]} title={label ?? rest.title}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
