/** 802.1Q tag as it follows EtherType 0x8100: tag control information, then the type of what comes next. */
import { header } from './header.ts';

export const vlan = header({
  name: 'vlan',
  minBytes: 4,
  fields: {
    priority: { at: 0, width: 3, as: 'number' },
    dropEligible: { at: 3, width: 1, as: 'number' },
    id: { at: 4, width: 12, as: 'number' },
    type: { at: 16, width: 16, as: 'hex' },
  },
  describe: (h) => `vlan ${h.id}`,
});
