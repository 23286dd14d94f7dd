/**
 * Updates as text, one per line, in the form that entities are printed in:
 *
 *   insert routes destination=10.244.1.7/32: to_port(port=3)
 *   modify acl source=10.0.0.0&&&0xff000000 port=80..90 priority=7: drop()
 *   modify routes default: drop()
 *   insert member endpoints 7: to_endpoint(address=10.244.1.5, port=8080)
 *   insert group endpoints 1: 3, 7, 8 weight 2
 *   delete services address=10.96.0.1
 *
 * Empty lines and those with # in front are nothing.
 */
import type { Entity, EntityBuilder, MatchLike, Update, UpdateType } from '../p4runtime/index.ts';
import { UserError } from './errors.ts';

/** All updates of a text. Throws UserError with the line that is wrong. */
export function parseUpdates(build: EntityBuilder, text: string): Update[] {
  return text.split('\n').flatMap((line, i) => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    try {
      return [parseUpdate(build, content)];
    } catch (error) {
      throw new UserError('bad-update', `line ${i + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

function parseUpdate(build: EntityBuilder, line: string): Update {
  const [, type, rest] = /^(insert|modify|delete)\s+(.*)$/.exec(line) ?? [];
  if (!type || !rest) throw new RangeError(`'${line}' begins with neither insert, modify nor delete`);
  return { type: type.toUpperCase() as UpdateType, entity: parseEntity(build, rest) };
}

function parseEntity(build: EntityBuilder, text: string): Entity {
  const member = /^member (\S+) (\d+)(?:: (.*))?$/.exec(text);
  if (member) {
    const [, profile, id, call] = member;
    if (call === undefined) {
      const { preamble } = build.names.actionProfiles.get(profile!);
      return { actionProfileMember: { actionProfileId: preamble.id, memberId: Number(id) } };
    }
    return { actionProfileMember: build.member({ profile: profile!, id: Number(id), ...parseCall(call) }) };
  }
  const group = /^group (\S+) (\d+)(?:: (.*))?$/.exec(text);
  if (group) {
    const [, profile, id, list = ''] = group;
    const members = [...list.matchAll(/(\d+)(?: weight (\d+))?/g)].map(([, m, weight]) => ({
      member: Number(m),
      weight: Number(weight ?? 1),
    }));
    return { actionProfileGroup: build.group({ profile: profile!, id: Number(id), members }) };
  }
  const at = text.search(/:(\s|$)/);
  const [table, ...fields] = (at < 0 ? text : text.slice(0, at)).split(/\s+/);
  const call = at < 0 ? undefined : text.slice(at + 1).trim();
  const pairs = fields.filter((f) => f !== '*' && f !== 'default').map((f) => f.split(/=(.*)/s) as [string, string]);
  const priority = pairs.find(([name]) => name === 'priority')?.[1];
  const [, kind, id] = /^(member|group) (\d+)$/.exec(call ?? '') ?? [];
  return {
    tableEntry: build.tableEntry({
      table: table!,
      match: Object.fromEntries(pairs.filter(([name]) => name !== 'priority').map(([name, value]) => [name, parseMatch(value)])),
      ...(priority !== undefined && { priority: Number(priority) }),
      ...(fields.includes('default') && { isDefaultAction: true }),
      ...(kind === 'member' ? { member: Number(id) } : kind === 'group' ? { group: Number(id) } : call ? parseCall(call) : {}),
    }),
  };
}

function parseMatch(text: string): MatchLike {
  const [value, mask] = text.split('&&&');
  if (mask !== undefined) return { value: value!, mask };
  const [low, high] = text.split('..');
  return high === undefined ? text : { low: low!, high };
}

/** `to_port(port=3, mac=02:…)` */
function parseCall(text: string): { action: string; params: Record<string, string> } {
  const [, action, list = ''] = /^([\w.]+)(?:\((.*)\))?$/.exec(text) ?? [];
  if (!action) throw new RangeError(`'${text}' is no action`);
  const pairs = list
    .split(',')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');
  return { action, params: Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string])) };
}
