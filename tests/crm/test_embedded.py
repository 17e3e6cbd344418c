"""The embedded servers, as real processes: nothing here is simulated."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from crm.embedded import EmbeddedError, Servers, running_urls
from crm.embedded.given import check_database, check_redis
from crm.embedded.runfile import hold, local_secrets, write_run
from tests.processes import alive

BASE_DIR = Path(__file__).resolve().parents[2]
EXEC = [sys.executable, "-m", "crm.embedded", "exec", "--"]


def query(servers: Servers, statement: str) -> object:
    with psycopg.connect(servers.urls["MIGRATE_DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def cache(servers: Servers) -> "redis.Redis":
    return redis.Redis.from_url(servers.urls["REDIS_URL"], decode_responses=True)


def without_password(url: str) -> str:
    return f"redis://{url.rpartition('@')[2]}"


def pids(servers: Servers) -> list[int]:
    return [server.process.pid for server in servers.embedded if server.process]


def kill_all(servers: Servers) -> None:
    for server in servers.embedded:
        assert server.process
        server.process.kill()
        server.process.wait()
    servers.embedded.clear()


def without_servers() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cluster for most tests, behind a closed folder, at a long path with spaces."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    data = closed / "a folder with 'quotes' and spaces" / ("long " * 40).strip() / "ñandú"
    with Servers(data) as first:
        cache(first).set("first", "start")
    return data


@pytest.fixture
def servers(directory: Path) -> Iterator[Servers]:
    with Servers(directory) as running:
        yield running


def test_first_start_has_pgvector_and_reads_spanish(servers: Servers) -> None:
    query(servers, "CREATE EXTENSION IF NOT EXISTS vector")
    assert query(servers, "SELECT '[3,4]'::vector <-> '[0,0]'") == 5
    found = query(servers, "SELECT to_tsvector('spanish', '¿Dónde? «Jardín» – ¡sí!')::text")
    assert found == "'dond':1 'jardin':2"
    assert query(servers, "SELECT lower('ÑANDÚ')") == "ñandú"
    assert cache(servers).info("server")["redis_version"] >= "6.2"


def test_private_folders_stay_private(directory: Path, servers: Servers) -> None:
    closed = directory.parents[2]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / "redis" / "redis.conf").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(servers.urls["DATABASE_URL"].replace("crm_app:", "crm_app:not-"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(without_password(servers.urls["REDIS_URL"])).ping()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_root_hands_postgres_to_a_user_without_rights(servers: Servers) -> None:
    assert Path(f"/proc/{pids(servers)[0]}").stat().st_uid != 0


def test_restart_keeps_the_data(directory: Path) -> None:
    with Servers(directory) as first:
        query(first, "CREATE TABLE kept AS SELECT 'row' AS word")
        cache(first).set("kept", "key")
    assert not any(map(alive, pids(first)))
    with Servers(directory) as second:
        assert query(second, "SELECT word FROM kept") == "row"
        assert cache(second).get("kept") == "key"
        query(second, "DROP TABLE kept")


def test_power_cut_is_recovered_from(directory: Path) -> None:
    with Servers(directory) as first:
        query(first, "CREATE TABLE saved AS SELECT 'row' AS word")
        cache(first).set("saved", "key")
        time.sleep(1.1)  # Redis writes its log to the disk every second
        kill_all(first)
    own_pid_reused = (directory / "postgres" / "postmaster.pid").read_text().split("\n")
    own_pid_reused[0] = str(os.getpid())
    (directory / "postgres" / "postmaster.pid").write_text("\n".join(own_pid_reused))
    with (directory / "redis" / "appendonly.aof").open("ab") as log:
        log.write(b"*3\r\n$3\r\nSET\r\n$5\r\ncut")
    with Servers(directory) as second:
        assert query(second, "SELECT word FROM saved") == "row"
        assert cache(second).get("saved") == "key"
        query(second, "DROP TABLE saved")


def test_damaged_redis_log_is_set_aside(directory: Path) -> None:
    with (directory / "redis" / "appendonly.aof").open("ab") as log:
        log.write(b"not a command\r\n" * 10)
    with Servers(directory) as servers:
        assert cache(servers).ping()
    assert (directory / "redis" / "damaged-appendonly.aof").exists()


def test_servers_end_with_a_killed_owner_and_start_again_at_once(directory: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(directory)], stdout=subprocess.PIPE, cwd=BASE_DIR
    )
    assert owner.stdout
    started = json.loads(owner.stdout.readline())
    owner.kill()
    owner.wait()
    with Servers(directory) as servers:
        assert query(servers, "SELECT 1") == 1
        assert not any(map(alive, started))


_OWNER = """
import json, pathlib, sys, time
from crm.embedded import Servers
with Servers(pathlib.Path(sys.argv[1])) as servers:
    print(json.dumps([one.process.pid for one in servers.embedded]), flush=True)
    time.sleep(60)
"""


def test_dead_server_comes_back_at_its_address(servers: Servers) -> None:
    for server in servers.embedded:
        assert server.process
        server.process.kill()
        server.process.wait()
    said: list[str] = []
    assert servers.restart_dead(said.append)
    assert query(servers, "SELECT 1") == 1
    assert cache(servers).ping()
    assert said == ["postgres died; starting it again", "redis died; starting it again"]
    assert not servers.restart_dead(said.append)


def test_lost_password_is_one_line(directory: Path) -> None:
    kept = (directory / "secrets.json").read_text()
    (directory / "secrets.json").unlink()
    try:
        with pytest.raises(EmbeddedError, match="made with another password"):
            Servers(directory).start()
    finally:
        (directory / "secrets.json").write_text(kept)


def test_a_folder_belongs_to_one_run_and_no_child_keeps_it(tmp_path: Path) -> None:
    with hold(tmp_path):
        write_run(tmp_path, url="http://127.0.0.1:8000", environment={"DEBUG": "true"})
        with (
            pytest.raises(EmbeddedError, match=r"Already running in .*: http://127.0.0.1:8000"),
            hold(tmp_path),
        ):
            pass
        child = subprocess.Popen(["sleep", "30"], close_fds=False)
    try:
        with hold(tmp_path):
            pass
    finally:
        child.kill()
        child.wait()


def test_other_terminals_find_a_living_run_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    data = tmp_path / ".local"
    data.mkdir()
    assert running_urls(tmp_path) == {}
    write_run(data, url="", environment={"REDIS_URL": "redis://here"})
    assert running_urls(tmp_path) == {"REDIS_URL": "redis://here"}
    run = json.loads((data / "run.json").read_text())
    (data / "run.json").write_text(json.dumps(run | {"started": "1"}))  # the pid is another's now
    assert running_urls(tmp_path) == {}
    (data / "run.json").write_text('{"pid": 1')
    assert running_urls(tmp_path) == {}


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert local_secrets(tmp_path) == local_secrets(tmp_path)


def test_exec_runs_two_commands_at_once_on_their_own_servers() -> None:
    script = 'echo "$DATABASE_URL" && sleep 0.5 && exit 3'
    both = [
        subprocess.Popen(
            [*EXEC, "sh", "-c", script],
            cwd=BASE_DIR,
            env=without_servers(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = {process.communicate(timeout=60)[0] for process in both}
    assert [process.returncode for process in both] == [3, 3]
    assert len(outputs) == 2


def test_exec_waits_for_the_disk_where_durability_is_measured() -> None:
    script = (
        "import os, psycopg;"
        "print(*psycopg.connect(os.environ['DATABASE_URL']).execute('SHOW fsync').fetchone())"
    )
    command = [sys.executable, "-m", "crm.embedded", "exec", "--durable", "--"]
    done = subprocess.run(
        [*command, sys.executable, "-c", script],
        cwd=BASE_DIR,
        env=without_servers(),
        capture_output=True,
        text=True,
    )
    assert done.stdout == "on\n"


def test_exec_respects_given_servers() -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    script = 'echo "$DATABASE_URL $REDIS_URL"'
    done = subprocess.run(
        [*EXEC, "sh", "-c", script],
        cwd=BASE_DIR,
        env=os.environ | given,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == list(given.values())


def test_exec_told_to_end_ends_its_command_and_servers() -> None:
    process = subprocess.Popen(
        [*EXEC, "sh", "-c", 'echo "$$"; exec sleep 60'],
        cwd=BASE_DIR,
        env=without_servers(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    command = int(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 128 + signal.SIGTERM
    assert not alive(command)


def test_what_is_wrong_with_given_servers_is_one_line(servers: Servers) -> None:
    good = servers.urls["DATABASE_URL"]
    check_database(good)
    check_redis(servers.urls["REDIS_URL"])
    wrong_password = good.replace("crm_app:", "crm_app:not-")
    for url, reason in {
        wrong_password: "password authentication failed",
        good.removesuffix("crm") + "other": 'database "other" does not exist',
        "postgres://crm@127.0.0.1:1/crm": "refused",
        "mysql://crm@127.0.0.1/crm": "must name a PostgreSQL",
    }.items():
        with pytest.raises(EmbeddedError, match=reason) as refusal:
            check_database(url)
        assert "\n" not in str(refusal.value)
        assert local_secrets(servers.directory)["postgres_app"] not in str(refusal.value)
    with pytest.raises(EmbeddedError, match=r"^REDIS_URL: redis://127.0.0.1:1: .*refused"):
        check_redis("redis://:secret@127.0.0.1:1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_forbidden_folder_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EmbeddedError, match="No permission to write"):
        Servers(tmp_path / "data").start()
