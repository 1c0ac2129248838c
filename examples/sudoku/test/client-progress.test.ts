import {PassThrough} from 'node:stream';
import test from 'ava';
import {startProgress} from '../client/progress.js';
import {Histogram} from '../client/histogram.js';
import {formatFaults, formatJson, formatOutcome} from '../client/report.js';
import {Tally} from '../client/tally.js';

test('without a terminal there is at most one plain line per second, and one for the end', t => {
	const stream = new PassThrough();
	let time = 1000;
	const progress = startProgress({total: 10_000, stream, now: () => time});
	for (const [now, done] of [
		[1500, 1000],
		[2000, 2500],
		[2900, 5000],
		[3000, 7500],
	] as const) {
		time = now;
		progress.update(done);
	}

	progress.update(10_000);
	progress.stop();
	t.deepEqual(String(stream.read()).split('\n'), [
		'25 % | 2,500 of 10,000 answers',
		'75 % | 7,500 of 10,000 answers',
		'100 % | 10,000 of 10,000 answers',
		'',
	]);
});

test('on a terminal there is a bar', t => {
	const stream = Object.assign(new PassThrough(), {
		isTTY: true,
		columns: 120,
		cursorTo() {},
		clearLine() {},
		moveCursor() {},
	});
	const progress = startProgress({total: 100, stream});
	progress.update(50);
	progress.stop();
	const shown = String(stream.read());
	t.regex(shown, /\[={15}-{15}] 50 % \| 50 of 100 answers/);
	t.false(shown.includes('\u001B[?7l'), 'wrapping stays as it is');
});

function tallyOf(): Tally {
	const tally = new Tally();
	for (let count = 0; count < 1500; count++) tally.count('ok');
	tally.count('noSolution');
	tally.count('noSolution');
	tally.count('tooBusy');
	return tally;
}

test('the report has rate, counts, percentiles and a chart', t => {
	const latencies = new Histogram();
	for (let count = 0; count < 1000; count++) latencies.record(0.75);
	const text = formatOutcome({tally: tallyOf(), elapsedMs: 2000, latencies, notes: ['as planned']});
	t.deepEqual(text.split('\n'), [
		'1,503 answers in 2.000 s: 752 per second',
		'ok 1,500, wrong 0, NoSolution 2, ServerTooBusy 1, lost 0',
		'latency: p50 0.750 ms, p90 0.750 ms, p99 0.750 ms, max 0.750 ms',
		'as planned',
		`    0.5 to       1 ms | ${'#'.repeat(50)} 1,000`,
		'',
	]);
});

test('for programs there is one line of the same', t => {
	const line = formatJson({tally: tallyOf(), elapsedMs: 2000, notes: []}, {user: 1_000_000, system: 500_000});
	t.true(line.endsWith('}\n'));
	t.deepEqual(JSON.parse(line), {
		answers: 1503,
		ok: 1500,
		wrong: 0,
		noSolution: 2,
		tooBusy: 1,
		lost: 0,
		failures: 0,
		seconds: 2,
		perSecond: 751.5,
		cpuSeconds: 1.5,
	});
});

test('a run is good until something is wrong, lost or failed', t => {
	const worse = (change: (tally: Tally) => void) => {
		const tally = tallyOf();
		change(tally);
		return tally.isGood;
	};
	t.true(worse(() => undefined));
	t.false(worse(tally => tally.count('wrong')));
	t.false(worse(tally => tally.refute(1)));
	t.false(worse(tally => (tally.lost = 1)));
	t.false(worse(tally => (tally.failures = 1)));
});

test('of very many faults the first ones are shown, and the number of the others', t => {
	const tally = new Tally();
	for (let count = 1; count <= 1010; count++) tally.report(`fault ${count}`);
	const lines = formatFaults(tally).split('\n');
	t.deepEqual(
		[lines[0], lines[9], lines[10], lines[11]],
		['fault 1', 'fault 10', '... and 1,000 more of the kind', ''],
	);
	t.is(formatFaults(new Tally()), '');
});
