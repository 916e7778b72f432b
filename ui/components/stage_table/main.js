// A table with a row a stage, which tells and marks it (shared/stages.js); the arrow keys lead from row to row.
// Data: alt, columns (names), rows ([{ stage, cells (texts) }]). It reports nothing to Python.

import { linkStages } from "../shared/stages.js"

const ROW_STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }

export default function ({ data, parentElement }) {
  const table = parentElement.querySelector("table")
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
  return linkStages(table)
}

function rowOf(kind, texts) {
  const row = document.createElement("tr")
  row.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })))
  return row
}
