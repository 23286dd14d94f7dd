/** PSA's table properties (PSA §7): implementation, direct counter and meter, idle timeout, what an empty group does. */
import type { PropertyHandler } from './architecture.ts';
import { attachDirectCounter, attachDirectMeter, emptyGroupAction, implementation } from './pna-tables.ts';
import { enumMember } from './shared.ts';

export const psaTableProperties: Readonly<Record<string, PropertyHandler>> = {
  psa_implementation: implementation,
  psa_direct_counter: attachDirectCounter,
  psa_direct_meter: attachDirectMeter,
  psa_empty_group_action: emptyGroupAction,
  psa_idle_timeout(lw, table, property) {
    const member = enumMember(lw, property.value);
    if (member === 'NOTIFY_CONTROL') table.idleTimeout = 'notify';
    else if (member !== 'NO_TIMEOUT')
      lw.error('bad-property', property.value.span, "'psa_idle_timeout' must be a member of PSA_IdleTimeout_t");
  },
};
