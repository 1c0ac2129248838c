/** Durations in classes that grow by powers of two: little memory, and an error of at most the width of a class. */
const classCount = 32;

export interface HistogramClass {
	/** Microseconds: more than `from`, at most `to`. */
	readonly from: number;
	readonly to: number;
	readonly count: number;
}

export class Histogram {
	/** Numbers that it consists of: one per class, and the largest duration. */
	static readonly size = classCount + 1;

	readonly #counts: Float64Array;

	/** `numbers`: where they are kept, `Histogram.size` of them. */
	constructor(numbers: Float64Array = new Float64Array(Histogram.size)) {
		this.#counts = numbers;
	}

	get total(): number {
		return this.#counts.subarray(0, classCount).reduce((sum, count) => sum + count, 0);
	}

	/** Microseconds. */
	get max(): number {
		return this.#counts[classCount] as number;
	}

	/** Milliseconds, as `performance.now()` counts them. */
	add(duration: number): void {
		const microseconds = Math.max(1, Math.ceil(duration * 1000));
		const index = Math.min(classCount - 1, 32 - Math.clz32(microseconds - 1));
		this.#counts[index] = (this.#counts[index] as number) + 1;
		if (microseconds > this.max) this.#counts[classCount] = microseconds;
	}

	/** As if all durations of `other` had been added. */
	addAll(other: Histogram): void {
		for (let index = 0; index < classCount; index++)
			this.#counts[index] = (this.#counts[index] as number) + (other.#counts[index] as number);
		this.#counts[classCount] = Math.max(this.max, other.max);
	}

	/** Microseconds that the fraction of all durations does not pass; 0 if there are none. */
	quantile(fraction: number): number {
		const {total, max} = this;
		if (total === 0) return 0;
		const rank = Math.max(1, Math.ceil(fraction * total));
		let count = 0;
		for (let index = 0; index < classCount; index++) {
			count += this.#counts[index] as number;
			if (count >= rank) return Math.min(2 ** index, max);
		}

		return max;
	}

	/** From the first that has any to the last. */
	classes(): HistogramClass[] {
		const all = Array.from(this.#counts.subarray(0, classCount), (count, index) => ({
			from: index === 0 ? 0 : 2 ** (index - 1),
			to: 2 ** index,
			count,
		}));
		const first = all.findIndex(({count}) => count > 0);
		return first < 0 ? [] : all.slice(first, all.findLastIndex(({count}) => count > 0) + 1);
	}
}
