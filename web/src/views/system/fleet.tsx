import { useI18n } from "../../app";
import { Badge } from "../../components/badge";
import { Card } from "../../components/card";
import { Table } from "../../components/table";
import { Time } from "../../components/time";
import type { Member } from "../../wire";

/** Every process that works on these orders, this server among them. */
export function FleetCard({ members }: { members: readonly Member[] }) {
  const { t, f } = useI18n();
  const text = t.system.fleet;
  const workers = members.reduce((sum, member) => sum + (member.alive ? member.workers : 0), 0);
  return (
    <Card title={text.title} note={<Badge>{text.note(f.int(members.length), f.int(workers))}</Badge>} flush>
      <Table<Member>
        label={text.title}
        keys={false}
        rows={members}
        rowKey={(member) => member.node}
        columns={[
          { key: "node", head: text.node, cell: (member) => <code>{member.node}</code> },
          { key: "role", head: text.role, cell: (member) => text.roles[member.role] ?? member.role },
          {
            key: "state",
            head: text.state,
            cell: (member) => (
              <>
                <Badge tone={member.alive ? "ok" : "bad"} icon={member.alive ? "check" : "cross"}>
                  {member.alive ? text.alive : text.silent}
                </Badge>{" "}
                {member.coordinator && <Badge title={text.coordinatorHint}>{text.coordinator}</Badge>}
              </>
            ),
          },
          { key: "workers", head: t.system.fields.workers, align: "end", cell: (member) => f.int(member.workers) },
          { key: "hand", head: text.inHand, align: "end", cell: (member) => f.int(member.inHand) },
          { key: "version", head: t.system.fields.version, cell: (member) => member.version },
          { key: "seen", head: text.seen, align: "end", cell: (member) => <Time at={member.seenAt} as="relative" /> },
        ]}
      />
    </Card>
  );
}
