/** What a worker thread of a server runs: loads the module, takes a seat, and ends when it is told to. */
import {workerData} from 'node:worker_threads';
import {loopNumber} from '../loop/dispatch.js';
import {Listener, type ListenerObserver} from '../server/listener.js';
import type {ServerParts} from '../server/server-parts.js';
import {packError} from './error-transfer.js';
import {loadModule} from './load-module.js';
import type {FromThread, Seat, ThreadPlan, ToThread} from './messages.js';
import {StatsPublisher} from './stats-publisher.js';
import {openReceiver} from './thread-listeners.js';
import type {ThreadServer, WorkerFace} from './worker-face.js';

const plan = workerData as ThreadPlan;

function tell(message: FromThread): void {
	plan.port.postMessage(message);
}

function faceOf({face}: ThreadPlan): Promise<{face: WorkerFace<unknown>}> {
	return face === 'reactor' ? import('../reactor/worker-face.js') : import('./coroutine-face.js');
}

/** The listener that a server in a worker thread has: none of its own, but a seat to which another thread sends. */
function openSeat(publisher: StatsPublisher, observer: ListenerObserver): {listener: Listener; seat: Seat} {
	const {slot, generation} = openReceiver(plan.settings.connection.resetUnlessClosed);
	const counting: ListenerObserver = {
		onAccepted: (itsSlot, itsGeneration) => {
			observer.onAccepted(itsSlot, itsGeneration);
			publisher.touch();
		},
		onAcceptTrouble: (errno, refused, isPaused) => {
			observer.onAcceptTrouble(errno, refused, isPaused);
			publisher.touch();
		},
	};
	return {
		listener: new Listener(slot, generation, counting, plan.address),
		seat: {loop: loopNumber, slot, generation},
	};
}

async function start(): Promise<ThreadServer> {
	const {index, count, data, settings} = plan;
	const {face} = await faceOf(plan);
	const exported = await loadModule(plan.module, face.check, {index, count, data}, () => {
		tell({kind: 'loaded'});
	});
	const publisher = new StatsPublisher(plan.stats);
	let seat: Seat | undefined;
	const parts: ServerParts = {
		counter: publisher.counter,
		// Different in each thread, and those that died before this one counted as well.
		numberOf: n => (publisher.past.accepted + n - 1) * count + index + 1,
		open(observer) {
			const opened = openSeat(publisher, observer);
			seat = opened.seat;
			return opened.listener;
		},
	};
	const server = await face.open(settings, exported, parts, error => {
		publisher.touch();
		tell({kind: 'error', error: packError(error), what: `cotcp: thread ${index} of ${settings.name}`});
	});
	publisher.begin(server);
	tell({kind: 'ready', seat: seat as unknown as Seat});
	return server;
}

async function end(server: ThreadServer, {timeout}: ToThread): Promise<void> {
	const result = await server.end(timeout);
	tell({kind: 'closed', result});
	process.exit(0);
}

try {
	const server = await start();
	// From now on this port, and the server, keep the thread alive.
	plan.port.on('message', (message: ToThread) => {
		void end(server, message);
	});
} catch (error) {
	tell({kind: 'failed', error: packError(error)});
}
