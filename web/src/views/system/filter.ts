import type { Setting } from "../../wire";

export const origins = ["default", "file", "environment", "flag"] as const;
export const originChoices = ["all", "given", ...origins] as const;
export type OriginChoice = (typeof originChoices)[number];

/** The settings with every word of the text somewhere in them, from where was chosen. */
export function matchingSettings(settings: readonly Setting[], text: string, origin: OriginChoice): Setting[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  return settings.filter((setting) => {
    if (origin === "given" ? setting.origin === "default" : origin !== "all" && setting.origin !== origin) return false;
    const all = plain([setting.key, setting.value, setting.group, setting.help, setting.idle ?? ""].join(" "));
    return words.every((word) => all.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
