import { Text } from '@mantine/core'
import { Fragment, type ReactNode } from 'react'

import classes from './Facts.module.css'

/** Names and values, one pair per line; pairs without a value are left out. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  const shown = rows.filter(
    ([, value]) => value !== undefined && value !== null && value !== '' && value !== false,
  )
  return (
    <dl className={classes.facts}>
      {shown.map(([name, value]) => (
        <Fragment key={name}>
          <Text component="dt" size="sm" className={classes.name}>
            {name}
          </Text>
          <Text component="dd" size="sm" className="kite-words" m={0}>
            {value}
          </Text>
        </Fragment>
      ))}
    </dl>
  )
}
