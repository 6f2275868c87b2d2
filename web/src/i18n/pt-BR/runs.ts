import type { Text } from "../i18n";

export const runs: Text["runs"] = {};
