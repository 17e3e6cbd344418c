"""One client a bot and process, used from any thread and after a fork."""

import os
from concurrent.futures import ThreadPoolExecutor

from leads.channels import telegram_client


async def ask(bot):
    return await bot.get_me()


def test_many_threads_share_one_client(telegram):
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: telegram_client.call("1:x", ask).username, range(40)))
    assert names == ["demo_bot"] * 40


def test_a_forked_worker_makes_its_own(telegram):
    assert telegram_client.call("1:x", ask).id == 1
    child = os.fork()
    if child == 0:
        answered = telegram_client.call("1:x", ask).id == 1
        os._exit(0 if answered else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_bots_number_is_the_head_of_its_token():
    assert [telegram_client.bot_id_of(token) for token in ("1:demo", "123:a:b", "x:1", "", "²:a")] == [
        1, 123, None, None, None,
    ]  # fmt: skip
