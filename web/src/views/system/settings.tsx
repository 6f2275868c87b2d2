import { useI18n } from "../../app";
import { Badge } from "../../components/badge";
import { Button } from "../../components/button";
import { Card } from "../../components/card";
import { Chips } from "../../components/chips";
import { TextField } from "../../components/form";
import { Table } from "../../components/table";
import { useQueryChoice, useQueryValue } from "../../router/query";
import { useApp } from "../../app";
import type { Setting } from "../../wire";
import { matchingSettings, originChoices } from "./filter";

/** Every setting with the value in effect and where that came from; secrets are as the server sends them. */
export function Settings({ settings }: { settings: readonly Setting[] }) {
  const { router } = useApp();
  const { t, f } = useI18n();
  const text = t.system;
  const [search, setSearch] = useQueryValue("q");
  const [origin, setOrigin] = useQueryChoice("origin", originChoices, "all");
  const found = matchingSettings(settings, search, origin);
  return (
    <Card title={text.settings} note={<Badge>{text.settingsCount(f.int(found.length), f.int(settings.length))}</Badge>} flush>
      <div class="system-filter">
        <TextField label={text.search} value={search} onValue={setSearch} placeholder={text.searchHint} inputMode="search" data-search />
        <Chips
          label={text.originLabel}
          value={origin}
          onValue={setOrigin}
          options={originChoices.map((one) => [one, text.origin[one]] as const)}
        />
      </div>
      <div class="system-settings">
        <Table<Setting>
          label={text.settings}
          keys={false}
          rows={found}
          rowKey={(setting) => setting.key}
          empty={
            <div class="state">
              <p>{text.noMatch}</p>
              <Button onClick={() => router.setQuery({ q: undefined, origin: undefined })}>{text.noMatchAct}</Button>
            </div>
          }
          columns={[
            { key: "key", head: text.columns.key, cell: (setting) => <code>{setting.key}</code> },
            { key: "value", head: text.columns.value, cell: (setting) => <Value setting={setting} /> },
            {
              key: "origin",
              head: text.columns.origin,
              cell: (setting) =>
                setting.origin === "default" ? (
                  <span class="quiet">{text.origin.default}</span>
                ) : (
                  <Badge>{text.origin[setting.origin]}</Badge>
                ),
            },
            { key: "group", head: text.columns.group, cell: (setting) => <span class="quiet">{setting.group}</span> },
            { key: "help", head: text.columns.help, cell: (setting) => <Help setting={setting} /> },
          ]}
        />
      </div>
    </Card>
  );
}

function Value({ setting }: { setting: Setting }) {
  const { t } = useI18n();
  return setting.value === "" ? <span class="quiet">{t.system.empty}</span> : <code>{setting.value}</code>;
}

/** What a setting does, and why it does nothing where it does nothing. */
function Help({ setting }: { setting: Setting }) {
  const { t } = useI18n();
  const told = setting.idle !== undefined && setting.help.endsWith(setting.idle);
  return (
    <>
      {!told && <span>{setting.help}</span>}
      {setting.idle && (
        <span class="system-idle">
          <Badge tone="warn" icon="dash">
            {t.system.idle}
          </Badge>{" "}
          <span class="hint">{setting.idle}</span>
        </span>
      )}
    </>
  );
}
