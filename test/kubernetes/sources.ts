/**
 * Where a test's model comes from: the model as it stands, its objects as manifests, or the same from an API server that keeps breaking connections, ending
 * watches, forgetting its history (410) and sending bookmarks. Whichever: the manager has to be given the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import {
  type ApiSource,
  createApiClient,
  followApi,
  type KubernetesObject,
  loadKubeConfig,
  Manifests,
  Modeller,
  type NodeSettings,
  printProblem,
  type ServiceSettings,
} from '../../src/kubernetes/index.ts';
import type { Model } from '../../src/manager/index.ts';
import { ApiDouble } from './api-double.ts';
import { type StoredObject, toObjects, toSettings } from './from-model.ts';

export type SourceName = 'as it stands' | 'manifests' | 'API server';

/** What the manager's words cannot say. */
export interface Edit {
  readonly objects?: (objects: readonly StoredObject[]) => readonly StoredObject[];
  readonly services?: ServiceSettings;
}

export interface Source {
  /** The model that this source gives for the objects of `model`. */
  get(model: Model, edit?: Edit): Promise<Model>;
  stop(): Promise<void>;
}

export async function startSource(name: SourceName): Promise<Source> {
  switch (name) {
    case 'as it stands':
      return new AsItStands();
    case 'manifests':
      return new FromManifests();
    case 'API server':
      return FromApi.start();
  }
}

class AsItStands implements Source {
  async get(model: Model, edit?: Edit): Promise<Model> {
    if (edit) throw new Error('objects are edited where there are some');
    return model;
  }

  async stop(): Promise<void> {}
}

function edited(model: Model, edit: Edit): { readonly objects: readonly StoredObject[]; readonly settings: NodeSettings } {
  const [objects, settings] = [toObjects(model), toSettings(model)];
  return {
    objects: edit.objects?.(objects) ?? objects,
    settings: { ...settings, services: { ...settings.services, ...edit.services } },
  };
}

/** What the node has to learn or is told by nobody. */
function withNeighbours(built: Model, model: Model): Model {
  return { ...built, neighbours: model.neighbours };
}

class FromManifests implements Source {
  readonly #manifests = new Manifests();
  readonly #modeller = new Modeller();

  async get(model: Model, edit: Edit = {}): Promise<Model> {
    const { objects: given, settings } = edited(model, edit);
    const files = given.map((object) => ({ path: `${keyOf(object)}.yaml`, text: JSON.stringify(object) }));
    const { objects, problems } = this.#manifests.update(files);
    expect(problems.map(printProblem)).toEqual([]);
    return withNeighbours(this.#modeller.build(objects, settings).model, model);
  }

  async stop(): Promise<void> {}
}

class FromApi implements Source {
  readonly #api: ApiDouble;
  readonly #directory: string;
  readonly #judge = new FromManifests();
  readonly #objects = new Map<string, { readonly object: StoredObject; readonly text: string }>();
  #source: ApiSource | undefined;
  #latest: readonly KubernetesObject[] = [];
  #changes = 0;

  private constructor(api: ApiDouble, directory: string) {
    this.#api = api;
    this.#directory = directory;
  }

  static async start(): Promise<FromApi> {
    const from = new FromApi(await ApiDouble.start(), mkdtempSync(join(tmpdir(), 'softipu-source-')));
    const kubeconfig = join(from.#directory, 'kubeconfig');
    writeFileSync(kubeconfig, from.#api.kubeconfig);
    from.#source = followApi({
      client: createApiClient(await loadKubeConfig({ kubeconfig })),
      onObjects: (objects) => {
        from.#latest = [...objects];
      },
      onError: () => {},
      quietMs: 2,
      minSyncMs: 1,
      informer: { pageSize: 3, firstWaitMs: 5, lastWaitMs: 40 },
    });
    return from;
  }

  async get(model: Model, edit: Edit = {}): Promise<Model> {
    const { objects, settings } = edited(model, edit);
    const wanted = new Map(objects.map((object) => [keyOf(object), { object, text: JSON.stringify(object) }]));
    for (const [key, { object }] of this.#objects) {
      if (wanted.has(key)) continue;
      this.#api.delete(object.kind, key.slice(key.indexOf(' ') + 1));
      this.#objects.delete(key);
    }
    for (const [key, each] of wanted) {
      if (this.#objects.get(key)?.text === each.text) continue;
      this.#api.put(each.object.kind, each.object);
      this.#objects.set(key, each);
      this.#trouble();
    }
    const expected = await this.#judge.get(model, edit);
    return vi.waitFor(
      () => {
        const built = withNeighbours(new Modeller().build(this.#latest, settings).model, model);
        expect(inOrder(built)).toEqual(inOrder(expected));
        return built;
      },
      { timeout: 10_000, interval: 2 },
    );
  }

  async stop(): Promise<void> {
    this.#source?.stop();
    await this.#api.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Now and then in the middle of changes something goes wrong. */
  #trouble(): void {
    const troubles = [
      () => this.#api.bookmark(),
      () => this.#api.endWatches(),
      () => this.#api.breakConnections(),
      () => {
        this.#api.forget();
        this.#api.endWatches();
      },
    ];
    if (++this.#changes % 5 === 0) troubles[(this.#changes / 5) % troubles.length]!();
  }
}

/** The sources list objects in orders of their own. */
function inOrder(model: Model): Model {
  const sorted = <T extends { readonly name?: string; readonly namespace?: string }>(list: readonly T[]): T[] =>
    [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const { namespaces, pods, services, endpointSlices, policies, clusterPolicies = [], remoteNodes } = model;
  return {
    ...model,
    namespaces: sorted(namespaces),
    pods: sorted(pods),
    services: sorted(services),
    endpointSlices: sorted(endpointSlices),
    policies: sorted(policies),
    clusterPolicies: sorted(clusterPolicies),
    remoteNodes: sorted(remoteNodes),
  };
}

/** As the double has them: `Service default/web`, `Node /node-b`. */
function keyOf({ kind, metadata }: StoredObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
