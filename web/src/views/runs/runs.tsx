import { useI18n } from "../../app";
import { Page } from "../../layout/page";
import { useQueryValue } from "../../router/query";
import { Compare } from "./comparison";
import { History } from "./history";
import "./runs.css";

/** The history of runs; with ?compare=a,b two of them side by side. */
export default function Runs() {
  const { t } = useI18n();
  const [compare] = useQueryValue("compare");
  if (compare) return <Compare ids={compare} />;
  return (
    <Page title={t.nav.runs}>
      <History />
    </Page>
  );
}
