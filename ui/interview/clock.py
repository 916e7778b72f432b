"""A clock that counts down in the browser, and asks for a rerun when time is up."""

from __future__ import annotations

import streamlit as st

_HTML = """
<div class="label" id="label">Time left</div>
<div class="time" role="timer" aria-labelledby="label"></div>
"""
_CSS = """
.label { font-size: 0.875rem; color: var(--st-text-color); }
.time { font-size: 30px; font-weight: 600; color: var(--st-text-color); font-variant-numeric: tabular-nums; }
"""
_JS = """
const running = new WeakMap()
export default function ({ data, parentElement, setTriggerValue }) {
  const face = parentElement.querySelector(".time")
  const ends = performance.now() + 1000 * data.left
  clearInterval(running.get(face))
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000))
    face.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`
    if (left === 0) {
      clearInterval(running.get(face))
      setTriggerValue("over", true)
    }
  }
  running.set(face, setInterval(tick, 250))
  tick()
  return () => clearInterval(running.get(face))
}
"""
_component = st.components.v2.component("clock", html=_HTML, css=_CSS, js=_JS)


def show(left_s: float, *, key: str) -> None:
    """Count down from this many seconds; at the end the app runs again."""
    _component(data={"left": left_s}, key=key, on_over_change=lambda: None)
