import test from 'ava';
import {native} from '../../src/internal/addon.js';
import {rawPair} from '../support/pairs.js';
import {within} from '../support/wait.js';
import {bytesOf, prefixed} from './framed-support.js';

test.serial('the answers to pipelined requests are gathered, the last one too: none is a write of its own', async t => {
	const {connection, peer} = await rawPair(t);
	const framed = connection.framed(prefixed);
	const {write} = native;
	let writes = 0;
	native.write = (...values) => {
		writes++;
		return write(...values);
	};
	t.teardown(() => {
		native.write = write;
	});
	const requests = Array.from({length: 16}, (_, index) => `request ${index}`);
	const echo = (async () => {
		for await (const frame of framed) await framed.send(frame);
	})();
	const bytes = bytesOf(...requests);
	for (let round = 0; round < 20; round++) {
		await peer.send(bytes);
		t.deepEqual(await peer.readExactly(bytes.length), bytes);
	}

	await peer.end();
	await within(echo, 'the end');
	// Under load, or with a debugger, a request may come in two parts.
	t.true(writes <= 20, `${writes} writes of their own in 20 rounds of 16`);
	t.log(writes);
});
