// A worker thread does not take over tsx from the thread that starts it. What it runs, a URL, is in workerData.
import {workerData} from 'node:worker_threads';

if (workerData.endsWith('.ts')) {
	const {register} = await import('tsx/esm/api');
	register();
}

await import(workerData);
