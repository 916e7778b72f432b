const KEYS_REST_MS = 300, waiting = new WeakMap();
const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
export default function ({data, parentElement, setTriggerValue}) {
  const map = parentElement.querySelector(".map");
  const image = map.querySelector("img"), frame = map.querySelector(".frame").style;
  image.src = data.image;
  image.alt = data.alt;
  let {top, left, side} = data.frame;
  const percent = (part, whole) => `${100 * part / whole}%`;
  const place = () => {
    frame.top = percent(top, data.rows);
    frame.left = percent(left, data.columns);
    frame.height = percent(side, data.rows);
    frame.width = percent(side, data.columns);
  };
  place();
  map.classList.toggle("clickable", data.clickable);
  if (data.clickable) {
    map.tabIndex = 0;
    map.setAttribute("role", "application");
    map.setAttribute("aria-label", `${data.alt}. Arrow keys choose a pixel`);
  }
  map.onkeydown = event => {
    const step = data.clickable && STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    top = Math.max(0, Math.min(data.rows - 1, top + step[0]));
    left = Math.max(0, Math.min(data.columns - 1, left + step[1]));
    place();
    clearTimeout(waiting.get(map));  // until the keys rest: a held key does not flood the server
    waiting.set(map, setTimeout(() => setTriggerValue("pixel", [top, left]), KEYS_REST_MS));
  };
  map.onclick = event => {
    if (!data.clickable) return;
    const box = image.getBoundingClientRect();
    const at = (offset, length, count) => Math.max(0, Math.min(count - 1, Math.floor(offset / length * count)));
    setTriggerValue("pixel", [
      at(event.clientY - box.top, box.height, data.rows),
      at(event.clientX - box.left, box.width, data.columns),
    ]);
  };
}
