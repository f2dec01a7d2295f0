"""Every command, setting, route and make target that is named exists, and each that exists is documented."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from service.config import SETTINGS
from tests.papers.names import (
    code_of,
    linked_routes,
    messages,
    named_commands,
    named_modules,
    named_routes,
    named_settings,
    named_targets,
)
from tests.papers.truth import (
    ROOT,
    all_commands,
    all_routes,
    all_settings,
    command_fault,
    commands_named,
    groups,
    make_targets,
    module_exists,
    route_exists,
)

Routes = set[tuple[str, str]]
# Not ours, or made: what lies here is no word of the project.
LEFT_OUT = {".git", ".venv", "var", "releases"}
# These describe the interfaces of publishers and geocoders, whose paths are not ours.
OTHERS_ROUTES = ("service/address/online/", "service/refdata/")
TEST_SETTINGS = {"ENRICH_TEST_PICTURES"}


def files(below: str, *patterns: str) -> list[Path]:
    found = (path for pattern in patterns for path in (ROOT / below).rglob(pattern))
    return sorted(path for path in found if not LEFT_OUT & set(path.relative_to(ROOT).parts))


PYTHON = files("service", "*.py") + files("tests/programs", "*.py")
PAGES = files("service", "*.html", "*.js") + files("reference_data", "*.jinja")
DATA = files("service", "*.toml") + files("reference_data", "*.toml") + [ROOT / "pyproject.toml"]
DOCUMENTS = files(".", "*.md")
DOCS = files("docs", "*.md")
AROUND = [ROOT / "Makefile", ROOT / "Dockerfile", ROOT / ".ci" / "run"]


@cache
def texts_of(path: Path) -> tuple[str, ...]:
    """What a file says: the strings of code, the code spans of a page, or all of it."""
    if path.suffix == ".py":
        return tuple(messages(path))
    text = path.read_text(encoding="utf-8")
    return tuple(code_of(text)) if path.suffix == ".md" else (text,)


def faults(paths: Iterable[Path], wrong: Callable[[str], Iterable[object]]) -> list[str]:
    """`file: what is wrong`, for every text of the files."""
    return [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in paths
        for text in texts_of(path)
        for fault in wrong(text)
    ]


@pytest.fixture(scope="module")
def routes() -> Routes:
    return all_routes()


# ---------------------------------------------------------------- what is named exists


def test_every_command_named_exists_with_its_options() -> None:
    def wrong(text: str) -> list[str]:
        found = [command_fault(words) for words in named_commands(text, groups())]
        return [fault for fault in found if fault]

    assert not faults([*PYTHON, *PAGES, *DATA, *DOCUMENTS, *AROUND], wrong)


def test_every_setting_named_exists() -> None:
    known = all_settings() | TEST_SETTINGS
    assert not faults(
        [*PYTHON, *PAGES, *DATA, *DOCUMENTS, *AROUND], lambda text: named_settings(text) - known
    )


def test_every_route_named_exists(routes: Routes) -> None:
    def wrong(text: str) -> list[tuple[str, str]]:
        whole = " " in text or text.startswith(
            "`"
        )  # a lone "/addresses" in code is a path, and checked where used
        return [route for route in named_routes(text) if whole and not route_exists(*route, routes)]

    ours = [path for path in PYTHON if not path.relative_to(ROOT).as_posix().startswith(OTHERS_ROUTES)]
    assert not faults([*ours, *DATA, *DOCUMENTS], wrong)


def test_every_route_that_a_page_links_or_calls_exists(routes: Routes) -> None:
    def wrong(text: str) -> list[tuple[str, str]]:
        return [route for route in linked_routes(text) if not route_exists(*route, routes)]

    assert not faults(PAGES, wrong)


def test_every_make_target_named_exists() -> None:
    def wrong(text: str) -> set[str]:
        return named_targets(text) - set(make_targets())

    def wrong_in_strings(text: str) -> set[str]:
        return {target for span in code_of(text) for target in wrong(span)}

    assert not faults(DOCUMENTS, wrong) + faults(PYTHON, wrong_in_strings)


def test_every_module_that_is_to_be_run_exists() -> None:
    def wrong(text: str) -> list[str]:
        return [name for name in named_modules(text) if not module_exists(name)]

    assert not faults([*PYTHON, *DOCUMENTS, *AROUND], wrong)


# ---------------------------------------------------------------- what exists is documented


def test_every_command_is_documented() -> None:
    said = [code for page in DOCS for code in texts_of(page)]
    named = {path for text in said for words in named_commands(text) for path in commands_named(words)}
    assert not sorted(set(all_commands()) - named)


def test_every_route_is_documented(routes: Routes) -> None:
    said = [code for page in DOCS for code in texts_of(page)]
    named = {route for text in said for route in named_routes(text)}
    assert not sorted(r for r in routes if not any(route_exists(*one, {r}) and one[0] for one in named))


def test_the_operators_table_has_every_setting_with_its_default() -> None:
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith(("| `ENRICH_", "| `HOST", "| `PORT"))]
    listed = {
        name.strip(" `"): default.strip() for _, name, default, *_ in (line.split("|") for line in lines)
    }
    assert set(listed) == {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        told = f"`{setting.default}`" if setting.default else "empty"
        if str(ROOT) in setting.default:  # a path in the checkout, told in words
            told = f"`{setting.default.partition(f'{ROOT}/')[2]}` beside the code"
        assert listed[setting.name] == told, setting.name


def test_every_setting_of_the_commands_is_documented() -> None:
    said = {name for page in DOCS for name in named_settings(page.read_text(encoding="utf-8"))}
    assert all_settings() - {"HOST", "PORT"} <= said


def test_every_make_target_is_documented() -> None:
    said = {target for page in DOCS for code in texts_of(page) for target in named_targets(code)}
    assert not sorted(set(make_targets()) - said)


def test_make_help_lists_what_one_needs_daily_and_nothing_else() -> None:
    daily = ["accuracy", "bench", "demo", "lint", "mutants", "refdata", "serve", "stress", "test"]
    assert sorted(set(make_targets(documented=True)) - {"help"}) == daily


# ---------------------------------------------------------------- would these tests notice?


@pytest.mark.parametrize(
    "words",
    [
        "refdata activate 2026-11-21.4",
        "refdata list|activate",
        "refdata list | sources | activate",
        "desk",
        "learn fit --dta rows.csv",
        "refdata check --publish.",
    ],
)
def test_a_command_that_is_made_up_is_noticed(words: str) -> None:
    [found] = named_commands(f"Build it first, or run `enrich {words}`.")
    assert command_fault(found)


def test_a_command_that_is_made_up_is_noticed_without_its_first_word() -> None:
    [found] = named_commands("Build it, then `refdata activate`; `serve` needs nothing more.", groups())
    assert command_fault(found)


@pytest.mark.parametrize(
    "words",
    [
        "refdata publish ID",
        "refdata list|check",
        "refdata list | sources | publish ID | rollback",
        "learn fit --data=FILE --outcome bought",
        "keys create …",
        "serve --help",
        "COMMAND --help",
    ],
)
def test_a_command_that_exists_is_left_alone(words: str) -> None:
    [found] = named_commands(f"Build it first, or run `enrich {words}`.")
    assert command_fault(found) is None


def test_made_up_routes_settings_targets_and_modules_are_noticed(routes: Routes) -> None:
    text = (
        "See /dox or `DELETE /enrich`, set ENRICH_SALTS, `make coffee`, `python -m service.cofee`; "
        "`GET /leads/{lead_id}/why` and `curl http://127.0.0.1:8000/nowhere`."
    )
    wrong = {route for route in named_routes(text) if not route_exists(*route, routes)}
    assert wrong == {("", "/dox"), ("DELETE", "/enrich"), ("", "/nowhere")}
    assert named_settings(text) - all_settings() == {"ENRICH_SALTS"}
    assert named_targets(text) - set(make_targets()) == {"coffee"}
    assert [name for name in named_modules(text) if not module_exists(name)] == ["service.cofee"]


def test_a_made_up_link_of_a_page_is_noticed(routes: Routes) -> None:
    page = (
        """<a href="/desk/leads/{{ id }}/why">why</a> <a href="/desks">x</a> fetch(`/addresses?${query}`)"""
    )
    assert {r for r in linked_routes(page) if not route_exists(*r, routes)} == {("", "/desks")}


def test_words_of_every_day_are_no_commands_or_routes() -> None:
    text = "We enriched it. POST /enrich would too; and/or, 30 km/h, a </b> tag, ./enrich.py, mean(x)/e · y"
    assert named_commands(text) == []
    assert named_routes(text) == {("POST", "/enrich")}


def test_a_message_in_pieces_is_read_whole(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        'raise E(f"Build {name} with " "`enrich refdata " f"activate {release}`.")\n', encoding="utf-8"
    )
    [words] = [words for text in messages(source) for words in named_commands(text)]
    assert command_fault(words)
