/** Numbers that look random and are the same for the same seed. */
import {Buffer} from 'node:buffer';

export class Random {
	#state: number;

	/** `seed` and `index` are mixed, so that neighbours have nothing in common. */
	constructor(seed: number, index: number) {
		this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35);
		this.bits();
	}

	/** 32 bits (mulberry32). */
	bits(): number {
		this.#state = (this.#state + 0x6d2b_79f5) | 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return (mixed ^ (mixed >>> 14)) >>> 0;
	}

	/** An integer from 0 to `count` - 1. */
	below(count: number): number {
		return this.bits() % count;
	}

	/** True once in `count` times. */
	once(count: number): boolean {
		return this.below(count) === 0;
	}

	pick<T>(items: readonly T[]): T {
		return items[this.below(items.length)] as T;
	}

	bytes(count: number): Buffer {
		const bytes = Buffer.allocUnsafe(count);
		for (let index = 0; index < count; index++) bytes[index] = this.bits();
		return bytes;
	}
}
