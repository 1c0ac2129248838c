/** RemoteConnection.send with memory that is not as usual, and much of it. */
import test from 'ava';
import {RemoteConnection} from '../../src/index.js';
import {checkDescriptors} from '../support/descriptors.js';
import {ownPair} from '../support/pairs.js';
import {isSoak} from '../support/scale.js';
import {within} from '../support/wait.js';

checkDescriptors(test);

/** More calls than a thread may have under way: what follows is copied and waits. */
const window = 300;

function detached(): Uint8Array {
	const view = new Uint8Array(100);
	structuredClone(view.buffer, {transfer: [view.buffer]});
	return view;
}

/** What the types of ES2023 do not tell of. */
interface Changing {
	readonly resize: (bytes: number) => void;
	readonly grow: (bytes: number) => void;
}

/** 1000 bytes whose number may change. */
function changing<Memory extends ArrayBuffer | SharedArrayBuffer>(
	kind: new (bytes: number) => Memory,
): Memory & Changing {
	return Reflect.construct(kind, [1000, {maxByteLength: 2000}]) as Memory & Changing;
}

/** Behind the end of what its buffer has by now. */
function outOfBounds(): Uint8Array {
	const buffer = changing(ArrayBuffer);
	const view = new Uint8Array(buffer, 500, 400);
	buffer.resize(100);
	return view;
}

const hasNoBytes = test.macro(async (t, make: () => Uint8Array) => {
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	await remote.send(make());
	await remote.send([make(), 'a', make()]);
	const calls = Array.from({length: window}, () => remote.send('b'));
	calls.push(remote.send(make()), remote.send([make(), 'c']));
	await within(Promise.all(calls), 'all to be accepted');
	await remote.shutdown();
	t.is((await peer.readAll()).toString(), `a${'b'.repeat(window)}c`);
});
test('memory that has been detached has no bytes', hasNoBytes, detached);
test('a view behind the end of a buffer that has shrunk has no bytes', hasNoBytes, outOfBounds);
test('an empty array', hasNoBytes, () => new Uint8Array(0));

const copies = test.macro(async (t, spoil: () => {readonly view: Uint8Array; readonly change: () => void}) => {
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	const calls: Array<Promise<void>> = [];
	const send = (): void => {
		const {view, change} = spoil();
		view.fill(120);
		calls.push(remote.send(view));
		change();
	};
	send();
	for (let i = 0; i < window; i++) calls.push(remote.send('.'));
	send();
	await within(Promise.all(calls), 'all to be accepted');
	await remote.shutdown();
	const message = 'x'.repeat(1000);
	t.is((await peer.readAll()).toString(), `${message}${'.'.repeat(window)}${message}`);
});
test('memory that is detached behind send has been copied', copies, () => {
	const view = new Uint8Array(1000);
	return {
		view,
		change() {
			structuredClone(view.buffer, {transfer: [view.buffer]});
		},
	};
});
test('memory that is resized behind send has been copied', copies, () => {
	const buffer = changing(ArrayBuffer);
	return {
		view: new Uint8Array(buffer),
		change() {
			buffer.resize(0);
		},
	};
});
test('shared memory that grows and changes behind send has been copied', copies, () => {
	const buffer = changing(SharedArrayBuffer);
	const view = new Uint8Array(buffer);
	return {
		view,
		change() {
			buffer.grow(2000);
			view.fill(121);
		},
	};
});

test('one message of 100 MiB arrives as it was, with those before and behind it', async t => {
	const bytes = (isSoak ? 400 : 100) * 2 ** 20;
	const {connection, peer} = await ownPair(t);
	const remote = RemoteConnection.from(connection.remote());
	const message = Buffer.alloc(bytes, 'one two three ');
	const calls = [remote.send('<'), remote.send(message), remote.send('>'), remote.shutdown()];
	const received: Buffer = await within(peer.readAll({limit: Infinity}), 'all to arrive', 100_000);
	await Promise.all(calls);
	t.is(received.length, bytes + 2);
	t.true(received.subarray(1, -1).equals(message));
});
