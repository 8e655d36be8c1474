"""Model cards: what they say, what they say of what nobody said, and that texts of others stay texts in both forms."""

import hashlib
import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from modelway.architecture import Environment
from modelway.governance.approvals import Approved, approvals_for, statement
from modelway.governance.card import Alarm, Beside, Card, Compared, NoVersion, Window, approval_of, card, content_digest, markdown, page
from modelway.governance.card.content import Fact, Table
from modelway.governance.ledger import begun
from modelway.governance.measured import Reached
from modelway.governance.subject import subject_of
from tests.support import told_models as told
from tests.support.environments import FOLDERS
from tests.support.environments import environment as of_ours
from tests.support.made_ledgers import PROJECT, made_keys

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
CONTRACTS = {told.CONTRACT: "c0" * 32}
BESIDE = Beside("1.2.3", CONTRACTS)
OFFICE, HEAD = "risk-office@example.com", "head-of-risk@example.com"
WINDOW = Window(
    "2026-11-20T09:00:00Z",
    "2026-11-20T10:00:00Z",
    12_000,
    24,
    [Alarm("data", "drifted", True, 2, 3, 0)],
    [Compared("parity", "age_band", "recall", "steady", 400, "recall is 0.8 in group young and 0.84 in old", 0.04, -0.02, 0.1)],
    "2026-10-20T10:00:00Z",
)
SECTIONS = (
    *("Model Details", "Intended Use", "Factors", "Metrics", "Evaluation Data", "Training Data", "Quantitative Analyses"),
    *("Ethical Considerations", "Caveats and Recommendations"),
)


def approved(who: str, environment: Environment, **changes: str) -> Approved:
    subject = subject_of(environment, environment.models[told.MODEL])
    proof = changes.pop("proof", "https://git.example.com/pulls/7")
    return Approved("dev", told.MODEL, subject, who, told.OWNER, "2026-11-20T09:00:00.000000Z", proof, None)


def rows(made: Card, title: str) -> tuple[tuple[str, ...], ...]:
    (found,) = [part.rows for section in made.sections for part in section.parts if isinstance(part, Table) and part.title == title]
    return found


def said(made: Card, name: str) -> tuple[str, ...]:
    (found,) = [part.said for section in made.sections for part in section.parts if isinstance(part, Fact) and part.name == name]
    return found


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_every_version_of_ours_has_a_card(name: str) -> None:
    environment = of_ours(name)
    for model, described in environment.models.items():
        for version in described.versions:
            made = card(environment, model, version, Beside("0.1.0", {}))
            assert tuple(section.title for section in made.sections) == SECTIONS
            assert markdown(made) == markdown(card(environment, model, version, Beside("0.1.0", {})))
            assert page(made) == page(card(environment, model, version, Beside("0.1.0", {})))


def test_what_is_known_is_said(tmp_path: Path) -> None:
    reached = [Reached("roc_auc", 0.84, 0.82, 0.86, 1398), Reached("recall", 0.7, 0.6, 0.8, 400, "age_band=00ff")]
    made = card(told.made(tmp_path, drift=told.watched()), told.MODEL, told.LIVE, Beside("1", CONTRACTS, None, reached, WINDOW))
    assert rows(made, "Reached, against the contract") == (
        ("roc_auc", "0.8512", "at least 0.8", "kept"),
        ("log_loss", "0.6", "at most 0.5", "missed"),
        ("recall", "not said", "at least 0.7", "not known"),
        ("extra_metric", "3", "the contract does not name it", ""),
    )
    assert rows(made, "Largest difference between groups") == (("age_band", "recall", "0.04", "at most 0.1", "kept"),)
    assert rows(made, "On the drift baseline") == (
        ("roc_auc", "all rows", "0.84", "0.82 to 0.86", "1,398"),
        ("recall", "age_band=00ff", "0.7", "0.6 to 0.8", "400"),
    )
    assert rows(made, "Drift in the newest window") == (("data", "drifted", "yes", "2 of 3", "0 of 3"),)
    (judged,) = rows(made, "How right it was, and whether for everybody (labels until 2026-10-20T10:00:00Z)")
    assert judged[:5] == ("parity", "age_band", "steady", "0.04", "-0.02 to 0.1")
    assert said(made, "Requests") == ("90% of requests in dev",)
    assert said(made, "Groups that are compared") == ("age_band: young, old",)
    assert said(made, "Contract") == (f"{told.CONTRACT}, sha256:{'c0' * 32}",)
    assert "once it is stopped version 2026.10.0 answers, and risk-on-call@example.com is told" in said(made, "Human oversight")
    assert rows(made, "Inputs and outputs")[0] == ("input", "income", "FP64", "[-1]")


def test_what_is_watched_and_was_not_measured_is_not_known(tmp_path: Path) -> None:
    made = card(told.made(tmp_path, drift=told.watched()), told.MODEL, told.OLD, BESIDE)
    assert rows(made, "Largest difference between groups") == (("age_band", "recall", "not said", "at most 0.1", "not known"),)
    assert {row[3] for row in rows(made, "Reached, against the contract")} == {"not known"}


def test_groups_that_are_too_far_apart_are_missed(tmp_path: Path) -> None:
    environment = told.made(tmp_path, drift={**told.watched(), "parity": {"group": "age_band", "metric": "recall", "gap": 0.03}})
    made = card(environment, told.MODEL, told.LIVE, BESIDE)
    assert rows(made, "Largest difference between groups") == (("age_band", "recall", "0.04", "at most 0.03", "missed"),)


def test_the_owner_approves_nothing_however_they_are_written(tmp_path: Path) -> None:
    environment = told.made(tmp_path, governance={"approvers": [OFFICE, told.OWNER.upper()]})
    found = [approved(OFFICE, environment), approved(told.OWNER, environment)]
    assert approval_of(environment, environment.models[told.MODEL], told.LIVE, found).state == "pending"


def test_what_nobody_said_is_named(tmp_path: Path) -> None:
    environment = told.made(tmp_path, governance={"approvers": [OFFICE, HEAD]}, description=None)
    made = card(environment, told.MODEL, told.OLD, BESIDE)
    missing = set(made.missing)
    assert {
        "Model Details: Training run",
        "Intended Use: Primary intended uses",
        "Factors: Groups that are compared",
        "Evaluation Data: Validation and test data",
        "Training Data: By fingerprint",
        "Metrics: Largest difference between groups",
        "Quantitative Analyses: Watched while it serves",
        "Ethical Considerations: Human oversight",
        "Caveats and Recommendations: Limits",
    } <= missing
    for text in (markdown(made), page(made)):
        for one in missing:
            assert one in unescape(text)


@pytest.mark.parametrize(
    ("version", "who", "state", "why"),
    [
        (told.OLD, [OFFICE, HEAD], "draft", "it gets no requests in dev"),
        (told.LIVE, None, "not known", "no ledger was read"),
        (told.LIVE, [], "pending", "0 of 2 people whom dev asks for"),
        (told.LIVE, [OFFICE], "pending", "1 of 2 people"),
        (told.LIVE, [OFFICE, "stranger@example.com"], "pending", "1 of 2 people"),
        (told.LIVE, [OFFICE, HEAD], "approved", "by 2 people, 2 asked for"),
        (told.TRIED, [OFFICE, HEAD.upper()], "approved", "by 2 people"),
    ],
    ids=["no requests", "no ledger", "nobody", "one", "a stranger", "both", "spelled otherwise"],
)
def test_the_state_is_what_the_ledger_proves(tmp_path: Path, version: str, who: list[str] | None, state: str, why: str) -> None:
    environment = told.made(tmp_path)
    given_ = None if who is None else [approved(one, environment) for one in who]
    found = approval_of(environment, environment.models[told.MODEL], version, given_)
    assert found.state == state
    assert found.why.startswith(why)


def test_where_nobody_asks_an_approval_still_counts(tmp_path: Path) -> None:
    environment = told.made(tmp_path, risk_tier="low")
    model = environment.models[told.MODEL]
    assert approval_of(environment, model, told.LIVE, []).state == "not asked"
    assert (
        approval_of(environment, model, told.LIVE, [approved(OFFICE, environment)]).why == "by 1 person, though risk tier low asks for none"
    )


def test_approvals_are_of_this_very_description(tmp_path: Path) -> None:
    keys = made_keys(tmp_path)
    before = told.made(tmp_path / "before")
    ledger = begun(str(tmp_path / "ledger"), PROJECT, keys.trusted, keys.edwards)
    for who in (OFFICE, HEAD):
        ledger.append(statement(approved(who, before)), keys.edwards)

    def shown(environment: Environment) -> Card:
        model = environment.models[told.MODEL]
        entries, subject = list(ledger.entries()), subject_of(environment, model)
        counted = approvals_for(entries, "dev", told.MODEL, subject, keys.trusted, datetime.now(UTC))
        return card(environment, told.MODEL, told.LIVE, Beside("1", CONTRACTS, counted))

    assert shown(before).approval.state == "approved"
    assert f"approved by `{HEAD}`" in markdown(shown(before))
    changed = shown(told.made(tmp_path / "after", description="Changed since."))
    assert (changed.approval.state, changed.approval.by) == ("pending", ())


def test_the_last_line_is_a_digest_of_the_others(tmp_path: Path) -> None:
    made = card(told.made(tmp_path), told.MODEL, told.LIVE, BESIDE)
    above, last = markdown(made).rsplit("\n", 2)[0] + "\n", markdown(made).splitlines()[-1]
    assert last == f"Digest of all lines above: sha256:{hashlib.sha256(above.encode()).hexdigest()}"
    assert content_digest(made) in page(made)
    assert content_digest(card(told.made(tmp_path, description="Another."), told.MODEL, told.LIVE, BESIDE)) != content_digest(made)


class Reader(HTMLParser):
    """Elements and attributes of a page; texts apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.data = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.data += data


def of_texts(folder: Path, texts: list[str]) -> Card:
    chosen = iter(texts * 200)
    environment = told.made(folder, lambda _: next(chosen), drift=told.watched())
    given_ = [approved(OFFICE, environment, proof=texts[0]), approved(texts[-1], environment)]
    window = Window("a", "b", 1, 1, [], [Compared("parity", texts[0], texts[-1], "steady", 1, texts[0])], None)
    return card(environment, told.MODEL, told.LIVE, Beside("1", CONTRACTS, given_, [Reached("m", 1, 0, 1, 1, texts[0])], window))


def skeleton(text: str) -> list[tuple[str, str]]:
    found = []
    for token in PARSER.parse(text):
        found.append((token.type, token.tag))
        found += [
            (one.type, one.tag) for one in token.children or () if one.type not in ("text", "text_special", "code_inline", "softbreak")
        ]
    return found


def held(folder: Path, texts: list[str]) -> None:
    hostile, plain = of_texts(folder, texts), of_texts(folder, ["harmless"])
    found, expected = Reader(page(hostile)), Reader(page(plain))
    # The style's digest and nothing else stands in an attribute that a text could reach.
    assert found.elements == expected.elements
    assert skeleton(markdown(hostile)) == skeleton(markdown(plain))
    assert not re.search(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", page(hostile) + markdown(hostile))
    assert not any(line.startswith("/") for line in markdown(hostile).splitlines())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(told.lines, min_size=1, max_size=6))
def test_hostile_texts_change_no_form(tmp_path: Path, texts: list[str]) -> None:
    held(tmp_path, texts)


@pytest.mark.parametrize("text", told.HOSTILE, ids=range(len(told.HOSTILE)))
def test_each_hostile_text_in_a_card(tmp_path: Path, text: str) -> None:
    held(tmp_path, [text])


def test_a_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    text = page(of_texts(tmp_path, ["https://evil.example/x.png"]))
    found = Reader(text)
    assert not {"script", "img", "link", "iframe", "object", "form", "svg"} & {tag for tag, _ in found.elements}
    assert not [value for _, attributes in found.elements for name, value in attributes if name in ("src", "srcset", "style", "onclick")]
    assert all(
        str(value).startswith("#") for tag, attributes in found.elements for name, value in attributes if name == "href" and tag == "a"
    )
    assert "default-src 'none'" in unescape(text)
    assert "url(" not in text
    assert "compliant" not in text


def test_what_is_too_long_is_cut_and_said(tmp_path: Path) -> None:
    names = [f"input_{number}" for number in range(450)]
    environment = told.made(tmp_path)
    contract = environment.contracts[told.CONTRACT]
    one = contract.signature.inputs[0]
    signature = contract.signature.model_copy(update={"inputs": tuple(one.model_copy(update={"name": name}) for name in names)})
    wide = contract.model_copy(update={"signature": signature})
    long = environment.models[told.MODEL].model_copy(update={"description": "a" * 5000})
    changed = environment.model_copy(update={"contracts": {told.CONTRACT: wide}, "models": {told.MODEL: long}})
    made = card(changed, told.MODEL, told.LIVE, BESIDE)
    assert len(rows(made, "Inputs and outputs")) == 200
    for text in (markdown(made), page(made)):
        assert "251 more are not shown; all are in" in text
        assert "(cut: it has 5,000 characters, and 600 are shown)" in text
        assert "a" * 601 not in text


def test_credentials_are_not_shown_in_cards(tmp_path: Path) -> None:
    secret = "https://reader:hunter2hunter2@data.example.com/loans"
    environment = told.made(tmp_path)
    model = environment.models[told.MODEL].model_copy(update={"description": secret})
    environment = environment.model_copy(update={"models": {told.MODEL: model}})
    made = card(environment, told.MODEL, told.LIVE, Beside("1", {}, [approved(OFFICE, environment, proof=secret)]))
    for text in (markdown(made), page(made)):
        assert "hunter2" not in text
        assert "a password in an" in text


def test_another_version_is_refused(tmp_path: Path) -> None:
    environment = told.made(tmp_path)
    with pytest.raises(NoVersion, match=r"credit-risk has no version 1 in dev; it has 2026.11.1, 2026.12.0, 2026.10.0\."):
        card(environment, told.MODEL, "1", BESIDE)
    with pytest.raises(NoVersion, match=r"dev has no model x; it has credit-risk\."):
        card(environment, "x", "1", BESIDE)


STYLE = Path(__file__).resolve().parents[2] / "modelway" / "governance" / "card" / "page" / "page.css"


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_colours_can_be_read(scheme: int) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text."""
    colours = dict(
        re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", re.findall(r":root \{(.*?)\}", STYLE.read_text("utf-8"), re.DOTALL)[scheme])
    )
    pairs = [(one, on) for one in ("ink", "soft", "link") for on in ("paper", "card")]
    pairs += [(tone, on) for tone in ("good", "bad", "open", "plain") for on in (f"{tone}-tint", "card")]
    for one, on in pairs:
        light, dark = sorted((brightness(colours[one]), brightness(colours[on])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (one, on)


def brightness(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
