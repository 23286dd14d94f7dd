/** Ethernet II frame head (IEEE 802.3 without the frame check sequence, which AF_PACKET never shows). */
import { header } from './header.ts';

export const ethernet = header({
  name: 'ethernet',
  minBytes: 14,
  fields: {
    destination: { at: 0, width: 48, as: 'mac' },
    source: { at: 48, width: 48, as: 'mac' },
    type: { at: 96, width: 16, as: 'hex' },
  },
  describe: (h) => `${h.source} > ${h.destination}`,
});
