#!/usr/bin/env python3
"""Builds the plugins that PLUGIN_GUIDE.md shows against an installed SDK, runs its test from recorded bytes, and
holds its tables to the source: every reason of refusal is explained, every manifest satisfies the schema."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)\n```\n", re.S)
STRICT = "-Wall -Wextra -Wpedantic -Werror"


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{(result.stdout + result.stderr)[-4000:]}")
    return result.stdout


def fits(value, schema, where):
    """The part of JSON Schema that the manifest's schema uses."""
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield f"{where} is no {schema['type']}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where} is not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where} does not match {schema['pattern']}"
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from fits(item, schema.get("items", {}), f"{where}[{index}]")
    if isinstance(value, dict) and "properties" in schema:
        for key in schema.get("required", []):
            if key not in value:
                yield f"{where} lacks {key}"
        for key, member in value.items():
            if key not in schema["properties"]:
                yield f"{where} has {key}, which the schema does not name"
            yield from fits(member, schema["properties"].get(key, {}), f"{where}.{key}")


def manifest_of(library):
    """The JSON of the note, found by its owner and type as the host finds it."""
    data = library.read_bytes()
    header = b"\x01\x44\x47\x50PGD\x00"  # type 0x50474401, little-endian, and the owner
    at = data.find(header)
    size = int.from_bytes(data[at - 4:at], "little")
    return json.loads(data[at + len(header):at + len(header) + size].rstrip(b"\0"))


def build(arguments, folder, prefix):
    cmake = (folder / "CMakeLists.txt").read_text()
    # The page's own file builds acme; the other plugins of the page are added to it.
    (folder / "CMakeLists.txt").write_text(cmake + "\npagoda_add_plugin(parrot SOURCES parrot.c)\n"
                                           "pagoda_add_plugin(cheapest SOURCES cheapest.cpp)\n")
    run(arguments.cmake, "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_C_COMPILER={arguments.cc}",
        f"-DCMAKE_CXX_COMPILER={arguments.cxx}", f"-DCMAKE_C_FLAGS={STRICT}", f"-DCMAKE_CXX_FLAGS={STRICT}")
    run(arguments.cmake, "--build", folder / "build")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("project", type=pathlib.Path)
    arguments = parser.parse_args()
    guide = (arguments.project / "PLUGIN_GUIDE.md").read_text()
    faults = []

    refusals = (arguments.project / "core/plugin_host/refusal.cpp").read_text()
    table = guide[guide.index("## Troubleshooting"):]
    for name in sorted(set(re.findall(r'return "(\w+)"', refusals))):
        if f"| `{name}` |" not in table:
            faults.append(f"the table of refusals lacks {name}")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "prefix"
        run(arguments.cmake, "-S", arguments.project / "sdk", "-B", folder / "sdk")
        run(arguments.cmake, "--install", folder / "sdk", "--prefix", prefix)
        page = folder / "page"
        for file, text in FILE.findall(guide):
            (page / file).parent.mkdir(parents=True, exist_ok=True)
            (page / file).write_text(text + "\n")
        build(arguments, page, prefix)
        run(sys.executable, "-m", "py_compile", page / "fake_acme.py")

        schema = json.loads((page / "manifest.schema.json").read_text())
        for plugin in ("acme", "parrot", "cheapest"):
            library = page / "build" / f"{plugin}.so"
            faults += fits(manifest_of(library), schema, plugin)
            exported = [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]
            if exported != ["pagoda_plugin_entry_v1"]:
                faults.append(f"{plugin}.so exports {exported}")

        test = page / "test_acme"
        run(arguments.cxx, "-std=c++20", *STRICT.split(), "-I", prefix / "include", page / "test_acme.cpp", "-o", test,
            "-ldl")
        if run(test, page / "build" / "acme.so") != "passed\n":
            faults.append("the test from recorded bytes did not pass")

    print("\n".join(faults) if faults else "the guide's plugins build, its test passes, its tables are complete")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
