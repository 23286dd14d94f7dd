/**
 * A directory of manifests, watched: all files are read again when anything in it changes, once things have been quiet for a moment. Editors write to
 * a temporary file and rename it, and ConfigMap mounts swap a symbolic link: both are changes of the directory, and the set of files is what counts.
 */
import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { ManifestFile } from './documents.ts';

export interface WatchOptions {
  readonly directory: string;
  /** All files, once now and again after each change. Not called while the directory cannot be read. */
  readonly onFiles: (files: readonly ManifestFile[]) => void;
  /** The directory cannot be read or watched, now or any more; watching goes on as soon as it can. */
  readonly onError: (message: string) => void;
  /** How long things must be quiet; default 100. */
  readonly debounceMs?: number;
  /** The directory is looked at this often in any case: network file systems report no changes. Default 5000. */
  readonly pollMs?: number;
}

/** Manifests of a directory (not of those below), by name. Throws if the directory cannot be read; a file that vanishes meanwhile is left out. */
export function readDirectory(directory: string): ManifestFile[] {
  const names = readdirSync(directory).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name));
  return names.sort().flatMap((name) => {
    const path = join(directory, name);
    try {
      return [{ path, text: readFileSync(path, 'utf8') }];
    } catch (error) {
      if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw error;
    }
  });
}

/** Starts watching; the result ends it. */
export function watchDirectory({ directory, onFiles, onError, debounceMs = 100, pollMs = 5000 }: WatchOptions): () => void {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let last: string | undefined;
  let lastError: string | undefined;

  const read = (): void => {
    let files: ManifestFile[];
    try {
      files = readDirectory(directory);
    } catch (error) {
      fail(error);
      return;
    }
    lastError = undefined;
    const seen = JSON.stringify(files);
    if (seen === last) return;
    last = seen;
    onFiles(files);
  };
  const fail = (error: unknown): void => {
    const message = `cannot read manifests in '${directory}': ${(error as Error).message}`;
    if (message !== lastError) onError(message);
    lastError = message;
    // What is watched may be a directory that is gone, while a new one has its name.
    watcher?.close();
    watcher = undefined;
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(read, debounceMs);
  };
  const attach = (): void => {
    if (watcher) return;
    try {
      watcher = watch(directory, soon);
      watcher.on('error', () => {
        watcher?.close();
        watcher = undefined;
        soon();
      });
    } catch {
      // Polling tells when it is back.
      watcher = undefined;
    }
  };
  attach();
  const poll = setInterval(() => {
    attach();
    read();
  }, pollMs);
  read();
  return () => {
    clearTimeout(timer);
    clearInterval(poll);
    watcher?.close();
  };
}
