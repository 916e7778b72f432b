// Stages of a network, marked in every view of a page: each node with data-stage tells when it is pointed at or focused.
// Event: "stage-pointed" on the window, a stage as text or null.

const linked = new WeakSet() // roots that tell

// Marks the stages of `root` with the class "pointed", whoever tells of them, and calls `heard`. Returns what ends it.
export function linkStages(root, heard = () => {}) {
  if (!linked.has(root)) {
    linked.add(root)
    const tell = (stage) => dispatchEvent(new CustomEvent("stage-pointed", { detail: stage }))
    const tellOf = ({ target }) => tell(stageOf(target))
    const tellNone = () => tell(null)
    for (const [name, told] of [
      ["pointerover", tellOf],
      ["focusin", tellOf],
      ["pointerleave", tellNone],
      ["focusout", tellNone],
    ])
      root.addEventListener(name, told)
  }
  const mark = ({ detail }) => {
    for (const node of root.querySelectorAll("[data-stage]"))
      node.classList.toggle("pointed", node.dataset.stage === detail)
    heard(detail)
  }
  addEventListener("stage-pointed", mark)
  return () => removeEventListener("stage-pointed", mark)
}

// Of a block of torchvision's, "features.3.0", or of its number without "features.".
export const stageOfBlock = (block) => `${Number(block.replace("features.", "").split(".")[0]) + 1}`

export const stageOf = (node) => node.closest("[data-stage]")?.dataset.stage ?? null
