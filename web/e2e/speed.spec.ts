// What a screen weighs and how long it takes.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

import { context, newPage, signIn, withBrowser } from './lib/browser'

withBrowser()

interface Chunk {
  file: string
  isEntry?: boolean
  isDynamicEntry?: boolean
  imports?: string[]
  css?: string[]
}

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<
  string,
  Chunk
>

function weight(file: string): number {
  return gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
}

/** A chunk with everything that it needs at once. */
function closure(name: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[name]
  if (!chunk || seen.has(name)) return seen
  seen.add(name)
  for (const each of chunk.imports ?? []) closure(each, seen)
  return seen
}

const entryName = Object.keys(manifest).find((name) => manifest[name]?.isEntry) ?? ''
const entry = closure(entryName)
/** What every screen has once somebody is signed in. */
const shell = new Set([...entry, ...closure('src/app/Frame.tsx')])
const kilobytes = (names: Iterable<string>) =>
  [...names].reduce((sum, name) => sum + weight(manifest[name]!.file), 0) / 1000

describe('what a screen weighs (kB gzip of scripts)', () => {
  it('the entry is at most 220', () => {
    const size = kilobytes(entry)
    console.info(`entry: ${size.toFixed(1)} kB`)
    expect(size).toBeLessThanOrEqual(220)
  })

  it('the frame around every screen is at most 90', () => {
    const size = kilobytes([...shell].filter((each) => !entry.has(each)))
    console.info(`frame: ${size.toFixed(1)} kB`)
    expect(size).toBeLessThanOrEqual(90)
  })

  it('every route is at most 60 above the frame; charts come later', () => {
    const routes = Object.keys(manifest).filter(
      (name) => /Page\.tsx$/.test(name) && manifest[name]?.isDynamicEntry,
    )
    expect(routes.length).toBeGreaterThanOrEqual(14)
    const heavy: string[] = []
    for (const name of routes) {
      const own = [...closure(name)].filter((each) => !shell.has(each))
      const size = kilobytes(own)
      console.info(`${name}: ${size.toFixed(1)} kB`)
      if (size > 60) heavy.push(`${name}: ${size.toFixed(1)} kB`)
    }
    expect(heavy).toEqual([])
  })

  it('forms of decisions are at most 60 each', () => {
    const forms = Object.keys(manifest).filter(
      (name) => /Form\.tsx$/.test(name) && manifest[name]?.isDynamicEntry,
    )
    expect(forms.length).toBeGreaterThanOrEqual(15)
    const task = closure('src/task/TaskPage.tsx')
    const heavy = forms
      .map(
        (name) =>
          [
            name,
            kilobytes([...closure(name)].filter((each) => !shell.has(each) && !task.has(each))),
          ] as const,
      )
      .filter(([, size]) => size > 60)
    expect(heavy).toEqual([])
  })
})

/** Keys that a person presses in the list. */
const KEYS = 80

/** What `work` takes, in ms, on the machine that the limits below were set on, with nothing beside it. */
const REFERENCE = 60

/**
 * How much slower than that machine this one is at the moment; a quicker one counts as 1. The limits are of a
 * device of people, not of whatever the tests happen to run on.
 */
async function slowness(): Promise<number> {
  const blank = await context()
  const page = await newPage(blank)
  const took = await page.evaluate(() => {
    // Parsing, hashing, small objects, strings: what the start of a page is made of.
    const work = () => {
      const began = performance.now()
      let kept = 0
      for (let round = 0; round < 200; round += 1) {
        const rows = Array.from({ length: 500 }, (_, index) => ({ id: `r${index}`, of: [round, index] }))
        const again = JSON.parse(JSON.stringify(rows)) as typeof rows
        const byId = new Map(again.map((row) => [row.id, row]))
        for (const row of rows) kept += (byId.get(row.id)?.of[1] ?? 0) + row.id.replace('r', '').length
      }
      return kept > 0 ? performance.now() - began : Number.NaN
    }
    const rounds = Array.from({ length: 15 }, work)
    return rounds.sort((a, b) => a - b)[7]!
  })
  await blank.close()
  console.info(`the same work takes ${took.toFixed(1)} ms here, ${REFERENCE} ms on the reference machine`)
  return Math.max(1, took / REFERENCE)
}

/** Of somebody who comes for the first time, in ms. */
async function largestPaint(): Promise<number> {
  const first = await context()
  const page = await newPage(first)
  const devtools = await first.newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const paint of list.getEntries()) (window as { lcp?: number }).lcp = paint.startTime
    }).observe({ type: 'largest-contentful-paint', buffered: true })
  })
  await page.goto('/')
  await page.getByLabel('Логин').waitFor()
  const lcp = await page.evaluate(() => (window as { lcp?: number }).lcp ?? Number.NaN)
  await first.close()
  return lcp
}

describe('how long it takes', () => {
  it('the largest paint comes within 2.5 s on a processor four times slower', async () => {
    const slower = await slowness()
    // The quickest of several: whatever else the machine does only adds to it.
    const paints: number[] = []
    for (let load = 0; load < 5; load += 1) paints.push((await largestPaint()) / slower)
    paints.sort((a, b) => a - b)
    console.info(`LCP at 4x throttle: ${paints.map(Math.round).join(', ')} ms`)
    expect(paints[0]).toBeLessThanOrEqual(2500)
  })

  it('a list of 10 000 runs answers within 200 ms', async () => {
    const slower = await slowness()
    const page = await signIn('head')
    await page.addInitScript(() => {
      const slowest = new Map<number, number>()
      ;(window as { interactions?: Map<number, number> }).interactions = slowest
      new PerformanceObserver((list) => {
        for (const event of list.getEntries() as (PerformanceEntry & { interactionId: number })[]) {
          if (event.interactionId === 0) continue
          slowest.set(event.interactionId, Math.max(slowest.get(event.interactionId) ?? 0, event.duration))
        }
      }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit)
    })
    await page.goto('/buyouts?ended=too')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page
      .getByText(/10\s?0\d\d|10\s?000/)
      .first()
      .waitFor()
    // Through a thousand rows by key, then a filter: what a person does all day.
    for (let index = 0; index < KEYS / 2; index += 1) await page.keyboard.press('j')
    await page.mouse.move(700, 500)
    for (let index = 0; index < 20; index += 1) await page.mouse.wheel(0, 2400)
    for (let index = 0; index < KEYS / 2; index += 1) await page.keyboard.press('k')
    const [durations, rows] = await page.evaluate(() => [
      [...((window as { interactions?: Map<number, number> }).interactions?.values() ?? [])],
      document.querySelectorAll('[role=row], tbody tr').length,
    ])
    // As Web Vitals defines it: the slowest interaction, one in fifty left out. Those below 16 ms are not told.
    const inp = (durations as number[]).sort((a, b) => b - a)[Math.floor(KEYS / 50)] ?? 0
    console.info(`INP over ${KEYS} keys: ${Math.round(inp)} ms, ${String(rows)} rows in the page`)
    expect(rows).toBeLessThan(200)
    expect(inp / slower).toBeLessThanOrEqual(200)
  })
})
