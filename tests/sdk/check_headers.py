#!/usr/bin/env python3
"""Each SDK header compiles alone, in every language that it promises, with warnings as errors, by g++ and
by clang where that is installed; and the C headers include nothing but <stddef.h> and <stdint.h>."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only"]
COMPILERS = [("gcc-12", "g++-12"), ("clang-16", "clang++-16")]


def cases(include):
    c_headers = sorted(p.relative_to(include) for p in include.rglob("*.h"))
    cpp_headers = sorted(p.relative_to(include) for p in include.rglob("*.hpp"))
    umbrella = [p for p in c_headers + cpp_headers if p.name in ("sdk.hpp", "kinds.h")]
    for cc, cxx in COMPILERS:
        yield cc, "c", "c11", c_headers
        yield cxx, "c++", "c++17", c_headers
        # That each C++ header stands alone is the same for every compiler.
        yield cxx, "c++", "c++20", cpp_headers + umbrella if cxx == COMPILERS[0][1] else umbrella


def compile_headers(include, compiler, language, standard, headers, folder):
    extra = ["-Wold-style-cast"] if language == "c++" else []
    failures = []
    for header in headers:
        source = pathlib.Path(folder, "one." + ("c" if language == "c" else "cpp"))
        source.write_text(f"#define PAGODA_ENABLE_DRAFT 1\n#include <{header.as_posix()}>\n")
        command = [compiler, "-std=" + standard, *STRICT, *extra, "-I", include, source]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            failures.append(f"{header} as {standard} by {compiler}:\n{result.stderr}")
    return failures


def foreign_includes(include):
    for header in include.rglob("*.h"):
        for found in re.findall(r"^\s*#\s*include\s+<([^>]+)>", header.read_text(), re.M):
            if found not in ("stddef.h", "stdint.h"):
                yield f"{header}: includes <{found}>"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("include", type=pathlib.Path)
    include = parser.parse_args().include
    failures = list(foreign_includes(include))
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        for compiler, language, standard, headers in cases(include):
            if shutil.which(compiler) is None:
                print(f"skipped: {compiler} is not installed")
                continue
            tried += 1
            failures += compile_headers(include, compiler, language, standard, headers, folder)
    print("\n".join(failures) if failures else f"{tried} combinations of compiler and language pass")
    return 1 if failures or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
