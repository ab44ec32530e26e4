// A car from above, front up, drawn here: one outline per body element on a sheet of 300 by 520.

export interface Part {
  element: string
  path: string
  /** Where its reading is written. */
  at: [number, number]
  /** Drawn on the left, mirrored to the right. */
  mirrored?: boolean
}

const SIDE: [string, string, string, [number, number]][] = [
  [
    'FRONT_LEFT_FENDER',
    'FRONT_RIGHT_FENDER',
    'M84 62 L50 66 Q28 70 26 92 L26 98 A 22 22 0 0 1 26 142 L26 160 L84 160 Z',
    [67, 125],
  ],
  ['FRONT_LEFT_DOOR', 'FRONT_RIGHT_DOOR', 'M26 165 L84 165 L84 252 L26 252 Z', [55, 214]],
  ['REAR_LEFT_DOOR', 'REAR_RIGHT_DOOR', 'M26 257 L84 257 L84 338 L26 338 Z', [55, 303]],
  [
    'REAR_LEFT_FENDER',
    'REAR_RIGHT_FENDER',
    'M26 343 L84 343 L84 452 L52 450 Q28 446 26 424 L26 412 A 22 22 0 0 0 26 368 Z',
    [67, 395],
  ],
]

export const PARTS: Part[] = [
  { element: 'FRONT_BUMPER', path: 'M54 34 Q150 4 246 34 L246 54 Q150 30 54 54 Z', at: [150, 34] },
  { element: 'HOOD', path: 'M91 62 Q150 44 209 62 L204 158 Q150 142 96 158 Z', at: [150, 108] },
  { element: 'WINDSHIELD', path: 'M97 165 Q150 149 203 165 L192 206 Q150 196 108 206 Z', at: [150, 184] },
  { element: 'ROOF', path: 'M109 213 Q150 204 191 213 L191 336 Q150 346 109 336 Z', at: [150, 278] },
  { element: 'TRUNK', path: 'M98 388 Q150 398 202 388 L209 450 Q150 466 91 450 Z', at: [150, 430] },
  { element: 'REAR_BUMPER', path: 'M54 460 Q150 486 246 460 L246 482 Q150 512 54 482 Z', at: [150, 490] },
  ...SIDE.flatMap(([left, right, path, at]): Part[] => [
    { element: left, path, at },
    { element: right, path, at: [300 - at[0], at[1]], mirrored: true },
  ]),
]

/** Glass and wheels: only there to make the drawing a car. */
export const REAR_WINDOW = 'M109 343 Q150 353 191 343 L201 381 Q150 391 99 381 Z'
export const WHEELS: [number, number][] = [
  [8, 98],
  [8, 368],
  [276, 98],
  [276, 368],
]
