// A table whose rows tell and mark their stage (shared/stages.js); the arrow keys lead from row to row. A stage that is
// pointed at elsewhere is scrolled to, where the table is higher than its room.
// Data: alt, columns (names), rows ([{ stage, cells (texts) }]), height (px, or null). It reports nothing to Python.

import { linkStages } from "../shared/stages.js"

const ROW_STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }

const NUMBER = /^-?[\d,.]+$/

export default function ({ data, parentElement }) {
  const room = parentElement.querySelector(".scroll")
  const table = room.querySelector("table")
  room.style.maxHeight = data.height ? `${data.height}px` : ""
  table.setAttribute("aria-label", data.alt)
  const head = rowOf("th", data.columns)
  const rows = data.rows.map(({ stage, cells }, place) => {
    const row = rowOf("td", cells)
    row.dataset.stage = stage
    row.tabIndex = place ? -1 : 0 // one stop for Tab
    return row
  })
  table.replaceChildren(head, ...rows)
  table.onkeydown = (press) => {
    const at = rows.indexOf(press.target)
    if (at < 0 || !(press.key in ROW_STEPS)) return
    press.preventDefault()
    rows[Math.min(Math.max(at + ROW_STEPS[press.key], 0), rows.length - 1)].focus()
  }
  return linkStages(table, (stage) => {
    const first = rows.find((row) => row.dataset.stage === stage)
    if (first && !table.matches(":hover, :focus-within")) room.scrollTop = first.offsetTop - head.offsetHeight
  })
}

function rowOf(kind, texts) {
  const row = document.createElement("tr")
  row.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })))
  for (const cell of row.cells) cell.classList.toggle("number", NUMBER.test(cell.textContent))
  return row
}
