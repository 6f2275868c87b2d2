import { useI18n } from "../../app";
import { Card } from "../../components/card";
import { Loading } from "../../components/states";
import { Page } from "../../layout/page";

export default function Overview() {
  const { t } = useI18n();
  return (
    <Page title={t.nav.overview}>
      <Card>
        <Loading />
      </Card>
    </Page>
  );
}
