// The compound scaling rule and the cost model of effnet_core/architecture.py and cost.py, for use while a slider is
// dragged: the same integers from the same order of operations. What is data there (stage table, limits, rounding
// constants, releases) comes from there, as `rules`; a test compares both over thousands of settings.

import { whole } from "./text_and_svg.js"

const ceilDivide = (size, stride) => Math.ceil(size / stride)

function roundChannels(channels, { channel_step: step, least_kept: kept }) {
  const rounded = Math.max(step, Math.floor(Math.trunc(channels + step / 2) / step) * step)
  return rounded >= kept * channels ? rounded : rounded + step
}

// Depth, width and resolution of a release, or by the formula.
function measures(rules, { network, phi, alpha, beta, gamma }) {
  if (network in rules.releases) return rules.releases[network]
  const resolution = Math.floor(rules.releases.b0.resolution * gamma ** phi + 0.5)
  return { depth: alpha ** phi, width: beta ** phi, resolution }
}

// The network with its totals; `layers` are the costs of each; `slabs` is what is drawn of it, a row for stem, head and
// each stage of equal blocks; `problem` says in words why there can be no such network.
export function scaledNetwork(rules, settings) {
  const { depth, width, resolution } = measures(rules, settings)
  const totals = { blocks: 0, params: 0, macs: 0, activations: 0 }
  const network = { depth, width, resolution, ...totals, layers: [], slabs: [], problem: "" }
  const [least, most] = rules.resolutions
  if (!(least <= resolution && resolution <= most)) {
    const allowed = `${whole(least)} to ${whole(most)} px`
    network.problem = `${rules.releases.b0.resolution} · γ^φ is ${whole(resolution)} px; allowed is ${allowed}`
    return network
  }
  addLayers(network, rules)
  if (network.params > rules.params_limit) {
    network.problem = `it has ${whole(network.params)} parameters; allowed are ${whole(rules.params_limit)}`
  }
  return network
}

// Functions that add a layer's cost to the network's totals.
function counters(network) {
  const count = (stage, role, params, macs, activations) => {
    network.layers.push({ stage, role, params, macs })
    network.params += params
    network.macs += macs
    network.activations += activations
  }
  const convolution = (stage, role, channels, out, size, kernel = 1, groups = 1) => {
    const weights = out * (channels / groups) * kernel * kernel
    count(stage, role, weights + 2 * out, weights * size * size, out * size * size) // 2: batch norm's scale and shift
  }
  const dense = (stage, role, channels, out) => count(stage, role, channels * out + out, channels * out, out)
  return { convolution, dense }
}

function addLayers(network, rules) {
  const { convolution, dense } = counters(network)
  let size = ceilDivide(network.resolution, rules.stem.stride)
  let channels = roundChannels(rules.stages[0].in_channels * network.width, rules)
  convolution(1, "stem", 3, channels, size, rules.stem.kernel)
  network.slabs.push({ stage: 1, kind: "stem, head", channels, size, count: 1 })
  rules.stages.forEach((stage, index) => {
    const row = index + 2 // of Table 1
    const out = roundChannels(stage.out_channels * network.width, rules)
    const layers = Math.ceil(stage.layers * network.depth)
    for (let layer = 0; layer < layers; layer++) {
      const wide = roundChannels(channels * stage.expansion, rules)
      const squeezed = Math.max(1, Math.trunc(channels * stage.se_ratio))
      if (wide !== channels) convolution(row, "expand", channels, wide, size)
      if (layer === 0) size = ceilDivide(size, stage.stride)
      convolution(row, "depthwise", wide, wide, size, stage.kernel, wide)
      dense(row, "squeeze", wide, squeezed)
      dense(row, "excite", squeezed, wide)
      convolution(row, "project", wide, out, size)
      channels = out
    }
    network.blocks += layers
    const kind = `MBConv, ${stage.kernel}×${stage.kernel}`
    network.slabs.push({ stage: row, kind, channels, size, count: layers })
  })
  const [last, head] = [rules.stages.length + 2, rules.head_factor * channels]
  convolution(last, "head", channels, head, size)
  network.slabs.push({ stage: last, kind: "stem, head", channels: head, size, count: 1 })
  dense(last, "classifier", head, rules.classes)
}

// α·β²·γ²; with `without`, the product of the other two.
export function growth(rules, settings, without = "") {
  const names = Object.keys(rules.powers).filter((name) => name !== without)
  return names.reduce((product, name) => product * settings[name] ** rules.powers[name], 1)
}

// The settings with α·β²·γ² held at lock.target: the coefficient lock.frees gives way. Where its range ends, the moved
// one stops; `problem` says so where that does not help either.
export function held(rules, settings, lock, moved = "") {
  const freed = lock.frees
  if (!(freed in rules.powers)) return { settings, problem: "" }
  const [low, high] = rules.coefficients
  const clamp = (value) => Math.min(Math.max(value, low), high)
  const solve = (name, product) => (product / growth(rules, now, name)) ** (1 / rules.powers[name])
  const now = { ...settings, [freed]: 1 }
  const exact = solve(freed, lock.target)
  now[freed] = clamp(exact)
  if (now[freed] !== exact && moved in rules.powers && moved !== freed) now[moved] = clamp(solve(moved, lock.target))
  const off = Math.abs(growth(rules, now) - lock.target) > 1e-9 * lock.target
  const sentence = `No ${rules.letters[freed]} from ${low} to ${high} holds α · β² · γ² at ${lock.target}.`
  return { settings: now, problem: off ? sentence : "" }
}
