import {PassThrough} from 'node:stream';
import test from 'ava';
import {startProgress} from '../download/progress.js';
import {MiB} from '../../shared/units.js';

function clock(): {now: () => number; advance: (ms: number) => void} {
	let time = 1000;
	return {
		now: () => time,
		advance: ms => {
			time += ms;
		},
	};
}

test('without a terminal there is at most one plain line per second, and one for the end', t => {
	const stream = new PassThrough();
	const {now, advance} = clock();
	const progress = startProgress({label: 'f', total: 64 * MiB, stream, now});
	progress.update(MiB);
	advance(1000);
	progress.update(16 * MiB);
	advance(500);
	progress.update(20 * MiB);
	advance(500);
	progress.update(32 * MiB);
	advance(2000);
	progress.update(64 * MiB);
	progress.stop();
	t.deepEqual(String(stream.read()).trimEnd().split('\n'), [
		'f 25 % | 16.0 MiB of 64.0 MiB, 16.0 MiB/s, 3 s left',
		'f 50 % | 32.0 MiB of 64.0 MiB, 16.0 MiB/s, 2 s left',
		'f 100 % | 64.0 MiB of 64.0 MiB, 16.0 MiB/s, 0 s left',
		'f 100 % | 64.0 MiB of 64.0 MiB, 16.0 MiB/s, 0 s left',
	]);
});

test('what was there before a resumed transfer does not count for its rate', t => {
	const stream = new PassThrough();
	const {now, advance} = clock();
	const progress = startProgress({label: 'f', total: 64 * MiB, start: 32 * MiB, stream, now});
	advance(2000);
	progress.update(48 * MiB);
	t.is(String(stream.read()), 'f 75 % | 48.0 MiB of 64.0 MiB, 8.0 MiB/s, 2 s left\n');
});

test('an empty file is complete from the start', t => {
	const stream = new PassThrough();
	const {now} = clock();
	startProgress({label: 'f', total: 0, stream, now}).stop();
	t.is(String(stream.read()), 'f 100 % | 0 bytes of 0 bytes, ?/s, 0 s left\n');
});

test('on a terminal there is a bar with rate and time left', t => {
	const stream = Object.assign(new PassThrough(), {
		isTTY: true,
		columns: 120,
		cursorTo() {},
		clearLine() {},
		moveCursor() {},
	});
	const {now, advance} = clock();
	const progress = startProgress({label: 'file.bin', total: 64 * MiB, stream, now});
	advance(1000);
	progress.update(16 * MiB);
	progress.stop();
	const shown = String(stream.read());
	t.regex(shown, /file\.bin \[={3}-{9}] 25 % \| 16\.0 MiB of 64\.0 MiB, 16\.0 MiB\/s, 3 s left/);
	t.false(shown.includes('\u001B[?7l'), 'wrapping stays as it is');
});
