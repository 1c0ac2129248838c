/** Buckets of a power of two are so many: a value is known to one part in 64, about 1.6 %. */
const subBuckets = 64;
const subBucketBits = 6;
/** About 35 minutes, in microseconds. Longer ones count as this long, except in `max`. */
const largestValue = 2 ** 31 - 1;
const bucketCount = (31 - subBucketBits + 1) * subBuckets;

/** Latencies in buckets whose width grows with the value: memory and time per value are the same for one and for a billion of them. */
export class Histogram {
	readonly #counts = new Float64Array(bucketCount);
	#count = 0;
	#max = 0;

	/** Ms, from 0. */
	record(milliseconds: number): void {
		const micros = Math.round(milliseconds * 1000);
		const bucket = bucketOf(Math.min(Math.max(micros, 0), largestValue));
		this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
		this.#count++;
		if (milliseconds > this.#max) this.#max = milliseconds;
	}

	get count(): number {
		return this.#count;
	}

	/** Ms, exact; 0 of nothing. */
	get max(): number {
		return this.#max;
	}

	/** Ms; so much or less is what `share` (0 to 1) of the values are. NaN of nothing. */
	percentile(share: number): number {
		if (this.#count === 0) return NaN;
		const rank = Math.max(1, Math.ceil(share * this.#count));
		let before = 0;
		for (let bucket = 0; bucket < bucketCount; bucket++) {
			before += this.#counts[bucket] as number;
			if (before >= rank) return Math.min(highestOf(bucket) / 1000, this.#max);
		}

		return this.#max;
	}

	/** Values above `from` up to and including `to`, both ms, to the width of a bucket. */
	countBetween(from: number, to: number): number {
		let count = 0;
		for (let bucket = 0; bucket < bucketCount; bucket++) {
			const highest = highestOf(bucket) / 1000;
			if (highest > from && highest <= to) count += this.#counts[bucket] as number;
		}

		return count;
	}
}

function bucketOf(micros: number): number {
	const shift = Math.max(0, 31 - Math.clz32(micros) - subBucketBits);
	return shift * subBuckets + (micros >>> shift);
}

/** The largest value, in microseconds, that falls into the bucket. */
function highestOf(bucket: number): number {
	const shift = Math.max(0, Math.floor(bucket / subBuckets) - 1);
	return (bucket - shift * subBuckets + 1) * 2 ** shift - 1;
}
