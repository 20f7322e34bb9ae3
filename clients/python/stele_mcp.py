"""Resumable streams for MCP servers in Python, kept by a Stele server.

    app = SteleMcp(server, url="http://127.0.0.1:8080")     # an ASGI application
    async with app.run(): ...                               # in the lifespan of what serves it

Messages are in the store before they are sent. A client that lost its connection resumes by GET
and Last-Event-ID; a server that was restarted takes its sessions up again, and answers requests
that were under way with an error instead of silence.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from contextlib import asynccontextmanager
from uuid import uuid4

import anyio
from mcp.server.streamable_http import EventMessage, EventStore, StreamableHTTPServerTransport
from mcp_types import JSONRPCError, JSONRPCResponse, jsonrpc_message_adapter

PATIENCE_SECONDS = 30


class SteleEventStore(EventStore):
    """One session's part of the store."""

    def __init__(self, url: str, session: str, token: str | None = None, user: str | None = None):
        self.url, self.session, self.token, self.user = url, session, token, user
        self.muted = False  # While a saved initialize request is run again, its answer is no news.
        self.seen: dict[str, str] = {}

    async def store_event(self, stream_id, message):
        if self.muted:
            return "muted"
        stream = "/streams/" + urllib.parse.quote(stream_id, safe="")
        body = b"" if message is None else message.model_dump_json(by_alias=True, exclude_unset=True).encode()
        status, answer = await self.ask("POST", stream + "/events", body)
        if status == 409 and message is None and stream_id in self.seen:
            return self.seen[stream_id]  # Nothing more comes; what was sent last is where it ends.
        if status != 201:
            raise RuntimeError(f"the event store answered {status}: {answer}")
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            await self.ask("POST", stream + "/complete", b"")
        return answer["eventId"]

    async def replay_events_after(self, last_event_id, send_callback):
        after = last_event_id
        while True:
            status, page = await self.ask("GET", "/replay", query={"after": after})
            if status != 200:
                return None
            for event in page["events"]:
                after = event["eventId"]
                message = jsonrpc_message_adapter.validate_python(event["message"], by_name=False)
                await send_callback(EventMessage(message, after))
            self.seen[page["streamId"]] = after
            if not page["more"]:
                return page["streamId"]

    async def save(self, initialize: bytes, protocol_version: str):
        status, answer = await self.ask("PUT", "", initialize, {"protocolVersion": protocol_version})
        if status != 200:
            raise RuntimeError(f"the session was not kept: the event store answered {status}: {answer}")

    async def saved(self) -> bytes | None:
        """What the session began with, if it has not ended."""
        status, answer = await self.ask("GET", "")
        return json.dumps(answer["initialize"]).encode() if status == 200 else None

    async def end(self):
        await self.ask("DELETE", "")

    async def close_orphans(self):
        """Answers what was under way when the process died: nobody else will."""
        _, answer = await self.ask("GET", None)
        for stream in answer["streams"]:
            own = stream["session"] == self.session and stream["user"] == (self.user or "-")
            if not own or stream["streamId"].startswith("_"):
                continue
            request = stream["streamId"]  # The SDK calls a stream by the id of its request, as text.
            error = {"code": -32603, "message": "the server was restarted before it had answered"}
            body = {"jsonrpc": "2.0", "id": int(request) if request.isdigit() else request, "error": error}
            name = "/streams/" + urllib.parse.quote(request, safe="")
            await self.ask("POST", name + "/events", json.dumps(body).encode())
            await self.ask("POST", name + "/complete", b"")

    async def ask(self, method, path, body=None, query=None):
        """One request to the store; a path of None asks for the streams that are open."""
        base = "/mcp/v1/open-streams" if path is None else "/mcp/v1/sessions/" + urllib.parse.quote(self.session, safe="")
        query = dict(query or {}, **({"user": self.user} if self.user and path is not None else {}))
        url = self.url + base + (path or "") + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"Content-Type": "application/json"} if body else {}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token

        def send():
            request = urllib.request.Request(url, data=body, method=method, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as refused:
                return refused.code, json.load(refused)

        return await anyio.to_thread.run_sync(send)


class SteleMcp:
    """Sessions that outlive the process, as an ASGI application."""

    def __init__(self, server, url: str, token=None, user=None, retry_interval: int = 2000):
        self.server, self.retry_interval = server, retry_interval
        self.store_of = lambda session: SteleEventStore(url, session, token, user)
        self.live: dict[str, StreamableHTTPServerTransport] = {}
        self.taking_up = anyio.Lock()

    @asynccontextmanager
    async def run(self):
        async with anyio.create_task_group() as self.tasks:
            try:
                yield
            finally:
                self.tasks.cancel_scope.cancel()

    async def __call__(self, scope, receive, send):
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        session = headers.get("mcp-session-id")
        if session is None:
            await self.begin(scope, receive, send)
            return
        async with self.taking_up:
            transport = self.live.get(session) or await self.take_up(session)
        if transport is None:
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Session not found"}}
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"application/json")]})
            await send({"type": "http.response.body", "body": json.dumps(error).encode()})
            return
        await transport.handle_request(scope, receive, send)
        if transport.is_terminated:
            self.live.pop(session, None)
            await self.store_of(session).end()

    async def begin(self, scope, receive, send):
        """Answers the request that opens a session, and keeps it if it does."""
        session, body, more = uuid4().hex, b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        store = self.store_of(session)
        transport = await self.start(session, store)
        kept = False

        async def keep(message):
            nonlocal kept
            if message["type"] == "http.response.start" and message["status"] == 200 and not kept:
                kept = True
                await store.save(body, json.loads(body)["params"]["protocolVersion"])
                self.live[session] = transport
            await send(message)

        await transport.handle_request(scope, once(body, receive), keep)
        if not kept:
            await transport.terminate()

    async def take_up(self, session):
        """Runs the saved initialize request again, in a session of the old id."""
        store = self.store_of(session)
        initialize = await store.saved()
        if initialize is None:
            return None
        await store.close_orphans()
        transport = await self.start(session, store)
        version = json.loads(initialize)["params"]["protocolVersion"].encode()
        initialized = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
        known = [(b"mcp-session-id", session.encode()), (b"mcp-protocol-version", version)]
        store.muted = True
        for body, more in ((initialize, []), (initialized, known)):
            headers = [(b"accept", b"application/json, text/event-stream"), (b"content-type", b"application/json"), *more]
            scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": headers}
            await transport.handle_request(scope, once(body, anyio.sleep_forever), nowhere)
        store.muted = False
        self.live[session] = transport
        return transport

    async def start(self, session, store):
        transport = StreamableHTTPServerTransport(
            mcp_session_id=session, event_store=store, retry_interval=self.retry_interval
        )

        async def serve(*, task_status):
            async with transport.connect() as (read, write):
                task_status.started()
                await self.server.run(read, write, self.server.create_initialization_options())

        await self.tasks.start(serve)
        return transport


def once(body, then):
    """What receives a body that was read already, and then whatever comes."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return parts.pop() if parts else await then()

    return receive


async def nowhere(_message):
    """Takes an answer that nobody waits for."""
