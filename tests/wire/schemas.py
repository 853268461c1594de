#!/usr/bin/env python3
"""Requests that the server sends are valid by each provider's schema, and its own answers by OpenAI's strict one.

    tests/wire/schemas.py [-v] [--every N]   PAGODA_BINARY names the server; -v shows every refusal and finding,
                                             --every takes each Nth exchange only

Every request of the recorded exchanges, in OpenAI's form, goes to each of the dialects; every recorded answer of
these comes back as an answer of the server, and every recorded stream as a stream. Needs ../shared (schemas,
exchanges, and what puts a recorded request into OpenAI's form) and jsonschema; says so and ends with 77
without them. Everything is on loopback and ends with this script.
"""
import collections
import http.client
import json
import pathlib
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
sys.path[:0] = [str(ROOT / "tools"), str(SHARED / "trust/replay")]

try:
    import jsonschema
    import oracle_base
    import oracle_requests
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import acceptance  # noqa: E402
from upstream import Upstream, chunks, recorded  # noqa: E402

# Name: plugin, further settings, path of the base URL, model, schema of requests, endpoint of the recordings.
DIALECTS = {
    "chat": ("openai", "api: chat", "/v1", "gpt-4o", "openai/chat_completion.request.json", "openai-chat"),
    "responses": ("openai", "api: responses", "/v1", "gpt-4o", "openai/responses.request.json", "openai-responses"),
    "anthropic": ("anthropic", "", "", "claude-sonnet-4-5", "anthropic/messages.request.json", "anthropic"),
    "gemini": ("gemini", "", "/v1beta", "gemini-2.5-flash", "gemini/generate_content.request.json", "gemini"),
}
VERBOSE = "-v" in sys.argv
EVERY = int(sys.argv[sys.argv.index("--every") + 1]) if "--every" in sys.argv else 1


def validator(name):
    # The alternatives that OpenAI writes as oneOf overlap: a message of the user is two kinds of input item.
    text = (SHARED / "wire/schemas" / name).read_text().replace('"oneOf":', '"anyOf":')
    schema = json.loads(text)
    return jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)(schema)


def fault_of(schema, document):
    """Empty, or the place that fits least and why."""
    error = jsonschema.exceptions.best_match(schema.iter_errors(document))
    return "" if error is None else f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def has_schemas(request):
    """Whether the tools' parameters are JSON schemas: a few recorded requests are wrong on purpose."""
    try:
        for tool in request.get("tools") or []:
            jsonschema.Draft202012Validator.check_schema(tool.get("function", {}).get("parameters", {}))
    except jsonschema.SchemaError:
        return False
    return True


class Tally:
    def __init__(self):
        self.counts = collections.Counter()
        self.findings = []

    def add(self, dialect, what, where, fault):
        self.counts[dialect, what, not fault] += 1
        if fault:
            self.findings.append(f"FAIL {dialect} {what} {where} {fault}")

    def show(self, dialects, whats):
        print(f"{'':12}" + "".join(f"{what:>24}" for what in whats))
        for dialect in dialects:
            cells = [f"{self.counts[dialect, what, True]} ok, {self.counts[dialect, what, False]} not" for what in whats]
            print(f"{dialect:12}" + "".join(f"{cell:>24}" for cell in cells))


class Gateway:
    def __init__(self, upstream):
        providers = "".join(f'  {name}: {{ type: {kind}, base_url: "{upstream.url}{path}", api_key: upstream-key'
                            f'{settings and ", " + settings} }}\n'
                            for name, (kind, settings, path, *_) in DIALECTS.items())
        self.server = acceptance.Server(
            "security: { auth: none }\ndiscovery: { enabled: false }\nlogging: { level: warn }\n"
            "upstream: { tries_per_candidate: 1, breaker_failures: 1000 }\nproviders:\n" + providers,
            acceptance.REPLAY_MODELS)
        self.server.start()
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.url).netloc, timeout=30)

    def ask(self, dialect, request, stream):
        """Status and body of the answer."""
        body = {**request, "model": f"{dialect}/{DIALECTS[dialect][3]}"}
        if stream:
            body.update(stream=True, stream_options={"include_usage": True})
        self.connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        return response.status, response.read().decode()


def sent_requests(exchanges, upstream, gateway, answers, tally):
    """Sends the request of every exchange in every dialect, and validates what arrives upstream."""
    schemas = {dialect: validator(row[4]) for dialect, row in DIALECTS.items()}
    seen = set()
    for exchange in exchanges:
        request, how = oracle_requests.derive(exchange, [])
        text = json.dumps(request, sort_keys=True)
        if how == "simple" or text in seen or not has_schemas(request):
            continue
        seen.add(text)
        for dialect, schema in schemas.items():
            upstream.asked.clear()
            upstream.answer = answers[dialect]
            status, body = gateway.ask(dialect, request, False)
            if not upstream.asked:  # refused before a call, in words of the server's own
                tally.counts[dialect, "refused", 200 < status < 500] += 1
                if VERBOSE:
                    print("refused", dialect, exchange.id, status, body[:200])
                continue
            sent = upstream.asked[0][2]
            tally.add(dialect, "request", exchange.id, fault_of(schema, sent) if isinstance(sent, dict) else "no JSON object")


def own_answers(exchanges, upstream, gateway, tally):
    """Plays the answer of every exchange of the four dialects, and validates what the client gets."""
    whole = validator("openai/chat_completion.response.json")
    chunk = validator("openai/chat_completion.chunk.json")
    error = validator("openai/error.json")
    request = {"messages": [{"role": "user", "content": "hi"}]}
    for exchange in exchanges:
        dialect = next((name for name, row in DIALECTS.items() if row[5] == exchange.dialect), None)
        if dialect is None:
            continue
        upstream.answer = recorded({"response": {"status": exchange.status, "body": exchange.text}})
        status, body = gateway.ask(dialect, request, exchange.streamed)
        if status != 200:
            tally.add(dialect, "error", exchange.id, fault_of(error, json.loads(body)))
        elif exchange.streamed:
            for event in chunks(body):
                schema = error if "error" in event else chunk
                tally.add(dialect, "chunk", exchange.id, fault_of(schema, event))
        else:
            tally.add(dialect, "answer", exchange.id, fault_of(whole, json.loads(body)))


def first_answers(exchanges):
    """A whole answer of each dialect."""
    found = {}
    for name, row in DIALECTS.items():
        one = next(x for x in exchanges if x.dialect == row[5] and x.status == 200 and not x.streamed)
        found[name] = recorded({"response": {"status": 200, "body": one.text}})
    return found


def main():
    exchanges = [x for x in oracle_base.load_all(str(SHARED / "wire/fixtures")) if x.dialect]
    answers, exchanges = first_answers(exchanges), exchanges[::EVERY]
    upstream, tally = Upstream(), Tally()
    gateway = Gateway(upstream)
    try:
        sent_requests(exchanges, upstream, gateway, answers, tally)
        own_answers(exchanges, upstream, gateway, tally)
    finally:
        print(f"# the server ended with {gateway.server.stop()}")
        upstream.stop()
    for finding in tally.findings if VERBOSE else tally.findings[:30]:
        print(finding)
    tally.show(DIALECTS, ("request", "refused", "answer", "chunk", "error"))
    empty = [name for name in DIALECTS if not tally.counts[name, "request", True] or not tally.counts[name, "answer", True]]
    if empty:
        print(f"FAIL nothing was judged for {', '.join(empty)}")
    return 1 if tally.findings or empty else 0


if __name__ == "__main__":
    sys.exit(main())
