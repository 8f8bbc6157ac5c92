"""Reads C: the calls in a source, and the texts in them, so that tests can hold
documents against what programs say."""

import re

STRING = r'"(?:[^"\\\n]|\\.)*"'
# What printf() and our macros put into a text.
CONVERSION = re.compile(r"%(?:[-+ #0]*\d*(?:\.(?:\d+|\*))?(?:l|ll|z|h)?"
                        r"[a-zA-Z]|\Z)")


def without_comments(code):
    """Returns the code with each comment made a blank."""
    return re.sub(rf"({STRING})|/\*.*?\*/|//[^\n]*",
                  lambda found: found.group(1) or " ", code, flags=re.S)


def calls(code, functions):
    """Yields (function, arguments) for each call of one of the functions; code
    is without comments."""
    for found in re.finditer(rf"\b({'|'.join(functions)})\(", code):
        depth, begin, arguments = 1, found.end(), []
        for token in re.finditer(rf"{STRING}|'(?:[^'\\]|\\.)'|[(){{}}\[\],]",
                                 code[found.end():]):
            at = found.end() + token.start()
            if token.group() in "([{":
                depth += 1
            elif token.group() in ")]}":
                depth -= 1
            if not depth or (token.group() == "," and depth == 1):
                arguments.append(code[begin:at].strip())
                begin = at + 1
            if not depth:
                break
        yield found.group(1), arguments


def texts(code):
    """Returns the texts in the code, each as the compiler joins it: a name
    between two strings, such as PRIu64, becomes a conversion."""
    joined = re.findall(rf"{STRING}(?:\s*(?:[A-Z]\w*\s*)?{STRING})*", code)
    return [re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(
        found.group(1), found.group(1)), "".join(
            part[1:-1] if part.startswith('"') else "u"
            for part in re.findall(rf"{STRING}|[A-Z]\w*", text)))
            for text in joined]


def fixed_parts(text):
    """Returns the parts of a format that are in every text that it makes, without
    blanks around them."""
    return [part for part in (" ".join(found.split())
                              for found in CONVERSION.split(text)) if part]
