import type { Text } from "../i18n";

export const queue: Text["queue"] = {};
