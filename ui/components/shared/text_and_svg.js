// What the components of the scaling page share: numbers as text, and elements of SVG. It needs the document alone.

const SVG = "http://www.w3.org/2000/svg"
const thousands = new Intl.NumberFormat("en-US")

export const whole = (count) => thousands.format(count)

// Three significant digits, thousands separated, no exponent: 12.2, 0.0531, 1,280.
export function threeDigits(value) {
  if (value === 0) return "0"
  const rounded = Number(value.toPrecision(3))
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))))
  return rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export function setAttributes(node, attributes) {
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value)
  return node
}

export const svgElement = (name, parent, attributes = {}) =>
  parent.appendChild(setAttributes(document.createElementNS(SVG, name), attributes))

export const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text
}
