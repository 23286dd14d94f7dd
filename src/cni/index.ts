/** The CNI plugin's side in the running node. */
export { type CniNode, type CniOptions, CniPlugin } from './plugin.ts';
export { CniError, type CniRequest, type CniResult, codes, readRequest, splitMessage } from './request.ts';
export { serveCni } from './server.ts';
export type { StoredAttachment } from './state.ts';
