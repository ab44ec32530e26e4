// Photos of a phone made small enough to travel: at most 2048 points a side, JPEG.

export const MAX_SIDE = 2048
const QUALITY = 0.85

/** The size that fits into a square, never larger than it was. */
export function fit(width: number, height: number, most = MAX_SIDE): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height, 1))
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  }
}

/**
 * The image as it will be uploaded, turned as its EXIF says. Whatever the browser cannot draw, and a JPEG
 * that is small already, goes as it is: the server has the last word.
 */
export async function shrink(file: Blob, most = MAX_SIDE): Promise<Blob> {
  if (!file.type.startsWith('image/')) return file
  let bitmap: ImageBitmap | undefined
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const size = fit(bitmap.width, bitmap.height, most)
    const same = size.width === bitmap.width && size.height === bitmap.height
    if (same && file.type === 'image/jpeg') return file
    const drawn = await draw(bitmap, size)
    return drawn.size > 0 && (!same || drawn.size < file.size || !accepted(file.type)) ? drawn : file
  } catch {
    return file
  } finally {
    bitmap?.close()
  }
}

function accepted(type: string): boolean {
  return ['image/jpeg', 'image/png', 'image/webp'].includes(type)
}

async function draw(bitmap: ImageBitmap, size: { width: number; height: number }): Promise<Blob> {
  if (typeof OffscreenCanvas !== 'undefined') {
    const canvas = new OffscreenCanvas(size.width, size.height)
    paint(canvas.getContext('2d'), bitmap, size)
    return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })
  }
  const canvas = document.createElement('canvas')
  canvas.width = size.width
  canvas.height = size.height
  paint(canvas.getContext('2d'), bitmap, size)
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave nothing'))),
      'image/jpeg',
      QUALITY,
    )
  })
}

function paint(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null,
  bitmap: ImageBitmap,
  size: { width: number; height: number },
): void {
  if (!context) throw new Error('no canvas')
  // JPEG knows no transparency; scans with it would come out black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, size.width, size.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, size.width, size.height)
}
