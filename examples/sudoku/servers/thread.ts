/** What each thread of kind `threads` runs. */
import type {ConnectionHandler, ThreadInfo} from 'cotcp';
import {Recorder} from '../statistics/recorder.js';
import {serve} from './serve.js';

/** What the threads are given. */
export interface ThreadData {
	/** Memory of a recorder for each. */
	readonly counters: readonly SharedArrayBuffer[];
}

let recorder: Recorder;

export function threadInit({index, data}: ThreadInfo): void {
	const {counters} = data as ThreadData;
	recorder = new Recorder(counters[index]);
}

const handler: ConnectionHandler = async connection => serve(connection, recorder);
export default handler;
