// An MCP server for the tests, with web-standard requests on node:http:  node server.ts STELE PORT
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { SteleMcp } from '../stele-mcp.ts';

const [stele, port] = process.argv.slice(2);

function make(): McpServer {
  const server = new McpServer({ name: 'counter', version: '1' }, { capabilities: { logging: {} } });
  server.registerTool(
    'count',
    { description: 'Counts aloud', inputSchema: { to: z.number(), pause: z.number() } },
    async ({ to, pause }, extra) => {
      for (let data = 1; data <= to; data++) {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: String(data) } });
        await new Promise(resolve => setTimeout(resolve, pause));
      }
      return { content: [{ type: 'text', text: `counted to ${to}` }] };
    },
  );
  return server;
}

// Clients try twice: five seconds are enough for a machine that is busy to start a server again.
const mcp = new SteleMcp({ url: stele, retryInterval: 5000, connect: transport => make().connect(transport) });

createServer(async (asked, answer) => {
  const body = asked.method === 'POST' ? Buffer.concat(await asked.toArray()) : undefined;
  const headers = new Headers(asked.headers as Record<string, string>);
  const request = new Request(`http://localhost${asked.url}`, { method: asked.method, headers, body });
  const response = await mcp.handle(request);
  answer.writeHead(response.status, Object.fromEntries(response.headers));
  answer.flushHeaders();
  if (response.body === null) answer.end();
  else Readable.fromWeb(response.body as never).on('error', () => answer.destroy()).pipe(answer);
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
