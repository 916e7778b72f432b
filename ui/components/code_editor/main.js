// An editor for Python: a text area, with its text in colours behind it and line numbers beside it.
// Data: code, name (the text stays until it is another one), label, longest (characters), checks (whether it can be
// checked here).
// Triggers: written, the text, when the hand rests or leaves; asked, once Ctrl + Enter asks for the check.

const REST_MS = 1000
const INDENT = "    "
const KEYWORDS =
  "False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|" +
  "import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield"
const PARTS = new RegExp(
  [
    `(?<comment>#[^\\n]*)`,
    `(?<string>[rbfuRBFU]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\\\.|[^"\\\\\\n])*"?|'(?:\\\\.|[^'\\\\\\n])*'?))`,
    `(?<=\\b(?:def|class) +)(?<defined>\\w+)`,
    `(?<keyword>\\b(?:${KEYWORDS})\\b)`,
    `(?<number>\\b\\d[\\w.]*)`,
  ].join("|"),
  "g",
)

export default function ({ data, parentElement, setTriggerValue }) {
  const editor = (parentElement.editor ??= new Editor(parentElement))
  editor.tell = setTriggerValue
  editor.show(data)
}

class Editor {
  constructor(parent) {
    const part = (name) => parent.querySelector(name)
    Object.assign(this, { area: part("textarea"), colours: part(".colours"), numbers: part(".numbers") })
    this.keys = part(".keys span")
    this.area.oninput = () => this.change()
    this.area.onblur = () => this.report()
    this.area.onkeydown = (event) => this.press(event)
  }

  show({ code, name, label, longest, checks }) {
    this.keys.hidden = !checks
    this.area.setAttribute("aria-label", label)
    this.area.maxLength = longest
    if (name === this.name) return
    if (this.name && this.area.value !== this.told) return this.report() // what is being written stays
    Object.assign(this, { name, told: code })
    this.area.value = code
    this.draw()
  }

  change() {
    this.draw()
    clearTimeout(this.rest)
    this.rest = setTimeout(() => this.report(), REST_MS)
  }

  draw() {
    const text = this.area.value
    this.colours.replaceChildren(...coloured(text), "\n ") // a last empty line has its height, too
    this.numbers.textContent = text
      .split("\n")
      .map((_, at) => at + 1)
      .join("\n")
  }

  report() {
    clearTimeout(this.rest)
    if (this.area.value === this.told) return
    this.told = this.area.value
    this.tell("written", this.told)
  }

  press(event) {
    const leaves = this.leaves
    this.leaves = event.key === "Escape" || (leaves && event.key === "Shift")
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      this.report()
      this.tell("asked", true)
    } else if (event.key === "Enter") {
      event.preventDefault()
      this.insert(`\n${this.indentation()}`)
    } else if (event.key === "Tab" && !event.shiftKey && !leaves) {
      event.preventDefault()
      this.insert(INDENT)
    } else if (event.key === "Backspace") this.outdent(event)
  }

  // What stands before the cursor in its line.
  before() {
    return this.area.value.slice(0, this.area.selectionStart).split("\n").at(-1)
  }

  indentation() {
    const line = this.before()
    return line.match(/^\s*/)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : "")
  }

  outdent(event) {
    const line = this.before()
    const { selectionStart: start, selectionEnd: end } = this.area
    if (start !== end || !line || line.trim() || line.length % INDENT.length) return
    event.preventDefault()
    this.area.setSelectionRange(start - INDENT.length, end)
    document.execCommand("delete")
  }

  // As if it were typed, so that Ctrl + Z takes it back.
  insert(text) {
    document.execCommand("insertText", false, text)
  }
}

// The text as nodes: parts of the language in spans of their class, the rest as it is.
function coloured(text) {
  const nodes = []
  let end = 0
  for (const found of text.matchAll(PARTS)) {
    const [kind] = Object.entries(found.groups).find(([, part]) => part !== undefined)
    const span = document.createElement("span")
    span.className = kind
    span.textContent = found[0]
    nodes.push(text.slice(end, found.index), span)
    end = found.index + found[0].length
  }
  return [...nodes, text.slice(end)]
}
