"""An MCP server for the tests:  python server.py STELE PORT"""

import sys
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import uvicorn
from mcp import types
from mcp.server.lowlevel import Server
from starlette.applications import Starlette
from starlette.routing import Mount

sys.path.insert(0, str(Path(__file__).parent.parent))
from stele_mcp import SteleMcp

stele, port = sys.argv[1:3]


async def list_tools(context, params):
    schema = {"type": "object", "properties": {"to": {"type": "number"}, "pause": {"type": "number"}}}
    return types.ListToolsResult(tools=[types.Tool(name="count", description="Counts aloud", input_schema=schema)])


async def call_tool(context, params):
    for data in range(1, params.arguments["to"] + 1):
        await context.session.send_log_message("info", str(data), related_request_id=context.request_id)
        await anyio.sleep(params.arguments["pause"] / 1000)
    return types.CallToolResult(content=[types.TextContent(text=f"counted to {params.arguments['to']}")])


# Clients try twice: five seconds are enough for a machine that is busy to start a server again.
mcp = SteleMcp(Server("counter", on_list_tools=list_tools, on_call_tool=call_tool), url=stele, retry_interval=5000)


@asynccontextmanager
async def lifespan(_):
    async with mcp.run():
        print("listening", flush=True)
        yield


uvicorn.run(Starlette(routes=[Mount("/", mcp)], lifespan=lifespan), host="127.0.0.1", port=int(port), log_level="warning")
