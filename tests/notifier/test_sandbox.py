import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.sandbox import LONGEST_OUTPUT, MOST_TURNS, TemplateFaultError, compiled, faults, rendered, sandbox

KNOWN = {"shop": "<b>一店</b>", "steps": ("a", "b"), "gap": 3}

ATTACKS = {
    "climbing to the classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "climbing by format": "{{ '{0.__class__}'.format(1) }}",
    "climbing by format_map": "{{ '{x.__class__}'.format_map({'x': 1}) }}",
    "climbing by the attr filter": "{{ shop|attr('__class__') }}",
    "fetching format by the attr filter": "{{ shop|attr('format') }}",
    "calling a fetched format": "{{ ('{0.__class__.__init__}'|attr('format'))(1) }}",
    "climbing from a macro helper": "{{ lipsum.__globals__ }}",
    "climbing from cycler": "{{ cycler.__init__.__globals__ }}",
    "a long range": "{{ range(10**9)|list|length }}",
    "loops within loops": "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
    "multiplying a text": "{{ 'a' * 10**9 }}",
    "a tower of powers": "{{ 9**9**9 }}",
    "padding a text": "{{ 'a'|center(10**9)|length }}",
    "a long filler text": "{{ lipsum(n=2000)|length }}",
    "changing what it was given": "{{ steps.append(1) }}",
    "importing": "{% import 'x' as y %}",
    "an unknown variable": "{{ password }}",
    "switching the escaping off": "{% autoescape false %}{{ shop }}{% endautoescape %}",
    "including": "{% include '/etc/passwd' %}",
    "doubling in variables": "{% set a = 'aa' %}{% set a = a ~ a %}{{ a }}",
    "joining with what was joined": "{{ steps|join(steps|join('x')) }}",
    "a chain of joins": "{{ shop|join('xxxxxxxx')|join('xxxxxxxx') }}",
    "joining with a long text": "{{ steps|join('" + "x" * 500 + "') }}",
    "joining an attribute": "{{ steps|join(attribute='__class__') }}",
    "three loops": "{% for a in steps %}" * 3 + "{% endfor %}" * 3,
    "a recursive loop": "{% for a in steps recursive %}{{ a }}{% endfor %}",
    "the loop's own machinery": "{% for a in steps %}{{ loop.__init__ }}{% endfor %}",
    "an item": "{{ steps[0] }}",
    "a macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a block": "{% block b %}{% endblock %}",
    "adding": "{{ gap + 1 }}",
    "brackets without end": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "nots without end": "{{ " + "not " * 3000 + "shop }}",
    "ifs without end": "{% if shop %}" * 200 + "{% endif %}" * 200,
    "a number without end": "{{ " + "9" * 10000 + " }}",
    "a number without end in sixteens": "{{ 0x" + "f" * 4000 + " }}",
    "comparing with a number without end": "{% if 0x" + "f" * 4000 + " > gap %}x{% endif %}",
    "a loop that takes the loop's own name": "{% for loop in steps %}{{ loop.index }}{% endfor %}",
    "a loop over a literal": "{% for a in '" + "a" * 9000 + "' %}{% endfor %}",
    "loops over literals": "{% for a in 'aa' %}{% for b in 'bb' %}{% endfor %}{% endfor %}",
    "half a character": r"{{ '\ud800' }}",
    "nothing as a character": r"{{ '\x00' }}",
    "naming what counts the loops": "{{ steps|counted|first }}",
    "a template without end": "x" * 20001,
    "half a template": "{% if shop %}",
}


@pytest.mark.timeout(20)  # one that is let through runs for minutes, or takes gigabytes
@pytest.mark.parametrize("html", [False, True], ids=["text", "html"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_template_that_is_an_attack_is_refused_before_it_is_compiled_and_takes_no_room(attack, html):
    environment = sandbox(html=html)
    tracemalloc.start()
    try:
        assert faults(environment, attack, KNOWN)
        with pytest.raises(TemplateFaultError):
            compiled(environment, "attack.txt", attack, KNOWN)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


def test_what_a_template_puts_into_html_is_escaped():
    template = compiled(sandbox(html=True), "page", "<p>{{ shop }}</p>", KNOWN)
    assert rendered(template, "page", KNOWN) == "<p>&lt;b&gt;一店&lt;/b&gt;</p>"
    script = rendered(template, "page", KNOWN | {"shop": "<script>x</script>"})
    assert script == "<p>&lt;script&gt;x&lt;/script&gt;</p>"


def test_the_sandbox_knows_nothing_of_its_own():
    environment = sandbox(html=False)
    assert (environment.globals, environment.tests) == ({}, {})
    # What counts the loops is put in by us; that no template may name it is among the attacks.
    assert set(environment.filters) == {"join", "length", "first", "last", "counted"}


def test_all_faults_are_told_with_their_lines():
    source = "{{ shop }}\n{{ a.b }}\n{{ 2 * 2 }}\n{{ shop|upper }}"
    assert [fault.en for fault in faults(sandbox(html=False), source, KNOWN)] == [
        "2: attribute 'b' is not allowed; only loop.index, loop.first, loop.last",
        "3: Mul is not allowed",
        "4: filter 'upper' is not allowed; allowed: first, join, last, length",
    ]


def test_a_misspelt_variable_is_told_with_one_near_it():
    [fault] = faults(sandbox(html=False), "x\n{{ stepps }}", KNOWN)
    assert fault.en == "2: unknown variable 'stepps'; did you mean 'steps'?"
    assert fault.zh == "2: 没有变量 'stepps'；是不是 'steps'？"


@pytest.mark.parametrize(
    ("source", "zh"),
    [
        ("{% if shop %}x", "1: 写法有误：{% if %} 没有结束"),
        ("{{ shop", "1: 写法有误：模板没有写完"),
        ("{% sett x %}", "1: 写法有误：没有 {% sett %} 这种写法，或放错了地方"),
        ("{{ shop }", "1: 写法有误：这里不该有 }"),
        ("{{ }}", "1: 写法有误：}} 前面缺内容"),
        ("{% for x on steps %}{% endfor %}", "1: 写法有误：这里应是"),
        ("{{ shop() }}", "1: 不能用 ()"),
        ("{{ shop|upper }}", "1: 没有过滤器 'upper'；可用的：first, join, last, length"),
        ("{{ steps|first(1) }}", "1: 过滤器 'first' 不带参数"),
        ("x" * 20_001, "1: 长过 20,000 个字符"),
    ],
)
def test_slips_are_told_in_chinese_too(source, zh):
    [fault] = faults(sandbox(html=False), source, KNOWN)
    assert fault.zh.startswith(zh)


def test_conditions_loops_and_joins_work():
    loop = "{% for s in steps %}{{ loop.index }}{{ s }}{% endfor %}"
    source = "{% if gap > 2 and not shop == '' %}" + loop + "{% endif %}{{ steps|join('、') }}"
    template = compiled(sandbox(html=False), "t", source, KNOWN)
    assert rendered(template, "t", KNOWN) == "1a2ba、b"


def test_a_text_that_grows_too_long_is_cut_off():
    source = "{% for a in steps %}{% for b in steps %}{{ shop }}{% endfor %}{% endfor %}"
    template = compiled(sandbox(html=False), "long.txt", source, KNOWN)
    values = {"shop": "x" * 1000, "steps": ("a",) * 20}
    with pytest.raises(TemplateFaultError, match=f"more than {LONGEST_OUTPUT:,} characters"):
        rendered(template, "long.txt", values)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("inner", ["", "{{ none }}", "{% if loop.last %}{% endif %}"])
def test_loops_that_say_nothing_end(inner):
    source = "{% for a in shop %}{% for b in shop %}" + inner + "{% endfor %}{% endfor %}"
    template = compiled(sandbox(html=False), "round.txt", source, KNOWN)
    with pytest.raises(TemplateFaultError, match=f"^round.txt:1: .*more than {MOST_TURNS:,} times"):
        rendered(template, "round.txt", {"shop": "x" * 4000})


def test_each_text_has_all_its_turns_for_itself():
    template = compiled(sandbox(html=False), "t", "{% for a in shop %}{% endfor %}{{ gap }}", KNOWN)
    assert [rendered(template, "t", {"shop": "x" * MOST_TURNS, "gap": n}) for n in range(2)] == ["0", "1"]


def test_a_comparison_of_unlike_things_is_a_fault_and_not_a_crash():
    template = compiled(sandbox(html=False), "t.txt", "{% if gap > shop %}x{% endif %}", KNOWN)
    with pytest.raises(TemplateFaultError, match=r"^t.txt:1: .*not supported"):
        rendered(template, "t.txt", KNOWN)


PIECES = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-", "if ", "elif ", "else", "endif", "for ", " in ", "endfor",
    "recursive", "set ", "raw", "endraw", "not ", " and ", "is ", "none", "shop", "steps", "gap", "loop",
    ".index", "(", ")", "[", "]", "*", "+", "~", "=", "==", "'a'", "9", " ", "\n", "，",
    "|", "|join('x')", "|length",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_somebody_writes_is_refused_or_renders_within_bounds(source):
    environment = sandbox(html=False)
    try:
        text = rendered(compiled(environment, "t", source, KNOWN), "t", KNOWN)
    except TemplateFaultError:
        return
    assert len(text) <= LONGEST_OUTPUT
