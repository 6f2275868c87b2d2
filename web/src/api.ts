import type * as wire from "./wire";

/** What may stand in a query or in a body: one flat value per name, or a list of texts. */
export type Params = Record<string, string | number | boolean | readonly string[] | undefined>;

/** The server's refusal, or the network's. */
export class ApiError extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: wire.ProblemField[];
  readonly problem: wire.Problem | undefined;

  constructor(status: number, title: string, detail: string, problem?: wire.Problem) {
    super(detail || title);
    this.name = "ApiError";
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = problem?.errors ?? [];
    this.problem = problem;
  }

  /** What was thrown, as a refusal. */
  static of(cause: unknown): ApiError {
    return cause instanceof ApiError ? cause : new ApiError(0, String(cause), "");
  }

  /** What is allowed for a parameter that was refused. */
  allowed(parameter: string): string | undefined {
    return this.errors.find((field) => field.parameter === parameter)?.allowed;
  }
}

export interface Api {
  /** The absolute address of a path of the API, for links and downloads. */
  url(path: string, params?: Params): string;
  /** Throws ApiError, or the signal's reason where that was aborted. */
  get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T>;
  /** Like get; every call has an idempotency key of its own unless one is given, so that a repetition by the same key does nothing twice. */
  post<T>(path: string, body?: Params, options?: { key?: string; signal?: AbortSignal }): Promise<T>;
  /** A plain text with its status code, whatever that is; throws where no answer came. */
  text(path: string, params?: Params, signal?: AbortSignal): Promise<{ status: number; text: string }>;
  /** Exchanges the server's key for a session, which is in a cookie; without a key, ends it. */
  session(key?: string): Promise<void>;
  /** GET /pedidos; undefined where it has not changed since the last call. */
  pollStatus(signal?: AbortSignal): Promise<wire.Status | undefined>;
}

/** An API under that root. The language of messages is asked for at each call; `locked` hears that the server wants its key. */
export function createApi(root: URL, language: () => string, locked: () => void): Api {
  const url = (path: string, params: Params = {}) => {
    const at = new URL(path.replace(/^\//, ""), root);
    for (const [name, value] of Object.entries(params)) {
      if (value !== undefined && value !== "") at.searchParams.set(name, String(value));
    }
    return at.href;
  };
  const ask = async (at: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("Accept-Language", language());
    try {
      return await fetch(at, { ...init, headers });
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw new ApiError(0, "no answer", "The server does not answer.");
    }
  };
  const call = async (at: string, init: RequestInit): Promise<Response> => {
    const answer = await ask(at, init);
    if (answer.status === 401) locked();
    if (!answer.ok && answer.status !== 304) throw await refusal(answer);
    return answer;
  };
  let etag = "";
  return {
    url,
    async get<T>(path: string, params?: Params, signal?: AbortSignal) {
      return (await (await call(url(path, params), signal ? { signal } : {})).json()) as T;
    },
    async text(path: string, params?: Params, signal?: AbortSignal) {
      const answer = await ask(url(path, params), signal ? { signal } : {});
      return { status: answer.status, text: await answer.text() };
    },
    async post<T>(path: string, body: Params = {}, options: { key?: string; signal?: AbortSignal } = {}) {
      const init: RequestInit = {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": options.key ?? newKey() },
        body: JSON.stringify(body),
      };
      if (options.signal) init.signal = options.signal;
      return (await (await call(url(path), init)).json()) as T;
    },
    async session(key) {
      const body = { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) };
      await call(url("session"), key === undefined ? { method: "DELETE" } : { method: "POST", ...body });
    },
    async pollStatus(signal) {
      const init: RequestInit = { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} };
      if (signal) init.signal = signal;
      const answer = await call(url("pedidos"), init);
      if (answer.status === 304) return undefined;
      const status = (await answer.json()) as wire.Status;
      etag = answer.headers.get("ETag") ?? "";
      return status;
    },
  };
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const problem = (await answer.json()) as wire.Problem;
    return new ApiError(answer.status, problem.title ?? answer.statusText, problem.detail ?? "", problem);
  } catch {
    return new ApiError(answer.status, answer.statusText || String(answer.status), "");
  }
}

/** 128 random bits. crypto.randomUUID is missing on plain http from another machine. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
