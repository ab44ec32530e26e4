export interface Part {
  fileName: string
  chunk: Uint8Array
}

const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** Collects a file that the server sends in parts; its name comes with the first. */
export async function collect(stream: AsyncIterable<Part>): Promise<{ name: string; file: Blob }> {
  let name = ''
  const parts: BlobPart[] = []
  for await (const { fileName, chunk } of stream) {
    if (fileName !== '') name = fileName
    parts.push(new Uint8Array(chunk))
  }
  return { name: name || 'kite.xlsx', file: new Blob(parts, { type: WORKBOOK }) }
}

/** Hands a file to the browser as a download. */
export function saveFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** Hands what the server sends to the browser as a download and gives its name. */
export async function saveStream(stream: AsyncIterable<Part>): Promise<string> {
  const { name, file } = await collect(stream)
  saveFile(name, file)
  return name
}
