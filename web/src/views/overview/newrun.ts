/** How many orders were asked for; undefined where that is no whole number in range. Separators of thousands are fine. */
export function readQuantity(text: string, most: number): number | undefined {
  const plain = text.trim();
  const digits = /^\d{1,3}([ .,_\u00a0\u202f]\d{3})+$/.test(plain) ? plain.replace(/\D/g, "") : plain;
  if (!/^\d{1,10}$/.test(digits)) return undefined;
  const n = Number(digits);
  return n >= 1 && n <= most ? n : undefined;
}

/** A seed as the API takes it, "" where none is given; undefined where it does not fit 64 bits. */
export function readSeed(text: string): string | undefined {
  const plain = text.trim();
  if (plain === "") return "";
  if (!/^\d{1,20}$/.test(plain)) return undefined;
  return BigInt(plain) < 2n ** 64n ? plain : undefined;
}

/** The shares as the API takes them; undefined where one is no whole number, or all are 0. */
export function readTiers(shares: readonly string[]): string | undefined {
  const plain = shares.map((share) => share.trim());
  if (!plain.every((share) => /^\d{1,9}$/.test(share)) || plain.every((share) => Number(share) === 0)) return undefined;
  return plain.map(Number).join();
}
