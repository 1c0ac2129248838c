import test from 'ava';
import fc from 'fast-check';
import {drawHistogram} from '../client/histogram-chart.js';
import {Histogram} from '../client/histogram.js';

function histogramOf(values: Iterable<number>): Histogram {
	const histogram = new Histogram();
	for (const value of values) histogram.record(value);
	return histogram;
}

test('percentiles of 1 to 1,000 ms are within the width of a bucket', t => {
	const histogram = histogramOf(Array.from({length: 1000}, (_, index) => index + 1));
	for (const [share, exact] of [
		[0.5, 500],
		[0.9, 900],
		[0.99, 990],
		[0.001, 1],
	] as const) {
		const value = histogram.percentile(share);
		t.true(value >= exact && value <= exact * (1 + 1 / 64), `${share}: ${value}`);
	}

	t.is(histogram.percentile(1), 1000);
	t.is(histogram.max, 1000);
	t.is(histogram.count, 1000);
});

test('a percentile is never below the exact one, and at most a 64th above it, for any values', t => {
	fc.assert(
		fc.property(
			fc.array(fc.integer({min: 0, max: 2_000_000_000}), {minLength: 1, maxLength: 200}),
			fc.double({min: 0, max: 1, noNaN: true}),
			(micros, share) => {
				const histogram = histogramOf(micros.map(value => value / 1000));
				const sorted = micros.toSorted((a, b) => a - b);
				const exact = (sorted[Math.max(0, Math.ceil(share * micros.length) - 1)] as number) / 1000;
				const value = histogram.percentile(share);
				return value >= exact && value <= exact * (1 + 1 / 64) + 1e-9;
			},
		),
	);
	t.pass();
});

test('a value of hours is counted, with its exact length as the longest', t => {
	const hour = 3_600_000;
	const histogram = histogramOf([1, 2 * hour, hour]);
	t.is(histogram.max, 2 * hour);
	t.true(histogram.percentile(1 / 3) < 1.02);
	t.true(histogram.percentile(0.99) > hour / 2);
});

test('below a microsecond and below nothing there is the smallest bucket', t => {
	const histogram = histogramOf([0, 0.0001, -1]);
	t.is(histogram.percentile(1), 0);
	t.is(histogram.max, 0.0001);
});

test('nothing has no percentile, and nothing is drawn of it', t => {
	t.is(new Histogram().percentile(0.5), NaN);
	t.is(drawHistogram(new Histogram()), '');
});

test('the chart has a row for each step between the smallest and the largest value', t => {
	const histogram = histogramOf([...new Array<number>(1000).fill(0.15), ...new Array<number>(500).fill(0.9), 4.9]);
	t.deepEqual(drawHistogram(histogram).split('\n'), [
		`    0.1 to     0.2 ms | ${'#'.repeat(50)} 1,000`,
		`    0.2 to     0.5 ms | ${' '.repeat(50)} 0`,
		`    0.5 to       1 ms | ${'#'.repeat(25)}${' '.repeat(25)} 500`,
		`      1 to       2 ms | ${' '.repeat(50)} 0`,
		`      2 to       5 ms | #${' '.repeat(49)} 1`,
		'',
	]);
});

test('no value is missing from the chart', t => {
	const values = [0, 0.001, 0.01, 0.011, 1, 10, 100, 1000, 10_000, 100_000, 10_000_000];
	const rows = drawHistogram(histogramOf(values)).trimEnd().split('\n');
	const counts = rows.map(row => Number(row.split(' ').at(-1)));
	t.is(
		counts.reduce((sum, count) => sum + count, 0),
		values.length,
	);
	t.is(counts[0], 3, 'up to 0.01 ms');
});
