import { Kbd, Stack, Tabs, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useRef, type ReactNode } from 'react'

import { useSearchTab } from '@/ui/useSearchTab'
import classes from './Case.module.css'
import { useSectionKeys } from './useSections'
import { appraisal as texts } from './texts'

export type Area = 'look' | 'history' | 'decide'
const AREAS: Area[] = ['look', 'history', 'decide']

export interface SectionOf {
  key: string
  area: Area
  title: string
  body: ReactNode
}

/**
 * A case in three areas: what was seen, what is known, what is decided. Side by side on a desktop, tabs on
 * anything narrower; a digit goes to a section in either.
 */
export function Case({ sections, send }: { sections: SectionOf[]; send: () => void }) {
  const t = texts.use()
  const wide = useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false })
  const [area, setArea] = useSearchTab('tab', AREAS, 'decide')
  const root = useRef<HTMLDivElement>(null)
  const wanted = useRef<string | undefined>(undefined)
  const reach = () => {
    const heading = root.current?.querySelector<HTMLElement>(`[data-section="${wanted.current}"]`)
    if (!heading) return
    wanted.current = undefined
    heading.focus({ preventScroll: true })
    heading.scrollIntoView({ block: 'start', behavior: 'auto' })
  }
  // The section's tab may have to open first.
  useEffect(() => {
    if (wanted.current !== undefined) reach()
  })
  useSectionKeys(
    sections.length,
    (at) => {
      const section = sections[at]
      if (!section) return
      wanted.current = section.key
      if (!wide && section.area !== area) setArea(section.area)
      else reach()
    },
    send,
  )
  const of = (wantedArea: Area) => (
    <Stack gap="lg">
      {sections.map(
        (section, index) =>
          section.area === wantedArea && (
            <Stack gap="sm" component="section" key={section.key} aria-label={section.title}>
              <Title order={2} size="h5" tabIndex={-1} data-section={section.key} className={classes.heading}>
                <Kbd aria-hidden>{index + 1}</Kbd> {section.title}
              </Title>
              {section.body}
            </Stack>
          ),
      )}
    </Stack>
  )
  return (
    <div ref={root}>
      {wide ? (
        <div className={classes.areas}>
          {AREAS.map((each) => (
            <div
              key={each}
              className={classes.area}
              data-area={each}
              tabIndex={0}
              role="region"
              aria-label={t(each)}
            >
              {of(each)}
            </div>
          ))}
        </div>
      ) : (
        <Tabs value={area} onChange={setArea} keepMounted={false}>
          <Tabs.List grow className={classes.tabs}>
            {AREAS.map((each) => (
              <Tabs.Tab key={each} value={each} className={classes.tab}>
                {t(each)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {AREAS.map((each) => (
            <Tabs.Panel key={each} value={each} pt="md">
              {each === area && of(each)}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </div>
  )
}
