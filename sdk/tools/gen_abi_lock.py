#!/usr/bin/env python3
"""Writes static assertions that pin the layout of the plugin ABI.

    gen_abi_lock.py [--compiler CC] INCLUDE_DIR > tests/abi/v1_lock.c

Reads the stable headers, lists every member, function type and enumerator, asks a C compiler for their
values, and prints one _Static_assert for each. A later minor version may add lines to the result; a
line that changes or vanishes breaks plugins that are already built.
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

HEADERS = ["base.h", "plugin.h", "chat.h", "provider.h", "strategy.h", "ext/host_http.h",
           "ext/host_services.h", "ext/provider_calls.h"]
STRUCT = re.compile(r"typedef struct (pagoda_\w+) \{(.*?)\n\} \1;", re.S)
ENUM = re.compile(r"enum \{(.*?)\};", re.S)
FUNCTION = re.compile(r"PAGODA_FN\((.*),\s*(\w+)\)\s*\((.*)\)\s*PAGODA_NOEXCEPT$", re.S)
CONSTANT = re.compile(r"^#define (PAGODA_\w+) +\(?(?:UINT64_C|\d|0x)", re.M)
IDENTIFIER = re.compile(r'^#define (PAGODA_\w+) +("[^"]+")', re.M)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def members(body):
    """The declarations of a struct, split at semicolons outside parentheses."""
    depth, current = 0, ""
    for char in body:
        depth += (char == "(") - (char == ")")
        if char == ";" and depth == 0:
            yield re.sub(r"\s+", " ", current).strip()
            current = ""
        else:
            current += char


def questions(text):
    """printf statements that print the assertions."""
    constants, identifiers = CONSTANT.findall(text), IDENTIFIER.findall(text)
    text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.M | re.S)
    for name, body in STRUCT.findall(text):
        for member in members(body):
            function = FUNCTION.match(member)
            if function:
                result, field, parameters = (part.strip() for part in function.groups())
                yield layout(name, field)
                yield signature(name, field, result, parameters)
            else:
                for declarator in member.split(","):
                    yield layout(name, re.sub(r"\[.*?\]", "", declarator).split()[-1].lstrip("*"))
    for body in ENUM.findall(text):
        for value in re.findall(r"(PAGODA_\w+)\s*=", body):
            yield number(value)
    for value in constants:
        yield number(value)
    for name, literal in identifiers:
        text = literal.replace('"', '\\"')
        yield f'puts("_Static_assert(__builtin_strcmp({name}, {text}) == 0, \\"{name}\\");");'


def layout(struct, field):
    size = f"sizeof((({struct} *)0)->{field})"
    line = (f"_Static_assert(offsetof({struct}, {field}) == %zu && {size} == %zu,"
            f' \\"{struct}.{field}\\");\\n')
    return f'printf("{line}", offsetof({struct}, {field}), {size});'


def signature(struct, field, result, parameters):
    line = (f"_Static_assert(__builtin_types_compatible_p(__typeof__((({struct} *)0)->{field}),"
            f' {result} (*)({parameters})), \\"{struct}.{field} signature\\");')
    return f'puts("{line}");'


def number(name):
    line = f'_Static_assert({name} == %lld, \\"{name}\\");\\n'
    return f'printf("{line}", (long long)({name}));'


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("include_dir", type=pathlib.Path)
    arguments = parser.parse_args()

    program = ["#include <pagoda/pagoda.h>", "#include <stdio.h>", "int main(void) {"]
    for header in HEADERS:
        text = without_comments((arguments.include_dir / "pagoda" / header).read_text())
        program.append(f'puts("\\n/* {header} */");')
        program += questions(text)
    program += ["return 0;", "}"]
    with tempfile.TemporaryDirectory() as folder:
        source, binary = pathlib.Path(folder, "lock.c"), pathlib.Path(folder, "lock")
        source.write_text("\n".join(program) + "\n")
        subprocess.check_call([arguments.compiler, "-std=c11", "-I", arguments.include_dir, source,
                               "-o", binary])
        lines = subprocess.check_output([binary], text=True)
    print("/* The layout of plugin ABI 1. Written by sdk/tools/gen_abi_lock.py: lines may be added, never"
          "\n * changed. LP64 targets. */\n#include <pagoda/pagoda.h>\n#include <stddef.h>")
    print(lines, end="")
    print("\nint pagoda_abi_lock_is_compiled;")


if __name__ == "__main__":
    main()
