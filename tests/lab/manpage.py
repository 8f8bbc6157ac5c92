"""Reads readdress(1): its examples, and the words that it lists."""

import re
import subprocess

from .tool import MAN, TOOL


def section(command):
    """Returns the section of a command."""
    with open(MAN, encoding="utf-8") as f:
        commands = f.read().split("\n.Sh COMMANDS\n")[1].split("\n.Sh ")[0]
    parts = re.split(r"^\.It (?:Xo\n\.)?Cm ([a-z]+)", commands, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))[command]


def examples(command):
    """Yields (command line, what it prints) for each example of a command."""
    for block in re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", section(command),
                            re.M | re.S):
        block = block.replace("\\e\n", "").replace("\\(dq", '"')
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            line, _, printed = part.partition("\n")
            yield line, printed


def run(line, conf, directory):
    """Runs an example as the manual has it, with this program and
    configuration."""
    line = re.sub(r"\breaddress (?=[a-z-])", "%s -c %s " % (TOOL, conf), line)
    return subprocess.run(["sh", "-c", line], cwd=directory, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)


def literals(text):
    """Returns the words of the text's .Li lines."""
    return re.findall(r"[A-Za-z_]+", " ".join(
        re.findall(r"^\.Li (.*)$", text, re.M)))
