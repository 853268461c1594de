#!/usr/bin/env python3
"""Runs the judges from outside that lie beside the project against a server built here.

    tools/acceptance.py probe [arguments of probe.py]     attacks and faults, in the test profile of limits
    tools/acceptance.py replay [arguments of replay_judge.py]   recorded provider traffic
    tools/acceptance.py ledger [--shape plain|stream|fallback] [arguments of ledger_check.py]
                                                          is the budget exact (races, kill -9, aborts, usage)
    tools/acceptance.py failover [arguments of failover_judge.py]   what clients see when providers misbehave
    tools/acceptance.py costs     what recorded exchanges cost, beside an independent catalogue of prices
    tools/acceptance.py race      1,000 requests of $0.10 at once against $5.00: 50 are paid, by four records

PAGODA_BINARY names the server (default: build/release/bin/pagoda). Needs ../shared; says so and ends
with 77 without it. Everything runs on loopback and ends with this script.
"""
import asyncio
import collections
import contextlib
import decimal
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import cost_check

ROOT = pathlib.Path(__file__).resolve().parents[1]
TRUST = ROOT.parent / "shared" / "trust"
BINARY = os.environ.get("PAGODA_BINARY", str(ROOT / "build/release/bin/pagoda"))

# Short limits, as the head of probe.py asks for: --t-header 5, --t-body 8, --t-idle 8, --t-upstream 4.
PROBE_PROFILE = """server:
  threads: 2
  header_timeout_ms: 4000
  body_timeout_ms: 6000
  idle_timeout_ms: 6000
  write_timeout_ms: 20000
  max_body_bytes: 1048576
  max_header_bytes: 32768
security: {{ auth: api_key }}
discovery: {{ enabled: false }}
logging: {{ level: warn }}
upstream:
  connect_timeout_ms: 2000
  first_byte_timeout_ms: 3500
  idle_timeout_ms: 3500
  total_timeout_ms: 4000
  stream_total_timeout_ms: 60000
  max_body_bytes: 16777216
  max_attempts: 3
  tries_per_candidate: 2
  retry_base_ms: 50
providers:
  faulty: {{ type: openai_compatible, base_url: "http://127.0.0.1:{upstream}/v1", api_key: sk-upstream-secret-0123456789 }}
"""
PROBE_MODELS = """models:
  test-model: { tier: 1, provider: faulty, model: test-model, cost_per_1k_tokens: { input: 0.000001, output: 0.000001 }, supports: [tools, json, json_schema, images] }
cost_management: { monthly_budget_usd: 1000000, max_request_cost_usd: 1000 }
"""

# The judge's name of a provider, and of its second dialect: the plugin's type, the path at the replay upstream and further
# settings.
REPLAY_PROVIDERS = {
    "openai": ("openai", "openai/v1", "api: chat"),
    "openai:responses": ("openai", "openai/v1", "api: responses"),
    "azure": ("openai", "azure/openai/v1", "quirks: azure, api: chat"),
    "azure:responses": ("openai", "azure", "quirks: azure, api: responses"),
    "anthropic": ("anthropic", "anthropic", ""),
    "gemini": ("gemini", "gemini/v1beta", ""),
    "vertex": ("gemini", "vertex/v1", "project: P, location: us-central1"),
    "qwen": ("qwen", "qwen/compatible-mode/v1", ""),
    "qwen:native": ("qwen", "qwen/api/v1", "api: native"),
    "openrouter": ("openrouter", "openrouter/api/v1", ""),
    "deepseek": ("openai_compatible", "deepseek/v1", "quirks: deepseek"),
    "groq": ("openai_compatible", "groq/v1", "quirks: groq"),
    "mistral": ("openai_compatible", "mistral/v1", "quirks: mistral"),
    "xai": ("openai_compatible", "xai/v1", "quirks: xai"),
    "perplexity": ("openai_compatible", "perplexity/v1", "quirks: perplexity"),
    "ollama": ("openai_compatible", "ollama/v1", "quirks: ollama"),
    "ollama:native": ("openai_compatible", "ollama", "api: ollama"),
    "openai-compatible": ("openai_compatible", "openai-compatible/v1", ""),
    "xai:responses": ("openai", "xai/v1", "api: responses"),
    "openrouter:responses": ("openai", "openrouter/api/v1", "api: responses"),
    "deepseek:responses": ("openai", "deepseek/v1", "api: responses"),
    "openai-compatible:responses": ("openai", "openai-compatible/v1", "api: responses"),
}
REPLAY_MODELS = """models:
  passthrough: true
  unpriced: { input: 0.000001, output: 0.000001 }
cost_management: { monthly_budget_usd: 1000000, max_request_cost_usd: 1000 }
"""


# Every request costs 20 output tokens of 2.50 USD per million: 50,000 nano-USD. Input is free, so that the hold
# of max_tokens 20 is the cost, and the budget holds exactly 1,000 requests. Wiping the database would wipe
# keys: none is asked for.
LEDGER_PRICE = 50_000
LEDGER_REQUESTS = 1000
LEDGER_PROFILE = """server: {{ host: 127.0.0.1, port: {port}, threads: 2 }}
security: {{ auth: none }}
discovery: {{ enabled: false }}
logging: {{ level: warn }}
upstream: {{ retry_base_ms: 1, total_timeout_ms: 12000 }}
providers:
  faulty: {{ type: openai_compatible, base_url: "http://127.0.0.1:{upstream}/v1", api_key: sk-upstream-secret-0123456789 }}
"""
LEDGER_MODEL = ("  {key}: {{ tier: {tier}, provider: faulty, model: {model}, price_per_million: {{ input: 0, output: 2.5 }}, "
                "supports: [stream, tools] }}\n")
LEDGER_COST = """cost_management: {{ monthly_budget_usd: {budget}, max_request_cost_usd: 1, tier0_allocation: 0,
  tier1_allocation: 1, tier2_allocation: 0, tier3_allocation: 0 }}
"""


# The judge's settings in this server's words; a model is priced so that each token shows in the ledger.
FAILOVER_PROFILE = """security: {{ auth: none }}
discovery: {{ enabled: false }}
logging: {{ level: warn }}
upstream:
  connect_timeout_ms: {connect_timeout_s}
  first_byte_timeout_ms: {first_token_timeout_s}
  first_token_timeout_ms: {first_token_timeout_s}
  idle_timeout_ms: {between_tokens_timeout_s}
  attempt_timeout_ms: {attempt_timeout_s}
  total_timeout_ms: {deadline_s}
  stream_total_timeout_ms: {deadline_s}
  tries_per_candidate: {retries_per_candidate}
  retry_base_ms: {retry_base_ms}
  retry_budget_percent: {retry_budget}
  breaker_failures: {breaker_failures}
  breaker_cooldown_ms: {breaker_cooldown_s}
  breaker_max_cooldown_ms: {breaker_max_cooldown_s}
  breaker_trials: {half_open_probes}
providers:
"""
FAILOVER_MODEL = ("  {key}: {{ tier: 1, provider: {provider}, model: {model}, price_per_million: {{ input: 1, output: 2 }}, "
                  "supports: [stream, tools]{window} }}\n")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


class Server:
    def __init__(self, pagoda, models):
        self.directory = tempfile.mkdtemp(prefix="pagoda-acceptance-")
        config = pathlib.Path(self.directory)
        (config / "pagoda.yaml").write_text(pagoda)
        (config / "models.yaml").write_text(models)
        self.environment = dict(os.environ, PAGODA_DATA_DIR=str(config / "data"))
        self.process = None
        self.log = open(config / "server.log", "w+")
        print(f"# configuration and log: {self.directory}")

    def key(self, *options):
        made = subprocess.run([BINARY, "keys", "create", "--config", self.directory, "--json", *options],
                              env=self.environment, capture_output=True, text=True, check=True)
        return json.loads(made.stdout)["key"]

    def start(self):
        self.process = subprocess.Popen([BINARY, "serve", "--config", self.directory, "--port", "0"],
                                        env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            found = re.search(r"listening on http://[^\s:]+:(\d+)", line)
            if found:
                self.url = f"http://127.0.0.1:{found.group(1)}"
                return
        self.log.seek(0)
        raise SystemExit(f"the server did not start: {self.log.read()}")

    def stop(self):
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def probe(arguments):
    upstream = free_port()
    faulty = subprocess.Popen([sys.executable, str(TRUST / "faulty_upstream.py"), "--port", str(upstream)],
                              stdout=subprocess.DEVNULL)
    server = Server(PROBE_PROFILE.format(upstream=upstream), PROBE_MODELS)
    try:
        wait_for(upstream)
        key, admin = server.key(), server.key("--admin")
        server.start()
        return subprocess.call([sys.executable, str(TRUST / "probe.py"), "--base-url", server.url, "--api-key", key,
                                "--admin-key", admin, "--upstream-port", str(upstream), "--pid", str(server.process.pid),
                                *arguments])
    finally:
        print(f"# the server ended with {server.stop()}")
        faulty.terminate()
        faulty.wait()


def replay(arguments):
    upstream = free_port()
    providers = "".join(
        f'  {name.replace(":", "-")}: {{ type: {kind}, base_url: "http://127.0.0.1:{upstream}/{path}", '
        f'api_key: upstream-key-{name.split(":")[0]}{settings and ", " + settings} }}\n'
        for name, (kind, path, settings) in REPLAY_PROVIDERS.items())
    server = Server("security: { auth: none }\ndiscovery: { enabled: false }\nlogging: { level: warn }\n"
                    "upstream: { retry_base_ms: 1 }\nproviders:\n" + providers, REPLAY_MODELS)
    models = {name: name.replace(":", "-") + "/{model}" for name in REPLAY_PROVIDERS}
    names = sorted({name.split(":")[0] for name in REPLAY_PROVIDERS})
    if "--provider" in arguments:
        at = arguments.index("--provider")
        names = arguments[at + 1].split(",")
        arguments = arguments[:at] + arguments[at + 2:]
    try:
        server.start()
        return subprocess.call([sys.executable, str(TRUST / "replay/replay_judge.py"), "--fixtures",
                                str(TRUST.parent / "wire/fixtures"), "--gateway", server.url, "--upstream-port", str(upstream),
                                "--models", json.dumps(models), "--provider", ",".join(names), *arguments])
    finally:
        print(f"# the server ended with {server.stop()}")


def ledger_models(shape):
    """models.yaml of a shape, and the model that requests name."""
    cost = LEDGER_COST.format(budget=f"{LEDGER_REQUESTS * LEDGER_PRICE / 1e9:.9f}")
    good = LEDGER_MODEL.format(key="test-model", tier=1, model="test-model")
    if shape != "fallback":
        return "models:\n" + good + cost, "test-model"
    # The first model fails before it says anything, which is free; the next one answers.
    bad = LEDGER_MODEL.format(key="broken-model", tier=1, model="x-fault-r500")
    return "models:\n" + bad + good + cost, "auto"


def judge(shape, arguments):
    """Runs ledger_check.py; for streams with its client asking for them."""
    if shape != "stream":
        return subprocess.call([sys.executable, str(TRUST / "ledger_check.py"), *arguments])
    program = ("import sys; sys.path.insert(0, sys.argv[1]); del sys.argv[:1]\n"
               "import ledger_check as check; plain = check.send\n"
               "async def send(uid=None, fault='', stream=True, **more):\n"
               "    return await plain(uid, fault, stream, **more)\n"
               "check.send = send\nsys.exit(check.main())\n")
    return subprocess.call([sys.executable, "-c", program, str(TRUST), *arguments])


def ledger(arguments):
    shape = "plain"
    if arguments[:1] == ["--shape"]:
        shape, arguments = arguments[1], arguments[2:]
    port, upstream = free_port(), free_port()
    models, name = ledger_models(shape)
    server = Server(LEDGER_PROFILE.format(port=port, upstream=upstream), models)
    config = pathlib.Path(server.directory)
    database = str(config / "data/pagoda.db")
    journal = str(config / "journal.jsonl")
    os.environ["PAGODA_DATA_DIR"] = server.environment["PAGODA_DATA_DIR"]
    faulty = subprocess.Popen([sys.executable, str(TRUST / "faulty_upstream.py"), "--port", str(upstream), "--pt", "10",
                               "--ct", "20", "--journal", journal], stdout=subprocess.DEVNULL)
    (config / "ledger.json").write_text(json.dumps({
        "start": [BINARY, "serve", "--config", server.directory], "ready": "/health",
        "base_url": f"http://127.0.0.1:{port}", "chat": "/v1/chat/completions", "model": name, "key": "sk-none",
        "upstream_port": upstream, "journal": journal, "price": LEDGER_PRICE, "budget": LEDGER_REQUESTS * LEDGER_PRICE,
        "id_header": "X-Request-Id",
        "spent": {"sqlite": database, "sql": "SELECT coalesce(sum(spent_nano_usd),0) FROM balances WHERE scope='all'"},
        "rows": {"sqlite": database, "sql": "SELECT client_request_id, cost_nano_usd, state FROM ledger"},
        "refused": [402], "wipe": [database + "*"]}, indent=1))
    try:
        wait_for(upstream)
        return judge(shape, ["--config", str(config / "ledger.json"), *(arguments or ["--mode", "all"])])
    finally:
        faulty.terminate()
        faulty.wait()


COST_MODEL = ("  {key}: {{ tier: 1, provider: {provider}, model: \"{model}\", price_per_million: {price}, "
              "supports: [stream, tools, json, json_schema, images, files] }}\n")


def costs(arguments):
    judge_program = str(TRUST / "replay/replay_judge.py")
    fixtures = ["--fixtures", str(TRUST.parent / "wire/fixtures")]
    listing = subprocess.run([sys.executable, judge_program, *fixtures, "--list", "--provider",
                              ",".join(cost_check.CATALOGUE_NAMES)], capture_output=True, text=True, check=True).stdout
    cases = cost_check.Cases(TRUST.parent, listing)
    upstream = free_port()
    providers, models, bases = "", "", {}
    for name, (kind, path, settings) in REPLAY_PROVIDERS.items():
        base, key = name.split(":")[0], name.replace(":", "-")
        bases[key] = base
        providers += (f'  {key}: {{ type: {kind}, base_url: "http://127.0.0.1:{upstream}/{path}", '
                      f'api_key: upstream-key-{base}{settings and ", " + settings} }}\n')
        models += "".join(COST_MODEL.format(key=f"c-{key}-{number}", provider=key, model=model,
                                            price=cost_check.price_yaml(prices))
                          for number, ((provider, model), prices) in enumerate(sorted(cases.models.items(), key=str))
                          if provider == base)
    server = Server("security: { auth: none }\ndiscovery: { enabled: false }\nlogging: { level: warn }\n"
                    "upstream: { retry_base_ms: 1 }\nproviders:\n" + providers,
                    "models:\n" + models + "cost_management: { monthly_budget_usd: 1000000, max_request_cost_usd: 1000 }\n")
    templates = {name: name.replace(":", "-") + "/{model}" for name in REPLAY_PROVIDERS}
    try:
        server.start()
        subprocess.call([sys.executable, judge_program, *fixtures, "--gateway", server.url, "--upstream-port", str(upstream),
                         "--models", json.dumps(templates), "--provider", ",".join(cost_check.CATALOGUE_NAMES),
                         "--only", ",".join(cases.ids), "--stream", "recorded", "--totals-only", *arguments],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        database = pathlib.Path(server.directory) / "data/pagoda.db"
        charged = collections.defaultdict(list)
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            for provider, model, cost, basis in db.execute(
                    "SELECT provider, upstream_model, cost_nano_usd, cost_basis FROM attempts WHERE failure = ''"):
                charged[bases[provider], model].append((cost, basis))
    finally:
        print(f"# the server ended with {server.stop()}")
    lines, differences = cases.table(charged)
    print("\n".join(lines))
    return 1 if differences else 0


RACE_REQUESTS = 1000
RACE_BUDGET_USD = 5
RACE_PRICE_NANO = 100_000_000


async def race_clients(url):
    """What each of the clients got: all of them are connected before the first one asks."""
    address = urllib.parse.urlsplit(url)
    gate = asyncio.Event()
    ready = asyncio.Semaphore(0)

    async def client(number):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        ready.release()
        await gate.wait()
        body = json.dumps({"model": "test-model", "max_tokens": 20,
                           "messages": [{"role": "user", "content": f"[[id:race-{number}]]"}]}).encode()
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        head = answer.partition(b"\r\n\r\n")[0].lower()
        cost = re.search(rb"x-pagoda-cost-usd: ([0-9.]+)", head)
        return int(head.split()[1]), decimal.Decimal(cost.group(1).decode()) if cost else decimal.Decimal(0)

    clients = [asyncio.create_task(client(number)) for number in range(RACE_REQUESTS)]
    for _ in clients:
        await ready.acquire()
    gate.set()
    return await asyncio.gather(*clients)


def race(arguments):
    """Four records that know nothing of each other must tell the same."""
    del arguments
    upstream = free_port()
    cost = f"cost_management: {{ monthly_budget_usd: {RACE_BUDGET_USD}, max_request_cost_usd: 1, tier0_allocation: 0,\n" \
           "  tier1_allocation: 1, tier2_allocation: 0, tier3_allocation: 0 }\n"
    model = LEDGER_MODEL.format(key="test-model", tier=1, model="test-model").replace("output: 2.5", "output: 5000")
    server = Server(LEDGER_PROFILE.format(port=0, upstream=upstream), "models:\n" + model + cost)
    journal = pathlib.Path(server.directory) / "journal.jsonl"
    faulty = subprocess.Popen([sys.executable, str(TRUST / "faulty_upstream.py"), "--port", str(upstream), "--pt", "10",
                               "--ct", "20", "--journal", str(journal)], stdout=subprocess.DEVNULL)
    try:
        wait_for(upstream)
        server.start()
        answers = asyncio.run(race_clients(server.url))
        with urllib.request.urlopen(server.url + "/metrics") as response:
            metrics = json.load(response, parse_float=decimal.Decimal)
        database = pathlib.Path(server.directory) / "data/pagoda.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            rows, spent = db.execute("SELECT count(*), sum(cost_nano_usd) FROM attempts WHERE cost_nano_usd > 0").fetchone()
        billed = sum(1 for line in journal.read_text().splitlines() if json.loads(line).get("billed"))
    finally:
        print(f"# the server ended with {server.stop()}")
        faulty.terminate()
        faulty.wait()
    paid = RACE_BUDGET_USD * 10**9 // RACE_PRICE_NANO
    statuses = {status: sum(1 for each, _ in answers if each == status) for status, _ in answers}
    checks = [
        ("client: 50 answers, 950 refusals", statuses == {200: paid, 402: RACE_REQUESTS - paid}, statuses),
        ("client: each answer says $0.10", sum(usd for _, usd in answers) == RACE_BUDGET_USD, sum(usd for _, usd in answers)),
        ("upstream: 50 calls billed", billed == paid, billed),
        ("ledger: 50 rows of $0.10", (rows, spent) == (paid, paid * RACE_PRICE_NANO), (rows, spent)),
        ("metrics: 50 requests, $5.00 spent, nothing held",
         (metrics["requests_per_tier"]["1"], metrics["budget"]["spent_usd"], metrics["budget"]["held_usd"])
         == (paid, RACE_BUDGET_USD, 0), (metrics["requests_per_tier"], metrics["budget"]["spent_usd"])),
    ]
    for name, holds, got in checks:
        print("PASS" if holds else "FAIL", name, " ", got)
    return 0 if all(holds for _, holds, _ in checks) else 1


def failover_configuration(plan):
    """pagoda.yaml and models.yaml for the judge's plan."""
    settings = {name: int(value * 1000) if name.endswith("_s") else value for name, value in plan["settings"].items()}
    settings["retry_budget"] = int(100 * settings["retry_budget"])
    settings["breaker_max_cooldown_s"] = 2 * settings["breaker_cooldown_s"]
    pagoda = FAILOVER_PROFILE.format(**settings)
    providers, models, routes = {}, {}, ""
    for row in plan["plans"]:
        keys = []
        for candidate in row["candidates"]:
            provider = candidate["upstream"] + ("-two-keys" if len(candidate["api_keys"]) > 1 else "")
            providers[provider] = candidate
            key = candidate["model"]
            window = f", context_tokens: {candidate['context_window']}" if "context_window" in candidate else ""
            models[key] = FAILOVER_MODEL.format(key=key, provider=provider, model=key, window=window)
            keys.append(key)
        hedge = f"strategy: race, hedge_after_ms: {row['hedge_after_ms']}, " if "hedge_after_ms" in row else ""
        routes += f"  {row['alias']}: {{ {hedge}candidates: [{', '.join(keys)}] }}\n"
    for name, candidate in providers.items():
        pagoda += (f"  {name}: {{ type: openai_compatible, base_url: \"{candidate['base_url']}\", "
                   f"api_keys: [{', '.join(candidate['api_keys'])}] }}\n")
    return pagoda, ("models:\n" + "".join(models.values()) + "routes:\n" + routes +
                    "cost_management: { monthly_budget_usd: 1000000, max_request_cost_usd: 1000 }\n")


def ledger_over_http(database):
    """The ledger's charges of one request as JSON, in the judge's words, at a port of its own."""
    query = ("SELECT r.client_request_id, a.upstream_model, a.cost_nano_usd, a.prompt_tokens, a.completion_tokens, "
             "a.cache_read_tokens, a.reasoning_tokens, a.cost_basis FROM requests r JOIN attempts a ON a.request_id = r.id "
             "WHERE r.client_request_id LIKE ? AND a.cost_nano_usd > 0")
    names = ("request", "model", "cost", "prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens", "basis")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            case = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("request", [""])[0]
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as db:
                rows = [dict(zip(names, row)) for row in db.execute(query, (case + "%",))]
            body = json.dumps({"data": [dict(row, estimated=row["basis"] == "estimated") for row in rows]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def failover(arguments):
    judge_program = str(TRUST / "failover/failover_judge.py")
    ports = ["--primary-port", str(free_port()), "--fallback-port", str(free_port())]
    shown = [a for a in arguments if a != "-v"]
    printed = subprocess.run([sys.executable, judge_program, *ports, *shown, "--print-plan"], capture_output=True,
                             text=True, check=True)
    server = Server(*failover_configuration(json.loads(printed.stdout)))
    charges = ledger_over_http(pathlib.Path(server.directory) / "data/pagoda.db")
    try:
        server.start()
        return subprocess.call([sys.executable, judge_program, *ports, "--gateway", server.url, "--ledger",
                                f"http://127.0.0.1:{charges.server_port}/?request={{case}}", *arguments])
    finally:
        print(f"# the server ended with {server.stop()}")
        charges.shutdown()


JUDGES = {"probe": probe, "failover": failover, "replay": replay, "ledger": ledger, "race": race, "costs": costs}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in JUDGES:
        print(__doc__)
        return 2
    if not TRUST.is_dir():
        print("skipped: the judges are not here")
        return 77
    return JUDGES[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
