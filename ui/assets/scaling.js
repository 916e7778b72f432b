// The compound scaling rule and the cost model of effnet_core/architecture.py and cost.py, for use while a slider is
// dragged: the same integers from the same order of operations. What is data there (stage table, limits, rounding
// constants, releases) comes from there, as `rules`; a test compares both over thousands of settings.

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

// The network with its totals; `slabs` is what is drawn of it, a row for stem, head and each stage of equal blocks;
// `problem` says in words why there can be no such network.
function scaledNetwork(rules, settings) {
  const { depth, width, resolution } = measures(rules, settings)
  const made = { depth, width, resolution, blocks: 0, params: 0, macs: 0, activations: 0, slabs: [], problem: "" }
  const [least, most] = rules.resolutions
  if (!(least <= resolution && resolution <= most)) {
    made.problem = `${rules.releases.b0.resolution} · γ^φ is ${whole(resolution)} px; allowed is ${whole(least)} to ${whole(most)} px`
    return made
  }
  addLayers(made, rules)
  if (made.params > rules.params_limit) {
    made.problem = `it has ${whole(made.params)} parameters; allowed are ${whole(rules.params_limit)}`
  }
  return made
}

function addLayers(made, rules) {
  const count = (params, macs, activations) => {
    made.params += params
    made.macs += macs
    made.activations += activations
  }
  const convolution = (channels, out, size, kernel = 1, groups = 1) => {
    const weights = out * (channels / groups) * kernel * kernel
    count(weights + 2 * out, weights * size * size, out * size * size) // 2: batch norm's scale and shift
  }
  const dense = (channels, out) => count(channels * out + out, channels * out, out)

  let size = ceilDivide(made.resolution, rules.stem.stride)
  let channels = roundChannels(rules.stages[0].in_channels * made.width, rules)
  convolution(3, channels, size, rules.stem.kernel)
  made.slabs.push({ stage: 1, kind: "stem, head", channels, size, count: 1 })
  rules.stages.forEach((stage, index) => {
    const out = roundChannels(stage.out_channels * made.width, rules)
    const layers = Math.ceil(stage.layers * made.depth)
    for (let layer = 0; layer < layers; layer++) {
      const wide = roundChannels(channels * stage.expansion, rules)
      const squeezed = Math.max(1, Math.trunc(channels * stage.se_ratio))
      if (wide !== channels) convolution(channels, wide, size)
      if (layer === 0) size = ceilDivide(size, stage.stride)
      convolution(wide, wide, size, stage.kernel, wide)
      dense(wide, squeezed)
      dense(squeezed, wide)
      convolution(wide, out, size)
      channels = out
    }
    made.blocks += layers
    const kind = `MBConv, ${stage.kernel}×${stage.kernel}`
    made.slabs.push({ stage: index + 2, kind, channels, size, count: layers })
  })
  const head = rules.head_factor * channels
  convolution(channels, head, size)
  made.slabs.push({ stage: rules.stages.length + 2, kind: "stem, head", channels: head, size, count: 1 })
  dense(head, rules.classes)
}

// α·β²·γ²; with `without`, the product of the other two.
function growth(rules, settings, without = "") {
  const names = Object.keys(rules.powers).filter((name) => name !== without)
  return names.reduce((product, name) => product * settings[name] ** rules.powers[name], 1)
}

// The settings with α·β²·γ² held at lock.target: the coefficient lock.frees gives way. Where its range ends, the moved
// one stops; `problem` says so where that does not help either.
function held(rules, settings, lock, moved = "") {
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

const whole = (count) => count.toLocaleString("en-US")

// Three significant digits, thousands separated, no exponent: 12.2, 0.0531, 1,280.
function threeDigits(value) {
  if (value === 0) return "0"
  const rounded = Number(value.toPrecision(3))
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded))))
  return rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
