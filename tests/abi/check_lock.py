#!/usr/bin/env python3
"""Fails when the ABI lock and the headers disagree: a changed line is a broken ABI, a missing line is a
new member that has to be pinned with sdk/tools/gen_abi_lock.py."""
import argparse
import difflib
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("sdk", type=pathlib.Path)
    parser.add_argument("lock", type=pathlib.Path)
    arguments = parser.parse_args()
    command = [sys.executable, arguments.sdk / "tools/gen_abi_lock.py", "--compiler", arguments.compiler,
               arguments.sdk / "include"]
    generated = subprocess.check_output(command, text=True)
    locked = arguments.lock.read_text()
    sys.stdout.writelines(difflib.unified_diff(locked.splitlines(True), generated.splitlines(True),
                                               str(arguments.lock), "generated"))
    return 0 if generated == locked else 1


if __name__ == "__main__":
    sys.exit(main())
