"""Whatever is sent, the answer is a refusal, never a failure."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.starter.choices import Answers

WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["../../etc/passwd", "a\0b", "{{ 7*7 }}", "<script>", "' OR 1=1 --", "%00", "\r\nX: y", "~1", "a~99999999999",
         "9" * 40, "..", ".", "\ud7ff", "a" * 5000, "${jndi:x}", "con", "__init__", "*", "counts.counts@9"]
    ),
)  # fmt: skip
PAGES = ("products", "projects", "runs", "models", "releases", "static", "starter.zip")
KEYS = st.one_of(st.sampled_from(Answers._fields), st.text(max_size=10))


@settings(max_examples=250)
@given(pairs=st.lists(st.tuples(KEYS, WORDS), max_size=6), word=WORDS, page=st.sampled_from(PAGES))
def test_a_thousand_hostile_requests_give_no_failure(shared_client, pairs, word, page):
    query = "&".join(f"{quote(key, '')}={quote(value, '')}" for key, value in pairs)
    form = {"Content-Type": "application/x-www-form-urlencoded", "If-None-Match": "x"}
    answers = [
        shared_client.get(f"/starter.zip?{query}"),
        shared_client.post("/starter.tgz", content=query.encode(), headers=form),
        shared_client.get(f"/{page}/{quote(word, '')}", headers={"Accept": "application/json"}),
        shared_client.get(f"/runs/compare?one={quote(word, '')}&two=reader"),
    ]
    for answer in answers:
        assert answer.status_code < 500, (answer.url, answer.text)
