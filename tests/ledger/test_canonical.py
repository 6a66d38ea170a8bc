import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ledger.canonical import canonical_json, sha256_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_read_back_from_its_text_has_the_same_text(value):
    assert json.loads(canonical_json(value)) == value
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@given(st.dictionaries(TEXT, st.integers(), min_size=2))
def test_the_order_of_keys_makes_no_difference(value):
    turned = dict(reversed(value.items()))
    assert list(turned) != list(value)
    assert sha256_of(turned) == sha256_of(value)


@given(VALUES, VALUES)
def test_different_values_have_different_digests(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (sha256_of(one) == sha256_of(other)) == same


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"after": {"share": 0.8}}, r"value\.after\.share is a float \(0\.8\)"),
        ([1, [float("nan")]], r"value\[1\]\[0\] is a float \(nan\)"),
        ({"days": {1, 2}}, r"value\.days is a set"),
        ({1: "one"}, "value has the key 1; keys must be text"),
    ],
)
def test_what_has_no_canonical_form_is_refused_and_named(value, message):
    with pytest.raises(TypeError, match=message):
        canonical_json(value)


def test_text_that_is_not_unicode_is_refused():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical_json("\ud800")
