import {Buffer} from 'node:buffer';
import test from 'ava';
import {needleOf} from '../../src/connection/needles.js';

test('the same bytes are the same object, whether they are text or not', t => {
	const needle = needleOf('\r\n');
	t.deepEqual(needle, Buffer.from('\r\n'));
	t.is(needleOf('\r\n'), needle);
	t.is(needleOf(Buffer.from('\r\n')), needle);
	t.is(needleOf(new Uint8Array([13, 10])), needle);
});

test('other bytes in between are not taken for those before', t => {
	for (const text of ['a', '\r\n', 'a', '\r\n']) {
		t.deepEqual(needleOf(text), Buffer.from(text));
		t.deepEqual(needleOf(Buffer.from('b')), Buffer.from('b'));
		t.deepEqual(needleOf(text), Buffer.from(text));
	}

	t.deepEqual(needleOf(''), Buffer.alloc(0));
	t.deepEqual(needleOf('é'), Buffer.from('é'));
});

test('memory of its own: what the caller does to his afterwards changes nothing', t => {
	const mine = Buffer.from('abc');
	const needle = needleOf(mine);
	mine[0] = 120;
	t.deepEqual(needle, Buffer.from('abc'));
	t.deepEqual(needleOf(mine), Buffer.from('xbc'));
});

test('a long one is not kept', t => {
	const long = 'x'.repeat(5000);
	t.not(needleOf(long), needleOf(long));
	t.is(needleOf(long).length, 5000);
});
