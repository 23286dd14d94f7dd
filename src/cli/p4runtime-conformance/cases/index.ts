/** Every case of the suite, by what it is about; its name begins with that. */

import type { Case } from '../tester.ts';
import { accessCases } from './access.ts';
import { arbitrationCases } from './arbitration.ts';
import { batchCases } from './batch.ts';
import { bytestringCases } from './bytestring.ts';
import { constCases } from './const.ts';
import { counterCases } from './counter.ts';
import { defaultCases } from './default.ts';
import { digestCases } from './digest.ts';
import { externCases } from './extern.ts';
import { groupCases } from './group.ts';
import { idleTimeoutCases } from './idle-timeout.ts';
import { indirectCases } from './indirect.ts';
import { matchCases } from './match.ts';
import { memberCases } from './member.ts';
import { meterCases } from './meter.ts';
import { oneShotCases } from './one-shot.ts';
import { packetCases } from './packet.ts';
import { pipelineCases } from './pipeline.ts';
import { readCases } from './read.ts';
import { registerCases } from './register.ts';
import { replicationCases } from './replication.ts';
import { streamCases } from './stream.ts';
import { tableCases } from './table.ts';
import { translationCases } from './translation.ts';
import { valueSetCases } from './value-set.ts';

const sections: readonly (readonly [string, readonly Case[]])[] = [
  ['table', tableCases],
  ['bytestring', bytestringCases],
  ['translation', translationCases],
  ['match', matchCases],
  ['default', defaultCases],
  ['const', constCases],
  ['read', readCases],
  ['batch', batchCases],
  ['member', memberCases],
  ['group', groupCases],
  ['indirect', indirectCases],
  ['one-shot', oneShotCases],
  ['counter', counterCases],
  ['meter', meterCases],
  ['register', registerCases],
  ['value set', valueSetCases],
  ['replication', replicationCases],
  ['digest', digestCases],
  ['extern', externCases],
  ['idle timeout', idleTimeoutCases],
  ['arbitration', arbitrationCases],
  ['access', accessCases],
  ['packet', packetCases],
  ['stream', streamCases],
  ['pipeline', pipelineCases],
];

export const allCases: readonly Case[] = sections.flatMap(([name, cases]) =>
  cases.map((each) => ({ ...each, name: `${name}: ${each.name}` })),
);
