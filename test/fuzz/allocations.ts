/** What code that runs in between takes from Buffer, in bytes. */
/* eslint-disable @typescript-eslint/unbound-method -- none of these uses `this` */
import {Buffer} from 'node:buffer';

/** Counts until `stop`: Buffer is everybody's, so only one may count at a time, and nothing else may run. */
export class AllocationCount {
	bytes = 0;
	readonly #originals = {
		allocUnsafe: Buffer.allocUnsafe,
		allocUnsafeSlow: Buffer.allocUnsafeSlow,
		alloc: Buffer.alloc,
	};

	constructor() {
		for (const name of ['allocUnsafe', 'allocUnsafeSlow', 'alloc'] as const) {
			const original = this.#originals[name];
			Buffer[name] = (size: number, ...rest: []): Buffer<ArrayBuffer> => {
				this.bytes += size;
				return original(size, ...rest);
			};
		}
	}

	stop(): void {
		Object.assign(Buffer, this.#originals);
	}
}
