// Products that add up to a value: pointing at a cell, or moving to it with the arrow keys, marks its factors and it.
// Data: rows ({ title, sign, values }), the last are the products; columns of the grids, or names, a list's; total, alt.
// Event: "linked-cell" on the window, the number of the cell or null; pixel_map marks that pixel of the patch.

import { setText, threeDigits } from "../shared/text_and_svg.js"

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".products")
  root.setAttribute("aria-label", `${data.alt}. Arrow keys mark the factors of a product`)
  root.querySelector(".cells").replaceChildren(...(data.names ? listOf(data) : gridsOf(data)))
  root.classList.add(data.names ? "listed" : "grids")
  root.style.setProperty("--count", data.names?.length ?? data.columns)
  root.style.setProperty("--fit", data.columns > 3 ? 15 : 10)
  root.style.setProperty("--factors", data.rows.length)
  const count = data.rows[0].values.length
  let marked = null
  const mark = (number) => {
    marked = number
    for (const cell of root.querySelectorAll("[data-cell]")) {
      cell.classList.toggle("marked", cell.dataset.cell === `${number}`)
    }
    setText(root.querySelector("p"), number === null ? minus(data.total) : productOf(data, number))
    if (data.columns) dispatchEvent(new CustomEvent("linked-cell", { detail: number }))
  }
  root.onpointerover = ({ target }) => {
    const cell = target.closest("[data-cell]")
    if (cell) mark(Number(cell.dataset.cell))
  }
  root.onpointerleave = ({ pointerType }) => pointerType === "mouse" && mark(null)
  root.onblur = () => mark(null)
  root.onkeydown = (event) => {
    const line = data.columns ?? 1
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: line, ArrowUp: -line }[event.key]
    if (!move) return
    event.preventDefault()
    mark(marked === null ? 0 : Math.max(0, Math.min(count - 1, marked + move)))
  }
  mark(null)
}

const minus = (text) => text.replaceAll("-", "−")

// 0.326 × −0.214 = −0.0698
function productOf({ rows, names }, number) {
  const known = rows.filter(({ values }) => values[number] !== null)
  const terms = known.map(({ sign, values }) => `${known.length > 1 ? sign : ""} ${minus(threeDigits(values[number]))}`)
  return `${names ? `${names[number]}: ` : ""}${terms.join(" ").trim()}`
}

// As many digits as there is room for.
function cellText(value, digits) {
  if (value === null) return ""
  const size = Math.abs(value)
  const text = value.toFixed(size < 1 ? digits : Math.max(0, digits - (size < 10 ? 1 : 2)))
  if (Number(text) === 0) return "0"
  return minus(digits < 3 ? text.replace(/^(-?)0\./, "$1.") : text)
}

// Coloured around zero, each row by its own strongest.
function cellsOf({ values }, digits) {
  const strongest = Math.max(...values.map(Math.abs), 1e-12)
  return values.map((value, number) => {
    const cell = newElement("span", "cell", cellText(value, digits))
    cell.dataset.cell = number
    cell.classList.toggle("below", value < 0)
    if (value !== null) cell.style.setProperty("--strength", `${(55 * Math.abs(value)) / strongest}%`)
    return cell
  })
}

function gridsOf({ rows, columns }) {
  return rows.flatMap((row) => {
    const [figure, grid] = [newElement("figure"), newElement("div", "grid")]
    grid.append(...cellsOf(row, columns > 3 ? 2 : 3))
    figure.append(newElement("figcaption", "", row.title), grid)
    return row.sign ? [newElement("span", "sign", row.sign), figure] : [figure]
  })
}

function listOf({ rows, names }) {
  const titles = rows.map(({ sign, title }) => newElement("b", "title", `${sign} ${title}`))
  const cells = rows.map((row) => cellsOf(row, 3))
  const columns = names.flatMap((name, number) => [newElement("b", "name", name), ...cells.map((row) => row[number])])
  return [newElement("b"), ...titles, ...columns]
}

function newElement(tag, className = "", textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent })
}
