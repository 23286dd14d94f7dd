/** Kubernetes objects from manifests -> the manager's model. */

export { type ApiClient, ApiError, type ApiRequest, createApiClient, loadKubeConfig } from './api-client.ts';
export { type ApiSource, type ApiSourceOptions, followApi } from './api-source.ts';
export { type ManifestFile, type ReadManifests, readApiObject, readManifest } from './documents.ts';
export { Manifests } from './manifests.ts';
export { type ObjectChange, ObjectSet } from './object-set.ts';
export { type KubernetesObject, type NodeObject, objectKey, type PodObject } from './objects.ts';
export { type Problem, printProblem } from './problems.ts';
export { Modeller, type NodeSettings, type PortSettings, type ServiceSettings, type ToModel, toModel } from './to-model.ts';
export { readDirectory, type WatchOptions, watchDirectory } from './watch.ts';
