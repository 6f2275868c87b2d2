import { io, type Socket } from "socket.io-client";
import type { Api } from "../api";
import { createStore, type Store } from "../store";
import type { Connected, LogLine, LogPage, Metrics, PhaseChange, ProgressEvent, Status, TimeSeries } from "../wire";
import { readPage } from "./logline";
import { RateWindow } from "./rate";
import { appendBounded, limits, mergeSamples, noStatus, type LiveState, type LogEntry, type Mode } from "./state";

/** A hidden tab lets go of its socket after this long. */
const hiddenGraceMs = 30_000;
/** With a socket the server speaks once a second; this much silence is news. */
const silenceMs = 5_000;
/** In an active run a status is due by then; without one nothing has moved, but its clocks have gone on. */
const stillMs = 1_000;

export interface Live {
  state: Store<LiveState>;
  /** Freezes and unfreezes the figures; what arrives meanwhile is kept. */
  togglePause(): void;
  /** Asks for the status at once, whatever the mode; for after an act. */
  refresh(): void;
  /** Resolves to true when a status fulfils the condition, to false when none does in time. */
  until(fulfils: (status: Status) => boolean, withinMs?: number): Promise<boolean>;
  /** Hears every phase change as it comes, paused or not. */
  onPhase(heard: (change: PhaseChange) => void): () => void;
  close(): void;
}

export interface LiveOptions {
  api: Api;
  root: URL;
  refreshMs: number;
  status: Status | undefined;
}

/** Connects and stays connected: by Socket.IO, and by polling while that is down. */
export function connect(options: LiveOptions): Live {
  return new Connection(options);
}

class Connection implements Live {
  readonly state: Store<LiveState>;
  private readonly options: LiveOptions;
  private readonly socket: Socket;
  private readonly rate = new RateWindow();
  private readonly phaseHeard = new Set<(change: PhaseChange) => void>();
  private readonly statusHeard = new Set<(status: Status) => void>();
  private readonly clock: ReturnType<typeof setInterval>;
  /** What has arrived; published to `state` once per frame. */
  private next: LiveState;
  private newLogs: LogEntry[] = [];
  private lines = 0;
  private frame = 0;
  private pausedByReader = false;
  private link: Mode = "connecting";
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private stillTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private lastEventId = "";
  private filled = false;
  private closed = false;

  constructor(options: LiveOptions) {
    this.options = options;
    const now = Date.now();
    this.next = {
      mode: "connecting",
      status: options.status ?? noStatus,
      statusAt: options.status ? now : 0,
      heardAt: now,
      stale: false,
      progress: undefined,
      metrics: undefined,
      rateNow: options.status ? this.rate.add(options.status) : 0,
      series: [],
      phases: [],
      logs: [],
      logsMissed: 0,
      serverVersion: "",
    };
    this.state = createStore(this.next);
    this.socket = io(options.root.origin, {
      path: options.root.pathname + "socket.io/",
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelayMax: 5000,
      auth: (give) => give(this.lastEventId ? { lastEventId: this.lastEventId } : {}),
    });
    this.listen();
    this.clock = setInterval(() => this.checkSilence(), 1000);
    document.addEventListener("visibilitychange", this.visibility);
    void this.fillLogs();
  }

  togglePause(): void {
    this.pausedByReader = !this.pausedByReader;
    this.publishMode();
    if (!this.pausedByReader) this.schedule();
  }

  refresh(): void {
    if (this.socket.connected) this.socket.emit("get-status", {}, (status: Status) => this.takeStatus(status));
    else void this.poll();
  }

  until(fulfils: (status: Status) => boolean, withinMs = 10_000): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (result: boolean) => {
        clearTimeout(timer);
        this.statusHeard.delete(check);
        resolve(result);
      };
      const check = (status: Status) => fulfils(status) && done(true);
      const timer = setTimeout(() => done(false), withinMs);
      this.statusHeard.add(check);
      // It may have come before the answer to the act did.
      check(this.next.status);
      this.refresh();
    });
  }

  onPhase(heard: (change: PhaseChange) => void): () => void {
    this.phaseHeard.add(heard);
    return () => this.phaseHeard.delete(heard);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.clock);
    clearTimeout(this.pollTimer);
    clearTimeout(this.stillTimer);
    clearTimeout(this.hiddenTimer);
    cancelAnimationFrame(this.frame);
    document.removeEventListener("visibilitychange", this.visibility);
    this.socket.disconnect();
  }

  private listen(): void {
    const { socket } = this;
    const on = <T>(name: string, take: (payload: T) => void) =>
      socket.on(name, (payload: T, id?: unknown) => {
        if (typeof id === "string") this.lastEventId = id;
        this.next = { ...this.next, heardAt: Date.now() };
        take(payload);
        this.schedule();
      });
    socket.on("connect", () => this.setLink("live"));
    socket.on("disconnect", () => this.setLink("reconnecting"));
    socket.on("connect_error", () => {
      if (this.link !== "polling") this.setLink("reconnecting");
    });
    on<Connected>("connected", (hello) => (this.next = { ...this.next, serverVersion: hello.version }));
    on<Status>("status", (status) => this.takeStatus(status));
    on<PhaseChange>("phase", (change) => this.takePhase(change));
    on<ProgressEvent>("progress", (progress) => (this.next = { ...this.next, progress }));
    on<Metrics>("metrics", (metrics) => {
      this.next = { ...this.next, metrics, series: appendBounded(this.next.series, [metrics], limits.series) };
    });
    on<LogLine>("log", (line) => this.newLogs.push({ ...line, key: ++this.lines }));
  }

  private takeStatus(status: Status): void {
    if (!status || status.timestamp < this.next.status.timestamp) return;
    const now = Date.now();
    this.next = { ...this.next, status, statusAt: now, heardAt: now, rateNow: this.rate.add(status) };
    for (const heard of [...this.statusHeard]) heard(status);
    clearTimeout(this.stillTimer);
    if (status.state.hasActiveGeneration) this.stillTimer = setTimeout(() => this.lookAgain(), stillMs);
    this.schedule();
  }

  private lookAgain(): void {
    if (this.socket.connected && !document.hidden) this.refresh();
  }

  private takePhase(change: PhaseChange): void {
    const mark = { runId: change.runId, phase: change.to, at: change.timestamp };
    this.next = { ...this.next, phases: appendBounded(this.next.phases, [mark], limits.phases) };
    for (const heard of [...this.phaseHeard]) heard(change);
  }

  /** Publishes in the next frame, all that has come until then together. */
  private schedule(): void {
    if (this.frame !== 0 || this.closed) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.pausedByReader) this.publish();
    });
  }

  private publish(): void {
    if (this.newLogs.length > 0) {
      const missed = this.newLogs.reduce((sum, line) => sum + (line.missed ?? 0), 0);
      const logs = appendBounded(this.next.logs, this.newLogs, limits.logs);
      this.next = { ...this.next, logs, logsMissed: this.next.logsMissed + missed };
      this.newLogs = [];
    }
    this.next = { ...this.next, mode: this.mode(), stale: this.silent() };
    this.state.set(this.next);
  }

  private mode(): Mode {
    return this.pausedByReader ? "paused" : this.link;
  }

  private setLink(link: Mode): void {
    this.link = link;
    if (link === "live") {
      clearTimeout(this.pollTimer);
      this.pollTimer = undefined;
      void this.fill();
    } else if (this.pollTimer === undefined) {
      this.pollTimer = setTimeout(() => void this.poll(), 250);
    }
    this.publishMode();
  }

  /** The mode shows at once, even where the figures are frozen. */
  private publishMode(): void {
    const change = { mode: this.mode(), stale: this.silent() };
    this.next = { ...this.next, ...change };
    this.state.set({ ...this.state.get(), ...change });
  }

  private silent(): boolean {
    if (this.pausedByReader) return false;
    const allowed = this.link === "live" ? silenceMs : silenceMs + 2 * this.options.refreshMs;
    return Date.now() - this.next.heardAt > allowed;
  }

  private checkSilence(): void {
    // Lines wait in a hidden tab for a frame that does not come.
    if (this.newLogs.length > limits.logs) this.newLogs = this.newLogs.slice(-limits.logs);
    if (this.silent() || this.next.stale) this.publishMode();
  }

  private async poll(): Promise<void> {
    clearTimeout(this.pollTimer);
    this.pollTimer = undefined;
    if (this.closed) return;
    try {
      const status = await this.options.api.pollStatus(AbortSignal.timeout(Math.max(5000, this.options.refreshMs)));
      this.next = { ...this.next, heardAt: Date.now() };
      if (status) this.takeStatus(status);
      if (!this.filled) void this.fill();
      if (!this.socket.connected) this.link = "polling";
    } catch {
      if (!this.socket.connected) this.link = "reconnecting";
    }
    this.publishMode();
    if (!this.socket.connected && !document.hidden) {
      this.pollTimer = setTimeout(() => void this.poll(), this.options.refreshMs);
    }
  }

  /** Fills the charts with what was sampled before this page was open. */
  private async fill(): Promise<void> {
    try {
      const past = await this.options.api.get<TimeSeries>("pedidos/timeseries", { window: "5m" });
      this.filled = true;
      this.next = { ...this.next, series: mergeSamples(past.samples, this.next.series) };
      this.schedule();
    } catch {
      // The charts begin with what comes live.
    }
  }

  /** The lines that were logged before this page was open. */
  private async fillLogs(): Promise<void> {
    try {
      const read = readPage(await this.options.api.get<LogPage>("pedidos/logs", { lines: 200 }));
      const past = read.map((line) => ({ ...line, key: line.seq }));
      const first = (this.next.logs[0] ?? this.newLogs[0])?.timestamp ?? Infinity;
      const before = past.filter((line) => line.timestamp < first);
      this.next = { ...this.next, logs: appendBounded(before, this.next.logs, limits.logs) };
      this.schedule();
    } catch {
      // The tail begins with what comes live.
    }
  }

  private readonly visibility = () => {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.socket.disconnect(), hiddenGraceMs);
      return;
    }
    if (!this.socket.active) this.socket.connect();
    this.refresh();
  };
}
