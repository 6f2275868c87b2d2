import { useI18n } from "../../app";
import { Button } from "../../components/button";
import { Table, useMedia, type Column } from "../../components/table";
import { Time } from "../../components/time";
import { Link } from "../../router/link";
import type { DeadLetterGroup, DeadLetterGroups } from "../../wire";
import type { Act } from "./act";

/** Where the letters of an error are. */
function groupPath(group: string): string {
  return "/failures?group=" + encodeURIComponent(group);
}

interface Props {
  groups: DeadLetterGroups;
  onOpen(group: string): void;
  onAct(act: Act): void;
}

/** What failed alike, the most frequent first. */
export function GroupTable({ groups, onOpen, onAct }: Props) {
  const { t, f } = useI18n();
  const narrow = useMedia("(max-width: 1279px)");
  const least = useMedia("(max-width: 1079px)");
  const names = t.failures.columns;
  const all: Column<DeadLetterGroup>[] = [
    { key: "group", head: names.group, wide: true, cell: (row) => <code title={row.example}>{row.group}</code> },
    { key: "count", head: names.count, align: "end", cell: (row) => <Link to={groupPath(row.group)}>{f.int(row.count)}</Link> },
    { key: "share", head: names.share, cell: (row) => <Share of={row.count / Math.max(1, groups.examined)} /> },
    { key: "first", head: names.first, cell: (row) => <Time at={row.first} as="relative" /> },
    { key: "last", head: names.last, cell: (row) => <Time at={row.last} as="relative" /> },
    {
      key: "acts",
      head: names.acts,
      cell: (row) => (
        <span class="group-acts">
          {(["retry", "discard"] as const).map((name) => (
            <Button
              key={name}
              small
              look={name === "discard" ? "danger" : undefined}
              aria-label={`${t.failures[name].group} ${row.group}`}
              onClick={() => onAct({ name, target: { group: row.group } })}
            >
              {t.failures[name].one}
            </Button>
          ))}
        </span>
      ),
    },
  ];
  return (
    <div class="groups">
      <Table
        label={t.failures.groupsLabel}
        columns={all.filter(({ key }) => !(narrow && key === "first") && !(least && key === "share"))}
        rows={groups.groups}
        rowKey={(row) => row.group}
        onOpen={(row) => onOpen(row.group)}
      />
    </div>
  );
}

function Share({ of }: { of: number }) {
  const { f } = useI18n();
  return (
    <span class="share">
      <span class="share-bar" aria-hidden="true">
        <span class="share-part" style={{ width: `${(100 * of).toFixed(1)}%` }} />
      </span>
      <span class="share-text">{f.percent(of)}</span>
    </span>
  );
}
