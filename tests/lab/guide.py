"""README.md and the guides of contrib/postfix: tests run their commands and read
their configuration.

A block is marked by a comment on the line before it, which Markdown does not
show:

    <!-- run: NAME -->          the test NAME runs these commands
    <!-- by hand: REASON -->    no test runs them
    <!-- output: NAME -->       what the commands before it print; the test compares
    <!-- file: PATH -->         what the administrator writes to PATH
    <!-- shown: WHAT -->        other output, or an example that is no input
"""

import os
import re

from .base import TOP, LabError, read

DIRECTORY = os.path.join(TOP, "contrib", "postfix", "guides")
README = os.path.join(TOP, "README.md")
BLOCK = re.compile(r"(?ms)(?:^<!-- (run|by hand|output|file|shown): ([^\n]*?) "
                   r"-->\n)?^```(\w*)\n(.*?)^```$")


class Guide:
    def __init__(self, name):
        """name is that of a file in the guides' directory, or a path."""
        self.text = read(os.path.join(DIRECTORY, name))
        self._blocks = BLOCK.findall(self.text)
        if not self._blocks:
            raise LabError(f"guide {name}: no blocks")

    def _marked(self, mark, name):
        found = [block for what, of, _, block in self._blocks
                 if (what, of) == (mark, name)]
        if not found:
            raise LabError(f"the guide has no block \"{mark}: {name}\"")
        return "".join(found)

    def commands(self, name):
        """Returns the commands of all blocks that are marked run: NAME."""
        return self._marked("run", name)

    def steps(self, name):
        """Returns (commands, what they print) of each block that is marked run:
        NAME, in their order; what they print is None if the guide does not show
        it."""
        found = [(what, block) for what, of, _, block in self._blocks
                 if of == name and what in ("run", "output")]
        if not found:
            raise LabError(f"the guide has no block \"run: {name}\"")
        return [(block, found[i + 1][1] if found[i + 1:] and
                 found[i + 1][0] == "output" else None)
                for i, (what, block) in enumerate(found) if what == "run"]

    def output(self, name):
        """Returns the output of all blocks that are marked output: NAME."""
        return self._marked("output", name)

    def names(self, mark):
        """Returns what the comments with this mark name or give as reason."""
        return [of for what, of, *_ in self._blocks if what == mark]

    def file(self, path):
        """Returns what the guide says that the file contains."""
        return self._marked("file", path)

    def unmarked(self):
        """Returns the blocks that are not marked, or not as their language
        says: commands are marked run or by hand, and nothing else is."""
        return [block for what, _, language, block in self._blocks
                if not what or (what in ("run", "by hand"))
                != (language == "sh")]
