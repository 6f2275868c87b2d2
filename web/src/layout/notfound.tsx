import { useI18n } from "../app";
import { Card } from "../components/card";
import { Empty } from "../components/states";
import { Link } from "../router/link";
import { Page } from "./page";

export function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t.error.page}>
      <Card>
        <Empty title={t.error.page} text={t.error.pageText}>
          <Link to="/" class="button primary">
            {t.error.toOverview}
          </Link>
        </Empty>
      </Card>
    </Page>
  );
}
