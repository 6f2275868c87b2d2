import type { Text } from "../i18n";

export const browse: Text["browse"] = {};
