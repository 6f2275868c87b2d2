// The shapes of the API and of the live view, as they travel. The Portuguese words are
// the wire's own; nothing outside this file and the dictionaries spells them.

export const phases = [
  "IDLE",
  "GENERATING",
  "ENQUEUE_VIP",
  "WAITING_VIP_DRAIN",
  "ENQUEUE_NORMAL",
  "WAITING_NORMAL_DRAIN",
  "DONE",
  "ERROR",
] as const;
export type Phase = (typeof phases)[number];

export type Priority = "VIP" | "NORMAL";
export const tiers = ["BRONZE", "SILVER", "GOLD", "DIAMOND"] as const;
export type Tier = (typeof tiers)[number];
export const orderStatuses = ["pendente", "processado", "falhou", "removido"] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** An instant as an ISO 8601 text; null where it has not come. */
export type Instant = string | null;

export interface PerLane<T> {
  vip: T;
  normal: T;
}

/** One lane's window: from its first hand-out to its last settle. */
export interface LaneTimes {
  start: Instant;
  end: Instant;
  /** 0 until the lane has drained. */
  timeMs: number;
  count: number;
}

export interface Span {
  start: Instant;
  end: Instant;
  /** Milliseconds, up to now while the span is open. */
  duration: number;
}

export type SpanName =
  | "total"
  | "generation"
  | "enqueue_vip"
  | "wait_vip_drain"
  | "enqueue_normal"
  | "wait_normal_drain"
  | "vip_processing"
  | "normal_processing";

export interface Failure {
  kind: string;
  message: string;
}

/** The body of GET /pedidos and of the event `status`. */
export interface Status {
  contractVersion: number;
  phase: Phase;
  lastRunId?: string;
  target: number;
  generated: number;
  generationTimeMs: number;
  enqueueVipTimeMs: number;
  enqueueNormalTimeMs: number;
  processing: PerLane<LaneTimes>;
  totalTimeMs: number;
  wallClockMs: number;
  wallClockElapsedMs: number;
  /** vip, normal and total count what processing is done with, failed among them. */
  counts: { vip: number; normal: number; total: number; failed: number; removed: number; pending: number };
  throughput: { vip: number; normal: number; overall: number };
  eta: { estimatedMs: number | null; progressPercent: number };
  progress: { target: number; generated: number; processedTotal: number };
  highRes: Record<SpanName, Span>;
  state: { memoryPhase: Phase; aborting: boolean; hasActiveGeneration: boolean };
  aborted: boolean;
  error?: Failure;
  paused: boolean;
  stalled?: string;
  timestamp: number;
}

export interface Connected {
  message: string;
  timestamp: number;
  clientId: string;
  version: string;
}

export interface PhaseChange {
  runId: string;
  from: Phase;
  to: Phase;
  at: string;
  timestamp: number;
}

export interface ProgressEvent {
  runId: string;
  phase: Phase;
  progress: number;
  current: number;
  total: number;
  message: string;
  vipProcessed: number;
  normalProcessed: number;
  timestamp: number;
}

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** What happened within one interval. `at` is its end, in milliseconds since 1970. */
export interface Sample {
  at: number;
  overMs: number;
  phase: Phase;
  generated: PerLane<number>;
  processed: PerLane<number>;
  dead: PerLane<number>;
  retried: PerLane<number>;
  rate: { generated: number; vip: number; normal: number; failed: number };
  depth: PerLane<number>;
  settle: Quantiles | null;
  work: Quantiles | null;
  busy: number;
  /** Bytes; 0 where it is not known. */
  rss: number;
}

export interface Forecast {
  state: "idle" | "clears" | "growing" | "stalled" | "paused";
  clearsInMs: number | null;
  reason?: string;
}

/** The event `metrics`, once a second. */
export interface Metrics extends Sample {
  workers: number;
  drain: Forecast;
}

export interface TimeSeries {
  window: string;
  stepMs: number;
  runId?: string;
  from: number;
  to: number;
  samples: Sample[];
  phases: { phase: Phase; at: number }[];
  /** Orders per second. */
  peak: number;
  mean: number;
  drain: Forecast;
}

export type LogLevel = "debug" | "log" | "warn" | "error";

export interface LogLine {
  seq: number;
  timestamp: number;
  level: LogLevel;
  message: string;
  category: string;
  /** key=value pairs, as text. */
  data: string;
  /** Lines before this one that this reader was too slow for. */
  missed?: number;
}

export interface Order {
  id: string;
  cliente: string;
  valor: number;
  tier: Tier;
  priority: Priority;
  observacoes: string;
  status: OrderStatus;
  createdAt: string;
  runId: string;
  attempts: number;
  processedAt: Instant;
  reason?: string;
  ref?: string;
}

export interface OrderPage {
  limit: number;
  count: number;
  orders: Order[];
  nextCursor?: string;
  examined: number;
}

export interface StoryEvent {
  at: Instant;
  kind: "accepted" | "waiting" | "failed" | "redriven" | "processed" | "dead" | "removed";
  text: string;
  attempts?: number;
}

export interface DeadLetter {
  order: Order;
  group: string;
  attempts: number;
  firstFailure: string;
  lastFailure: string;
  redriven: number;
}

export interface Story {
  order: Order;
  events: StoryEvent[];
  deadLetter?: DeadLetter;
}

export interface DeadLetterPage {
  limit: number;
  count: number;
  deadLetters: DeadLetter[];
  nextCursor?: string;
  total: number;
}

export interface DeadLetterGroup {
  group: string;
  count: number;
  first: string;
  last: string;
  example: string;
}

export interface DeadLetterGroups {
  count: number;
  total: number;
  examined: number;
  groups: DeadLetterGroup[];
}

export interface Retried {
  retried: number;
  dryRun: boolean;
  message: string;
}

export interface Discarded {
  discarded: number;
  dryRun: boolean;
  message: string;
}

export interface Cleaned {
  removed: number;
  state: string;
  dryRun?: boolean;
}

export interface Purged {
  purged: boolean;
  obliterate: boolean;
  removed: number;
  dryRun?: boolean;
}

export interface QueueCounts {
  waiting: number;
  active: number;
  completed: number;
  failed: number;
  delayed: number;
  paused: boolean;
}

export interface LaneState {
  waiting: number;
  active: number;
  delayed: number;
  completed: number;
  failed: number;
  removed: number;
  blocks: { ready: number; claimed: number; delayed: number };
}

export interface WorkerState {
  id: string;
  state: "idle" | "working";
  lane: Priority | null;
  runId: string | null;
  orderId: string | null;
  /** Left in hand. */
  orders: number;
  since: Instant;
}

/** GET /diagnostics/queue. */
export interface QueueDiagnostics {
  memoryPhase: Phase;
  hasActiveGeneration: boolean;
  aborting: boolean;
  counts: QueueCounts;
  workers: number;
  generation: number;
  gate?: "open" | "shut";
  lanes?: PerLane<LaneState>;
  workerList?: WorkerState[];
}

export type RunState = "running" | "completed" | "cancelled" | "failed";

export interface Run {
  runId: string;
  createdAt: string;
  endedAt: Instant;
  status: RunState;
  phase: Phase;
  aborted: boolean;
  error?: Failure;
  target: number;
  generated: number;
  failed: number;
  removed: number;
  pending: number;
  rejected: number;
  generationTimeMs: number;
  enqueueVipTimeMs: number;
  enqueueNormalTimeMs: number;
  processingTimeVIPMs: number;
  processingTimeNormalMs: number;
  startVIP: Instant;
  endVIP: Instant;
  startNormal: Instant;
  endNormal: Instant;
  totalProcessedVIP: number;
  totalProcessedNormal: number;
  totalTimeMs: number;
  wallClockMs: number;
  kind: "generated" | "imported" | "standing";
  source?: string;
  /** A number of up to 20 digits, as text: too long for a JSON number. */
  seed: string;
  weights: Record<Tier, number>;
  work: { handler: string; delayMs: number; failures: number; attempts: number };
  digest: string;
  gaps?: { from: string; to: string }[];
}

export interface RunPage {
  limit: number;
  count: number;
  runs: Run[];
  nextCursor?: string;
}

export interface Setting {
  key: string;
  value: string;
  origin: "default" | "file" | "environment" | "flag";
  group: string;
  help: string;
  idle?: string;
}

/** One process of GET /fleet. */
export interface Member {
  node: string;
  role: string;
  version: string;
  workers: number;
  inHand: number;
  seenAt: string;
  alive: boolean;
  coordinator: boolean;
}

/** GET /pedidos/system. */
export interface System {
  version: string;
  revision: string;
  goVersion: string;
  os: string;
  arch: string;
  pid: number;
  startedAt: string;
  uptimeSeconds: number;
  engine: string;
  storage: { path: string; diskBytes: number; freeBytes: number; orders: number; runs: number; l0Files?: number; [more: string]: unknown };
  memory: { rss: number; [more: string]: unknown };
  workers: number;
  maxOrders: number;
  settings: Setting[];
  checks: { name: string; ok: boolean; detail?: string }[];
  realtime: { clients: number; cut: number; droppedLines: number; sockets: { polling: number; websocket: number }; sse: number };
}

export interface Started {
  message: string;
  phase: Phase;
  runId: string;
  forced: boolean;
  staleRecovered?: boolean;
  staleReason?: string;
}

export interface Cancelled {
  aborted: boolean;
  removedPending: number;
  message: string;
  stillActive: boolean;
  runId?: string;
}

export interface WasReset {
  message: string;
  deletedOrders: number;
  deletedRuns: number;
  queueCleared: number;
}

/** RFC 9457, with the API's own members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: ProblemField[];
  runId?: string;
}

export interface ProblemField {
  parameter: string;
  value: string;
  allowed: string;
}

export const jobStates = ["waiting", "active", "delayed", "failed", "completed"] as const;
export type JobState = (typeof jobStates)[number];

/** An order as the queue sees it. Instants are milliseconds since 1970. */
export interface Job {
  id: string;
  state: JobState;
  timestamp: number;
  /** Active: when a worker took it. */
  processedOn?: number;
  /** Completed, failed: when it was settled. */
  finishedOn?: number;
  /** Delayed: when it may be tried again. */
  delayedUntil?: number;
  attemptsMade: number;
  failedReason?: string;
  opts: { priority: 10 | 1 };
  data?: Order;
}

/** GET /pedidos/queue/jobs: VIP first, then by age; completed and failed ones newest first. */
export interface JobPage {
  total: number;
  jobs: Job[];
}

/** The highest place that GET /pedidos/queue/jobs lists. */
export const lastJob = 1000;

export type QueueCondition = "healthy" | "degraded" | "paused" | "aborted" | "error" | "unhealthy";

/** GET /pedidos/health/queue; 503 with the same body where the store does not answer. */
export interface QueueHealth {
  status: QueueCondition;
  timestamp: string;
  error?: string;
  queue: { connected: boolean };
  checks?: { queueResponsive: boolean; hasFailedJobs: boolean; isStuck: boolean; aborted: boolean };
}

export interface Recovered {
  recovered: number;
  message: string;
}

/** GET /pedidos/logs, of which only the lines are used: the last of each level, oldest first, as they stand in the files. */
export interface LogPage {
  logs: { logMessages: string[]; warnMessages: string[]; errorMessages: string[] };
}
