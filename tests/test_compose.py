"""docker-compose.yml: every service held to the same, also one that is added later."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = (ROOT / "crm" / "settings.py").read_text()
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRETS = {
    "SECRET_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "POSTGRES_PASSWORD",
    "DB_OWNER_PASSWORD",
    "DB_APP_PASSWORD",
}
OWNERS = {"migrate", "backup", "restore"}
# What a container may be given back of what root may do.
GRANTED = {"NET_BIND_SERVICE"}


@pytest.fixture(params=sorted(SERVICES))
def service(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SERVICES[request.param]


def test_it_may_write_on_its_volumes_only_and_has_no_rights_of_root(
    service: dict[str, Any],
) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) <= GRANTED
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "pid", "network_mode", "devices"} & service.keys()


def test_it_has_a_share_of_the_machine_and_logs_that_end(service: dict[str, Any]) -> None:
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_its_image_is_ours_or_pinned_by_an_exact_version(service: dict[str, Any]) -> None:
    pinned = re.compile(r":v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$")
    assert "build" in service or pinned.search(service["image"])


def test_it_is_looked_after_or_says_why_not(service: dict[str, Any]) -> None:
    assert "healthcheck" in service


def test_our_own_image_is_built_on_an_exact_version() -> None:
    assert re.match(r"FROM python:\d+\.\d+\.\d+-slim-\w+\n", (ROOT / "Dockerfile").read_text())


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_is_demanded_and_has_no_default(name: str) -> None:
    uses = re.findall(r"\$\{" + name + r"\b([^}]*)\}", TEXT)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_no_server_of_ours_is_reached_from_outside() -> None:
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("db", "redis"):
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["back"]


def test_the_proxy_alone_has_ports_and_web_counts_it_as_one_hop() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert SERVICES["web"]["environment"]["PROXY_COUNT"] == "1"


def test_the_proxy_holds_so_many_connections_and_no_more() -> None:
    limit = SERVICES["proxy"]["ulimits"]["nofile"]
    assert limit["soft"] == limit["hard"] == 8192


def test_only_the_owners_services_know_the_owners_password() -> None:
    """`.env` has every secret: what a container must not know is emptied in it."""
    for name, service in SERVICES.items():
        environment = service.get("environment", {})
        if "env_file" in service:
            assert environment["POSTGRES_PASSWORD"] == environment["DB_OWNER_PASSWORD"] == ""
            role = "crm_owner" if name in OWNERS else "crm_app"
            assert environment["DATABASE_URL"].startswith(f"postgres://{role}:")
            assert bool(environment["MIGRATE_DATABASE_URL"]) is (name in OWNERS)
        elif name != "db":
            assert "DB_OWNER_PASSWORD" not in str(environment)


def test_every_setting_it_takes_is_explained() -> None:
    explained = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    read = re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)|_seconds\(\"([A-Z_]+)", SETTINGS)
    assert len(read) > 50
    assert {one or other for one, other in read} <= explained
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) <= explained
