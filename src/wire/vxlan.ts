/** VXLAN header (RFC 7348): behind UDP, in front of an Ethernet frame. Flag 0x08 says that the VNI is valid. */
import { header } from './header.ts';

export const vxlanFlagVni = 0x08;

export const vxlan = header({
  name: 'vxlan',
  minBytes: 8,
  fields: {
    flags: { at: 0, width: 8, as: 'hex' },
    reserved: { at: 8, width: 24, as: 'hex' },
    vni: { at: 32, width: 24, as: 'number' },
    reserved2: { at: 56, width: 8, as: 'hex' },
  },
  describe: (h) => `vxlan vni ${h.vni}`,
});
