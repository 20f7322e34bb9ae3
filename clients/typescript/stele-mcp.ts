/**
 * Resumable streams for MCP servers in TypeScript, kept by a Stele server.
 *
 *   const mcp = new SteleMcp({ url: 'http://127.0.0.1:8080', connect: t => makeServer().connect(t) });
 *   response = await mcp.handle(request);          // any server with web-standard requests
 *
 * Messages are in the store before they are sent. A client that lost its connection resumes by
 * GET and Last-Event-ID; a server that was restarted takes its sessions up again, and answers
 * requests that were under way with an error instead of silence.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import {
  WebStandardStreamableHTTPServerTransport as SdkTransport,
  type EventStore,
} from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** The request that is being served, while its messages are stored. */
const serving = new AsyncLocalStorage<string | undefined>();

/** What may stand between the name of a stream and the id of the request it answers. */
const OF_REQUEST = '|';

export interface SteleOptions {
  /** Where the Stele server is, such as http://127.0.0.1:8080. */
  url: string;
  /** An API token of it, with the role append on the log mcp. */
  token?: string;
  /** Whom the session belongs to: what another user was sent is never replayed to this one. */
  user?: string;
}

/** One session's part of the store. */
export class SteleEventStore implements EventStore {
  /** While a saved initialize request is run again, its answer is no news. */
  muted = false;
  readonly #options: SteleOptions;
  readonly #session: string;
  readonly #names = new Map<string, string>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: SteleOptions, session: string) {
    this.#options = options;
    this.#session = session;
  }

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    if (this.muted) return Promise.resolve('muted');
    const name = this.#name(streamId);
    // The SDK does not wait for one message of a stream before it stores the next.
    const before = this.#turns.get(streamId) ?? Promise.resolve();
    const turn = before.catch(() => {}).then(() => this.#append(name, message));
    this.#turns.set(streamId, turn);
    const isAnswer = 'id' in message && ('result' in message || 'error' in message);
    return turn.finally(() => {
      if (this.#turns.get(streamId) === turn) this.#turns.delete(streamId);
      if (isAnswer) this.#names.delete(streamId);
    });
  }

  async #append(name: string, message: JSONRPCMessage): Promise<string> {
    const priming = Object.keys(message).length === 0;
    const stream = `/streams/${encodeURIComponent(name)}`;
    const stored = await this.#ask('POST', `${stream}/events`, priming ? '' : JSON.stringify(message));
    if (!stored.ok) throw new Error(`the event store answered ${stored.status}: ${await stored.text()}`);
    const { eventId } = (await stored.json()) as { eventId: string };
    if ('id' in message && ('result' in message || 'error' in message) && name.includes(OF_REQUEST)) {
      await this.#ask('POST', `${stream}/complete`, '');
    }
    return eventId;
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    const found = await this.#ask('GET', `/events/${encodeURIComponent(eventId)}`);
    return found.ok ? this.#streamId(((await found.json()) as { streamId: string }).streamId) : undefined;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    for (let after = lastEventId; ; ) {
      const answer = await this.#ask('GET', '/replay', undefined, { after });
      if (!answer.ok) throw new Error(`no replay: the event store answered ${answer.status}`);
      const page = (await answer.json()) as {
        streamId: string;
        more: boolean;
        events: { eventId: string; message: JSONRPCMessage }[];
      };
      for (const { eventId, message } of page.events) await send((after = eventId), message);
      if (!page.more) return this.#streamId(page.streamId);
    }
  }

  /** Keeps what the session began with. */
  async save(initialize: string, protocolVersion: string): Promise<void> {
    const put = await this.#ask('PUT', '', initialize, { protocolVersion });
    if (!put.ok) throw new Error(`the session was not kept: the event store answered ${put.status}`);
  }

  /** What the session began with, if it has not ended. */
  async saved(): Promise<string | undefined> {
    const found = await this.#ask('GET', '');
    return found.ok ? JSON.stringify(((await found.json()) as { initialize: unknown }).initialize) : undefined;
  }

  async end(): Promise<void> {
    await this.#ask('DELETE', '');
  }

  /** Answers what was under way when the process died: nobody else will. */
  async closeOrphans(): Promise<void> {
    const url = new URL('/mcp/v1/open-streams', this.#options.url);
    const all = await fetch(url, { headers: this.#headers() });
    const { streams } = (await all.json()) as { streams: { session: string; user: string; streamId: string }[] };
    for (const open of streams) {
      const [, id] = open.streamId.split(OF_REQUEST);
      if (open.session !== this.#session || open.user !== (this.#options.user ?? '-') || !id) continue;
      const error = { code: -32603, message: 'the server was restarted before it had answered' };
      await this.#append(open.streamId, { jsonrpc: '2.0', id: JSON.parse(id), error });
    }
  }

  /** A stream that answers a request is named by it too, so that its answer can be given later. */
  #name(streamId: string): string {
    let name = this.#names.get(streamId);
    if (name === undefined) {
      const request = streamId.startsWith('_') ? undefined : serving.getStore();
      name = request === undefined ? streamId : streamId + OF_REQUEST + request;
      this.#names.set(streamId, name);
    }
    return name;
  }

  #streamId(name: string): string {
    const streamId = name.split(OF_REQUEST)[0];
    this.#names.set(streamId, name);
    return streamId;
  }

  #headers(): Record<string, string> {
    return this.#options.token ? { authorization: `Bearer ${this.#options.token}` } : {};
  }

  #ask(method: string, path: string, body?: string, query: Record<string, string> = {}) {
    const url = new URL(`/mcp/v1/sessions/${encodeURIComponent(this.#session)}${path}`, this.#options.url);
    if (this.#options.user) query.user = this.#options.user;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { ...this.#headers(), ...(body ? { 'content-type': 'application/json' } : {}) };
    return fetch(url, { method, headers, body: body || undefined });
  }
}

/** Sessions that outlive the process. */
export class SteleMcp {
  readonly #options: SteleOptions & { connect(transport: SdkTransport): Promise<void>; retryInterval?: number };
  readonly #live = new Map<string, Promise<SdkTransport | undefined>>();

  constructor(options: SteleOptions & { connect(transport: SdkTransport): Promise<void>; retryInterval?: number }) {
    this.#options = options;
  }

  /** Answers one HTTP request of an MCP client. */
  async handle(request: Request): Promise<Response> {
    const session = request.headers.get('mcp-session-id');
    const text = request.method === 'POST' ? await request.clone().text() : '';
    const transport = await (session === null ? this.#begin(text) : this.#find(session));
    if (transport === undefined) {
      const error = { code: -32001, message: 'Session not found' };
      return Response.json({ jsonrpc: '2.0', id: null, error }, { status: 404 });
    }
    return serving.run(requestId(text), () => transport.handleRequest(request));
  }

  #find(session: string): Promise<SdkTransport | undefined> {
    let found = this.#live.get(session);
    if (found === undefined) {
      found = this.#takeUp(session);
      this.#live.set(session, found);
      found.then(
        transport => transport === undefined && this.#live.delete(session),
        () => this.#live.delete(session),
      );
    }
    return found;
  }

  async #begin(initialize: string): Promise<SdkTransport> {
    const session = randomUUID();
    const store = new SteleEventStore(this.#options, session);
    const transport = await this.#transport(session, store, async () => {
      const version = JSON.parse(initialize).params?.protocolVersion;
      await store.save(initialize, version ?? 'unknown');
      this.#live.set(session, Promise.resolve(transport));
    });
    return transport;
  }

  /** Runs the saved initialize request again, in a session of the old id. */
  async #takeUp(session: string): Promise<SdkTransport | undefined> {
    const store = new SteleEventStore(this.#options, session);
    const initialize = await store.saved();
    if (initialize === undefined) return undefined;
    await store.closeOrphans();
    const transport = await this.#transport(session, store, async () => {});
    const version = JSON.parse(initialize).params?.protocolVersion;
    store.muted = true;
    await (await transport.handleRequest(post(initialize))).text();
    const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await transport.handleRequest(post(initialized, { 'mcp-session-id': session, 'mcp-protocol-version': version }));
    store.muted = false;
    return transport;
  }

  async #transport(session: string, eventStore: SteleEventStore, began: () => Promise<void>): Promise<SdkTransport> {
    const transport = new SdkTransport({
      sessionIdGenerator: () => session,
      eventStore,
      retryInterval: this.#options.retryInterval ?? 1000,
      onsessioninitialized: began,
      onsessionclosed: async () => {
        this.#live.delete(session);
        await eventStore.end();
      },
    });
    await this.#options.connect(transport);
    return transport;
  }
}

/** The id of the one request of a body, as JSON; none where it is something else. */
function requestId(body: string): string | undefined {
  try {
    const message = JSON.parse(body);
    return message.method !== undefined && message.id !== undefined ? JSON.stringify(message.id) : undefined;
  } catch {
    return undefined; // The transport says what is wrong with it.
  }
}

function post(body: string, headers: Record<string, string> = {}): Request {
  const accept = 'application/json, text/event-stream';
  return new Request('http://localhost/mcp', {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', ...headers },
    body,
  });
}
