import { useI18n } from "../../app";
import { Card } from "../../components/card";
import { Loading } from "../../components/states";
import { Page } from "../../layout/page";

export default function Browse() {
  const { t } = useI18n();
  return (
    <Page title={t.nav.browse}>
      <Card>
        <Loading />
      </Card>
    </Page>
  );
}
