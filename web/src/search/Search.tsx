import { Button } from '@mantine/core'

import { app } from '@/app/appTexts'

export function SearchButton() {
  const t = app.use()
  return (
    <Button variant="default" size="xs">
      {t('search')}
    </Button>
  )
}
