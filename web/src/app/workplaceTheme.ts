import { createTheme, Drawer, Menu, Modal, Notification } from '@mantine/core'

import { language } from './texts'

/** The cross of a dialog or a message has no words: it is named in the language of the moment. */
const closing = {
  get 'aria-label'() {
    return language() === 'en' ? 'Close' : 'Закрыть'
  },
}

/** What only the workplace shows; whoever has to sign in need not wait for it. */
export const workplaceTheme = createTheme({
  components: {
    Modal: Modal.extend({ defaultProps: { closeButtonProps: closing } }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: closing } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: closing } }),
    // Its stand-in for the first focus is no item of a menu: screen readers stumble over it.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
  },
})
