import { createLink } from '@tanstack/react-router'

import { language } from '@/app/texts'
import { Icon } from '@/ui/Icon'
import classes from './Home.module.css'

function Counter({
  label,
  count,
  late,
  ...link
}: React.AnchorHTMLAttributes<HTMLAnchorElement> & { label: string; count: number; late?: boolean }) {
  return (
    <a {...link} className={classes.tile} data-late={late && count > 0 ? '' : undefined}>
      <span className={classes.number}>
        {late && count > 0 && <Icon name="clock" size={18} />}
        {count.toLocaleString(language() === 'en' ? 'en-GB' : 'ru-RU')}
      </span>
      {label}
    </a>
  )
}

/** A number that leads to the list of what it counts. */
export const Tile = createLink(Counter)
