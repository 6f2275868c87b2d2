import type { Text } from "../i18n";

export const failures: Text["failures"] = {};
