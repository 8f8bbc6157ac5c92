"""The guides of contrib/postfix: tests run their commands and read their
configuration.

A block is marked by a comment on the line before it, which Markdown does not
show:

    <!-- run: NAME -->          the test NAME runs these commands
    <!-- not run: REASON -->    no test runs them
    <!-- file: PATH -->         what the administrator writes to PATH
    <!-- shown: WHAT -->        output, or an example that is no input
"""

import os
import re

from .base import TOP, LabError, read

DIRECTORY = os.path.join(TOP, "contrib", "postfix", "guides")
BLOCK = re.compile(r"(?ms)(?:^<!-- (run|not run|file|shown): ([^\n]*?) -->\n)?"
                   r"^```(\w*)\n(.*?)^```$")


class Guide:
    def __init__(self, name):
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

    def file(self, path):
        """Returns what the guide says that the file contains."""
        return self._marked("file", path)

    def unmarked(self):
        """Returns the blocks that are not marked, or not as their language
        says: commands are marked run or not run, and nothing else is."""
        return [block for what, _, language, block in self._blocks
                if not what or (what in ("run", "not run"))
                != (language == "sh")]
