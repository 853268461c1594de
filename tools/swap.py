#!/usr/bin/env python3
"""Swaps plugins and configurations under load, and counts what got lost.

    tools/swap.py [--seconds 20] [--every 1.0] [--clients 4]

Every step reloads the configuration with another provider or swaps the version of a plugin; every tenth is broken
and has to be refused. Meanwhile clients ask both providers, whole and streamed. Ends with 1 if a request failed, was
asked of the upstream twice, or has not exactly one row in the ledger.

PAGODA_BINARY names the server (default: build/release/bin/pagoda); the plugins are those of its build, tests included.
Everything runs on loopback and ends with this script.
"""
import argparse
import collections
import contextlib
import http.server
import json
import pathlib
import shutil
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request

from acceptance import BINARY, Server

USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
MODELS = """models:
  local-model: { tier: 0, provider: swapped, model: m, local: true }
  far-model: { tier: 0, provider: upstream, model: m, price_per_million: { input: 1, output: 1 } }
cost_management: { monthly_budget_usd: 1000000, max_request_cost_usd: 1000 }
"""


def upstream():
    """An upstream that answers at once, and what it was asked how often."""
    asked = collections.Counter()
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                asked[request["messages"][-1]["content"]] += 1
            if request.get("stream"):
                chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": "hello"}}]},
                          {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE}]
                body = "".join(f"data: {json.dumps(dict(chunk, id='c', object='chat.completion.chunk', model='m'))}\n\n"
                               for chunk in chunks) + "data: [DONE]\n\n"
                kind = "text/event-stream"
            else:
                message = {"role": "assistant", "content": "hello"}
                body = json.dumps({"id": "c", "object": "chat.completion", "model": "m", "usage": USAGE,
                                   "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
                kind = "application/json"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, asked


def post(url, path, body=None):
    """Status and text; a cut answer is status 0."""
    request = urllib.request.Request(url + path, method="POST", data=json.dumps(body).encode() if body is not None else b"",
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


class Client(threading.Thread):
    def __init__(self, number, url, stop):
        super().__init__()
        self.number, self.url, self.stop = number, url, stop
        self.sent, self.far, self.failed = 0, [], []

    def run(self):
        while not self.stop.is_set():
            prompt = f"request {self.number}-{self.sent}"
            far, stream = self.sent % 2 == 0, self.sent % 4 < 2
            self.sent += 1
            status, text = post(self.url, "/v1/chat/completions", {
                "model": "far-model" if far else "local-model", "stream": stream,
                "messages": [{"role": "user", "content": prompt}]})
            if far:
                self.far.append(prompt)
            if status != 200 or (stream and not text.rstrip().endswith("data: [DONE]")):
                self.failed.append(f"{prompt}: {status} {text[:200]}")


def pagoda_yaml(port, plugins, step):
    # The slash makes it another provider, so that its instance is made anew.
    slash = "/" if step % 2 else ""
    return (f"server: {{ threads: 2, watch_configuration: false }}\nsecurity: {{ auth: none }}\n"
            f"discovery: {{ enabled: false }}\nlogging: {{ level: warn }}\n"
            f"plugins: {{ directories: [\"{plugins}\"] }}\nproviders:\n  swapped: {{ type: swap }}\n"
            f"  upstream: {{ type: openai_compatible, base_url: \"http://127.0.0.1:{port}/v1{slash}\", api_key: sk-none }}\n")


def take_step(server, port, plugins, step):
    """One change; whether the server took it as it should."""
    broken = step % 10 == 0
    if step % 4 < 2:
        version = "3.0.0" if broken else "2.0.0" if step % 8 < 4 else "1.0.0"
        status, text = post(server.url, "/admin/plugins/swap", {"id": "test.swap", "version": version})
    else:
        text = pagoda_yaml(port, plugins, step // 4)
        pathlib.Path(server.directory, "pagoda.yaml").write_text(text + ("upstraem: {}\n" if broken else ""))
        status, text = post(server.url, "/admin/reload")
    good = status == (422 if broken else 200)
    if not good:
        print(f"step {step}: {status} {text[:300]}")
    return good


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--every", type=float, default=1.0)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    fake, asked = upstream()
    port = fake.server_address[1]
    server = Server("", MODELS)
    plugins = pathlib.Path(server.directory) / "plugins"
    plugins.mkdir()
    built = pathlib.Path(BINARY).resolve().parents[1] / "tests/bad_plugins/swap"
    shutil.copy(built / "swap_v1.so", plugins)
    pathlib.Path(server.directory, "pagoda.yaml").write_text(pagoda_yaml(port, plugins, 0))
    server.start()
    for later in ("swap_v2.so", "swap_v3.so"):
        shutil.copy(built / later, plugins)
        status, text = post(server.url, "/admin/plugins/load", {"file": later})
        if status != 200:
            raise SystemExit(text)

    stop = threading.Event()
    clients = [Client(number, server.url, stop) for number in range(options.clients)]
    for client in clients:
        client.start()
    end = time.monotonic() + options.seconds
    steps, wrong, start_memory = 0, 0, memory(server.process)
    while time.monotonic() < end:
        steps += 1
        wrong += not take_step(server, port, plugins, steps)
        time.sleep(options.every)
    stop.set()
    for client in clients:
        client.join()
    end_memory = memory(server.process)
    code = server.stop()

    sent = sum(client.sent for client in clients)
    failed = [line for client in clients for line in client.failed]
    far = [prompt for client in clients for prompt in client.far]
    odd = [prompt for prompt in far if asked[prompt] != 1]
    with contextlib.closing(sqlite3.connect(pathlib.Path(server.directory) / "data/pagoda.db")) as database:
        rows = database.execute("SELECT count(*) FROM requests WHERE http_status = 200").fetchone()[0]
        attempts = database.execute("SELECT count(*) FROM attempts WHERE state = 'settled'").fetchone()[0]
    for line in failed[:10]:
        print(f"failed: {line}")
    print(f"{steps} steps, {wrong} not as they should be; {sent} requests, {len(failed)} failed, {len(odd)} asked of the "
          f"upstream not once; {rows} rows, {attempts} settled attempts; {start_memory} KiB at the start, {end_memory} at "
          f"the end; the server ended with {code}")
    return 0 if not (wrong or failed or odd) and rows == attempts == sent and code == 0 and sent > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
