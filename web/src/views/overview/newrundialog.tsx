import { useState } from "preact/hooks";
import { ApiError } from "../../api";
import { useApp, useI18n, useLive } from "../../app";
import { Button } from "../../components/button";
import { Dialog, Refusal } from "../../components/dialog";
import { CheckField, FieldGroup, TextField } from "../../components/form";
import { tiers } from "../../wire";
import { actsOf } from "./acts";
import { readQuantity, readSeed, readTiers } from "./newrun";
import "./overview.css";

interface Props {
  onClose(): void;
  /** What the fields hold at first: for a run like another one. */
  like?: { quantity: number; seed: string; tiers: readonly number[] };
}

/** Asks how many orders, and if wanted of which seed and tiers. */
export function NewRunDialog({ onClose, like }: Props) {
  const app = useApp();
  const { t, f } = useI18n();
  const text = t.overview.newRun;
  const { maxOrders, tiers: usual } = app.boot;
  const active = useLive((s) => s.status.state.hasActiveGeneration);
  const waiting = useLive((s) => s.status.counts.pending);
  const [quantity, setQuantity] = useState(String(like?.quantity ?? Math.min(1_000_000, maxOrders)));
  const [seed, setSeed] = useState(like?.seed ?? "");
  const [shares, setShares] = useState((like?.tiers ?? usual).map(String));
  const [force, setForce] = useState(false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<ApiError | undefined>();
  const orders = readQuantity(quantity, maxOrders);
  const seedOk = readSeed(seed) !== undefined;
  const tiersText = readTiers(shares);
  const submit = async () => {
    setTried(true);
    setRefused(undefined);
    if (orders === undefined || !seedOk || tiersText === undefined || busy) return;
    setBusy(true);
    try {
      await actsOf(app).start({
        quantity: orders,
        ...(readSeed(seed) ? { seed: readSeed(seed) ?? "" } : {}),
        ...(tiersText !== usual.join() ? { tiers: tiersText } : {}),
        force: force && active,
      });
      onClose();
    } catch (error) {
      setBusy(false);
      setRefused(ApiError.of(error));
    }
  };
  const most = f.int(maxOrders);
  const other = refused && refused.errors.length === 0 && !(refused.status === 409 && active) ? refused : undefined;
  return (
    <Dialog
      title={text.title}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t.act.keep}</Button>
          <Button type="submit" look="primary" disabled={busy}>
            {force && active ? text.startForced : text.start}
          </Button>
        </>
      }
    >
      <TextField
        label={text.quantity}
        inputMode="numeric"
        value={quantity}
        onValue={setQuantity}
        hint={orders === undefined ? text.quantityHint(most) : t.orders(orders, f.int(orders)) + " · " + text.quantityHint(most)}
        error={refused?.allowed("quantity") ?? (tried && orders === undefined ? text.quantityBad(most) : undefined)}
      />
      {active && (
        <CheckField
          label={text.force}
          hint={text.forceHint(f.int(waiting))}
          error={refused?.status === 409 && !force ? refused.message : undefined}
          checked={force}
          onChecked={setForce}
        />
      )}
      <details open={like !== undefined}>
        <summary>{text.more}</summary>
        <div class="stack more-fields">
          <TextField
            label={text.seed}
            inputMode="numeric"
            value={seed}
            onValue={setSeed}
            hint={text.seedHint}
            error={refused?.allowed("seed") ?? (tried && !seedOk ? text.seedBad : undefined)}
          />
          <FieldGroup
            label={text.tiers}
            hint={text.tiersHint}
            error={refused?.allowed("tiers") ?? (tried && tiersText === undefined ? text.tiersBad : undefined)}
          >
            <div class="tier-fields">
              {tiers.map((tier, i) => (
                <TextField
                  key={tier}
                  label={t.tier[tier]}
                  inputMode="numeric"
                  value={shares[i] ?? ""}
                  onValue={(value) => setShares(shares.map((old, at) => (at === i ? value : old)))}
                />
              ))}
            </div>
          </FieldGroup>
        </div>
      </details>
      {other && <Refusal error={other} />}
    </Dialog>
  );
}
