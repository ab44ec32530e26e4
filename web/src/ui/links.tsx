// Mantine's links and buttons that go to a screen, with typed addresses.

import { Anchor, Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Attributes = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps>

/** A button that is a link: it opens in a new tab and is announced as what it is. */
function AnchorButton({ ref, ...props }: ButtonProps & Attributes & { ref?: Ref<HTMLAnchorElement> }) {
  return <Button component="a" ref={ref} {...props} />
}

export const LinkAnchor = createLink(Anchor<'a'>)
export const LinkButton = createLink(AnchorButton)
