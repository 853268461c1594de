#!/usr/bin/env python3
"""Installs the SDK into an empty prefix, builds the examples against it as a third party would, and looks
at what the libraries export and need."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

RUNTIME = ("libc.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "ld-linux")


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def faults_of(library):
    exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    if exported != ["pagoda_plugin_entry_v1"]:
        yield f"{library.name} exports {exported}"
    symbols = run("readelf", "--wide", "--symbols", library)
    if " UNIQUE " in symbols:
        yield f"{library.name} has unique symbols, which keep it mapped"
    dynamic = run("readelf", "--wide", "--dynamic", library)
    for line in dynamic.splitlines():
        if "(NEEDED)" in line and not any(name in line for name in RUNTIME):
            yield f"{library.name} needs more than the runtime: {line.strip()}"
    if "NOW" not in dynamic:
        yield f"{library.name} is bound lazily"
    if "GNU_RELRO" not in run("readelf", "--wide", "--segments", library):
        yield f"{library.name} has writable tables"
    if "PGD" not in run("readelf", "--notes", library):
        yield f"{library.name} has no manifest note"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", required=True)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("sdk", type=pathlib.Path)
    arguments = parser.parse_args()
    faults = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "prefix"
        run(arguments.cmake, "-S", arguments.sdk, "-B", folder / "sdk")
        run(arguments.cmake, "--install", folder / "sdk", "--prefix", prefix)
        for example in ("c", "cpp"):
            build = folder / example
            # The copy in the prefix is what a third party has.
            run(arguments.cmake, "-S", prefix / "share/doc/pagoda-sdk/examples" / example, "-B", build,
                "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={prefix}",
                f"-DCMAKE_C_COMPILER={arguments.cc}", f"-DCMAKE_CXX_COMPILER={arguments.cxx}",
                "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Werror",
                "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
            run(arguments.cmake, "--build", build)
            libraries = sorted(build.glob("*.so"))
            if len(libraries) != 1:
                faults.append(f"example {example} built {libraries}")
            for library in libraries:
                faults += faults_of(library)
    print("\n".join(faults) if faults else "both examples build, export one symbol and need no library")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
