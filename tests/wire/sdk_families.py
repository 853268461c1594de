#!/usr/bin/env python3
"""The requests that official clients of OpenAI's dialect sent, unchanged and with their headers, against the server.

    tests/wire/sdk_families.py      PAGODA_BINARY names the server

The clients: openai, the AI SDK (openai-compatible, openai) and LangChain, whole and streamed. Upstream answers
are recorded ones (tests/golden). Needs ../shared/wire/captured_requests.json; says so and ends with 77 without it.
"""
import base64
import collections
import http.client
import json
import pathlib
import struct
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURED = ROOT.parent / "shared/wire/captured_requests.json"
sys.path.insert(0, str(ROOT / "tools"))

import acceptance  # noqa: E402
from upstream import Upstream, chunks, recorded  # noqa: E402

GOLDEN = ROOT / "tests/golden"
# No answer of the server, yet: an API of its own each.
NOT_SERVED = ("/v1/responses", "/v1/moderations")


def golden(name):
    return recorded(json.loads((GOLDEN / f"{name}.json").read_text()))


def wants_call(request):
    return bool(request.get("tools")) and request["messages"][-1]["role"] != "tool"


def answer_of(path, body):
    """What OpenAI would answer: a call where tools are offered, JSON where it is asked for."""
    if path.endswith("/embeddings"):
        vector = [0.25, -0.5, 1.0]
        form = base64.b64encode(struct.pack("<3f", *vector)).decode() if body.get("encoding_format") == "base64" else vector
        count = len(body["input"]) if isinstance(body["input"], list) else 1
        return 200, "application/json", json.dumps(
            {"object": "list", "model": body["model"], "usage": {"prompt_tokens": 2, "total_tokens": 2},
             "data": [{"object": "embedding", "index": i, "embedding": form} for i in range(count)]}).encode()
    if body["messages"][-1].get("content") == "limit me":
        return golden("openai/error_429_rate")
    tools = wants_call(body)
    if body.get("stream"):
        return golden("chat_completions/" + ("openai_stream_tools" if tools else "groq_stream_x_groq_usage"))
    return golden("chat_completions/" + ("openai_whole_tools" if tools else "openai_whole"))


def check(holds, why):
    if not holds:
        raise AssertionError(why)


def check_whole(request, body):
    answer = json.loads(body)
    check(answer["object"] == "chat.completion", "no chat.completion")
    choice = answer["choices"][0]
    if wants_call(request):
        check(choice["finish_reason"] == "tool_calls", "no call though tools were offered")
        for call in choice["message"]["tool_calls"]:
            check(call["id"] and isinstance(json.loads(call["function"]["arguments"]), dict), "a call without id or arguments")
    else:
        check(choice["finish_reason"] == "stop" and choice["message"]["content"], "no text")
    check(answer["usage"]["total_tokens"] > 0, "no usage")


def check_stream(request, body):
    check(body.endswith("data: [DONE]\n\n"), "the stream has no end")
    events = list(chunks(body))
    check(all(event["object"] == "chat.completion.chunk" for event in events), "an event that is no chunk")
    check(len({event["id"] for event in events}) == 1, "several ids")
    choices = [choice for event in events for choice in event["choices"]]
    finish = "tool_calls" if wants_call(request) else "stop"
    check([c["finish_reason"] for c in choices if c["finish_reason"]] == [finish], f"not one finish reason, {finish}")
    if wants_call(request):
        calls = [call for c in choices for call in c["delta"].get("tool_calls") or []]
        check(calls[0]["id"] and json.loads("".join(call["function"]["arguments"] for call in calls)), "no call")
    else:
        check("".join(c["delta"].get("content") or "" for c in choices), "no text")
    usage = [event for event in events if event.get("usage")]
    asked = (request.get("stream_options") or {}).get("include_usage", False)
    check(len(usage) == int(asked) and (not asked or usage[0]["choices"] == []), "usage is there, or not")


def check_embeddings(request, body):
    answer = json.loads(body)
    inputs = request["input"] if isinstance(request["input"], list) else [request["input"]]
    check(len(answer["data"]) == len(inputs), "not one vector for each input")
    for row in answer["data"]:
        vector = row["embedding"]
        if request.get("encoding_format") == "base64":
            vector = list(struct.unpack("<3f", base64.b64decode(vector)))
        check(vector == [0.25, -0.5, 1.0], "another vector")


def check_refusal(status, body):
    error = json.loads(body)["error"]
    check(all(key in error for key in ("message", "type", "param", "code")) and error["message"], "no OpenAI error object")
    check(400 <= status < 500, f"status {status}")


def judge(row, status, headers, body):
    """Raises AssertionError or KeyError where the answer is not what this client needs."""
    path = row["path"].split("?")[0]
    check(headers.get("x-request-id"), "no x-request-id")
    request = row["body"] or {}
    if path in NOT_SERVED:
        check(status in (404, 501), f"status {status}")
        return check_refusal(status, body)
    if row["status"] == 429:
        check(status == 429, f"status {status} for a rate limit")
        return check_refusal(status, body)
    check(status == 200, f"status {status}: {body[:200]}")
    if path == "/v1/models":
        models = json.loads(body)
        return check(models["object"] == "list" and any(m["id"] == "gpt-4o" for m in models["data"]), "gpt-4o is not listed")
    if path.startswith("/v1/models/"):
        return check(json.loads(body)["id"] == path.rsplit("/", 1)[1], "another model")
    if path == "/v1/embeddings":
        return check_embeddings(request, body)
    streamed = request.get("stream") is True
    want = "text/event-stream" if streamed else "application/json"
    check(headers.get("content-type", "").startswith(want), f"content type {headers.get('content-type')}")
    return (check_stream if streamed else check_whole)(request, body)


def replay(row, address, key):
    connection = http.client.HTTPConnection(address, timeout=30)
    headers = {name: value.replace("KEY", key) for name, value in row["headers"].items()}
    # As the clients write it: JSON.stringify.
    body = json.dumps(row["body"], separators=(",", ":"), ensure_ascii=False).encode() if row["body"] else None
    connection.request(row["method"], row["path"], body, headers)
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read().decode()
    connection.close()
    return answer


def main():
    if not CAPTURED.exists():
        print("skipped: the captured requests are not here")
        return 77
    rows = [row for row in json.loads(CAPTURED.read_text())
            if row["path"].startswith("/v1/") and "anthropic-version" not in row["headers"]]
    upstream = Upstream()
    upstream.answer = answer_of
    server = acceptance.Server(
        f"security: {{ auth: api_key }}\ndiscovery: {{ enabled: false }}\nlogging: {{ level: warn }}\n"
        f"upstream: {{ tries_per_candidate: 1 }}\n"
        f'providers:\n  up: {{ type: openai_compatible, base_url: "{upstream.url}/v1", api_key: sk-upstream-0123456789 }}\n',
        "models:\n"
        "  gpt-4o: { tier: 1, provider: up, model: gpt-4o, price_per_million: { input: 1, output: 1 }, "
        "supports: [tools, json, json_schema, images] }\n"
        "  text-embedding-3-small: { tier: 1, provider: up, model: text-embedding-3-small, kind: embedding, "
        "price_per_million: { input: 1, output: 0 } }\n")
    failures, tally = 0, collections.Counter()
    try:
        key = server.key()
        server.start()
        for row in rows:
            client = row["headers"]["user-agent"].split(" runtime")[0].split(" (")[0]
            status, headers, body = replay(row, urllib.parse.urlsplit(server.url).netloc, key)
            served = row["path"] not in NOT_SERVED
            try:
                judge(row, status, headers, body)
                tally[client, "as it needs it" if served else "refused in its dialect (not served)"] += 1
            except (AssertionError, KeyError, ValueError, IndexError, TypeError) as error:
                failures += 1
                print(f"FAIL {client} request {row['n']} {row['method']} {row['path']}: {type(error).__name__} {error}")
    finally:
        print(f"# the server ended with {server.stop()}")
        upstream.stop()
    for (client, how), count in sorted(tally.items()):
        print(f"{client:60} {count:3} {how}")
    return 1 if failures or not tally else 0


if __name__ == "__main__":
    sys.exit(main())
