export interface Format {
  /** 1,000,000 */
  int(n: number): string;
  /** A rate per second: whole from 10 on, one decimal below. */
  rate(n: number): string;
  /** 1.2 M; for axes. */
  compact(n: number): string;
  /** Of a share from 0 to 1. */
  percent(share: number): string;
  /** A duration in milliseconds: 0.6 ms, 528 ms, 1.03 s, 2 min 05 s, 1 h 03 min, 2 d 4 h. */
  duration(ms: number): string;
  /** A duration to whole seconds: 12 s, 2 min 05 s. */
  age(ms: number): string;
  bytes(n: number): string;
  money(n: number): string;
  /** Hours to seconds. */
  time(ms: number): string;
  /** Hours to milliseconds. */
  timeMs(ms: number): string;
  /** Date and time to seconds. */
  dateTime(at: number | string): string;
  /** "3 minutes ago", against now. */
  relative(at: number | string, now?: number): string;
}

export function createFormat(lang: string): Format {
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(lang, options);
  const whole = number({ maximumFractionDigits: 0 });
  const tenth = number({ maximumFractionDigits: 1 });
  const fixed2 = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const short = number({ notation: "compact", maximumFractionDigits: 1 });
  const percent = number({ style: "percent", maximumFractionDigits: 1 });
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const time = new Intl.DateTimeFormat(lang, clock);
  const timeMs = new Intl.DateTimeFormat(lang, { ...clock, fractionalSecondDigits: 3 });
  const dateTime = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const unit = (n: string, name: string) => n + "\u202f" + name;
  const two = (n: number) => String(n).padStart(2, "0");
  const duration = (ms: number) => {
    if (ms < 10) return unit(tenth.format(Math.max(0, ms)), "ms");
    if (ms < 999.5) return unit(whole.format(ms), "ms");
    if (ms < 59_995) return unit(fixed2.format(ms / 1000), "s");
    const seconds = Math.round(ms / 1000);
    if (seconds < 3600) return unit(String(Math.floor(seconds / 60)), "min") + " " + unit(two(seconds % 60), "s");
    const minutes = Math.round(seconds / 60);
    if (minutes < 48 * 60) return unit(String(Math.floor(minutes / 60)), "h") + " " + unit(two(minutes % 60), "min");
    const hours = Math.round(minutes / 60);
    return unit(whole.format(Math.floor(hours / 24)), "d") + " " + unit(String(hours % 24), "h");
  };
  return {
    int: (n) => whole.format(n),
    rate: (n) => (n > 0 && n < 10 ? tenth.format(n) : whole.format(n)),
    compact: (n) => short.format(n),
    percent: (share) => percent.format(share),
    duration,
    age: (ms) => (ms < 59_500 ? unit(whole.format(Math.max(0, ms) / 1000), "s") : duration(Math.round(ms / 1000) * 1000)),
    bytes(n) {
      const names = ["B", "kB", "MB", "GB", "TB"];
      let i = 0;
      for (; n >= 1000 && i < names.length - 1; i++) n /= 1000;
      return unit(i === 0 || n >= 100 ? whole.format(n) : tenth.format(n), names[i] ?? "");
    },
    money: (n) => fixed2.format(n),
    time: (ms) => time.format(ms),
    timeMs: (ms) => timeMs.format(ms),
    dateTime: (at) => dateTime.format(new Date(at)),
    relative(at, now = Date.now()) {
      const seconds = (new Date(at).getTime() - now) / 1000;
      const far = Math.abs(seconds);
      if (far < 60) return relative.format(Math.round(seconds), "second");
      if (far < 3600) return relative.format(Math.round(seconds / 60), "minute");
      if (far < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
      return relative.format(Math.round(seconds / 86_400), "day");
    },
  };
}
