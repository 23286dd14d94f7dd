/** The process that does jobs: one message in, one message out. It ends when its parent does. */
import type { Job } from './jobs.ts';
import { runJob } from './run-job.ts';

process.on('message', (job: Job) => process.send?.(runJob(job)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
