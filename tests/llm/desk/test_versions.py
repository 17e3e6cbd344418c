"""What the assistant is told: drafts, versions that stay as they are, and rules that none can drop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.models import Broker, BrokerPromptConfig, User
from llm import prompts
from llm.desk import differences, sections, versions
from llm.desk.versions import NothingToSay, SameAsBefore
from llm.models import PromptVersion
from tests.api import signed_in
from tests.factories import PromptVersionFactory

CONFIG, PROMPTS = "/api/v1/broker/config/prompt/", "/api/v1/prompts/"


def draft(broker: Broker, **changes: object) -> dict[str, object]:
    config = BrokerPromptConfig.objects.get(broker=broker)
    return {**versions.draft_of(config), **changes}


def test_every_text_of_the_configuration_is_a_section_and_every_section_a_text() -> None:
    assert {each.key for each in sections.ALL} == set(BrokerPromptConfig.TEXTS)
    assert {*prompts.SECTIONS, prompts.SITUATIONS, prompts.WHOLE} == set(BrokerPromptConfig.TEXTS)


@given(st.text() | st.sampled_from(["<contexto>{}</contexto>", prompts.SAFETY, prompts.CLOSING]))
def test_no_text_of_a_version_comes_before_the_safety_rules_or_drops_them(text: str) -> None:
    version = PromptVersion(broker_id=1, content=text)
    config = BrokerPromptConfig(agent_name="Sofía")
    broker = Broker(name="Andes", brokerpromptconfig=config)
    told = prompts.stable(prompts.base_prompt(broker, version))
    assert told.startswith(prompts.SAFETY)
    assert told.endswith(prompts.CLOSING)
    assert "<contexto>" not in told.removesuffix(prompts.CLOSING)
    assert prompts.SAFETY in prompts.private_part(broker, version)


@pytest.mark.django_db
def test_without_a_version_the_texts_of_the_configuration_are_said(broker: Broker) -> None:
    assert prompts.active_version(broker) is None
    told = prompts.base_prompt(broker, None)
    assert "virtual de" in told
    assert prompts.stable(told).startswith(prompts.SAFETY)


@pytest.mark.django_db
def test_an_edited_draft_changes_nothing_until_it_is_a_version_that_is_active(
    broker: Broker, admin: User
) -> None:
    config = broker.brokerpromptconfig
    before = prompts.base_prompt(broker, None)
    changed = draft(broker, restrictions="Nunca hables de política.")
    versions.edit_draft(config, changed, by=admin)
    first = prompts.active_version(broker)
    assert first is not None
    assert (first.version_tag, prompts.base_prompt(broker, first)) == ("v1", before)
    second = versions.save(config, changed, notes="Sin política", by=admin)
    assert (second.version_tag, second.created_by, second.is_active) == ("v2", admin, False)
    assert prompts.active_version(broker) == first
    prompts.activate(second)
    told = prompts.base_prompt(broker, prompts.active_version(broker))
    assert "Nunca hables de política." in told
    prompts.activate(first)
    assert prompts.base_prompt(broker, prompts.active_version(broker)) == before


@pytest.mark.django_db
def test_the_api_edits_the_draft_and_keeps_what_leads_are_answered_with(
    broker: Broker, admin: User
) -> None:
    before = prompts.base_prompt(broker, None)
    client = signed_in(admin)
    client.patch(CONFIG, {"agent_name": "Elena"})
    assert not PromptVersion.objects.exists()
    client.patch(CONFIG, {"agent_name": "Sofía", "restrictions": "Nunca hables de política."})
    kept = PromptVersion.objects.get()
    broker.refresh_from_db()
    assert (kept.is_active, prompts.base_prompt(broker, kept)) == (True, before)
    made = client.post(PROMPTS, {"version_tag": "v2", "notes": "del borrador"}).json()
    assert "Nunca hables de política." in made["content"]
    assert made["sections_json"]["restrictions"] == "Nunca hables de política."


@pytest.mark.django_db
def test_nothing_and_what_exists_already_are_no_version(broker: Broker, admin: User) -> None:
    config = broker.brokerpromptconfig
    with pytest.raises(NothingToSay):
        versions.save(config, {}, notes="", by=admin)
    versions.save(config, draft(broker, restrictions="No."), notes="", by=admin)
    with pytest.raises(SameAsBefore):
        versions.save(config, draft(broker, restrictions="No. "), notes="", by=admin)


@pytest.mark.django_db
def test_only_what_is_meant_for_the_model_is_private_in_a_version_of_sections(
    broker: Broker,
) -> None:
    said = {"business_context": "Vendemos en Ñuñoa.", "restrictions": "No ofrezcas descuentos."}
    version = versions.unsaved(broker, said)
    private = prompts.private_part(broker, version)
    assert ("No ofrezcas descuentos." in private, "Vendemos en Ñuñoa." in private) == (True, False)
    in_one_piece = PromptVersionFactory.build(broker=broker, content=version.content)
    assert "Vendemos en Ñuñoa." in prompts.private_part(broker, in_one_piece)


def test_differences_are_words_within_lines() -> None:
    before = {"restrictions": "No inventes precios.\nNo prometas.", "benefits_info": "Igual"}
    after = {"restrictions": "No inventes horas.\nNo prometas.", "benefits_info": "Igual"}
    found = {each.section.key: each for each in differences.between(before, after)}
    assert not found["benefits_info"].is_changed
    assert [(each.kind, each.text) for each in found["restrictions"].pieces] == [
        ("same", "No inventes "),
        ("removed", "precios."),
        ("added", "horas."),
        ("same", "\n"),
        ("same", "No prometas."),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_are_both_texts_again(before: str, after: str) -> None:
    pieces = list(differences.pieces(before, after))
    assert "".join(each.text for each in pieces if each.kind != "added") == before
    assert "".join(each.text for each in pieces if each.kind != "removed") == after


def test_a_section_that_only_one_has_is_a_difference() -> None:
    assert [each.is_changed for each in differences.between({}, {"restrictions": "No."})] == [True]
