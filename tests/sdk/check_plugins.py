#!/usr/bin/env python3
"""Builds a provider and a strategy of plugins/ as a third party would: a copy of the folder alone, against the
installed SDK and nothing else; then lists them, and starts a server that runs on them, which takes their
self-tests."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from check_package import faults_of, run

PROVIDER, STRATEGY = "openrouter", "cost"
PAGODA_YAML = """plugins: {{ directories: ["{plugins}"] }}
security: {{ auth: none }}
discovery: {{ enabled: false }}
providers:
  built: {{ type: {provider}, api_key: sk-of-the-test }}
strategy: {{ type: {strategy} }}
"""
MODELS_YAML = """models:
  model: { tier: 1, provider: built, model: a/b, price_per_million: { input: 1, output: 1 } }
"""


def build(arguments, folder):
    prefix, source, out = folder / "prefix", folder / "plugins", folder / "build"
    run(arguments.cmake, "-S", arguments.root / "sdk", "-B", folder / "sdk")
    run(arguments.cmake, "--install", folder / "sdk", "--prefix", prefix)
    shutil.copytree(arguments.root / "plugins", source)
    launcher = shutil.which("ccache")
    run(arguments.cmake, "-S", source, "-B", out, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={arguments.cc}", f"-DCMAKE_CXX_COMPILER={arguments.cxx}",
        *([f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}"] if launcher else []))
    run(arguments.cmake, "--build", out, "--parallel", "2", "--target", PROVIDER, STRATEGY)
    plugins = folder / "built"
    plugins.mkdir()
    for library in sorted(out.rglob("*.so")):
        shutil.copy(library, plugins)
    return plugins


def loaded(binary, config, environment):
    shown = subprocess.run([binary, "plugins", "list", "--config", config, "--json"], env=environment,
                           capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        sys.exit(f"plugins list ended with {shown.returncode}: {shown.stderr}")
    plugins = json.loads(shown.stdout)
    return {kind["type"] for plugin in plugins if plugin["state"] == "active" for kind in plugin["types"]}


def serves(binary, config, environment):
    """Empty if a server starts, with the self-tests of what it runs on, and ends; else what it said."""
    with open(config / "server.log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen([binary, "serve", "--config", config, "--port", "0"], env=environment,
                                  stdout=subprocess.PIPE, stderr=log, text=True)
        started = any("listening on" in line for line in server.stdout)
        if started:
            server.send_signal(signal.SIGTERM)
        code = server.wait(30)
        log.seek(0)
        return "" if started and code == 0 else f"the server ended with {code}: {log.read()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--pagoda", required=True, help="the server's program")
    parser.add_argument("root", type=pathlib.Path, help="the source tree")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plugins = build(arguments, folder)
        faults = [fault for library in sorted(plugins.iterdir()) for fault in faults_of(library)]
        config = folder / "config"
        config.mkdir()
        (config / "pagoda.yaml").write_text(PAGODA_YAML.format(plugins=plugins, provider=PROVIDER, strategy=STRATEGY))
        (config / "models.yaml").write_text(MODELS_YAML)
        environment = dict(os.environ, PAGODA_DATA_DIR=str(config / "data"))
        # A program takes the plugins beside it as well: this one has none.
        pagoda = folder / "alone/bin/pagoda"
        pagoda.parent.mkdir(parents=True)
        shutil.copy(arguments.pagoda, pagoda)
        types = loaded(pagoda, config, environment)
        if types != {PROVIDER, STRATEGY}:
            faults.append(f"of {PROVIDER} and {STRATEGY} the host took {sorted(types)}")
        problem = serves(pagoda, config, environment)
        if problem:
            faults.append(problem)
    print("\n".join(faults) if faults else f"{PROVIDER} and {STRATEGY} build out of tree, load and pass their self-tests")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
