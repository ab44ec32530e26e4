// How large a picture is drawn in a window of a given size.

export interface Size {
  width: number
  height: number
}

export const ZOOM_MOST = 8

export function nextZoom(zoom: number, by: 1 | -1): number {
  const next = by > 0 ? zoom * 1.5 : zoom / 1.5
  return Math.min(ZOOM_MOST, Math.max(1, Math.round(next * 100) / 100))
}

/** Room that the picture takes after a turn, and the size of the picture itself; zoom 1 fits the window. */
export function layout(
  window: Size,
  picture: Size,
  zoom: number,
  turns: number,
): { room: Size; picture: Size } {
  const lying = turns % 2 === 1
  const turned = lying ? { width: picture.height, height: picture.width } : picture
  if (turned.width <= 0 || turned.height <= 0)
    return { room: { width: 0, height: 0 }, picture: { width: 0, height: 0 } }
  const scale = Math.min(window.width / turned.width, window.height / turned.height) * zoom
  const room = { width: turned.width * scale, height: turned.height * scale }
  return { room, picture: lying ? { width: room.height, height: room.width } : room }
}

/** Most pixels of a drawn page: more would only cost memory. */
const PAGE_PIXELS = 24_000_000

/** How a page is drawn to stand in a width: its size on the screen, in pixels, and the scale of the drawing. */
export function pageSize(
  page: Size,
  width: number,
  density: number,
): { shown: Size; pixels: Size; scale: number } {
  const fit = width / page.width
  const shown = { width: Math.floor(width), height: Math.floor(page.height * fit) }
  const most = Math.sqrt(PAGE_PIXELS / (page.width * page.height))
  const scale = Math.min(fit * Math.max(1, density), most)
  return {
    shown,
    pixels: { width: Math.floor(page.width * scale), height: Math.floor(page.height * scale) },
    scale,
  }
}
