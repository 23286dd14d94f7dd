/**
 * A set of manifest files over time. A file with a mistake keeps what it last said correctly, as a whole: nothing of it is half applied, and nothing is
 * lost because somebody is typing. A file that is gone takes its objects with it.
 */
import { type ManifestFile, type ReadManifests, readManifest } from './documents.ts';
import { type KubernetesObject, objectKey } from './objects.ts';
import type { Problem } from './problems.ts';

interface KnownFile {
  readonly text: string;
  readonly read: ReadManifests;
  /** Of the last text without problems. */
  readonly good: readonly KubernetesObject[];
}

export class Manifests {
  #files: ReadonlyMap<string, KnownFile> = new Map();

  /** Takes all files as they are now; returns every object and every problem. Files that did not change are not read again. */
  update(files: readonly ManifestFile[]): ReadManifests {
    this.#files = new Map(
      files.map((file) => {
        const known = this.#files.get(file.path);
        if (known?.text === file.text) return [file.path, known];
        const read = readManifest(file);
        const good = read.problems.length === 0 ? read.objects : (known?.good ?? []);
        return [file.path, { text: file.text, read, good }];
      }),
    );
    const problems: Problem[] = [];
    const objects = new Map<string, KubernetesObject>();
    for (const [, { read, good }] of [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      problems.push(...read.problems);
      for (const object of good) {
        const key = objectKey(object);
        const other = objects.get(key);
        if (!other) objects.set(key, object);
        else {
          const { file, line } = object;
          problems.push({
            file,
            line,
            field: '',
            message: `${key} is already in ${other.file}:${other.line}; this one is ignored`,
          });
        }
      }
    }
    return { objects: [...objects.values()], problems };
  }
}
