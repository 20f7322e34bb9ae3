// The official TypeScript client against a server of ours, losing its connection on the way:
//   node client.mjs URL MODE
// It prints a line for each thing that happens, and reads a line where it is told to wait:
//   drop    counts to 10, loses the connection after 4 by itself, and lets the client come back
//   call    counts to 10, and lets the client come back from whatever happens
//   late    counts to 10, leaves after 4, waits for a line, and resumes with a client that is new
//   listen  hears 10 news on the stream of GET, loses it after 4, and lets the client come back
//   hear    the same, and lets the client come back from whatever happens
// What it ends with: seen N,N,...   then   result TEXT, error CODE or heard N,N,...
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [url, mode, modules] = process.argv.slice(2);
const sdk = (path) => import(pathToFileURL(`${modules}/@modelcontextprotocol/sdk/dist/esm/${path}`));
const { Client } = await sdk('client/index.js');
const { StreamableHTTPClientTransport } = await sdk('client/streamableHttp.js');
const { CallToolResultSchema, LoggingMessageNotificationSchema } = await sdk('types.js');

// Half the time after which the client itself gives up on an answer.
const PATIENCE = 30_000;
const COUNT_TO = 10;
const LEAVE_AFTER = 4;
const PAUSE = 100;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => process.stdout.write(line + '\n');
const seen = [];
const heard = [];

setTimeout(() => {
  say(`seen ${seen.join(',')}`);
  say(`gave up, having heard ${heard.join(',')}`);
  process.exit(0);
}, PATIENCE).unref();

// Cuts the first response of a method behind the event that has the text, as a network would.
function cutting(method, text) {
  let done = false;
  return async (input, init) => {
    const response = await fetch(input, init);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    if (done || !isStream || (init?.method ?? 'GET') !== method || response.status !== 200) return response;
    let rest = '';
    const reader = response.body.getReader();
    const body = new ReadableStream({
      async pull(controller) {
        if (done) return;
        const { value, done: end } = await reader.read();
        if (end) return controller.close();
        rest += Buffer.from(value).toString('utf8');
        controller.enqueue(value);
        if (rest.includes(text)) {
          done = true;
          // Behind what was enqueued: an error would overtake it.
          setTimeout(() => controller.error(new Error('the connection was cut')), PAUSE / 2);
          reader.cancel();
          say('cut');
        }
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

async function connected(options = {}) {
  const client = new Client({ name: 'stele-check', version: '1' });
  client.onerror = () => {};
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    const news = /^news (\d+)$/.exec(params.data);
    (news ? heard : seen).push(Number(news ? news[1] : params.data));
    say(news ? `news ${news[1]}` : `count ${params.data}`);
  });
  const transport = new StreamableHTTPClientTransport(new URL(url), options);
  await client.connect(transport);
  return { client, transport };
}

const counting = {
  method: 'tools/call',
  params: { name: 'count', arguments: { to: COUNT_TO, pause: PAUSE } },
};

async function outcome(call) {
  try {
    return `result ${(await call).content[0].text}`;
  } catch (error) {
    return `error ${error.code}`;
  }
}

let end;
if (mode === 'drop' || mode === 'call') {
  const fetch = mode === 'drop' ? cutting('POST', `"data":"${LEAVE_AFTER}"`) : undefined;
  const { client } = await connected({ fetch });
  end = await outcome(client.request(counting, CallToolResultSchema));
} else if (mode === 'late') {
  const first = await connected();
  let token;
  const left = first.client.request(counting, CallToolResultSchema, { onresumptiontoken: (id) => (token = id) });
  left.catch(() => {});
  while (seen.length < LEAVE_AFTER) await new Promise((resolve) => setTimeout(resolve, 5));
  const { sessionId, protocolVersion } = first.transport;
  await first.transport.close();
  say('left');
  await lines.next();
  const second = await connected({ sessionId });
  second.transport.setProtocolVersion(protocolVersion);
  end = await outcome(second.client.request(counting, CallToolResultSchema, { resumptionToken: token }));
} else {
  let open;
  const listening = new Promise((resolve) => (open = resolve));
  const carry = mode === 'listen' ? cutting('GET', `"data":"news ${LEAVE_AFTER}"`) : fetch;
  await connected({
    fetch: async (input, init) => {
      const response = await carry(input, init);
      if (init?.method === 'GET' && response.ok) open();
      return response;
    },
  });
  await listening;
  say('listening');
  while (heard.length < COUNT_TO) await new Promise((resolve) => setTimeout(resolve, 5));
  end = `heard ${heard.join(',')}`;
}
say(`seen ${seen.join(',')}`);
say(end);
process.exit(0);
