"""A vote on the presenter's screen: code and link for the phones, bars that grow, a second round, who changed sides."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

import segno
import streamlit as st
from streamlit import net_util

from effnet_core.lessons import Lesson, Step
from effnet_core.lessons.votes import Key, Tally, VoteRefused, Votes

from ..session import kept_values
from ..shared.plain import plain

ROOM = "teach.room"  # (name of the lesson, key of its room), for the session that opened it
SHOWN, PROBLEM = "teach.vote_shown", "teach.vote_problem"
EVERY_S = 1.0  # while a vote is open
CONNECT_S = 0.5
PORTS = {"http": 80, "https": 443}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ONLY_HERE = (
    "Phones can't reach this vote: the app answers this computer alone. Start it with `make run ADDRESS=0.0.0.0`, "
    "and the link becomes one for the class."
)
STYLE = """<style>
.vote-option { display: grid; grid-template-columns: 1fr auto; margin-bottom: .9rem; font-size: 1.2rem; }
.vote-bar { grid-column: 1 / 3; height: 1.3rem; border-radius: 4px; background: rgb(128 128 128 / 20%); }
.vote-bar div { height: 100%; border-radius: 4px; background: currentColor; transition: width .3s; }
.vote-bar.before { height: .5rem; margin-top: 3px; } .vote-bar.before div { background: GrayText; }
</style>"""


@st.cache_resource(show_spinner=False)
def votes() -> Votes:
    """All votes of this server, in its memory alone."""
    return Votes()


def is_shown() -> bool:
    return bool(kept_values.value(SHOWN)) and kept_values.value(ROOM) is not None


def offer(lesson: Lesson, number: int) -> None:
    """The button that begins the vote of a step, or comes back to it."""
    if not lesson.steps[number].options:
        return
    shown = is_shown()
    st.button(
        "The picture" if shown else "Vote",
        key="teach.vote",
        shortcut="v",
        on_click=kept_values.keep if shown else _show,
        args=(SHOWN, False) if shown else (lesson, number),
    )


def explain() -> None:
    """Why a vote could not be held."""
    if problem := kept_values.value(PROBLEM):
        st.warning(f"{str(problem)[0].upper()}{str(problem)[1:]}.")


def leave_step(lesson: Lesson) -> None:
    """At another step nothing is open any more; in another lesson, everything is gone."""
    kept_values.forget([SHOWN, PROBLEM])
    if room := kept_values.value(ROOM):
        if room[0] != lesson.name:
            end()
        else:
            _try(votes().close, room[1])


def end() -> None:
    """The lesson is over, and with it the room."""
    if room := kept_values.value(ROOM):
        _try(votes().end, room[1])
    kept_values.forget([ROOM, SHOWN, PROBLEM])


def board(lesson: Lesson, number: int) -> None:
    """In the place of the step's picture: how to take part, and how it stands."""
    key, (name, asked) = kept_values.value(ROOM)[1], _question(lesson, number)
    try:
        is_open = _tallies(key, name)[-1].is_open
    except (VoteRefused, IndexError):
        kept_values.forget([ROOM])
        st.warning("This vote has ended.")
        return
    with st.container(key="teach_vote"):
        st.html(STYLE)
        way, bars = st.columns([2, 3], gap="large")
        with way:
            _way_in(key.code)
        with bars:
            st.header(plain(asked.ask), anchor=False)
            st.fragment(_bars, run_every=EVERY_S if is_open else None)(key, name, asked.options)
            with st.container(horizontal=True):
                if is_open:
                    st.button("Close the vote", key="teach.close", on_click=_try, args=(votes().close, key))
                else:
                    again = (votes().ask, key, name, asked.ask, asked.options)
                    st.button("Another round", key="teach.again", on_click=_try, args=again)


def _question(lesson: Lesson, number: int) -> tuple[str, Step]:
    """The name of the question that a step votes on, and the step that asks it: this one, or one it comes back to."""
    again = lesson.steps[number].again
    asked = number if again is None else again
    return f"{lesson.name} {asked}", lesson.steps[asked]


def _show(lesson: Lesson, number: int) -> None:
    """Callback: a room, if there is none yet, and the first round, if there was none."""
    kept_values.forget([PROBLEM])
    name, asked = _question(lesson, number)
    room = kept_values.value(ROOM)
    key = room[1] if room else _try(votes().open_room)
    if key is None:
        return
    kept_values.keep(ROOM, (lesson.name, key))
    if _tallies(key, name) or _try(votes().ask, key, name, asked.ask, asked.options) is None:
        kept_values.keep(SHOWN, True)


def _try(do, *given) -> Key | None:
    """Callback: what is refused gets its sentence."""
    try:
        return do(*given)
    except VoteRefused as problem:
        kept_values.keep(PROBLEM, problem)
        return None


def _tallies(key: Key, name: str) -> Sequence[Tally]:
    return votes().tallies(key, name)


def _way_in(code: str) -> None:
    link, for_phones = link_of(code)
    svg = segno.make(link, error="m", micro=False).svg_inline(scale=6, border=3, light="white")
    st.image(svg, width="stretch", alt=f"QR code of {link}")
    st.markdown(f"### {link.removeprefix('http://').removeprefix('https://')}")
    if not for_phones:
        st.warning(ONLY_HERE)


def link_of(code: str) -> tuple[str, bool]:
    """The link to a vote, and whether phones can follow it.

    By the address that the presenter's browser used; where that is localhost, by this computer's in the local network,
    if the app answers there.
    """
    seen = urlsplit(st.context.url or "http://localhost")
    host, port, for_phones = seen.hostname or "localhost", seen.port or PORTS.get(seen.scheme, 80), True
    if host in LOOPBACK:
        own = net_util.get_internal_ip()
        for_phones = own not in (None, *LOOPBACK) and _answers(own, port)
        host = own if for_phones else host
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    place = f"[{host}]" if ":" in host else host
    place += f":{port}" if port != PORTS.get(seen.scheme) else ""
    # one of several processes, behind nginx: phones must reach the one that holds the vote (effnet_core/classroom)
    worker = str(st.context.cookies.get(f"effnet_worker_{port}", ""))
    process = f"&w={worker}" if worker.isdecimal() else ""
    return f"{seen.scheme}://{place}{'/' + base if base else ''}/vote?c={code}{process}", for_phones


@st.cache_data(ttl=60, max_entries=8, show_spinner=False)
def _answers(host: str, port: int) -> bool:
    """Whether something listens at an address of this computer: the app, if it was told to."""
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError:
        return False
    return True


def _bars(key: Key, name: str, options: Sequence[str]) -> None:
    """The latest round, with the one before it under it; how many changed their mind between the two."""
    try:
        rounds = _tallies(key, name)
    except VoteRefused:
        st.markdown("This vote has ended.")
        return
    now, before = rounds[-1], rounds[-2] if len(rounds) > 1 else None
    rows = "".join(
        f'<div class="vote-option"><span>{escape(option)}</span><b>{now.counts[number]}</b>'
        f"{_bar(now, number)}{_bar(before, number, ' before') if before else ''}</div>"
        for number, option in enumerate(options)
    )
    st.html(rows)
    voted = sum(now.counts)
    text = f"**{voted}** {'has' if voted == 1 else 'have'} voted" + (", and may still change it" * now.is_open)
    if before:
        text += (
            f". Of {now.both} who voted before, **{now.changed}** changed their mind (grey: round {len(rounds) - 1})"
        )
    st.markdown(f"{text}.")


def _bar(tally: Tally, number: int, kind: str = "") -> str:
    share = tally.counts[number] / max(1, sum(tally.counts))
    return f'<div class="vote-bar{kind}"><div style="width: {share:.1%}"></div></div>'
