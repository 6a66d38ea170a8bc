"""Where templates run: an environment that can do next to nothing, and a check before anything compiles.

Templates are edited by people who are not programmers and arrive by mail and chat. A sandbox alone is not
enough: it stops attribute access, not `'a' * 10**9`. So a template may hold only what is listed here, and
it is parsed and looked through first, since compiling already evaluates constants.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateError,
    TemplateRuntimeError,
    TemplateSyntaxError,
    meta,
    nodes,
    pass_context,
)
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.errors import suggestion
from engine.rulebook.model import Text
from notifier.template_fault import TemplateFaultError

LONGEST_SOURCE = 20_000
LONGEST_OUTPUT = 100_000
DEEPEST_NESTING = 20
DEEPEST_LOOPS = 2
LONGEST_SEPARATOR = 10
# Of all loops together, those that say nothing as well. Lines of ten characters fill the longest text in as many.
MOST_TURNS = 10_000
COUNTED = "counted"  # the filter that goes around what is looped over; no template may name it
UNSENDABLE = re.compile("[\0\ud800-\udfff]")  # neither a database nor a mail takes these, and a text may spell them
TURNS = "turns left"  # no name that a template could write

# Whatever Jinja raises for a text that nobody should have written: some of it only when it writes its own code.
REFUSED = (TemplateError, RecursionError, ValueError, OverflowError)

NODES = frozenset({
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter, nodes.Getattr,
})  # fmt: skip
FILTERS = frozenset({"join", "length", "first", "last"})
LOOP_ATTRIBUTES = frozenset({"index", "first", "last"})
_ATTRIBUTES = "loop.index, loop.first, loop.last"
_SHOWN = {"Call": "()", "Getitem": "[]", "Assign": "set", "CondExpr": "… if …", "Test": "is"}  # else Jinja's own name
_TOKENS = {"end of print statement": "}}", "end of statement block": "%}", "begin of print statement": "{{"}
_SYNTAX = (  # what Jinja says of the slips that are made most
    (r"unexpected end of template.*innermost block that needs to be closed is '(\w+)'.*", r"{% \1 %} 没有结束"),
    (r"unexpected end of template.*", "模板没有写完"),
    (r"encountered unknown tag '(\w+)'.*", r"没有 {% \1 %} 这种写法，或放错了地方"),
    (r"unexpected '(.+)'", r"这里不该有 \1"),
    (r"expected token '(.+)', got '(.+)'", r"这里应是 \1，写的却是 \2"),
    (r"expected an expression, got '(.+)'", r"\1 前面缺内容"),
    (r"unexpected char (.+) at \d+", r"这里不该有 \1"),
)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Nothing may be called, and of a value only what a loop says of itself may be read."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002  Jinja's signature
        return isinstance(obj, LoopContext) and attr in LOOP_ATTRIBUTES

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002  Jinja's signature
        return False


def sandbox(*, html: bool) -> ImmutableSandboxedEnvironment:
    """A fresh environment without globals or tests; with `html`, values are escaped for HTML."""
    environment = _Sandbox(
        autoescape=html, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = {k: v for k, v in environment.filters.items() if k in FILTERS} | {COUNTED: _counted}
    return environment


def _shown(value: object) -> object:
    """What has nothing to say says nothing, instead of None."""
    return "" if value is None else value


def faults(environment: ImmutableSandboxedEnvironment, source: str, known: Collection[str]) -> list[Text]:
    """All that is wrong with a template, as `line: what`, by line; empty if it may be compiled.

    `known` are the variables that it will be given.
    """
    if len(source) > LONGEST_SOURCE:
        return [Text(f"1: 长过 {LONGEST_SOURCE:,} 个字符", f"1: longer than {LONGEST_SOURCE:,} characters")]
    try:
        return _faults(environment.parse(source), known)
    except REFUSED as error:
        return [_refusal(error)]


def _refusal(error: Exception) -> Text:
    if isinstance(error, TemplateSyntaxError):
        return Text(f"{error.lineno}: {_in_chinese(error.message or '')}", f"{error.lineno}: {error.message}")
    if isinstance(error, TemplateError):
        return Text(f"1: 不能用（{error}）", f"1: {error}")
    return Text("1: 括号套得太深，或数字太长", "1: brackets nested too deeply, or a number too long")


def _faults(tree: nodes.Template, known: Collection[str]) -> list[Text]:
    if _depth(tree) > DEEPEST_NESTING:
        return [Text(f"1: 嵌套超过 {DEEPEST_NESTING} 层", f"1: nested deeper than {DEEPEST_NESTING} levels")]
    found = sorted({(line, fault.en, fault.zh) for node in _all(tree) for line, fault in _node_faults(node)})
    if _loops(tree) > DEEPEST_LOOPS:
        found.append((1, f"loops nested deeper than {DEEPEST_LOOPS}", f"循环套了超过 {DEEPEST_LOOPS} 层"))
    if found:
        return [Text(f"{line}: {zh}", f"{line}: {en}") for line, en, zh in found]
    # Only now: finding the undeclared names evaluates constants on the way.
    return [
        Text(
            f"{_line_of(tree, name)}: 没有变量 {name!r}{suggestion(name, known, 'zh-CN')}",
            f"{_line_of(tree, name)}: unknown variable {name!r}{suggestion(name, known)}",
        )
        for name in sorted(meta.find_undeclared_variables(tree) - set(known))
    ]


def _in_chinese(message: str) -> str:
    for token, written in _TOKENS.items():
        message = message.replace(token, written)
    for pattern, zh in _SYNTAX:
        if found := re.fullmatch(pattern, message, re.IGNORECASE):
            return "写法有误：" + found.expand(zh)
    return f"写法有误（{message}）"


def compiled(environment: ImmutableSandboxedEnvironment, name: str, source: str, known: Collection[str]) -> Template:
    """The template, checked first, its loops counted. Raises TemplateFaultError with every fault."""
    found = faults(environment, source, known)
    if found:
        raise TemplateFaultError(name, found)
    try:
        tree = environment.parse(source)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = nodes.Filter(loop.iter, COUNTED, [], [], None, None, lineno=loop.lineno)
        tree.set_environment(environment)
        return environment.template_class.from_code(environment, environment.compile(tree), {})
    except REFUSED as error:
        raise TemplateFaultError(name, [_refusal(error)]) from error


def rendered(template: Template, name: str, values: dict[str, object]) -> str:
    """The text that the template makes of `values`.

    Raises TemplateFaultError if it fails, is too long, or goes round its loops too often.
    """
    text: list[str] = []
    length = 0
    try:
        for piece in template.generate({**values, TURNS: iter(range(MOST_TURNS))}):
            text.append(piece)
            length += len(piece)
            if length > LONGEST_OUTPUT:
                long = (
                    f"1: 写出的文字超过 {LONGEST_OUTPUT:,} 个字符",
                    f"1: makes more than {LONGEST_OUTPUT:,} characters",
                )
                raise TemplateFaultError(name, [Text(*long)])
    except (*REFUSED, TypeError) as error:
        raise TemplateFaultError(name, [Text(f"1: 不能用（{error}）", f"1: {error}")]) from error
    return "".join(text)


@pass_context
def _counted(context: Context, things: Iterable[object]) -> Iterator[object]:
    """These things, as long as the template that is rendered may go on."""
    left = context[TURNS]
    for thing in things:
        if next(left, None) is None:
            raise TemplateRuntimeError(f"goes round its loops more than {MOST_TURNS:,} times")
        yield thing


def _node_faults(node: nodes.Node) -> Iterator[tuple[int, Text]]:
    line = node.lineno or 1  # some nodes that Jinja adds by itself have none
    if type(node) not in NODES:
        name = type(node).__name__
        yield line, Text(f"不能用 {_SHOWN.get(name, name)}", f"{name} is not allowed")
    elif isinstance(node, nodes.Const | nodes.TemplateData) and UNSENDABLE.search(str(node.as_const())):
        yield line, Text("文字里有消息里不能有的字符", "a text with a character that no message can have")
    elif isinstance(node, nodes.Filter):
        yield from ((line, what) for what in _filter_faults(node))
    elif isinstance(node, nodes.Getattr):
        of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
        if not of_loop or node.attr not in LOOP_ATTRIBUTES:
            yield (
                line,
                Text(
                    f"不能用 .{node.attr}；点号只能写 {_ATTRIBUTES}",
                    f"attribute {node.attr!r} is not allowed; only {_ATTRIBUTES}",
                ),
            )
    elif isinstance(node, nodes.For):
        if node.recursive:
            yield line, Text("循环不能是 recursive", "a recursive loop is not allowed")
        if not isinstance(node.iter, nodes.Name):  # a literal may be as long as the template
            yield line, Text("循环只能对变量", "a loop must be over a variable")


def _filter_faults(node: nodes.Filter) -> Iterator[Text]:
    name = repr(node.name)
    if node.name not in FILTERS:
        known = ", ".join(sorted(FILTERS))
        yield Text(f"没有过滤器 {name}；可用的：{known}", f"filter {name} is not allowed; allowed: {known}")
    # A chain of joins could multiply lengths without end, so a filter takes a variable and a short constant.
    if not isinstance(node.node, nodes.Name):
        yield Text(f"过滤器 {name} 前面只能是变量", f"filter {name} must stand behind a variable")
    plain = all(isinstance(a, nodes.Const) and len(str(a.value)) <= LONGEST_SEPARATOR for a in node.args)
    if node.kwargs or node.dyn_args or node.dyn_kwargs or not plain or len(node.args) > (node.name == "join"):
        takes = Text("只带一个短的文字", "one short text") if node.name == "join" else Text("不带参数", "nothing")
        yield Text(f"过滤器 {name} {takes.zh}", f"filter {name} takes {takes.en}")


def _all(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


def _depth(node: nodes.Node) -> int:
    """How deeply the nodes are nested; stops counting just beyond what is allowed."""
    level, depth = [node], 0
    while level and depth <= DEEPEST_NESTING:
        level, depth = [child for n in level for child in n.iter_child_nodes()], depth + 1
    return depth


def _loops(node: nodes.Node) -> int:
    inner = max((_loops(child) for child in node.iter_child_nodes()), default=0)
    return inner + isinstance(node, nodes.For)


def _line_of(tree: nodes.Template, name: str) -> int:
    return min((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), default=1)
