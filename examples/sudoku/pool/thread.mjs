// A worker thread does not take over tsx from the thread that starts it. What it runs, a URL, is in workerData.
import {workerData} from 'node:worker_threads';
import {register} from 'tsx/esm/api';

register();
await import(workerData);
