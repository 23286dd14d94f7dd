/**
 * From objects of the cluster to the data plane: every source of objects (manifests, API server) and every port that comes or goes ends here, in one
 * `program()`. It keeps what health and metrics tell: since when a change has been waiting, and how long it took.
 */
import {
  type KubernetesObject,
  Modeller,
  type NodeSettings,
  objectKey,
  type PodObject,
  type PortSettings,
} from '../kubernetes/index.ts';
import { difference, type IpuManager, type Model } from '../manager/index.ts';

/** A pod whose interface softipu made itself: what is known of it before the cluster knows its address. */
export interface Attachment {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly port: PortSettings;
}

/** What one programming of the data plane was like. Times in milliseconds since 1970. */
export interface SyncReport {
  readonly startMs: number;
  readonly endMs: number;
  readonly queuedMs: number;
  readonly serviceChanges: number;
  readonly endpointChanges: number;
  /** When the changes of endpoints were made that this one brought, as their slices say. */
  readonly triggersMs: readonly number[];
  readonly errors: readonly string[];
}

export interface SyncOptions {
  readonly manager: IpuManager;
  /** What node.yaml says. */
  readonly settings: NodeSettings;
  readonly say: (message: string) => void;
  readonly onSync?: (report: SyncReport) => void;
  /** The model as far as endpoints answer. */
  readonly adjust?: (model: Model) => Model;
  /** Milliseconds since 1970. */
  readonly wallMs?: () => number;
  /** Monotonic milliseconds, the manager's time. */
  readonly nowMs?: () => number;
}

type Kind = KubernetesObject['kind'];

export class Sync {
  readonly #options: SyncOptions;
  readonly #wallMs: () => number;
  readonly #nowMs: () => number;
  #objects: readonly KubernetesObject[] = [];
  /** Of the last programming. */
  #known: readonly KubernetesObject[] = [];
  readonly #modeller = new Modeller();
  /** With the ports of attachments. */
  #settings: NodeSettings;
  #attachments: readonly Attachment[] = [];
  #lastNotes = '';
  #queuedMs: number | undefined;
  #lastSyncMs: number | undefined;

  constructor(options: SyncOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#queuedMs = this.#wallMs();
  }

  /** Since when a change has been waiting for the data plane; undefined if none is. */
  get queuedMs(): number | undefined {
    return this.#queuedMs;
  }

  get lastSyncMs(): number | undefined {
    return this.#lastSyncMs;
  }

  get objects(): readonly KubernetesObject[] {
    return this.#objects;
  }

  /** Whether new traffic shall be sent to this node: its Node object is not about to go. */
  get isNodeEligible(): boolean {
    const own = this.#objects.find(({ kind, name }) => kind === 'Node' && name === this.#options.settings.nodeName);
    return !(own?.kind === 'Node' && own.content?.isLeaving);
  }

  /** Changes are known that `setObjects` will bring later. */
  queue(): void {
    this.#queuedMs ??= this.#wallMs();
  }

  /** The same objects mean something else now. */
  again(): void {
    this.queue();
    this.#program();
  }

  /** All objects as they are now. Returns what the data plane refused, one sentence each. */
  setObjects(objects: readonly KubernetesObject[]): readonly string[] {
    this.queue();
    this.#objects = objects;
    return this.#program();
  }

  /** Pods behind ports that were made at run time. Returns what the data plane refused. */
  setAttachments(attachments: readonly Attachment[]): readonly string[] {
    this.queue();
    this.#attachments = attachments;
    const { settings } = this.#options;
    this.#settings = { ...settings, ports: [...settings.ports, ...attachments.map((attachment) => attachment.port)] };
    return this.#program();
  }

  #program(): readonly string[] {
    const { manager, settings, say, onSync } = this.#options;
    const startMs = this.#wallMs();
    const queuedMs = this.#queuedMs ?? startMs;
    const changed = this.#changes();
    const { model, notes } = this.#modeller.build(
      withAttachments(this.#objects, this.#attachments, settings.nodeName),
      this.#settings,
    );
    const text = notes.join('\n');
    if (text !== this.#lastNotes && text !== '') say(text);
    this.#lastNotes = text;
    const { errors } = manager.setModel(this.#options.adjust?.(model) ?? model, this.#nowMs());
    if (errors.length > 0) say(`the data plane refused a change, nothing of it was applied:\n${errors.join('\n')}`);
    const endMs = this.#wallMs();
    if (errors.length === 0) {
      this.#queuedMs = undefined;
      this.#lastSyncMs = endMs;
    }
    const count = (kind: Kind): number => changed.filter((object) => object.kind === kind).length;
    onSync?.({
      startMs,
      endMs,
      queuedMs,
      serviceChanges: count('Service'),
      endpointChanges: count('EndpointSlice'),
      triggersMs: changed.flatMap((object) => object.triggeredMs ?? []),
      errors,
    });
    return errors;
  }

  /** Objects that are new, other than before, or gone. Sources give the same object again as long as it did not change. */
  #changes(): KubernetesObject[] {
    const { gone, come } = difference(this.#known, this.#objects);
    this.#known = this.#objects;
    const changed = new Set(come.map(objectKey));
    return [
      ...come,
      ...gone.filter((object) => !changed.has(objectKey(object))).map((object) => ({ ...object, triggeredMs: undefined })),
    ];
  }
}

/** A pod that we attached has the address that we gave it, whatever the cluster knows of it yet; its labels and ports are the cluster's. */
export function withAttachments(
  objects: readonly KubernetesObject[],
  attachments: readonly Attachment[],
  nodeName: string,
): readonly KubernetesObject[] {
  if (attachments.length === 0) return objects;
  const waiting = new Map(attachments.map((attachment) => [`${attachment.namespace}/${attachment.name}`, attachment]));
  const result = objects.map((object): KubernetesObject => {
    if (object.kind !== 'Pod' || !object.content) return object;
    const attachment = waiting.get(`${object.namespace}/${object.name}`);
    if (!attachment) return object;
    waiting.delete(`${object.namespace}/${object.name}`);
    return attached(attachment, object, () => ({
      ...object,
      content: { ...object.content!, ...given(attachment, nodeName) },
    }));
  });
  for (const attachment of waiting.values()) {
    const { namespace, name } = attachment;
    const content = { namespace, name, labels: {}, containerPorts: [], ...given(attachment, nodeName) };
    result.push(attached(attachment, undefined, () => ({ kind: 'Pod', namespace, name, file: 'CNI', line: 0, content })));
  }
  return result;
}

/** The pod that an attachment was made of last: the same object as long as the cluster's is. */
const lastPods = new WeakMap<Attachment, { readonly of: object | undefined; readonly pod: KubernetesObject }>();

function attached(attachment: Attachment, of: object | undefined, make: () => KubernetesObject): KubernetesObject {
  const last = lastPods.get(attachment);
  if (last && last.of === of) return last.pod;
  const pod = make();
  lastPods.set(attachment, { of, pod });
  return pod;
}

function given(
  { addresses }: Pick<Attachment, 'addresses'>,
  nodeName: string,
): Pick<PodObject, 'addresses' | 'nodeName' | 'hostNetwork' | 'isOver'> {
  return { addresses, nodeName, hostNetwork: false, isOver: false };
}
