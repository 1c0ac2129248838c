/** Durations in classes that grow by powers of two: little memory, and an error of at most the width of a class. */
const classCount = 32;

export interface HistogramClass {
	/** Microseconds: more than `from`, at most `to`. */
	readonly from: number;
	readonly to: number;
	readonly count: number;
}

export class Histogram {
	readonly #counts = new Float64Array(classCount);
	#total = 0;
	#max = 0;

	get total(): number {
		return this.#total;
	}

	/** Microseconds. */
	get max(): number {
		return this.#max;
	}

	/** Milliseconds, as `performance.now()` counts them. */
	add(duration: number): void {
		const microseconds = Math.max(1, Math.ceil(duration * 1000));
		const index = Math.min(classCount - 1, 32 - Math.clz32(microseconds - 1));
		this.#counts[index] = (this.#counts[index] as number) + 1;
		this.#total++;
		if (microseconds > this.#max) this.#max = microseconds;
	}

	/** Microseconds that the fraction of all durations does not pass; 0 if there are none. */
	quantile(fraction: number): number {
		if (this.#total === 0) return 0;
		const rank = Math.max(1, Math.ceil(fraction * this.#total));
		let count = 0;
		for (let index = 0; index < classCount; index++) {
			count += this.#counts[index] as number;
			if (count >= rank) return Math.min(2 ** index, this.#max);
		}

		return this.#max;
	}

	/** From the first that has any to the last. */
	classes(): HistogramClass[] {
		const all = Array.from(this.#counts, (count, index) => ({
			from: index === 0 ? 0 : 2 ** (index - 1),
			to: 2 ** index,
			count,
		}));
		const first = all.findIndex(({count}) => count > 0);
		return first < 0 ? [] : all.slice(first, all.findLastIndex(({count}) => count > 0) + 1);
	}
}
