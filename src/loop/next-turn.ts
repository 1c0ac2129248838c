/** Functions that run in the next turn of the loop, in order, each by itself. Waiting keeps the process alive. */
import {startTimer} from './clock.js';
import {tellAfterBatch, type Teller} from './dispatch.js';
import {hold, release} from './holders.js';

let waiting: Array<() => void> = [];

export function inNextTurn(callback: () => void): void {
	if (waiting.push(callback) > 1) return;
	hold();
	startTimer(0, () => {
		tellAfterBatch(runner);
	});
}

export function queuedForNextTurn(): number {
	return waiting.length;
}

const runner: Teller = {resource: undefined, tell: run};

/** Those that are queued meanwhile wait for another turn. */
function run(): void {
	const callbacks = waiting;
	waiting = [];
	release();
	for (const callback of callbacks) {
		try {
			callback();
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}
}
