"""The messages of errors of use, in one or two lines."""

import re
from urllib.error import URLError

from lit_wgan.commands.user_code import find_user_code
from lit_wgan.errors import UsageError

# The lines of a jsonargparse message that tell how it searched, not what is wrong.
_SEARCH = re.compile(
    r"Does not validate against|Subtypes: |Errors:|Given value|Expected a <class 'NoneType'>|Expected a path but"
    r"|Problem with given class_path|Parser key"
)
_TYPE = re.compile(r"Expected an? (?:<class '(?:[\w.]+\.)?(\w+)'>|typing\.(Literal\[.+\]))")
_NO_CLASS = re.compile(r"Expected a dot import path string: (.+)")
_MEMORY = re.compile(
    r"(?:can't|unable to) allocate|not enough memory|out of memory|Storage size calculation overflow", re.I
)
OBJECTS = {
    "condition": ("ConditionSource", "conditions"),
    "critic_terms": ("Term", "terms"),
    "generator_terms": ("Term", "terms"),
    "view": ("View", "views"),
}
"""The kind of object that an option of a system takes, and the page of docs/ that tells of it."""
_PIP = re.compile(r"pip install (?:-U )?['\"]?([\w.-]+(?:\[\w+\])?)")


def describe(error: BaseException) -> str:
    """The message of an error of use, on one or two lines."""
    from lit_wgan.engine.internals import class_being_made

    lines = [re.sub(r"^(- )+", "", line.strip()) for line in str(error).splitlines() if line.strip(" -")]
    if lines and lines[0].startswith("Caught ") and "DataLoader worker" in lines[0]:
        kind, _, message = lines[-1].partition(": ")  # before it stands the traceback of that process
        return message or kind
    if isinstance(error, UsageError):
        return "\n".join(lines[:2])
    if lacks_memory(error):
        return _describe_memory(error)
    if isinstance(error, URLError):
        return f"Expected to download a file, but could not: {error.reason}. Connect, or give the file (--weights)."
    if isinstance(error, ModuleNotFoundError):
        return _describe_package(error)
    keys = re.findall(r'Parser key "([^"]+)"', str(error))
    if keys:
        reasons = "; ".join(_reasons(lines))
        option = ".".join(dict.fromkeys(keys))
        return f"In {option}: {reasons.rstrip('.')}.\n{_remedy(option)}"
    made = class_being_made(error)
    if made is not None and not isinstance(error, OSError):
        reason = lines[0] if lines else type(error).__name__
        return f"Expected options that {made.__name__} takes, but it failed: {reason}\n--debug shows where."
    if type(error).__name__ == "ArgumentError":
        lines = [lines[0], "lit-wgan fit --help all lists the options."]
    return "\n".join(lines[:2]) or type(error).__name__


def lacks_memory(error: BaseException) -> bool:
    """Whether an error says that a size is more than memory, or a number of the machine, can hold."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"MemoryError", "OutOfMemoryError"}:
        return True
    if isinstance(error, OverflowError):
        return find_user_code(error) is None
    return isinstance(error, RuntimeError) and _MEMORY.search(str(error)) is not None


def _describe_memory(error: BaseException) -> str:
    size = re.search(r"allocate (?:an array with shape .* and data type .*|[\d.]+ [KMGT]i?B|\d+ bytes)", str(error))
    what = str(error).splitlines()[0] if isinstance(error, OverflowError) else size.group() if size else "allocate more"
    place = find_user_code(error)
    return (
        f"Expected sizes that fit into memory, but got too large a one{f' in {place}' if place else ''} ({what}). "
        "Lower the batch size, the networks' sizes or the number of samples."
    )


def _describe_package(error: ModuleNotFoundError) -> str:
    asked = _PIP.search(str(error))
    package = error.name or (asked.group(1) if asked else None)
    if package is None:
        return str(error).splitlines()[0]
    return f"Expected the package {package}, which these options need, but it is not installed. pip install {package}"


def _reasons(lines: list[str]) -> list[str]:
    """What is wrong with an option, from the lines of jsonargparse's message: what it is not, and the types it has."""
    reasons = list(dict.fromkeys(line for line in lines if not _SEARCH.match(line)))
    no_class = next(filter(None, map(_NO_CLASS.match, reasons)), None)
    if no_class:
        return [f"Expected a class path or the name of a class, but got {no_class.group(1)}"]
    kinds = [match.group(1) or match.group(2) for match in map(_TYPE.match, reasons) if match]
    others = [reason for reason in reasons if not _TYPE.match(reason)]
    got = next((reason.partition("Got value: ")[2] for reason in reasons if "Got value: " in reason), None)
    if not kinds or others:
        return others or reasons
    return [f"Expected {' or '.join(kinds)}" + (f", but got {'null' if got == 'None' else got}" if got else "")]


def _remedy(option: str) -> str:
    section, _, rest = option.partition(".")
    if section == "model" and rest.partition(".")[0] in OBJECTS:
        from lit_wgan.commands.schema import names_for

        kind, page = OBJECTS[rest.partition(".")[0]]
        return f"Take {', '.join(names_for(kind))} or a class path, with its options; docs/{page}.md tells of each."
    if section == "model":
        return "Take GAN, LSGAN, WGAN, WGANGP or a class path; --model.help WGANGP lists the options of one."
    if section == "data":
        return "Take ToyData, ImageData or a class path; --data.help ImageData lists the options of one."
    return f"lit-wgan fit --help all lists the options of {section}."
