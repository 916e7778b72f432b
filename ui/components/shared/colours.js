// Colours of a map between its steps. It needs nothing.

// The colour at `share` (0 to 1) of a map that `steps` (hexadecimals, RRGGBB) give at even distances.
export function mixedColour(steps, share) {
  const place = Math.min(Math.max(share, 0), 1) * (steps.length - 1)
  const low = Math.min(Math.floor(place), steps.length - 2)
  const channel = (step, at) => parseInt(step.slice(at, at + 2), 16)
  const mixed = [0, 2, 4].map((at) => {
    const [from, to] = [channel(steps[low], at), channel(steps[low + 1], at)]
    return Math.round(from + (place - low) * (to - from))
  })
  return `rgb(${mixed})`
}

// A background that shows values (0 to 1) side by side, of one width each, in the colours of a map.
export function strip(values, steps) {
  const stops = values.map((value, at) => `${mixedColour(steps, value)} 0 ${(100 * (at + 1)) / values.length}%`)
  return `linear-gradient(to right, ${stops})`
}
