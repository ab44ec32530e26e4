// How the photo viewer moves: which photo, what beside it, how near. No DOM here.

/** Nearness and shift of one photo; the shift is a share of its pane, from the middle. */
export interface Look {
  zoom: number
  x: number
  y: number
}

export const WHOLE: Look = { zoom: 1, x: 0, y: 0 }
export const NEAREST = 8

export interface Viewing {
  /** The photo of each pane; the second is there while two are compared. */
  at: [number, number | undefined]
  looks: [Look, Look]
  /** The pane that keys act on. */
  side: 0 | 1
}

export type Act =
  | { do: 'step'; by: number; count: number }
  | { do: 'show'; at: number }
  | { do: 'zoom'; side?: 0 | 1; factor: number; x?: number; y?: number }
  | { do: 'pan'; side?: 0 | 1; x: number; y: number }
  | { do: 'whole' }
  | { do: 'compare'; count: number }
  | { do: 'side'; side: 0 | 1 }

export function begin(at: number): Viewing {
  return { at: [at, undefined], looks: [WHOLE, WHOLE], side: 0 }
}

// Adding nought turns a negative nought into a plain one.
const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value)) + 0

function within(look: Look): Look {
  const room = (look.zoom - 1) / 2
  return { zoom: look.zoom, x: clamp(look.x, room), y: clamp(look.y, room) }
}

/** Nearer or farther about a point, which stays where it is. */
function zoomed(look: Look, factor: number, x: number, y: number): Look {
  const zoom = Math.min(NEAREST, Math.max(1, look.zoom * factor))
  const scale = zoom / look.zoom
  return within({ zoom, x: x - (x - look.x) * scale, y: y - (y - look.y) * scale })
}

function put<Value>(pair: [Value, Value], side: 0 | 1, value: Value): [Value, Value] {
  return side === 0 ? [value, pair[1]] : [pair[0], value]
}

export function move(state: Viewing, act: Act): Viewing {
  const show = (at: number): Viewing => ({
    ...state,
    at: state.side === 0 ? [at, state.at[1]] : [state.at[0], at],
    looks: put(state.looks, state.side, WHOLE),
  })
  switch (act.do) {
    case 'show':
      return show(act.at)
    case 'step': {
      if (act.count === 0) return state
      const now = state.at[state.side] ?? 0
      return show((now + act.by + act.count) % act.count)
    }
    case 'zoom': {
      const side = act.side ?? state.side
      return {
        ...state,
        side,
        looks: put(state.looks, side, zoomed(state.looks[side], act.factor, act.x ?? 0, act.y ?? 0)),
      }
    }
    case 'pan': {
      const side = act.side ?? state.side
      const look = state.looks[side]
      return {
        ...state,
        side,
        looks: put(state.looks, side, within({ ...look, x: look.x + act.x, y: look.y + act.y })),
      }
    }
    case 'whole':
      return { ...state, looks: put(state.looks, state.side, WHOLE) }
    case 'compare':
      if (state.at[1] !== undefined) return { ...begin(state.at[state.side] ?? state.at[0]) }
      // The neighbour is the likeliest thing to compare with, and the arrows change it at once.
      return act.count < 2
        ? state
        : { at: [state.at[0], (state.at[0] + 1) % act.count], looks: [state.looks[0], WHOLE], side: 1 }
    case 'side':
      return state.at[1] === undefined ? state : { ...state, side: act.side }
  }
}

const STEP = 0.15
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}

/** What a key does. Letters go by their place on the keyboard, so that a Russian layout works too. */
export function byKey(
  state: Viewing,
  pressed: { key: string; code: string },
  count: number,
): Act | 'close' | undefined {
  const { key, code } = pressed
  if (key === 'Escape') return 'close'
  if (key === '+' || key === '=') return { do: 'zoom', factor: 1.4 }
  if (key === '-' || key === '_') return { do: 'zoom', factor: 1 / 1.4 }
  if (key === '0') return { do: 'whole' }
  if (key === 'PageDown' || key === 'PageUp') return { do: 'step', by: key === 'PageDown' ? 1 : -1, count }
  if (code === 'KeyC') return { do: 'compare', count }
  const arrow = ARROWS[key]
  if (!arrow) return undefined
  // A whole photo is left with the arrows, a near one is walked over.
  if (state.looks[state.side].zoom > 1) return { do: 'pan', x: arrow[0] * STEP, y: arrow[1] * STEP }
  return arrow[0] === 0 ? undefined : { do: 'step', by: -arrow[0], count }
}
