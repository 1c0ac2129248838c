/** NaN of nothing. */
export function median(values: readonly number[]): number {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	const upper = sorted[middle] ?? NaN;
	return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/**
 * The median of the ratios of runs of the same repetition, which the machine's mood of that minute touches alike. NaN
 * without a yardstick.
 */
export function pairedRatio(values: readonly number[], yardstick: readonly number[]): number {
	return median(
		values.flatMap((value, repetition) => {
			const divisor = yardstick[repetition];
			return divisor === undefined ? [] : [value / divisor];
		}),
	);
}
