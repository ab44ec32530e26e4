// The portal's frame grows with its content: the portal listens for the message that its own client sends.

/** window.name of a placement is "DOMAIN|PROTOCOL|APP_SID"; elsewhere there is no frame to fit. */
export function frameOf(name: string): { origin: string; sid: string } | undefined {
  const [domain, protocol, sid] = name.split('|')
  if (!domain || !sid || !/^[\w.:-]+$/.test(domain)) return undefined
  return { origin: `${protocol === '0' ? 'http' : 'https'}://${domain}`, sid }
}

/** Tells the portal the height of the page whenever it changes. */
export function fitFrame(): () => void {
  const frame = frameOf(window.name)
  if (!frame || window.parent === window) return () => undefined
  let told = 0
  const tell = () => {
    const height = Math.ceil(document.documentElement.scrollHeight)
    if (height === told) return
    told = height
    window.parent.postMessage(
      `resizeWindow:${document.documentElement.clientWidth}:${height}::${frame.sid}`,
      frame.origin,
    )
  }
  const watch = new ResizeObserver(tell)
  watch.observe(document.body)
  tell()
  return () => watch.disconnect()
}
