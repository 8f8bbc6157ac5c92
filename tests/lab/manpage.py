"""Reads readdress(1): its examples, and the words that it lists."""

import os
import re
import subprocess

from . import tool
from .tool import MAN, TOOL


def read():
    """Returns the page."""
    with open(MAN, encoding="utf-8") as file:
        return file.read()


def section(command):
    """Returns the section of a command."""
    commands = read().split("\n.Sh COMMANDS\n")[1].split("\n.Sh ")[0]
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


def on_terminal(command, directory, environment, shell=("bash", "-c")):
    """Runs a command of a shell. Returns what is on the terminal at the end, and
    the exit status."""
    shown, status = tool.on_terminal([*shell, command], 0, cwd=directory,
                                     env={**os.environ, **environment})
    # A slow machine shows progress, and wipes it away.
    return re.sub(r"(?:\r[^\r\n]*)+\r", "", shown), status


def same(text):
    """Returns the text without what differs from run to run."""
    text = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    text = re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \S+", "LOCAL", text)
    text = re.sub(r", in \d+ \w+( \d+ \w+)?$", ", in SPAN", text, flags=re.M)
    text = re.sub(r"process \d+", "process N", text)
    text = re.sub(r"\d+ s old", "N s old", text)
    text = re.sub(r"\bof %s\b" % re.escape(os.uname().nodename),
                  "of relay1.example", text)
    user = subprocess.run(["id", "-un"], capture_output=True, check=True,
                          text=True).stdout.strip()
    text = re.sub(r"\b%s\b" % re.escape(user), "root", text)
    return re.sub(" +", " ", text).strip()


def literals(text):
    """Returns the words of the text's .Li lines."""
    return re.findall(r"[A-Za-z_]+", " ".join(
        re.findall(r"^\.Li (.*)$", text, re.M)))
