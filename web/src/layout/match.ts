import type { Command } from "../commands";

/** The commands that have every word of the text in their title, accents and case aside. */
export function matching(commands: readonly Command[], text: string): Command[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const title = plain(command.title);
    return words.every((word) => title.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
