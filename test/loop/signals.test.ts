import test, {type ExecutionContext} from 'ava';
import {unwatchAbort, watchAbort, type AbortEntry} from '../../src/loop/signals.js';

interface Recorder extends AbortEntry {
	readonly reasons: unknown[];
}

function recorder(then: () => void = () => {}): Recorder {
	const reasons: unknown[] = [];
	return {
		reasons,
		onAbort(reason) {
			reasons.push(reason);
			then();
		},
	};
}

/** A signal that counts its listeners. */
function countingSignal(): {controller: AbortController; signal: AbortSignal; listeners: () => number} {
	const controller = new AbortController();
	const {signal} = controller;
	let count = 0;
	const add = signal.addEventListener.bind(signal);
	const remove = signal.removeEventListener.bind(signal);
	signal.addEventListener = (...args: Parameters<typeof add>) => {
		count++;
		add(...args);
	};
	signal.removeEventListener = (...args: Parameters<typeof remove>) => {
		count--;
		remove(...args);
	};
	return {controller, signal, listeners: () => count};
}

async function warningsOf(t: ExecutionContext, run: () => void): Promise<readonly Error[]> {
	const warnings: Error[] = [];
	const onWarning = (warning: Error): void => {
		warnings.push(warning);
	};
	process.on('warning', onWarning);
	t.teardown(() => process.off('warning', onWarning));
	run();
	// emitWarning tells its listeners in a nextTick
	await new Promise(resolve => {
		setImmediate(resolve);
	});
	return warnings;
}

test('abort calls an entry with the reason, inside abort()', t => {
	const controller = new AbortController();
	const entry = recorder();
	watchAbort(controller.signal, entry);
	const reason = {};
	controller.abort(reason);
	t.is(entry.reasons.length, 1);
	t.is(entry.reasons[0], reason);
});

test('an entry that is not watched any more is not called', t => {
	const {controller, signal, listeners} = countingSignal();
	const [entry, other] = [recorder(), recorder()];
	watchAbort(signal, entry);
	watchAbort(signal, other);
	unwatchAbort(signal, entry);
	t.is(listeners(), 1);
	controller.abort();
	t.is(entry.reasons.length, 0);
	t.is(other.reasons.length, 1);
});

test('1,000 calls on one signal have one listener, no warning, and none at the end', async t => {
	const {signal, listeners} = countingSignal();
	const entries = Array.from({length: 1000}, () => recorder());
	const warnings = await warningsOf(t, () => {
		for (const entry of entries) watchAbort(signal, entry);
		t.is(listeners(), 1);
		for (const entry of entries) unwatchAbort(signal, entry);
	});
	t.deepEqual(warnings, []);
	t.is(listeners(), 0);
});

test('after an abort no listener is left, and all entries have been called in order', t => {
	const {controller, signal, listeners} = countingSignal();
	const order: number[] = [];
	for (let index = 0; index < 1000; index++) watchAbort(signal, {onAbort: () => order.push(index)});
	controller.abort();
	t.deepEqual(
		order,
		Array.from({length: 1000}, (_, index) => index),
	);
	t.is(listeners(), 0);
});

test('a signal can be used again after all its entries have gone', t => {
	const {controller, signal, listeners} = countingSignal();
	const entry = recorder();
	for (let round = 0; round < 3; round++) {
		watchAbort(signal, entry);
		unwatchAbort(signal, entry);
	}

	watchAbort(signal, entry);
	t.is(listeners(), 1);
	controller.abort();
	t.is(entry.reasons.length, 1);
});

test('unwatching twice, or what was never watched, does nothing', t => {
	const {signal, listeners} = countingSignal();
	const entry = recorder();
	unwatchAbort(signal, entry);
	watchAbort(signal, entry);
	unwatchAbort(signal, entry);
	unwatchAbort(signal, entry);
	t.is(listeners(), 0);
});

test('an entry may unwatch another while the signal aborts', t => {
	const controller = new AbortController();
	const second = recorder();
	watchAbort(
		controller.signal,
		recorder(() => unwatchAbort(controller.signal, second)),
	);
	watchAbort(controller.signal, second);
	controller.abort();
	t.is(second.reasons.length, 0);
});

test('an entry that throws does not keep the others from being called', async t => {
	const controller = new AbortController();
	const error = new Error('thrown');
	const thrown = new Promise(resolve => {
		process.setUncaughtExceptionCaptureCallback(resolve);
	});
	t.teardown(() => process.setUncaughtExceptionCaptureCallback(null));
	const last = recorder();
	watchAbort(
		controller.signal,
		recorder(() => {
			throw error;
		}),
	);
	watchAbort(controller.signal, last);
	controller.abort();
	t.is(last.reasons.length, 1);
	t.is(await thrown, error);
});

test('a signal that has aborted calls its entry in a microtask', async t => {
	const entry = recorder();
	const signal = AbortSignal.abort('reason');
	watchAbort(signal, entry);
	t.is(entry.reasons.length, 0);
	await Promise.resolve();
	t.deepEqual(entry.reasons, ['reason']);
});

test('a signal that has aborted does not call an entry that is unwatched at once', async t => {
	const entry = recorder();
	const signal = AbortSignal.abort();
	watchAbort(signal, entry);
	unwatchAbort(signal, entry);
	await Promise.resolve();
	t.is(entry.reasons.length, 0);
});

test('an abort event that somebody made up aborts nothing', t => {
	const controller = new AbortController();
	const entry = recorder();
	watchAbort(controller.signal, entry);
	controller.signal.dispatchEvent(new Event('abort'));
	t.is(entry.reasons.length, 0);
	controller.abort();
	t.is(entry.reasons.length, 1);
});

test('AbortSignal.timeout and AbortSignal.any work too', async t => {
	const signal = AbortSignal.any([AbortSignal.timeout(1)]);
	const reason = await new Promise(resolve => {
		watchAbort(signal, {onAbort: resolve});
	});
	t.is((reason as Error).name, 'TimeoutError');
});
