import type { Text } from "../i18n";

export const logs: Text["logs"] = {};
