// The drawer of a phone: what stands at the side of a wide page (folders, calendars, lists, address books) lies there over
// it while somebody chooses. There is one view at a time, and so one drawer.

import { MediaQuery } from 'svelte/reactivity';

/** Whether there is room for one thing at a time only. */
export const narrow = new MediaQuery('max-width: 700px');

class Drawer {
  open = $state(false);

  close(): void {
    this.open = false;
  }
}

export const drawer = new Drawer();
