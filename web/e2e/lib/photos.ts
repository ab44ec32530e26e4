// Photos that no camera took: each is unlike every other, as the server looks for repeats.

import { deflateSync } from 'node:zlib'

function crc(bytes: Buffer): number {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return ~value >>> 0
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc(body))
  return Buffer.concat([length, body, check])
}

/** A PNG whose pattern depends on the seed. */
export function photo(seed: number, width = 640, height = 480): Buffer {
  const raw = Buffer.alloc(height * (1 + width * 3))
  let at = 0
  for (let y = 0; y < height; y += 1) {
    raw[at++] = 0
    for (let x = 0; x < width; x += 1) {
      const wave = ((x * ((seed % 7) + 1)) ^ (y * ((seed % 11) + 3))) + seed * 13
      raw[at++] = wave % 251
      raw[at++] = (x + seed * 29) % 256
      raw[at++] = (y * seed) % 256
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

let next = Date.now() % 100_000

/** A file for a file input. */
export function photoFile(name: string): { name: string; mimeType: string; buffer: Buffer } {
  next += 1
  return { name: `${name}.png`, mimeType: 'image/png', buffer: photo(next) }
}
