#!/usr/bin/env python3
"""Measures Pagoda beside nginx's proxy_pass and Portkey, in interleaved rounds against one mock upstream.

    tools/bench/bench.py [--rounds 5] [--only 1k,16k,sse,inflight,start] [--gateways nginx,pagoda,portkey]

The gateway is pinned to core 1, load and mock to core 0. CPU per request is the figure that holds on a
noisy machine. Pagoda runs with everything on: key authentication, hold and settle, ledger rows,
metrics, decision record. Needs `tools/setup bench` and a release build; Portkey is installed from npm.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
BINARY = ROOT / "build" / "release" / "bin" / "pagoda"
GATEWAY_CORE, LOAD_CORE = "1", "0"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.005)
    raise SystemExit(f"nothing listens on port {port}")


def build_tools():
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in ("mock_upstream", "load"):
        source, target = ROOT / "tools/bench" / f"{name}.cpp", BUILD / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.check_call(["g++", "-std=c++20", "-O2", str(source), "-o", str(target)])


def start(command, **options):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


NGINX = """worker_processes 1; daemon off; master_process off; pid {dir}/pid; error_log {dir}/error.log warn;
worker_rlimit_nofile 20000; events {{ worker_connections 16000; use epoll; multi_accept on; }}
http {{ access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s; keepalive_requests 100000000; keepalive_timeout 600;
tcp_nodelay on; client_body_buffer_size 64k; client_max_body_size 16m;
upstream mock {{ server 127.0.0.1:{upstream}; keepalive 6000; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} backlog=8192; location / {{ proxy_pass http://mock; proxy_http_version 1.1;
proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 120s; }} }} }}
"""

PAGODA = """server: {{ host: 127.0.0.1, port: {port}, threads: 1, max_connections: 20000 }}
security: {{ auth: api_key }}
discovery: {{ enabled: false }}
logging: {{ level: warn }}
upstream: {{ max_connections_per_host: 10000, max_idle_connections: 10000 }}
providers:
  mock: {{ type: openai_compatible, base_url: "http://127.0.0.1:{upstream}/v1", api_key: bench-upstream-key }}
"""
MODELS = """models:
{models}
cost_management: {{ monthly_budget_usd: 1000000, max_request_cost_usd: 100 }}
"""
MODEL_IDS = ("mock-b1024", "mock-b16384", "mock-c100-g10", "mock-d500-b1024")


class Nginx:
    name = "nginx"

    def __init__(self, upstream):
        self.dir = tempfile.mkdtemp()
        self.port = free_port()
        conf = pathlib.Path(self.dir) / "nginx.conf"
        conf.write_text(NGINX.format(dir=self.dir, upstream=upstream, port=self.port))
        self.process = start(["taskset", "-c", GATEWAY_CORE, shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(conf)])
        wait_for(self.port)
        self.pid, self.headers = self.process.pid, []

    def model(self, model_id):
        return model_id


class Pagoda:
    name = "pagoda"

    def __init__(self, upstream):
        self.dir = tempfile.mkdtemp()
        self.port = free_port()
        config = pathlib.Path(self.dir)
        (config / "pagoda.yaml").write_text(PAGODA.format(port=self.port, upstream=upstream))
        (config / "models.yaml").write_text(MODELS.format(models="\n".join(
            f"  {m.replace('-', '_')}: {{ tier: 0, provider: mock, model: {m}, "
            "cost_per_1k_tokens: { input: 0.001, output: 0.002 } }" for m in MODEL_IDS)))
        environment = dict(os.environ, PAGODA_DATA_DIR=str(config / "data"))
        made = subprocess.run([BINARY, "keys", "create", "--config", self.dir, "--json"], env=environment,
                              capture_output=True, text=True, check=True)
        key = json.loads(made.stdout)["key"]
        self.environment = environment
        self.process = start(["taskset", "-c", GATEWAY_CORE, str(BINARY), "serve", "--config", self.dir], env=environment)
        wait_for(self.port)
        self.pid, self.headers = self.process.pid, [f"Authorization: Bearer {key}"]

    def model(self, model_id):
        return model_id.replace("-", "_")


class Portkey:
    name = "portkey"

    def __init__(self, upstream):
        folder = BUILD / "portkey"
        script = folder / "node_modules/@portkey-ai/gateway/build/start-server.js"
        if not script.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "tools/bench/package.json", folder)
            subprocess.check_call(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder)
        self.port = free_port()
        self.process = start(["taskset", "-c", GATEWAY_CORE, "node", str(script), f"--port={self.port}", "--headless"],
                             env=dict(os.environ, NODE_ENV="production"))
        wait_for(self.port)
        self.pid = self.process.pid
        self.headers = ["Authorization: Bearer bench", "x-portkey-provider: openai",
                        f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1"]

    def model(self, model_id):
        return model_id


GATEWAYS = {g.name: g for g in (Nginx, Pagoda, Portkey)}


def body_file(gateway, model_id, size, stream):
    body = {"model": gateway.model(model_id), "messages": [{"role": "system", "content": "You are helpful."},
            {"role": "user", "content": ""}], "max_tokens": 256}
    if stream:
        body.update(stream=True, stream_options={"include_usage": True})
    filler = "Tell me more about the sea. "
    body["messages"][1]["content"] = (filler * (size // len(filler) + 1))[:max(0, size - len(json.dumps(body)))]
    path = BUILD / f"body-{gateway.name}-{model_id}.json"
    path.write_text(json.dumps(body, separators=(",", ":")))
    return str(path)


def load(gateway, model_id, size, requests, connections, stream=False, warmup=0, seconds=120):
    command = ["taskset", "-c", LOAD_CORE, str(BUILD / "load"), "--port", str(gateway.port), "--requests", str(requests),
               "--connections", str(connections), "--pid", str(gateway.pid), "--warmup", str(warmup),
               "--max-seconds", str(seconds), "--body", body_file(gateway, model_id, size, stream)]
    for header in gateway.headers:
        command += ["--header", header]
    if stream:
        command.append("--stream")
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        raise SystemExit(f"load against {gateway.name} failed: {done.stderr.strip()}")
    if done.stderr:
        print(f"# {gateway.name}: {done.stderr.strip()[:200]}", file=sys.stderr)
    return json.loads(done.stdout)


SCENARIOS = {
    # model, bytes of the request, requests, connections, streamed, and fewer for the slow Portkey
    "1k": ("mock-b1024", 1024, 30000, 64, False, 2000),
    "16k": ("mock-b16384", 16384, 15000, 64, False, 1500),
    "sse": ("mock-c100-g10", 1024, 1000, 1000, True, 100),
    "inflight": ("mock-d500-b1024", 1024, 5000, 5000, False, 200),
}


def measure(names, only, rounds, upstream):
    results = {}
    for round_number in range(rounds):
        for name in names:
            for scenario in only:
                if scenario == "start":
                    continue
                model, size, requests, connections, stream, few = SCENARIOS[scenario]
                if name == "portkey":
                    requests, connections = few, min(connections, 100)
                # A fresh process each time: nobody profits from the memory of another scenario.
                gateway = GATEWAYS[name](upstream)
                try:
                    warm = 0 if scenario in ("sse", "inflight") else min(2000, requests // 10)
                    figures = load(gateway, model, size, requests, connections, stream, warm)
                finally:
                    stop(gateway.process)
                results.setdefault((scenario, name), []).append(figures)
                print(f"# round {round_number + 1} {scenario} {name}: {json.dumps(figures)}", file=sys.stderr, flush=True)
    return results


def start_times(upstream, rounds=5):
    """Milliseconds from exec to a whole answer, and idle memory a second later."""
    times, idle = [], []
    for _ in range(rounds):
        gateway = Pagoda(upstream)
        stop(gateway.process)
        begun = time.monotonic()
        process = start([str(BINARY), "serve", "--config", gateway.dir], env=gateway.environment)
        wait_for(gateway.port)
        request = urllib.request.Request(f"http://127.0.0.1:{gateway.port}/v1/chat/completions", headers={
            "Content-Type": "application/json", "Authorization": gateway.headers[0].split(": ")[1]},
            data=json.dumps({"model": "mock_b1024", "messages": [{"role": "user", "content": "hi"}]}).encode())
        urllib.request.urlopen(request, timeout=10).read()
        times.append((time.monotonic() - begun) * 1000)
        time.sleep(1)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        idle.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        stop(process)
    return statistics.median(times), statistics.median(idle)


def table(results, names, only):
    columns = ("cpu_us_per_request", "cpu_us_per_chunk", "p50_ms", "p99_ms", "chunk_late_p99_ms", "peak_rss_kib", "per_second", "errors")
    print(f"{'scenario':<9} {'gateway':<8} " + " ".join(f"{c:>18}" for c in columns) + f" {'x nginx':>8}")
    for scenario in only:
        for name in names:
            rows = results.get((scenario, name))
            if not rows:
                continue
            medians = {c: statistics.median(r[c] for r in rows) for c in columns}
            figure = "cpu_us_per_chunk" if scenario == "sse" else "cpu_us_per_request"
            base = results.get((scenario, "nginx"))
            # Each round is compared with nginx's figure of the same round.
            ratio = statistics.median(r[figure] / b[figure] for r, b in zip(rows, base)) if base else float("nan")
            print(f"{scenario:<9} {name:<8} " + " ".join(f"{medians[c]:>18.2f}" for c in columns) + f" {ratio:>8.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="1k,16k,sse,inflight,start")
    parser.add_argument("--gateways", default="nginx,pagoda,portkey")
    arguments = parser.parse_args()
    only, names = arguments.only.split(","), arguments.gateways.split(",")
    build_tools()
    # 5,000 requests in flight are 10,000 descriptors in the gateway.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    upstream = free_port()
    mock = start(["taskset", "-c", LOAD_CORE, str(BUILD / "mock_upstream"), "--port", str(upstream), "--max-seconds", "3600"])
    try:
        wait_for(upstream)
        results = measure(names, only, arguments.rounds, upstream)
        table(results, names, only)
        if "start" in only:
            first, idle = start_times(upstream)
            print(f"pagoda: start to first answer {first:.0f} ms, idle RSS {idle:.1f} MiB")
    finally:
        stop(mock)


if __name__ == "__main__":
    main()
