import { Stack, Text } from '@mantine/core'
import { useState } from 'react'

import type { Defect } from '@/gen/kite/inspection/v1/inspection_pb'
import { useCodes, word } from '@/ui/codes'
import { FileThumb } from '@/ui/FileView'
import classes from './DefectList.module.css'
import { shown as texts } from './shownTexts'
import { FullView } from './FullView'
import type { Photo } from './Viewer'

/** What is wrong with the car, element by element, with its photos. */
export function DefectList({ defects, element }: { defects: Defect[]; element?: string }) {
  const t = texts.use()
  useCodes()
  const [open, setOpen] = useState<{ photos: Photo[]; at: number }>()
  const list = element === undefined ? defects : defects.filter((each) => each.element === element)
  if (list.length === 0) {
    return <Text size="sm">{t(element === undefined ? 'defects_none' : 'defects_none_here')}</Text>
  }
  return (
    <>
      <ul className={classes.list}>
        {list.map((defect, index) => {
          const name = `${word('element', defect.element)}: ${word('defect', defect.kind)}`
          const photos = defect.photoFileIds.map((id, at) => ({
            id,
            name: defect.photoFileIds.length > 1 ? `${name} ${at + 1}` : name,
          }))
          return (
            <li key={index} className={classes.line}>
              <Stack gap={4}>
                <Text size="sm" fw={600}>
                  {name}
                </Text>
                {defect.comment !== '' && (
                  <Text size="sm" className="kite-words">
                    {defect.comment}
                  </Text>
                )}
                <div className={classes.photos}>
                  {photos.map((photo, at) => (
                    <FileThumb
                      key={photo.id}
                      id={photo.id}
                      name={photo.name}
                      size={76}
                      onOpen={() => setOpen({ photos, at })}
                    />
                  ))}
                </div>
              </Stack>
            </li>
          )
        })}
      </ul>
      {open && <FullView photos={open.photos} at={open.at} onClose={() => setOpen(undefined)} />}
    </>
  )
}
