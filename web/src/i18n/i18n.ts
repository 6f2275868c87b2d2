import { readCookie, writeCookie } from "../cookie";
import { createStore, type Store } from "../store";
import { en } from "./en";
import { createFormat, type Format } from "./format";
import { ptBR } from "./pt-BR";

export const languages = ["en", "pt-BR"] as const;
export type Language = (typeof languages)[number];

/** A dictionary. English is the one that says which texts there are. */
export type Text = typeof en;

export interface I18n {
  lang: Language;
  t: Text;
  f: Format;
}

const cookie = "filavip_lang";
const dictionaries: Record<Language, Text> = { en, "pt-BR": ptBR };

/** The texts and formats of a language. */
export function createI18n(lang: Language): I18n {
  return { lang, t: dictionaries[lang], f: createFormat(lang) };
}

/** The language in use, from the reader's last choice or from the server's. */
export function createLanguage(fromServer: Language): { i18n: Store<I18n>; setLanguage(lang: Language): void } {
  const stored = readCookie(cookie);
  const lang = (languages as readonly string[]).includes(stored ?? "") ? (stored as Language) : fromServer;
  const i18n = createStore(createI18n(lang));
  document.documentElement.lang = lang;
  return {
    i18n,
    setLanguage(next) {
      writeCookie(cookie, next);
      document.documentElement.lang = next;
      i18n.set(createI18n(next));
    },
  };
}
