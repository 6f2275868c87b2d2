import type { Text } from "../i18n";

export const system: Text["system"] = {};
