"""`enrich learn replay` and `promote` over a real log and policy."""

from __future__ import annotations

import json
import shutil

from service.config import load_config
from service.learn.live.rollout import begin_rollout, load_rollout
from service.model import Versions
from service.store.outcomes import Outcome
from service.store.store import open_store
from tests.logged import MADE, logged


def test_the_replay_command_over_a_real_log_and_policy(tmp_path, monkeypatch, enrich_learn) -> None:
    url = f"sqlite:///{tmp_path}/log.sqlite"
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    store = open_store(url)
    store.record_decisions([logged(i, "treated" if i % 2 else "holdout") for i in range(300)])
    store.close()
    policy = tmp_path / "policy"
    shutil.copytree(load_config().reference_data / "policy", policy)
    ran = enrich_learn("replay", "--from", "2020-01-01", "--to", "2199-01-01", "--policy", policy)
    assert ran.code == 0
    assert "of 300 leads would most likely get something else" in ran.out
    ran = enrich_learn("replay", "--from", "2020-01-01", "--to", "2020-01-02", "--policy", policy)
    assert ran.code == 1


def test_promote_asks_the_log_about_the_leads_that_followed(tmp_path, monkeypatch, enrich_learn) -> None:
    """Of 150 leads that followed the model a third bought; of those on the rules everybody."""
    url = f"sqlite:///{tmp_path}/log.sqlite"
    monkeypatch.setenv("ENRICH_DATABASE_URL", url)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.json").write_text("{}")
    begun = begin_rollout(folder, "offer", {"promote": True, "why": "better"})
    ran = enrich_learn("promote", "--model", folder)
    assert "percentage, 5% of leads in slot offer; first step" in ran.out
    kept = json.loads((folder / "rollout.json").read_text())
    (folder / "rollout.json").write_text(json.dumps(kept | {"since": "2020-01-01"}))
    store = open_store(url)
    follows = Versions("r", "p", {"offer": begun.model})
    decisions = [logged(n, versions=follows) for n in range(150)] + [logged(n) for n in range(150, 400)]
    store.record_decisions(decisions)
    buyers = [*range(0, 150, 3), *range(150, 400)]
    store.outcomes.record([Outcome(f"o{n}", f"dec_{n}", "bought", MADE) for n in buyers])
    store.close()
    ran = enrich_learn("promote", "--model", folder)
    assert ran.code == 1
    assert "returned, 0% of leads" in ran.out
    assert "-66.67%" in load_rollout(folder).why
    assert "taken back" in ran.error


def test_the_gate_wants_rows_to_judge_on(tmp_path, enrich_learn) -> None:
    assert "The gate needs --data" in enrich_learn("promote", "--model", tmp_path).error
