import test from 'ava';
import fc from 'fast-check';
import {Histogram} from '../statistics/histogram.js';
import {formatLine, formatMicroseconds, formatReport} from '../statistics/report.js';
import {Statistics} from '../statistics/statistics.js';
import {watch} from '../statistics/watch.js';
import {news} from './support.js';

test('the histogram puts a duration into the class that it does not pass', t => {
	const histogram = new Histogram();
	for (const milliseconds of [0, 0.001, 0.0011, 0.002, 0.003, 0.004, 0.005, 1, 1.024, 1.025])
		histogram.add(milliseconds);
	const counted = histogram.classes().filter(({count}) => count > 0);
	t.deepEqual(
		counted.map(({to, count}) => [to, count]),
		[
			[1, 2],
			[2, 2],
			[4, 2],
			[8, 1],
			[1024, 2],
			[2048, 1],
		],
	);
	t.is(histogram.total, 10);
	t.is(histogram.max, 1025);
	t.is(histogram.quantile(0.5), 4);
	t.is(histogram.quantile(1), 1025);
});

test('a quantile is at least the exact one, and less than twice as much', t => {
	const durations = fc.array(fc.integer({min: 1, max: 100_000_000}), {minLength: 1});
	fc.assert(
		fc.property(durations, fc.double({min: 0.01, max: 1, noNaN: true}), (microseconds, fraction) => {
			const histogram = new Histogram();
			for (const duration of microseconds) histogram.add(duration / 1000);
			const inOrder = microseconds.toSorted((a, b) => a - b);
			const exact = inOrder[Math.max(1, Math.ceil(fraction * inOrder.length)) - 1] as number;
			const found = histogram.quantile(fraction);
			return found >= exact && found < 2 * exact + 2;
		}),
	);
	t.is(new Histogram().quantile(0.5), 0);
	t.deepEqual(new Histogram().classes(), []);
});

function someStatistics(): Statistics {
	const statistics = new Statistics();
	const [recorder, other] = [statistics.addRecorder(), statistics.addRecorder()];
	let start = 0;
	for (let count = 0; count < 5; count++) start = (count % 2 === 0 ? recorder : other).onRequest();
	recorder.onAnswer(start, '1');
	for (const solution of ['2', undefined]) other.onAnswer(start, solution);
	recorder.onDropped();
	other.onBad();
	return statistics;
}

test('the statistics count each kind of outcome, in all threads', t => {
	const {requests, solved, noSolution, dropped, bad, rate, meanRate, classes} = someStatistics().snapshot();
	t.deepEqual(
		{requests, solved, noSolution, dropped, bad},
		{requests: 5, solved: 2, noSolution: 1, dropped: 1, bad: 1},
	);
	t.true(rate > 0 && meanRate > 0);
	t.is(
		classes.reduce((sum, {count}) => sum + count, 0),
		3,
	);
});

test('the report names every number', t => {
	const report = formatReport(someStatistics().snapshot());
	for (const line of [
		/^requests +5$/m,
		/^solved +2$/m,
		/^no solution +1$/m,
		/^dropped +1$/m,
		/^bad +1$/m,
		/^requests\/s +[\d.]+ now/m,
		/^latency +p50 .* p99 /m,
		/^ +up to .*#$/m,
	])
		t.regex(report, line);
	t.regex(
		formatLine(someStatistics().snapshot()),
		/^requests 5 solved 2 no-solution 1 dropped 1 bad 1 requests\/s .*\n$/,
	);
	t.notRegex(formatReport(new Statistics().snapshot()), /NaN|Infinity|undefined/);
	t.deepEqual([999, 1000, 1_500_000].map(formatMicroseconds), ['999 µs', '1.0 ms', '1.5 s']);
});

test('the watch writes a table in its place on a terminal, and lines elsewhere', async t => {
	const statistics = someStatistics();
	for (const isTTY of [true, false]) {
		const texts: string[] = [];
		const {told, tell} = news<undefined>();
		const table = watch(statistics, {
			isTTY,
			write(text) {
				texts.push(text);
				if (texts.length === 2) tell(undefined);
			},
		});
		// The watch alone keeps no process alive.
		const alive = setInterval(() => {}, 1000);
		await told;
		table.end();
		clearInterval(alive);
		const [first = '', second = ''] = texts;
		const height = first.split('\n').length - 1;
		if (isTTY) t.true(height > 8 && second.startsWith(`\u001B[${height}A\r\u001B[J`));
		else t.deepEqual([height, second.split('\n').length - 1], [1, 1]);
	}
});

test('what is printed beside a watched table takes its place, and the table begins anew below', t => {
	for (const isTTY of [true, false]) {
		const texts: string[] = [];
		const table = watch(someStatistics(), {isTTY, write: text => texts.push(text)});
		table.print('report\n');
		table.end();
		const [first = '', printed, ...more] = texts;
		const height = first.split('\n').length - 1;
		t.is(printed, isTTY ? `\u001B[${height}A\r\u001B[Jreport\n` : 'report\n');
		t.is(more.length, isTTY ? 1 : 0);
		if (isTTY) t.false(more[0]?.startsWith('\u001B'));
	}
});
